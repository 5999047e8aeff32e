// Keys of what falls at random while a net trains.
#pragma once

#include <cstdint>

#include "src/core/tensor.h"

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

/// A key: its bits, or, where a device records, a scalar int64 there that will hold them.
struct DropoutKey {
  DropoutKey(uint64_t key) : bits(key) {}  // NOLINT: a key is a number
  explicit DropoutKey(Tensor scalar) : there(std::move(scalar)) {}
  uint64_t bits = 0;
  Tensor there;

  /// As a scalar on `device`.
  Tensor on(torch::Device device) const;
};

/// One key for a call on `device`: drawn as above, or the next one of this thread's RecordedKeys.
DropoutKey draw_dropout_key(torch::Device device);

/// Keys of a step that a device records: each stands in memory of the device, where others are put before the
/// step is done again.
class RecordedKeys {
 public:
  explicit RecordedKeys(torch::Device device);

  /// While it lives, this thread's calls on the device are given the places of `keys`, one after the other.
  class Given {
   public:
    explicit Given(RecordedKeys& keys);
    ~Given();
    Given(const Given&) = delete;
    Given& operator=(const Given&) = delete;
  };

  /// Puts a newly drawn key in each place that was given: those that the calls would draw, were they made
  /// now.
  void draw();

 private:
  friend DropoutKey draw_dropout_key(torch::Device device);
  Tensor next();

  Tensor places_;  // int64
  int64_t given_ = 0;
};

}  // namespace fovea
