// fovea-list: everything that can be chosen by name.
#include "apps/shared/list.h"

#include "apps/plain/computing.h"
#include "apps/plain/program.h"

int main(int argc, char** argv) {
  CLI::App app;
  fovea::describe_program(
      app, "list", "Lists what can be chosen by name, with formulas, sources and keys.",
      "  fovea list attentions\n  fovea list scorers --format json\n  fovea list keys bilstm-attention\n");
  fovea::ListRequest request;
  app.add_option("what", request.what,
                 "attentions, scorers, normalizers, patterns, positions, refusals, models, tasks, recipes, "
                 "datasets, keys")
      ->required();
  app.add_option("name", request.name, "only this one; of keys: a model or a task");
  app.add_option("--format", request.format, "text, json, or (attentions) markdown")
      ->check(CLI::IsMember({"text", "json", "markdown"}));
  app.add_option("--out", request.out, "folder that markdown goes to: attentions.md and pictures/attentions");
  return fovea::run_program(app, argc, argv, [&] { return fovea::compute("list", &request); });
}
