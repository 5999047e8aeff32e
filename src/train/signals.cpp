#include "src/train/signals.h"

#include <csignal>

namespace fovea {
namespace {

volatile std::sig_atomic_t caught_signal = 0;

extern "C" void remember_signal(int signal) {
  caught_signal = signal;
  std::signal(signal, SIG_DFL);
}

}  // namespace

Interrupted::Interrupted(int signal, const std::string& what)
    : Error(what, signal == SIGINT ? ExitCode::kInterrupted : ExitCode::kTerminated) {}

SignalWatch::SignalWatch() {
  caught_signal = 0;
  interrupt_ = std::signal(SIGINT, remember_signal);
  terminate_ = std::signal(SIGTERM, remember_signal);
}

SignalWatch::~SignalWatch() {
  std::signal(SIGINT, interrupt_);
  std::signal(SIGTERM, terminate_);
  caught_signal = 0;  // was for what this watch guarded, not for the next run of the same process
}

int SignalWatch::caught() {
  return caught_signal;
}

void SignalWatch::check(const std::string& phase) {
  if (caught_signal != 0)
    throw Interrupted(
        caught_signal,
        std::string("stopped by ") + (caught_signal == SIGINT ? "SIGINT" : "SIGTERM") + " while " + phase);
}

}  // namespace fovea
