// fovea-curves: learning curves of runs, in the terminal, as numbers and as figures.
#include <langinfo.h>

#include <clocale>
#include <filesystem>
#include <iostream>

#include "apps/plain/program.h"
#include "src/base/error.h"
#include "src/base/files.h"
#include "src/report/learning.h"

namespace {

struct Request {
  std::vector<std::string> runs;
  fovea::LearningOptions options;
  std::string format = "text", out;
};

/// Whether the terminal shows no more than ASCII.
bool plain_terminal() {
  std::setlocale(LC_CTYPE, "");
  return std::string(::nl_langinfo(CODESET)) != "UTF-8";
}

/// One file a chart: OUT/validation-accuracy.pdf.
int draw(const std::vector<fovea::LearningChart>& charts, const Request& request) {
  const fovea::Format format = fovea::figure_format(request.format);
  if (request.out.empty()) throw fovea::ConfigError("--format " + request.format + ": needs --out FOLDER");
  fovea::make_folders(request.out);
  for (const fovea::LearningChart& chart : charts)
    fovea::write_figure(std::filesystem::path(request.out) / (chart.split + "-" + chart.metric),
                        fovea::learning_figure(chart), format);
  std::cout << charts.size() << (charts.size() == 1 ? " figure" : " figures") << " in " << request.out
            << "\n";
  return 0;
}

int curves(const Request& request) {
  const std::vector<std::filesystem::path> roots(request.runs.begin(), request.runs.end());
  const auto charts = fovea::learning_charts(fovea::find_runs(roots), request.options);
  if (charts.empty()) throw fovea::CheckpointError("the runs have measured nothing yet");
  std::string text;
  if (request.format == "text")
    text = fovea::learning_text(charts, request.out.empty() && plain_terminal());
  else if (request.format == "csv")
    text = fovea::learning_csv(charts);
  else if (request.format == "json")
    text = fovea::to_text(fovea::learning_json(charts), 1) + "\n";
  else
    return draw(charts, request);
  if (request.out.empty()) {
    std::cout << text;
  } else {
    fovea::write_file_atomically(request.out, text);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app;
  fovea::describe_program(app, "curves", "Shows the learning curves of runs; seeds as mean and deviation.",
                          "  fovea curves runs/text-classification --metric loss,accuracy\n"
                          "  fovea curves runs --split validation --format pdf --out curves\n");
  Request request;
  app.add_option("runs", request.runs, "run folders, or folders of runs")->required();
  app.add_option("--metric", request.options.metrics, "only these (all)")->delimiter(',');
  app.add_option("--split", request.options.splits, "train, validation (all)")->delimiter(',');
  app.add_option("--format", request.format, "text, csv, json, or a figure each: svg, pdf, png, tikz")
      ->check(CLI::IsMember({"text", "csv", "json", "svg", "pdf", "png", "tikz"}));
  app.add_option("--out", request.out, "file to write instead of standard output; of figures the folder");
  return fovea::run_program(app, argc, argv, [&] { return curves(request); });
}
