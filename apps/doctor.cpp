// fovea-doctor: versions, threads, device, and self-tests that take seconds.
#include "apps/plain/computing.h"
#include "apps/plain/program.h"

int main(int argc, char** argv) {
  CLI::App app;
  fovea::describe_program(app, "doctor",
                          "Says what this build and machine are, and whether the essentials work.",
                          "  fovea doctor\n");
  return fovea::run_program(app, argc, argv, [&] { return fovea::compute("doctor", nullptr); });
}
