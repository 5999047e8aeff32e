// fovea-repro: makes a run again and compares the bytes.
#include "apps/plain/program.h"
#include "apps/plain/repeat.h"

int main(int argc, char** argv) {
  CLI::App app;
  fovea::describe_program(app, "repro",
                          "Makes a finished run again, from its configuration, seed, threads and device, and "
                          "compares the bytes of "
                          "metrics and weights: exit code 0 when they are the same, 1 when not.",
                          "  fovea repro runs/text-classification/1a2b3c4d-seed0\n"
                          "  fovea repro RUN --keep again && fovea diff RUN again\n");
  fovea::RepeatRequest request;
  app.add_option("run", request.run, "run folder; paths of data count from where this is called")->required();
  app.add_option("--keep", request.keep, "folder for the second run, which is otherwise removed");
  app.add_flag("--quiet", request.quiet, "no progress of the training");
  return fovea::run_program(app, argc, argv, [&] { return fovea::repeat_run(request); });
}
