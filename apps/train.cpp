// fovea-train: trains one run, or continues it.
#include "apps/shared/train.h"

#include "apps/plain/computing.h"
#include "apps/plain/program.h"

int main(int argc, char** argv) {
  CLI::App app;
  fovea::describe_program(
      app, "train", "Trains a net on a task; the same command again continues or shows the run.",
      "  fovea train text-classification\n"
      "  fovea train text-classification task.train=reviews.csv model.attention=luong-general "
      "train.epochs=5\n"
      "  fovea train image-classification model.attention=none --seed 3 --out runs/no-attention\n"
      "  fovea train text-classification --print-config\n");
  fovea::TrainRequest request;
  request.argv.assign(argv, argv + argc);
  app.add_option("recipe", request.recipe, "recipe (fovea list recipes) or config.json")->required();
  app.add_option("overrides", request.overrides, "key=value …, such as model.attention.heads=4");
  app.add_option("--config", request.files,
                 "config file between the recipe and the overrides; may be given again")
      ->allow_extra_args(false);
  fovea::whole_number(app.add_option("--seed", request.seed, "seed of initialisation, order and dropout (0)"),
                      0, fovea::kMostNumber);
  app.add_option("--out", request.out, "run folder (runs/RECIPE/HASH-seedN)");
  app.add_option("--device", request.device, "cpu or cuda");
  fovea::add_threads(app, request.threads, "threads of one operation (LibTorch's default)");
  fovea::whole_number(app.add_option("--rank-timeout", request.rank_seconds,
                                     "seconds that processes which train together (RANK, WORLD_SIZE, "
                                     "MASTER_ADDR, MASTER_PORT) wait for each other (600)"),
                      1, 86400);
  app.add_flag("--dry-run", request.dry_run,
               "build everything, run one step forward and backward, write nothing");
  app.add_flag("--print-config", request.print_config, "print the resolved config and stop");
  app.add_flag("--quiet", request.quiet, "no progress");
  app.add_flag("--verbose", request.verbose, "say which arithmetic answers for each attention, and why");
  return fovea::run_program(app, argc, argv, [&] { return fovea::compute("train", &request); });
}
