// fovea-man: manual pages, from what the programs say of themselves.
#include <filesystem>
#include <iostream>

#include "apps/plain/manual.h"
#include "apps/plain/process.h"
#include "apps/plain/program.h"
#include "apps/plain/verbs.h"
#include "src/base/error.h"
#include "src/base/files.h"
#include "src/base/text.h"

namespace {

std::string page_of(const std::string& verb) {
  return fovea::manual_page(fovea::parse_json(fovea::output_of(verb, {"--describe"}), "fovea-" + verb));
}

int write_pages(const std::string& verb, const std::string& out) {
  std::vector<std::string> names{"fovea"};
  for (const fovea::Verb& one : fovea::kVerbs) names.emplace_back(one.name);
  if (!verb.empty() && std::find(names.begin(), names.end(), verb) == names.end())
    throw fovea::ConfigError("no verb \"" + verb + "\"" + fovea::hint(verb, names));
  if (out.empty()) {
    std::cout << (verb.empty() || verb == "fovea" ? fovea::front_manual_page() : page_of(verb));
    return 0;
  }
  fovea::make_folders(out);
  for (const std::string& name : names) {
    if (!verb.empty() && name != verb) continue;
    const bool front = name == "fovea";
    fovea::write_file_atomically(std::filesystem::path(out) / ((front ? name : "fovea-" + name) + ".1"),
                                 front ? fovea::front_manual_page() : page_of(name));
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app;
  fovea::describe_program(
      app, "man", "Writes the manual page of fovea or of a verb.",
      "  fovea man train | man -l -\n  fovea man --out ~/.local/share/man/man1      # all of them\n");
  std::string verb, out;
  app.add_option("verb", verb, "verb, or fovea (all with --out)");
  app.add_option("--out", out, "folder for VERB.1, instead of standard output");
  return fovea::run_program(app, argc, argv, [&] { return write_pages(verb, out); });
}
