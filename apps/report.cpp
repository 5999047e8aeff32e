// fovea-report: tables, significance and a page from finished runs.
#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include "apps/plain/program.h"
#include "src/base/error.h"
#include "src/base/files.h"
#include "src/report/formats.h"

namespace {

struct Request {
  std::vector<std::string> runs;
  fovea::ReportOptions options;
  std::string format = "text", out;
  bool quiet = false;
};

int report(const Request& request) {
  const std::vector<std::filesystem::path> roots(request.runs.begin(), request.runs.end());
  const fovea::Report made = fovea::make_report(roots, request.options);
  const bool colour =
      request.out.empty() && ::isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
  const std::string text = fovea::report_as(made, request.format, colour);
  if (request.out.empty()) {
    std::cout << text;
  } else {
    const std::filesystem::path folder = std::filesystem::path(request.out).parent_path();
    if (!folder.empty()) fovea::make_folders(folder);
    fovea::write_file_atomically(request.out, text);
  }
  if (made.incomplete == 0) return 0;
  fovea::print_warning(std::to_string(made.incomplete) + (made.incomplete == 1 ? " run has" : " runs have") +
                       " not finished");
  return static_cast<int>(fovea::ExitCode::kIncomplete);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app;
  fovea::describe_program(app, "report",
                          "Tables, comparisons and a self-contained page from runs; seeds as mean ± sd.",
                          "  fovea report runs/text-classification\n"
                          "  fovea report runs/sweep --baseline attention=none --format json\n"
                          "  fovea report runs --baseline attention=none --format md\n"
                          "  fovea report runs --format html --out runs/index.html\n");
  Request request;
  app.add_option("runs", request.runs, "sweeps, run folders, or folders of runs")->required();
  app.add_option("--baseline", request.options.baseline, "variant the others are compared with: axis=value");
  app.add_option("--metric", request.options.metric, "metric of the table (the task's own)");
  app.add_option("--split", request.options.split,
                 "split of the metric (test where evaluated, else validation)");
  app.add_flag_callback(
      "--by-example", [&] { request.options.by_example = true; },
      "compare on the single examples however many (unasked up to 64 MiB of them)");
  app.add_flag_callback(
      "--no-by-example", [&] { request.options.by_example = false; }, "compare by seed only");
  app.add_option("--format", request.format, "text, md, latex, csv, json or html");
  app.add_option("--out", request.out, "file to write instead of standard output");
  app.add_flag("--quiet", request.quiet, "only errors and warnings");
  return fovea::run_program(app, argc, argv, [&] { return report(request); });
}
