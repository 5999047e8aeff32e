#include "apps/plain/launchers.h"

#include <iostream>

#include "apps/plain/process.h"
#include "src/base/error.h"
#include "src/base/files.h"
#include "src/base/text.h"
#include "src/experiments/scheduler.h"

namespace fovea {
namespace {

namespace fs = std::filesystem;

constexpr int kSecondsToSave = 120;  // between Slurm's warning and its end of a job

/// `text` as one word of a shell.
std::string quoted(const std::string& text) {
  std::string word = "'";
  for (char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

/// The cells that are left to run, failed ones where they are to be tried again.
std::vector<std::string> cells_to_run(const AblateRequest& request, const Sweep& sweep) {
  std::vector<std::string> ids;
  for (const CellPlace& place : cell_places(sweep)) {
    const CellStatus status = cell_status(request.out, *place.point, place.cell);
    const bool ended = status == CellStatus::kFailed || status == CellStatus::kDiverged;
    if (status != CellStatus::kFinished && (!ended || request.retry_failed)) ids.push_back(place.cell.id);
  }
  return ids;
}

std::string cell_command(const AblateRequest& request, const std::string& cell) {
  return quoted(program_beside("ablate")) + " --out " + quoted(fs::absolute(request.out).string()) +
         " --quiet --maps " + std::to_string(request.maps) + " --cell " + cell;
}

std::string slurm_script(const AblateRequest& request, const Sweep& sweep, size_t cells) {
  const fs::path folder = fs::absolute(request.out);
  const std::string at_once = request.jobs > 0 ? "%" + std::to_string(request.jobs) : "";
  std::string script = "#!/usr/bin/env bash\n";
  const auto option = [&](const std::string& text) { script += "#SBATCH " + text + "\n"; };
  option("--job-name=fovea-" + sweep.request.recipe);
  option("--array=1-" + std::to_string(cells) + at_once);
  option("--cpus-per-task=" + std::to_string(sweep.request.threads));
  option("--requeue");
  option("--open-mode=append");
  option("--signal=B:TERM@" + std::to_string(kSecondsToSave));
  option("--output=" + (folder / "logs" / "slurm-%A_%a.txt").string());
  if (sweep.request.device == "cuda") option("--gpus-per-task=1");
  script +=
      "# Line N of cells.txt is the cell of task N. Asked to stop, the cell saves and its task is queued "
      "again.\n"
      "cell=$(sed -n \"${SLURM_ARRAY_TASK_ID}p\" " +
      quoted((folder / "cells.txt").string()) +
      ")\n"
      "stopped=\n"
      "trap 'stopped=yes; kill -TERM \"$child\"' TERM\n" +
      cell_command(request, "\"$cell\"") +
      " &\n"
      "child=$!\n"
      "wait \"$child\"; code=$?\n"
      "while kill -0 \"$child\" 2>/dev/null; do wait \"$child\"; code=$?; done\n"
      "if [ -n \"$stopped\" ] && [ \"$code\" = 143 ]; then\n"
      "  scontrol requeue \"${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}\"\n"
      "fi\n"
      "exit \"$code\"\n";
  return script;
}

}  // namespace

int write_job_list(const AblateRequest& request, const Sweep& sweep) {
  std::string lines;
  for (const std::string& cell : cells_to_run(request, sweep)) lines += cell_command(request, cell) + "\n";
  const fs::path path = fs::path(request.out) / "jobs.txt";
  write_file_atomically(path, lines);
  std::cout << path.string() << "\n";
  if (!request.quiet)
    std::cerr << "run it with: parallel < " << path.string() << "   and then: fovea report " << request.out
              << "\n";
  return 0;
}

int submit_array(const AblateRequest& request, const Sweep& sweep) {
  const fs::path folder = request.out, script = folder / "slurm.sh";
  const std::vector<std::string> cells = cells_to_run(request, sweep);
  if (cells.empty()) {
    std::cout << "all cells have finished\n";
    return 0;
  }
  make_folders(folder / "logs");
  write_file_atomically(folder / "cells.txt", join(cells, "\n") + "\n");
  write_file_atomically(script, slurm_script(request, sweep, cells.size()));
  const ProcessEnd end = run_process("sbatch", {fs::absolute(script).string()}, Taken::kOutput);
  if (end.code != 0)
    throw Error("sbatch " + script.string() + " ended with exit code " + std::to_string(end.code));
  std::cout << end.text;
  if (!request.quiet) std::cerr << "how far it is: fovea status " << request.out << "\n";
  return 0;
}

}  // namespace fovea
