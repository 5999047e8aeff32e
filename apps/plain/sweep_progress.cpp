#include "apps/plain/sweep_progress.h"

#include <unistd.h>

#include <cstdio>

#include "apps/plain/program.h"
#include "src/base/error.h"
#include "src/base/text.h"
#include "src/stats/format.h"

namespace fovea {
namespace {

/// "accuracy 0.913" of a finished cell, on test where it has been scored.
std::string result_text(const std::filesystem::path& folder, const SweepCell& cell) {
  const Json result = read_json((cell_folder(folder, cell) / "result.json").string());
  const std::string metric = result.value("primary", std::string());
  for (const char* split : {"test", "validation"}) {
    const Json value =
        result.value(Json::json_pointer(std::string("/metrics/") + split + "/" + metric), Json());
    if (value.is_number())
      return std::string(split) + " " + metric + " " + format_number(value.get<double>());
  }
  return "no " + metric;
}

}  // namespace

SweepProgress::SweepProgress(std::filesystem::path folder, const std::vector<CellPlace>& places, int64_t jobs,
                             bool quiet)
    : folder_(std::move(folder)), quiet_(quiet), terminal_(::isatty(STDERR_FILENO) == 1) {
  total_ = static_cast<int64_t>(places.size());
  for (const CellPlace& place : places) {
    const CellStatus status = cell_status(folder_, *place.point, place.cell);
    if (status == CellStatus::kPending || status == CellStatus::kUnfinished)
      to_do_ += weight(place);
    else
      ++ended_;
  }
  if (!quiet_)
    std::fprintf(stderr, "%lld cells, %lld of them done; %lld at a time\n", static_cast<long long>(total_),
                 static_cast<long long>(ended_), static_cast<long long>(jobs));
}

SchedulerEvents SweepProgress::events() {
  return {[this](const CellPlace&) { draw(); },
          [this](const CellPlace& place, double seconds) { finished(place, seconds); },
          [this](const CellPlace& place, const Failure& failure) { failed(place, failure); },
          [this] { draw(); }};
}

/// How long a cell may take in comparison with others.
double SweepProgress::weight(const CellPlace& place) const {
  return place.point->macs > 0 ? static_cast<double>(place.point->macs) : 1;
}

std::string SweepProgress::counted() const {
  return std::to_string(ended_) + "/" + std::to_string(total_);
}

std::string SweepProgress::eta() const {
  if (done_here_ <= 0 || to_do_ <= 0) return "";
  const double spent = std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
  return "  ETA " + format_seconds(spent * to_do_ / done_here_);
}

void SweepProgress::finished(const CellPlace& place, double seconds) {
  ++ended_, to_do_ -= weight(place);
  if (seconds > 0) done_here_ += weight(place);
  if (quiet_) return;
  line(counted() + "  " + place.name + "  " + result_text(folder_, place.cell) +
       (seconds > 0 ? "  " + format_seconds(seconds) : "  by another process") + eta());
}

void SweepProgress::failed(const CellPlace& place, const Failure& failure) {
  ++ended_, ++failures_, to_do_ -= weight(place);
  clear();
  print_warning(place.cell.id + " (" + place.name + ") " + status_name(failure.status) + " in " +
                failure.stage + ", exit code " + std::to_string(failure.code) + ": " +
                join(failure.lines, " | "));
}

void SweepProgress::draw() {
  if (quiet_ || !terminal_) return;
  clear();
  const std::string text =
      counted() + " cells" + (failures_ > 0 ? ", " + std::to_string(failures_) + " failed" : "") + eta();
  std::fprintf(stderr, "\r%s", text.c_str());
  std::fflush(stderr);
  drawn_ = true;
}

void SweepProgress::clear() {
  if (drawn_) std::fprintf(stderr, "\r\033[K");
  drawn_ = false;
}

void SweepProgress::line(const std::string& text) {
  clear();
  std::fprintf(stderr, "%s\n", text.c_str());
  draw();
}

void SweepProgress::end() {
  clear();
  std::fflush(stderr);
}

}  // namespace fovea
