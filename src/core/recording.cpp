#include "src/core/recording.h"

#include <atomic>

namespace fovea {
namespace {

std::atomic<bool> recording = false;  // autograd has threads of its own

}  // namespace

Recording::Recording() {
  if (recording.exchange(true)) throw std::logic_error("a device is recording already");
}

Recording::~Recording() {
  recording = false;
}

bool device_records() {
  return recording;
}

void ask_host(const char* what) {
  if (recording) throw HostAsked(what);
}

}  // namespace fovea
