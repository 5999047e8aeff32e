#include "apps/plain/sweep_maps.h"

#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <fstream>
#include <iostream>

#include "apps/plain/process.h"
#include "apps/plain/program.h"
#include "src/base/files.h"
#include "src/base/text.h"
#include "src/experiments/cell_programs.h"
#include "src/experiments/claims.h"
#include "src/experiments/process.h"
#include "src/report/example_fields.h"
#include "src/report/html.h"

namespace fovea {
namespace {

namespace fs = std::filesystem;

constexpr double kTick = 1;  // seconds between looks at whether a signal came

std::string example_name(const MappedCell& cell, int64_t index) {
  return cell.split + "-" + std::to_string(index);
}

/// How many examples the split has, `most` at most: those the cell was scored on.
int64_t scored(const MappedCell& cell, int64_t most) {
  std::ifstream lines(examples_file(cell.folder, cell.split));
  int64_t n = 0;
  for (std::string line; n < most && std::getline(lines, line);) ++n;
  return n;
}

/// Of the first `examples` those that have no folder in CELL/maps yet.
std::vector<int64_t> missing(const MappedCell& cell, int64_t examples) {
  std::vector<int64_t> indices;
  const int64_t there = scored(cell, examples);
  for (int64_t i = 0; i < there; ++i)
    if (!fs::exists(cell.folder / "maps" / example_name(cell, i))) indices.push_back(i);
  return indices;
}

/// The maps of one cell, made beside their place and then moved there.
class CellMaps {
 public:
  CellMaps(const MappedCell& cell, const CellMapsOptions& options, std::vector<int64_t> indices)
      : cell_(cell), options_(options), indices_(std::move(indices)) {}

  /// The words of fovea-maps.
  std::vector<std::string> words() const {
    std::vector<std::string> numbers;
    for (int64_t index : indices_) numbers.push_back(std::to_string(index));
    return {program_beside("maps"),
            cell_.folder.string(),
            "--split",
            cell_.split,
            "--examples",
            join(numbers, ","),
            "--format",
            "npy,json",
            "--threads",
            std::to_string(options_.threads),
            "--device",
            options_.device,
            "--out",
            made().string(),
            "--quiet"};
  }

  /// Away with what a killed process left.
  void clear() const {
    std::error_code ignored;
    fs::remove_all(made(), ignored);
  }

  void move_in() const {
    make_folders(cell_.folder / "maps");
    for (int64_t index : indices_) {
      const std::string name = example_name(cell_, index);
      make_folders(made() / name);  // not there where the net has no attention
      fs::rename(made() / name, cell_.folder / "maps" / name);
    }
    clear();
  }

 private:
  fs::path made() const { return cell_.folder / "maps.tmp"; }

  const MappedCell& cell_;
  const CellMapsOptions& options_;
  std::vector<int64_t> indices_;
};

/// The signal to stop, where one comes within a tick; else 0.
int stop_signal(const SignalQueue& signals) {
  const int signal = signals.wait(kTick);
  return signal == SIGINT || signal == SIGTERM ? signal : 0;
}

/// Waits for `process`, passing SIGINT and SIGTERM on; its exit code, and the signal that came.
std::pair<int, int> waited(pid_t process, const SignalQueue& signals, const Claim& turn) {
  int status = 0, stopped = 0;
  while (::waitpid(process, &status, WNOHANG) != process) {
    turn.beat();
    const int signal = stop_signal(signals);
    if (signal == 0) continue;
    stopped = signal;
    ::kill(process, signal);
  }
  return {exit_code(status), stopped};
}

/// One process at a time makes maps; nothing when a signal came before it was our turn.
std::optional<Claim> taken_turn(const fs::path& folder, const SignalQueue& signals, int& stopped) {
  for (;;) {
    if (auto turn = claim(folder, "maps")) return turn;
    if ((stopped = stop_signal(signals)) != 0) return {};
  }
}

}  // namespace

std::vector<MappedCell> cells_on_page(const Report& report) {
  std::vector<MappedCell> cells;
  for (const TaskReport& task : report.tasks)
    for (size_t i = 0; i < task.variants.size() && i < static_cast<size_t>(PageOptions().most_variants);
         ++i) {
      const std::vector<Run>& runs = task.variants[i].runs;
      const auto first =
          std::find_if(runs.begin(), runs.end(), [](const Run& run) { return run.finished(); });
      if (first != runs.end()) cells.push_back({first->folder, task.split});
    }
  return cells;
}

int make_cell_maps(const fs::path& folder, const std::vector<MappedCell>& cells,
                   const CellMapsOptions& options) {
  const auto lacks = [&](const MappedCell& cell) { return !missing(cell, options.examples).empty(); };
  if (std::none_of(cells.begin(), cells.end(), lacks)) return 0;
  const SignalQueue signals;
  int stopped = 0;
  const std::optional<Claim> turn = taken_turn(folder, signals, stopped);
  if (!turn) return stopped;
  if (!options.quiet) std::cerr << "maps of " << cells.size() << " cells\n";
  make_folders(folder / "logs");
  for (const MappedCell& cell : cells) {
    const std::vector<int64_t> indices = missing(cell, options.examples);
    if (indices.empty()) continue;
    const CellMaps maps(cell, options, indices);
    maps.clear();
    const fs::path log = folder / "logs" / ("maps-" + cell.folder.filename().string() + ".txt");
    fs::remove(log);
    const pid_t process = start_process({maps.words(), log, turn->file()});
    const auto [code, signal] = waited(process, signals, *turn);
    if (signal != 0) return signal;
    if (code == 0) {
      maps.move_in();
      fs::remove(log);
      continue;
    }
    const std::vector<std::string> said = last_lines(log, 0);
    print_warning("no maps of " + cell.folder.string() + ": " +
                  (said.empty() ? "exit code " + std::to_string(code) : said.back()));
  }
  return 0;
}

}  // namespace fovea
