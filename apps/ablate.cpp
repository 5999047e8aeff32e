// fovea-ablate: sweeps over the keys of a recipe, every cell a run of its own, and the report.
#include "apps/plain/ablate.h"

#include "apps/plain/program.h"

int main(int argc, char** argv) {
  CLI::App app;
  fovea::describe_program(
      app, "ablate",
      "Sweeps over keys of a recipe with several seeds, each cell a process and a run folder of its own, and "
      "reports.\n"
      "The same command again goes on where it was; more values or seeds run only what is new.",
      "  fovea ablate text-classification model.attention=bahdanau,luong-dot,none --seeds 5 --out "
      "runs/sweep\n"
      "  fovea ablate reverse model.attention=bahdanau,none \"train.learning_rate=log(1e-4,1e-2,3)\" --out "
      "runs/tuned\n"
      "  fovea ablate recall model.layers=1,2 \"model.width=range(32,97,32)\" --exclude 'layers==1 and "
      "width>64' --dry-run\n"
      "  fovea ablate sst2 model.attention=bahdanau,multi-head --match-parameters model.hidden --jobs 2 "
      "--out runs/sst2\n"
      "  fovea ablate reverse model.attention=bahdanau,none --launcher slurm --out shared/sweep\n");
  fovea::AblateRequest request;
  app.add_option("recipe", request.recipe, "recipe (fovea list recipes) or config.json");
  app.add_option(
      "words", request.words,
      "key=value of all cells, and axes: key=a,b,c  key=range(start,stop,step)  key=log(low,high,count)");
  app.add_option("--config", request.files, "config file over the recipe; may be given again")
      ->allow_extra_args(false);
  fovea::whole_number(app.add_option("--seeds", request.seeds, "seeds 0 … N−1 of every cell (5)"), 1, 100000);
  fovea::whole_number(app.add_option("--jobs", request.jobs, "cells at a time (as many as there are cores)"),
                      1, 4096);
  fovea::add_threads(app, request.threads, "threads of each cell, fixed with the sweep (1)");
  app.add_option("--device", request.device, "cpu or cuda, of every cell");
  app.add_option("--tune", request.tune,
                 "axis whose best value on validation is shown, per variant (train.learning_rate); none");
  app.add_flag("--one-at-a-time", request.one_at_a_time, "the recipe, and one axis changed at a time");
  app.add_option("--exclude", request.exclude, "cells to leave out: 'attention==none and layers>2'");
  app.add_option("--match-parameters", request.match,
                 "key of a width that is enlarged until all nets are as large as the largest");
  app.add_option("--baseline", request.baseline, "variant that the report compares with: axis=value");
  fovea::whole_number(
      app.add_option("--maps", request.maps, "test examples whose maps the page shows, a cell a variant (1)"),
      0, 1000);
  app.add_flag("--retry-failed", request.retry_failed, "try failed and diverged cells again");
  app.add_flag("--rerun-changed", request.rerun_changed, "run cells again that another commit made");
  app.add_option("--launcher", request.launcher,
                 "local, slurm (an array job) or list (a job list for GNU parallel)")
      ->check(CLI::IsMember({"local", "slurm", "list"}));
  app.add_option("--cell", request.cell, "run one cell of the sweep in --out, and nothing else");
  app.add_flag("--dry-run", request.dry_run,
               "show the cells with parameters, MACs and time; run and write nothing");
  app.add_option("--out", request.out, "folder of the sweep");
  app.add_flag("--quiet", request.quiet, "only errors and warnings on standard error");
  return fovea::run_program(app, argc, argv, [&] { return fovea::ablate(request); });
}
