// fovea-diff: two runs side by side.
#include <iostream>

#include "apps/plain/program.h"
#include "src/report/run_diff.h"

int main(int argc, char** argv) {
  CLI::App app;
  fovea::describe_program(
      app, "diff", "Says in what two runs differ: configuration, setting, data, code, metrics.",
      "  fovea diff runs/text-classification/1a2b3c4d-seed0 runs/text-classification/5e6f7a8b-seed0\n"
      "  fovea diff RUN OTHER --format json\n");
  std::string a, b, format = "text";
  app.add_option("a", a, "run folder")->required();
  app.add_option("b", b, "the other one")->required();
  app.add_option("--format", format, "text or json")->check(CLI::IsMember({"text", "json"}));
  return fovea::run_program(app, argc, argv, [&] {
    const fovea::RunDiff diff = fovea::diff_runs(a, b);
    std::cout << (format == "json" ? fovea::to_text(fovea::diff_json(diff), 1) + "\n"
                                   : fovea::diff_text(diff));
    return 0;
  });
}
