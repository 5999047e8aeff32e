#include "src/train/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace fovea {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point then) {
  return std::chrono::duration<double>(Clock::now() - then).count();
}

int terminal_width() {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

bool speaks_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != 0)
      return std::strstr(value, "UTF-8") != nullptr || std::strstr(value, "utf8") != nullptr;
  }
  return false;
}

}  // namespace

std::string duration_text(double seconds) {
  const auto total = static_cast<int64_t>(std::max(0.0, seconds) + 0.5);
  char text[40];
  if (total >= 3600)
    std::snprintf(text, sizeof text, "%lld:%02lld:%02lld", static_cast<long long>(total / 3600),
                  static_cast<long long>(total / 60 % 60), static_cast<long long>(total % 60));
  else
    std::snprintf(text, sizeof text, "%lld:%02lld", static_cast<long long>(total / 60),
                  static_cast<long long>(total % 60));
  return text;
}

Progress::Progress(int64_t total_steps, int64_t first_step, bool quiet)
    : total_(total_steps),
      first_(first_step),
      quiet_(quiet),
      terminal_(::isatty(STDERR_FILENO) != 0),
      utf8_(speaks_utf8()),
      width_(terminal_width()),
      began_(Clock::now()),
      shown_(began_) {}

Progress::~Progress() {
  clear();
}

void Progress::clear() {
  if (drawn_) std::fprintf(stderr, "\r%*s\r", width_ - 1, "");
  drawn_ = false;
  std::fflush(stderr);
}

std::string Progress::bar(int64_t step) const {
  const int cells = std::clamp(width_ - 70, 0, 30);
  const auto full = static_cast<int>(
      std::lround(cells * static_cast<double>(step) / static_cast<double>(std::max<int64_t>(1, total_))));
  std::string text;
  for (int i = 0; i < cells; ++i) text += utf8_ ? (i < full ? "━" : "─") : (i < full ? "#" : ".");
  return text.empty() ? text : text + " ";
}

void Progress::update(int64_t step, int64_t epoch, double loss, int64_t examples) {
  if (quiet_) return;
  examples_ += examples;
  if (seconds_since(shown_) < (terminal_ ? 0.2 : 5.0)) return;
  shown_ = Clock::now();
  const double spent = seconds_since(began_), rate = static_cast<double>(examples_) / std::max(spent, 1e-9);
  const double left =
      spent / std::max<double>(1, static_cast<double>(step - first_)) * static_cast<double>(total_ - step);
  char text[200];
  std::snprintf(text, sizeof text, "step %lld/%lld  epoch %lld  loss %.4f  %.0f examples/s  ETA %s",
                static_cast<long long>(step), static_cast<long long>(total_), static_cast<long long>(epoch),
                loss, rate, duration_text(left).c_str());
  if (terminal_) {
    clear();
    std::fprintf(stderr, "\r%s%s", bar(step).c_str(),
                 std::string(text).substr(0, static_cast<size_t>(std::max(0, width_ - 34))).c_str());
    drawn_ = true;
  } else {
    std::fprintf(stderr, "%s\n", text);
  }
  std::fflush(stderr);
}

void Progress::note(const std::string& line) {
  if (quiet_) return;
  clear();
  std::fprintf(stderr, "%s\n", line.c_str());
}

}  // namespace fovea
