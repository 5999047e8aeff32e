// One program of a cell as a process of its own.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace fovea {

struct ProcessOptions {
  std::vector<std::string> words;     // the program's path and its arguments
  std::filesystem::path diagnostics;  // standard error is appended here; standard output goes nowhere
  int keep_open = -1;                 // a file that stays open in it
};

/// Starts it in a process group of its own, so that a terminal's Ctrl-C reaches it only through us; the
/// system sends it SIGTERM should we be killed. Throws Error where it cannot be started.
pid_t start_process(const ProcessOptions& options);

/// What a wait status means: an exit code, or 128 + the signal that ended it.
int exit_code(int wait_status);

/// SIGCHLD, SIGINT and SIGTERM are held back while this lives, and read by wait().
class SignalQueue {
 public:
  SignalQueue();
  ~SignalQueue();
  SignalQueue(const SignalQueue&) = delete;
  SignalQueue& operator=(const SignalQueue&) = delete;

  /// Waits up to `seconds` for a signal; its number, or 0.
  int wait(double seconds) const;
};

}  // namespace fovea
