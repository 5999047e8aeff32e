// Keys of what falls at random while a net trains.
#pragma once

#include <cstdint>

namespace fovea {

/// One key a call: of this thread's DropoutKeys where some live, else drawn from LibTorch's default CPU
/// generator.
uint64_t draw_dropout_key();

/// While it lives, this thread's keys are hashes of `key` and their number: the same whatever other threads
/// draw meanwhile.
class DropoutKeys {
 public:
  explicit DropoutKeys(uint64_t key);
  ~DropoutKeys();
  DropoutKeys(const DropoutKeys&) = delete;
  DropoutKeys& operator=(const DropoutKeys&) = delete;

  uint64_t next();

 private:
  uint64_t key_, count_ = 0;
  DropoutKeys* before_;
};

}  // namespace fovea
