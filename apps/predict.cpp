// fovea-predict: labels, outputs or forecasts for new inputs, one JSON line each.
#include "apps/shared/predict.h"

#include "apps/plain/computing.h"
#include "apps/plain/program.h"

int main(int argc, char** argv) {
  CLI::App app;
  fovea::describe_program(
      app, "predict",
      "Predicts new inputs: one line of text or one path each; JSON lines out, in input order.",
      "  echo 'a warm and funny film' | fovea predict RUN\n"
      "  ls images/*.png | fovea predict RUN --output labels.jsonl\n"
      "  fovea predict RUN task.decoding.method=beam task.decoding.best=3 --input sentences.txt\n"
      "  fovea predict RUN --forced --input source-tab-output.txt\n");
  fovea::PredictRequest request;
  app.add_option("run", request.run, "run folder")->required();
  app.add_option("overrides", request.overrides, "task.key=value …, such as task.decoding.beam=5");
  app.add_option("--input", request.input, "file of inputs, - for standard input");
  app.add_option("--output", request.output, "file for the answers, - for standard output");
  fovea::whole_number(app.add_option("--top", request.top, "attended tokens shown for each input"), 0,
                      fovea::kMostNumber);
  app.add_flag("--forced", request.forced,
               "inputs are INPUT<tab>OUTPUT: the log-probability of each token of that output");
  fovea::add_checkpoint(app, request.checkpoint);
  fovea::whole_number(app.add_option("--batch", request.batch, "inputs at once; changes no answer"), 1,
                      fovea::kMostNumber);
  app.add_option("--device", request.device, "cpu or cuda");
  fovea::add_threads(app, request.threads);
  app.add_flag("--quiet", request.quiet, "no progress");
  app.add_flag("--verbose", request.verbose, "say which arithmetic answers for each attention, and why");
  return fovea::run_program(app, argc, argv, [&] { return fovea::compute("predict", &request); });
}
