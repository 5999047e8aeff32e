// fovea-evaluate: scores trained runs on a split.
#include "apps/shared/evaluate.h"

#include "apps/plain/computing.h"
#include "apps/plain/program.h"

int main(int argc, char** argv) {
  CLI::App app;
  fovea::describe_program(app, "evaluate",
                          "Scores trained runs on a split; the test split is read here and nowhere else.",
                          "  fovea evaluate runs/text-classification/1a2b3c4d-seed0\n"
                          "  fovea evaluate RUN --split validation --format json\n"
                          "  fovea evaluate RUN0 RUN1 RUN2 --ensemble\n");
  fovea::EvaluateRequest request;
  app.add_option("runs", request.words, "run folders, and task.key=value overrides")->required();
  app.add_option("--split", request.split, "train, validation or test");
  app.add_flag("--ensemble", request.ensemble, "average the runs' predictions");
  app.add_option("--format", request.format, "text or json")->check(CLI::IsMember({"text", "json"}));
  app.add_option("--figures", request.figures,
                 "folder for a classifier's confusion matrix, ROC and reliability curves");
  app.add_option("--figure-format", request.figure_formats, "pdf, svg, png, tikz (pdf,png)")->delimiter(',');
  fovea::add_checkpoint(app, request.checkpoint);
  fovea::whole_number(app.add_option("--batch", request.batch, "examples at once; changes no metric"), 1,
                      fovea::kMostNumber);
  app.add_option("--device", request.device, "cpu or cuda");
  fovea::add_threads(app, request.threads);
  app.add_flag("--quiet", request.quiet, "no progress");
  app.add_flag("--verbose", request.verbose, "say which arithmetic answers for each attention, and why");
  return fovea::run_program(app, argc, argv, [&] { return fovea::compute("evaluate", &request); });
}
