// The moving average of a net's weights, which is what a run with train.ema validates and saves.
#pragma once

#include "src/core/net.h"
#include "src/core/safetensors.h"

namespace fovea {

/// ā ← d·ā + (1 − d)·w after every update (Polyak & Juditsky 1992), with d = min(decay, (1 + n) / (10 + n))
/// after n updates, so that the start is soon forgotten. Parameters are averaged; buffers are the net's own.
/// With decay 0 there is no average and every call is free.
class WeightAverage {
 public:
  WeightAverage(const torch::nn::Module& net, double decay);

  /// Takes the weights after update `step` (counted from 1) into the average.
  void update(int64_t step);

  /// Puts the average into the net for as long as it lives; within another one it changes nothing.
  class InUse {
   public:
    explicit InUse(WeightAverage& average) : average_(average), outermost_(!average.in_use_) {
      if (outermost_) average_.exchange();
    }
    ~InUse() {
      if (outermost_) average_.exchange();
    }
    InUse(const InUse&) = delete;
    InUse& operator=(const InUse&) = delete;

   private:
    WeightAverage& average_;
    bool outermost_;
  };

  /// The weights being trained, by name, whether the net holds them now or not; empty without an average.
  const TensorMap& trained() const { return in_use_ ? aside_ : parameters_; }

  /// Continues with the average that the net holds and with the weights `trained` to train on. Throws
  /// CheckpointError when one is absent or has another shape.
  void load(const TensorMap& trained, const std::string& where);

 private:
  void exchange();

  double decay_;
  bool in_use_ = false;
  TensorMap parameters_, aside_;  // the net's own storage, and what it does not hold now
};

}  // namespace fovea
