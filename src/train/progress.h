// Progress on stderr: a bar on a terminal, otherwise one plain line every few seconds.
#pragma once

#include <chrono>
#include <string>

namespace fovea {

class Progress {
 public:
  /// `quiet` prints nothing.
  Progress(int64_t total_steps, int64_t first_step, bool quiet);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void update(int64_t step, int64_t epoch, double loss, int64_t examples);
  /// A line that stays: a validation result.
  void note(const std::string& line);

 private:
  void clear();
  std::string bar(int64_t step) const;

  int64_t total_, first_;
  bool quiet_, terminal_, utf8_;
  int width_;
  std::chrono::steady_clock::time_point began_, shown_;
  int64_t examples_ = 0;
  bool drawn_ = false;
};

/// "1:05", "2:03:04".
std::string duration_text(double seconds);

}  // namespace fovea
