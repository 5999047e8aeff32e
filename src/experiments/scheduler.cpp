#include "src/experiments/scheduler.h"

#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <list>
#include <map>

#include "src/base/error.h"
#include "src/base/files.h"
#include "src/experiments/claims.h"
#include "src/experiments/process.h"

namespace fovea {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr double kTick = 1;       // seconds between looks at what others do
constexpr double kBeat = 20;      // seconds between signs of life in our claims
constexpr int kMostRestarts = 3;  // of a cell that something else has stopped

double since(Clock::time_point then) {
  return std::chrono::duration<double>(Clock::now() - then).count();
}

struct Running {
  CellPlace place;
  Claim claim;
  pid_t process = 0;
  std::string stage;
  uintmax_t log_begin = 0;  // where this attempt begins in its log
  Clock::time_point began = Clock::now();
};

class Scheduler {
 public:
  Scheduler(const fs::path& folder, const SweepRequest& request, const RunOptions& options,
            const SchedulerEvents& events)
      : folder_(folder), request_(request), options_(options), events_(events) {}

  RunOutcome run(const std::vector<CellPlace>& places) {
    for (const CellPlace& place : places) enqueue(place);
    make_folders(folder_ / "cells");
    make_folders(folder_ / "logs");
    while (!running_.empty() || (!waiting_.empty() && outcome_.signal == 0)) {
      const bool others_only = start_what_can() && running_.empty();
      if (others_only && !options_.wait_for_others) break;
      if (running_.empty() && waiting_.empty()) break;
      const int signal = signals_.wait(kTick);
      if (signal == SIGINT || signal == SIGTERM) pass_on(signal);
      collect();
      beat();
      if (events_.tick) events_.tick();
    }
    outcome_.left += static_cast<int64_t>(waiting_.size());
    return outcome_;
  }

 private:
  void enqueue(const CellPlace& place) {
    switch (cell_status(folder_, *place.point, place.cell)) {
      case CellStatus::kFinished:
        ++outcome_.finished;
        return;
      case CellStatus::kFailed:
      case CellStatus::kDiverged:
        if (!options_.retry_failed) {
          ++outcome_.failed;
          return;
        }
        retried_.push_back(place.cell.id);
        break;
      case CellStatus::kPending:
      case CellStatus::kUnfinished:
        break;
    }
    waiting_.push_back(place);
  }

  /// Starts cells while there is room. True when all that wait are run by others.
  bool start_what_can() {
    if (outcome_.signal != 0) return false;
    size_t looked = waiting_.size();
    while (looked-- > 0 && static_cast<int64_t>(running_.size()) < options_.jobs) {
      CellPlace place = std::move(waiting_.front());
      waiting_.pop_front();
      std::optional<Claim> mine = claim(folder_, place.cell.id);
      if (!mine) {
        waiting_.push_back(std::move(place));
        continue;
      }
      // Another process may have ended it before this claim.
      if (settled(place)) continue;
      begin(std::move(place), std::move(*mine));
    }
    return running_.empty() && !waiting_.empty();
  }

  /// Whether the cell has come to an end elsewhere; counts it.
  bool settled(const CellPlace& place) {
    const CellStatus status = cell_status(folder_, *place.point, place.cell);
    const auto retried = std::find(retried_.begin(), retried_.end(), place.cell.id);
    if (status == CellStatus::kFinished) {
      ++outcome_.finished;
      if (events_.finished) events_.finished(place, 0);
      return true;
    }
    if (status != CellStatus::kFailed && status != CellStatus::kDiverged) return false;
    if (retried != retried_.end()) {
      retried_.erase(retried);
      forget_failure(folder_, place.cell);
      return false;
    }
    ++outcome_.failed;
    if (events_.failed) events_.failed(place, read_failure(folder_, place.cell));
    return true;
  }

  void begin(CellPlace place, Claim claim) {
    std::error_code none;
    const auto size = fs::file_size(cell_log(folder_, place.cell), none);
    Running one{std::move(place), std::move(claim), 0, "", none ? 0 : size, Clock::now()};
    if (events_.started) events_.started(one.place);
    start(one, is_trained(folder_, one.place.cell) ? "evaluate" : "train");
    running_.push_back(std::move(one));
  }

  void start(Running& one, const std::string& stage) {
    one.stage = stage;
    one.process = start_process({cell_words(options_.programs, stage, folder_, request_, one.place),
                                 cell_log(folder_, one.place.cell), one.claim.file()});
  }

  /// Takes in what has ended.
  void collect() {
    std::erase_if(running_, [this](Running& one) {
      int status = 0;
      return ::waitpid(one.process, &status, WNOHANG) == one.process && !goes_on(one, exit_code(status));
    });
  }

  /// What follows when a program of a cell has ended: true when its next one has been started.
  bool goes_on(Running& one, int code) {
    const bool asked_to_stop = code == 128 + SIGINT || code == 128 + SIGTERM;
    if (code == 0 && one.stage == "train" && one.place.point->tested && outcome_.signal == 0) {
      start(one, "evaluate");
      return true;
    }
    if (code == 0 && cell_status(folder_, *one.place.point, one.place.cell) == CellStatus::kFinished) {
      ++outcome_.finished;
      if (events_.finished) events_.finished(one.place, since(one.began));
    } else if (outcome_.signal == 0 && asked_to_stop && ++restarts_[one.place.cell.id] <= kMostRestarts) {
      waiting_.push_back(one.place);  // stopped by something else, saved
    } else if (code == 0 || asked_to_stop || outcome_.signal != 0) {
      ++outcome_.left;  // saved; the next ablate goes on with it
    } else {
      failed(one, code);
    }
    return false;
  }

  void failed(const Running& one, int code) {
    Failure failure;
    failure.status =
        code == static_cast<int>(ExitCode::kDiverged) ? CellStatus::kDiverged : CellStatus::kFailed;
    failure.code = code, failure.stage = one.stage;
    failure.lines = last_lines(cell_log(folder_, one.place.cell), one.log_begin);
    if (failure.lines.empty()) failure.lines = {"exit code " + std::to_string(code) + ", nothing was said"};
    write_failure(folder_, one.place.cell, failure);
    ++outcome_.failed;
    if (events_.failed) events_.failed(one.place, failure);
  }

  void pass_on(int signal) {
    outcome_.signal = signal;
    for (const Running& one : running_) ::kill(one.process, signal);
  }

  void beat() {
    if (since(beaten_) < kBeat) return;
    beaten_ = Clock::now();
    for (const Running& one : running_) one.claim.beat();
  }

  const fs::path& folder_;
  const SweepRequest& request_;
  const RunOptions& options_;
  const SchedulerEvents& events_;
  SignalQueue signals_;
  std::deque<CellPlace> waiting_;
  std::list<Running> running_;
  std::vector<std::string> retried_;     // failed cells to be tried again, once
  std::map<std::string, int> restarts_;  // by cell
  Clock::time_point beaten_ = Clock::now();
  RunOutcome outcome_;
};

}  // namespace

RunOutcome run_cells(const fs::path& folder, const SweepRequest& request,
                     const std::vector<CellPlace>& places, const RunOptions& options,
                     const SchedulerEvents& events) {
  return Scheduler(folder, request, options, events).run(places);
}

}  // namespace fovea
