// What a running sweep says on standard error: a line for each cell that ends, and on a terminal one that
// moves.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "src/experiments/scheduler.h"

namespace fovea {

class SweepProgress {
 public:
  /// `quiet` says only what failed.
  SweepProgress(std::filesystem::path folder, const std::vector<CellPlace>& places, int64_t jobs, bool quiet);

  /// Lives as long as this.
  SchedulerEvents events();
  void end();

 private:
  void finished(const CellPlace& place, double seconds);
  void failed(const CellPlace& place, const Failure& failure);
  void draw();
  void clear();
  void line(const std::string& text);
  double weight(const CellPlace& place) const;
  std::string eta() const;
  /// "12/40".
  std::string counted() const;

  std::filesystem::path folder_;
  int64_t total_ = 0, ended_ = 0, failures_ = 0;
  bool quiet_, terminal_, drawn_ = false;
  double to_do_ = 0, done_here_ = 0;  // weights of cells
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

}  // namespace fovea
