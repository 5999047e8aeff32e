// The four kinds of failure a program can report, each with its documented exit code.
#pragma once

#include <stdexcept>
#include <string>

namespace fovea {

/// Exit codes of every program (docs/commands.md).
enum class ExitCode : int {
  kOk = 0,
  kFailure = 1,
  kUsage = 2,
  kData = 3,
  kCheckpoint = 4,
  kDiverged = 5,
  kIncomplete = 6,
  kInterrupted = 130,
  kTerminated = 143,
};

/// A failure a user can act on: its message is one line that says where, what was found and what was
/// expected.
class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message, ExitCode code = ExitCode::kFailure)
      : std::runtime_error(message), code_(code) {}
  ExitCode code() const { return code_; }

 private:
  ExitCode code_;
};

/// Unknown key, wrong type, a combination that cannot be: exit 2.
class ConfigError : public Error {
 public:
  explicit ConfigError(const std::string& message) : Error(message, ExitCode::kUsage) {}
};

/// Absent, malformed or inconsistent input data: exit 3.
class DataError : public Error {
 public:
  explicit DataError(const std::string& message) : Error(message, ExitCode::kData) {}
};

/// Absent, corrupt or foreign run, checkpoint or model file: exit 4.
class CheckpointError : public Error {
 public:
  explicit CheckpointError(const std::string& message) : Error(message, ExitCode::kCheckpoint) {}
};

/// A loss that is no longer finite: exit 5.
class DivergedError : public Error {
 public:
  explicit DivergedError(const std::string& message) : Error(message, ExitCode::kDiverged) {}
};

}  // namespace fovea
