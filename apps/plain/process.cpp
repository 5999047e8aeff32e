#include "apps/plain/process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>

#include "src/base/error.h"
#include "src/base/text.h"
#include "src/experiments/process.h"

extern char** environ;

namespace fovea {
namespace {

/// Leaves the terminal's signals to the child; the caller's own handlers come back at the end.
class SignalsLeft {
 public:
  SignalsLeft() {
    for (size_t i = 0; i < kSignals.size(); ++i) before_[i] = std::signal(kSignals[i], [](int) {});
  }
  ~SignalsLeft() {
    for (size_t i = 0; i < kSignals.size(); ++i) std::signal(kSignals[i], before_[i]);
  }
  SignalsLeft(const SignalsLeft&) = delete;
  SignalsLeft& operator=(const SignalsLeft&) = delete;

 private:
  static constexpr std::array<int, 2> kSignals{SIGINT, SIGTERM};
  std::array<void (*)(int), 2> before_{};
};

/// The child's streams: one of them ends in a pipe, whose other end is here.
class Streams {
 public:
  explicit Streams(Taken taken) {
    if (taken != Taken::kNothing && ::pipe2(ends_.data(), O_CLOEXEC) != 0)
      throw Error(std::string("cannot make a pipe: ") + std::strerror(errno));
    posix_spawn_file_actions_init(&actions_);
    if (taken != Taken::kOutput)
      posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    if (taken != Taken::kNothing)
      posix_spawn_file_actions_adddup2(&actions_, ends_[1],
                                       taken == Taken::kOutput ? STDOUT_FILENO : STDERR_FILENO);
  }
  ~Streams() {
    posix_spawn_file_actions_destroy(&actions_);
    for (int end : ends_)
      if (end >= 0) ::close(end);
  }
  Streams(const Streams&) = delete;
  Streams& operator=(const Streams&) = delete;

  const posix_spawn_file_actions_t* actions() const { return &actions_; }

  /// All the child says until it ends.
  std::string read() {
    std::string text;
    if (ends_[0] < 0) return text;
    ::close(ends_[1]);
    ends_[1] = -1;
    std::array<char, 65536> piece;
    for (ssize_t got = 0; (got = ::read(ends_[0], piece.data(), piece.size())) != 0;) {
      if (got < 0 && errno != EINTR) break;
      if (got > 0) text.append(piece.data(), static_cast<size_t>(got));
    }
    return text;
  }

 private:
  std::array<int, 2> ends_{-1, -1};
  posix_spawn_file_actions_t actions_;
};

int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return exit_code(status);
}

}  // namespace

std::string program_beside(const std::string& verb) {
  std::error_code failed;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", failed);
  if (failed) return "fovea-" + verb;
  return (self.parent_path() / ("fovea-" + verb)).string();
}

ProcessEnd run_process(const std::string& program, const std::vector<std::string>& words, Taken taken) {
  Streams streams(taken);
  std::vector<char*> argv{const_cast<char*>(program.c_str())};
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  const SignalsLeft signals_left;
  pid_t child = 0;
  if (const int failed =
          ::posix_spawnp(&child, program.c_str(), streams.actions(), nullptr, argv.data(), environ))
    throw Error("cannot run " + program + ": " + std::strerror(failed));
  const std::string text = streams.read();
  return {wait_for(child), text};
}

std::string output_of(const std::string& verb, const std::vector<std::string>& words) {
  const ProcessEnd end = run_process(program_beside(verb), words, Taken::kOutput);
  if (end.code != 0)
    throw Error("fovea " + verb + " " + join(words, " ") + " ended with exit code " +
                std::to_string(end.code));
  return end.text;
}

}  // namespace fovea
