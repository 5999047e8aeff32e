// fovea: the front of the programs; `fovea VERB …` runs fovea-VERB beside it.
#include <unistd.h>

#include <cstring>
#include <iostream>
#include <string>
#include <vector>

#include "apps/plain/process.h"
#include "apps/plain/verbs.h"
#include "src/base/error.h"
#include "src/base/text.h"
#include "src/base/version.h"

namespace {

int usage(std::ostream& out, int code) {
  out << "fovea " << fovea::kVersion
      << ": a toolkit for research on attention\n\nUsage: fovea VERB …   (fovea VERB --help says more)\n\n";
  for (const fovea::Verb& verb : fovea::kVerbs)
    out << "  " << verb.name << std::string(12 - std::strlen(verb.name), ' ') << verb.what << "\n";
  out << "\nExamples:\n  fovea train text-classification\n  fovea list attentions\n";
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return usage(std::cerr, static_cast<int>(fovea::ExitCode::kUsage));
  const std::string verb = argv[1];
  if (verb == "--help" || verb == "-h" || verb == "help") return usage(std::cout, 0);
  if (verb == "--version") {
    std::cout << "fovea " << fovea::kVersion << "\n";
    return 0;
  }
  std::vector<std::string> names;
  bool known = false;
  for (const fovea::Verb& one : fovea::kVerbs) {
    names.emplace_back(one.name);
    known = known || verb == one.name;
  }
  if (!known) {
    std::cerr << "fovea: no verb \"" << verb << "\"" << fovea::hint(verb, names) << "\n";
    return static_cast<int>(fovea::ExitCode::kUsage);
  }
  const std::string program = fovea::program_beside(verb);
  argv[1] = const_cast<char*>(program.c_str());
  ::execvp(program.c_str(), argv + 1);
  std::cerr << "fovea: cannot run " << program << ": " << std::strerror(errno) << "\n";
  return static_cast<int>(fovea::ExitCode::kFailure);
}
