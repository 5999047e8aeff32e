#include "src/experiments/process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstring>

#include "src/base/error.h"

namespace fovea {
namespace {

constexpr int kCannotStart = 127;

sigset_t watched() {
  sigset_t set;
  ::sigemptyset(&set);
  for (int signal : {SIGCHLD, SIGINT, SIGTERM}) ::sigaddset(&set, signal);
  return set;
}

/// Between fork and exec: only calls that are safe there.
[[noreturn]] void become(char* const* words, int diagnostics, int keep_open, pid_t parent) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(kCannotStart);  // killed before that took effect
  for (int signal : {SIGCHLD, SIGINT, SIGTERM}) ::signal(signal, SIG_DFL);
  const sigset_t set = watched();
  ::sigprocmask(SIG_UNBLOCK, &set, nullptr);
  const int nothing = ::open("/dev/null", O_RDWR);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(nothing, STDOUT_FILENO);
  ::dup2(diagnostics, STDERR_FILENO);
  if (keep_open >= 0) ::fcntl(keep_open, F_SETFD, 0);
  ::execv(words[0], words);
  const char* reason = ::strerror(errno);
  for (const char* part : {"cannot run ", static_cast<const char*>(words[0]), ": ", reason, "\n"})
    if (::write(STDERR_FILENO, part, std::strlen(part)) < 0) break;
  ::_exit(kCannotStart);
}

}  // namespace

pid_t start_process(const ProcessOptions& options) {
  std::vector<char*> words;
  for (const std::string& word : options.words) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  const int diagnostics =
      ::open(options.diagnostics.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (diagnostics < 0)
    throw Error("cannot write " + options.diagnostics.string() + ": " + std::strerror(errno));
  const pid_t parent = ::getpid(), child = ::fork();
  if (child == 0) become(words.data(), diagnostics, options.keep_open, parent);
  const int reason = errno;
  ::close(diagnostics);
  if (child < 0) throw Error("cannot start " + options.words[0] + ": " + std::strerror(reason));
  ::setpgid(child, child);
  return child;
}

int exit_code(int wait_status) {
  return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
}

SignalQueue::SignalQueue() {
  const sigset_t set = watched();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

SignalQueue::~SignalQueue() {
  const sigset_t set = watched();
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

int SignalQueue::wait(double seconds) const {
  const sigset_t set = watched();
  timespec limit{};
  limit.tv_sec = static_cast<time_t>(seconds);
  limit.tv_nsec = static_cast<long>((seconds - std::floor(seconds)) * 1e9);
  const int signal = ::sigtimedwait(&set, nullptr, &limit);
  return signal < 0 ? 0 : signal;
}

}  // namespace fovea
