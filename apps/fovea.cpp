// fovea: the front of the programs; `fovea VERB …` runs fovea-VERB beside it.
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "src/base/error.h"
#include "src/base/text.h"
#include "src/base/version.h"

namespace {

struct Verb {
  const char* name;
  const char* what;
};
constexpr Verb kVerbs[] = {
    {"train", "train a net on a task, or continue a run"},
    {"evaluate", "score trained runs on a split"},
    {"predict", "label, decode or forecast new inputs"},
    {"maps", "write, draw and score attention maps"},
    {"attend", "run one attention on arrays"},
    {"report", "tables and a page from runs"},
    {"list", "everything that can be chosen by name"},
    {"bench", "times attention, training, decoding or maps on this machine"},
    {"doctor", "versions, threads, device, self-tests"},
};

int usage(std::ostream& out, int code) {
  out << "fovea " << fovea::kVersion
      << ": a toolkit for research on attention\n\nUsage: fovea VERB …   (fovea VERB --help says more)\n\n";
  for (const Verb& verb : kVerbs)
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
  for (const Verb& one : kVerbs) {
    names.emplace_back(one.name);
    known = known || verb == one.name;
  }
  if (!known) {
    std::cerr << "fovea: no verb \"" << verb << "\"" << fovea::hint(verb, names) << "\n";
    return static_cast<int>(fovea::ExitCode::kUsage);
  }
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::string program =
      ((error ? std::filesystem::path(argv[0]) : self).parent_path() / ("fovea-" + verb)).string();
  argv[1] = const_cast<char*>(program.c_str());
  ::execv(program.c_str(), argv + 1);
  std::cerr << "fovea: cannot run " << program << ": " << std::strerror(errno) << "\n";
  return static_cast<int>(fovea::ExitCode::kFailure);
}
