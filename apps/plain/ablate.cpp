#include "apps/plain/ablate.h"

#include <algorithm>
#include <iostream>
#include <thread>

#include "apps/plain/commit.h"
#include "apps/plain/launchers.h"
#include "apps/plain/process.h"
#include "apps/plain/program.h"
#include "apps/plain/sweep_files.h"
#include "apps/plain/sweep_maps.h"
#include "apps/plain/sweep_progress.h"
#include "apps/plain/sweep_tables.h"
#include "src/base/error.h"
#include "src/base/files.h"
#include "src/base/text.h"
#include "src/experiments/claims.h"
#include "src/report/formats.h"

namespace fovea {
namespace {

namespace fs = std::filesystem;

int64_t jobs_of(const AblateRequest& request, const SweepRequest& sweep) {
  if (request.jobs > 0) return request.jobs;
  return std::max<int64_t>(1, static_cast<int64_t>(std::thread::hardware_concurrency()) / sweep.threads);
}

/// What the expansion left out, one line each.
void tell(const PreparedSweep& prepared, bool quiet) {
  for (const RefusedPoint& refused : prepared.expansion.refused)
    print_warning("left out: " + values_text(refused.values) + ": " + refused.why);
  if (prepared.outdated > 0)
    print_warning(
        std::to_string(prepared.outdated) +
        " cells were made from other data or defaults; they are out of the sweep, their folders stay");
  if (!quiet && prepared.expansion.excluded > 0)
    std::cerr << "excluded: " << prepared.expansion.excluded << " combinations\n";
}

/// Moves cells that another commit made out of the way.
void put_aside_changed(const fs::path& folder, const Sweep& sweep) {
  for (const CellPlace& place : cell_places(sweep)) {
    const fs::path cell = cell_folder(folder, place.cell), manifest = cell / "manifest.json";
    if (!fs::exists(manifest)) continue;
    const std::string commit = read_json(manifest.string()).value("commit", std::string());
    if (commit == kCommit) continue;
    const std::optional<Claim> mine = claim(folder, place.cell.id);
    if (!mine) continue;
    fs::path aside = folder / "replaced" / (place.cell.id + "-" + commit);
    for (int i = 2; fs::exists(aside); ++i)
      aside = folder / "replaced" / (place.cell.id + "-" + commit + "-" + std::to_string(i));
    make_folders(aside.parent_path());
    fs::rename(cell, aside);
  }
}

CellMapsOptions maps_options(const AblateRequest& request, const SweepRequest& sweep) {
  return {request.maps, sweep.threads, sweep.device, request.quiet};
}

/// Writes SWEEP/report.* and prints the table.
void write_reports(const fs::path& folder, const Report& report, bool quiet) {
  for (const auto& [format, ending] :
       {std::pair{"md", "md"}, std::pair{"html", "html"}, std::pair{"csv", "csv"}, std::pair{"latex", "tex"}})
    write_file_atomically(folder / (std::string("report.") + ending), report_as(report, format));
  std::cout << report_text(report, false);
  if (!quiet) std::cerr << "report: " << (folder / "report.html").string() << "\n";
}

int outcome_code(const RunOutcome& outcome, const std::string& folder) {
  if (outcome.signal != 0) {
    const auto code = static_cast<ExitCode>(128 + outcome.signal);
    throw Error(std::string("stopped by ") + (code == ExitCode::kInterrupted ? "SIGINT" : "SIGTERM") +
                    "; the cells that ran have saved, the same command goes on with them",
                code);
  }
  if (outcome.failed == 0 && outcome.left == 0) return 0;
  std::vector<std::string> parts;
  if (outcome.failed > 0) parts.push_back(std::to_string(outcome.failed) + " failed or diverged");
  if (outcome.left > 0) parts.push_back(std::to_string(outcome.left) + " not finished");
  print_warning(folder + ": of the cells " + join(parts, ", ") +
                (outcome.failed > 0 ? " (--retry-failed tries them again)" : ""));
  return static_cast<int>(ExitCode::kIncomplete);
}

int run_here(const AblateRequest& request, const Sweep& sweep) {
  const fs::path folder = request.out;
  if (request.rerun_changed) put_aside_changed(folder, sweep);
  const std::vector<CellPlace> places = cell_places(sweep);
  RunOptions options;
  options.programs = fs::path(program_beside("train")).parent_path();
  options.jobs = jobs_of(request, sweep.request);
  options.retry_failed = request.retry_failed;
  SweepProgress progress(folder, places, options.jobs, request.quiet);
  RunOutcome outcome = run_cells(folder, sweep.request, places, options, progress.events());
  progress.end();
  if (outcome.signal == 0) {
    const Report report = make_report(std::vector<fs::path>{folder});
    outcome.signal = make_cell_maps(folder, cells_on_page(report), maps_options(request, sweep.request));
    if (outcome.signal == 0) write_reports(folder, report, request.quiet);
  }
  return outcome_code(outcome, folder.string());
}

/// `--cell`: what a launcher calls on some machine.
int run_one(const AblateRequest& request) {
  const fs::path folder = request.out;
  const Sweep sweep = read_sweep(folder);
  std::vector<CellPlace> places = cell_places(sweep);
  std::erase_if(places, [&](const CellPlace& place) { return place.cell.id != request.cell; });
  if (places.empty()) throw ConfigError("--cell: " + folder.string() + " has no cell " + request.cell);
  RunOptions options;
  options.programs = fs::path(program_beside("train")).parent_path();
  options.retry_failed = true;
  SweepProgress progress(folder, places, 1, request.quiet);
  RunOutcome outcome = run_cells(folder, sweep.request, places, options, progress.events());
  progress.end();
  const CellPlace& place = places[0];
  if (outcome.finished == 1 && place.cell.seed == 0)  // whose maps the page may show
    outcome.signal = make_cell_maps(
        folder, {{cell_folder(folder, place.cell), place.point->tested ? "test" : "validation"}},
        maps_options(request, sweep.request));
  return outcome_code(outcome, folder.string());
}

}  // namespace

int ablate(const AblateRequest& request) {
  if (request.out.empty() && (!request.dry_run || !request.cell.empty()))
    throw ConfigError("command line: expected --out, the folder of the sweep");
  if (!request.cell.empty()) return run_one(request);
  if (request.recipe.empty()) throw ConfigError("command line: expected a recipe");
  const PreparedSweep prepared = prepare_sweep(request);
  if (request.dry_run) {
    std::cout << dry_run_text(request.out, prepared, jobs_of(request, prepared.sweep.request));
    return 0;
  }
  tell(prepared, request.quiet);
  if (request.launcher == "list") return write_job_list(request, prepared.sweep);
  if (request.launcher == "slurm") return submit_array(request, prepared.sweep);
  return run_here(request, prepared.sweep);
}

}  // namespace fovea
