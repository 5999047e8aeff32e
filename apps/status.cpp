// fovea-status: how far the cells of a sweep are.
#include <iostream>

#include "apps/plain/program.h"
#include "apps/plain/sweep_status.h"

int main(int argc, char** argv) {
  CLI::App app;
  fovea::describe_program(app, "status",
                          "How far the cells of a sweep are, which of them run, and why some failed.",
                          "  fovea status runs/sweep\n"
                          "  fovea status runs/sweep --format json\n");
  std::string folder, format = "text";
  app.add_option("sweep", folder, "folder of the sweep")->required();
  app.add_option("--format", format, "text or json")->check(CLI::IsMember({"text", "json"}));
  return fovea::run_program(app, argc, argv, [&] {
    std::cout << fovea::sweep_status(folder, format);
    return 0;
  });
}
