// LibTorch's optimizers with named, portable state, and the learning-rate schedules.
#pragma once

#include <memory>

#include "src/core/safetensors.h"
#include "src/train/options.h"

namespace fovea {

/// An update rule over a net's trainable parameters. State is kept by parameter name.
class Optimizer {
 public:
  /// Weight decay goes to parameters of two or more axes outside embeddings and norms.
  Optimizer(torch::nn::Module& net, const TrainOptions& options);

  void zero_grad();
  /// One update at step size `learning_rate`.
  void step(double learning_rate);
  /// Scales gradients so that their joint norm is at most `limit` (0 = leave them); returns the norm before.
  Tensor clip(double limit);
  /// Divides every gradient by `weight` (a scalar tensor); a weight of 0 (nothing counted) leaves them.
  void divide_gradients(const Tensor& weight);

  /// Moments and counters as "moment name/parameter name".
  TensorMap state() const;
  /// Throws CheckpointError when a tensor is absent, has another shape or belongs to no parameter.
  void load(const TensorMap& state, const std::string& where);

 private:
  std::vector<std::pair<std::string, Tensor>> parameters_;
  std::unique_ptr<torch::optim::Optimizer> rule_;
  std::string name_;
};

/// Takes the parameters that a pattern (* and ?) of `patterns` matches out of training. Throws ConfigError
/// for one that matches none, and where nothing would be left to train.
void freeze(torch::nn::Module& net, const std::vector<std::string>& patterns);

/// Step size of update `step` (0-based) of `total`: linear warm-up, then the schedule.
/// cosine and linear fall to 0 at `total`; inverse-sqrt is √(warmup / step) (Vaswani 2017, §5.3, as a factor
/// of the peak).
double learning_rate_at(const TrainOptions& options, int64_t step, int64_t total);

}  // namespace fovea
