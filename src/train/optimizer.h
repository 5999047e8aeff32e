// Update rules with named, portable state, each update one pass over parameters, gradients and moments; and
// the learning-rate schedules.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "src/core/safetensors.h"
#include "src/train/options.h"
#include "src/train/update_pass.h"

namespace fovea {

/// SGD with momentum, Adam (Kingma & Ba 2015) or AdamW (Loshchilov & Hutter 2019) over a net's trainable
/// parameters: on the CPU by our own kernels, elsewhere by LibTorch's fused ones. Gradients may be sparse
/// over rows (embeddings). State is kept by parameter name.
class Optimizer {
 public:
  /// Weight decay goes to parameters of two or more axes outside embeddings and norms.
  Optimizer(const torch::nn::Module& net, const TrainOptions& options);

  /// Lets go of the gradients.
  void zero_grad();

  /// Joint norm of the gradients, a scalar.
  Tensor gradient_norm() const;

  /// One update at step size `learning_rate` with gradients divided by `divisor` (a scalar; undefined = as
  /// they are). Parameters without a gradient stay as they are, and so do all elsewhere than on the CPU where
  /// `spoilt` (a scalar there) is 1.
  void step(double learning_rate, const Tensor& divisor = {}, const Tensor& spoilt = {});

  /// Moments and counters as "moment name/parameter name".
  TensorMap state() const;
  /// Throws CheckpointError when a tensor is absent, has another shape or belongs to no parameter.
  void load(const TensorMap& state, const std::string& where);

 private:
  /// A parameter and what its rule remembers of it: [momentum], or [exp_avg, exp_avg_sq]; empty before its
  /// first gradient.
  struct Entry {
    std::string name;
    Tensor parameter;
    bool decays;
    std::vector<Tensor> moments;
    int64_t updates = 0;
  };
  std::vector<std::string> moment_names() const;
  std::vector<Tensor> first_moments(const Tensor& parameter) const;
  UpdatedParameter updated(const Entry& entry, double learning_rate, double divisor) const;
  void update_elsewhere(const std::vector<Entry*>& entries, double learning_rate, double decay,
                        const Tensor& divisor, const Tensor& spoilt);

  TrainOptions options_;
  std::vector<Entry> entries_;
};

/// What gradients summed over a `weight` are divided by so that their mean has a norm of at most `limit`
/// (0 = any), where `norm` is that of the sums. A weight of 0 (nothing counted) divides by 1. Scalars.
Tensor gradient_divisor(const Tensor& norm, const Tensor& weight, double limit);

/// Takes the parameters that a pattern (* and ?) of `patterns` matches out of training. Throws ConfigError
/// for one that matches none, and where nothing would be left to train.
void freeze(torch::nn::Module& net, const std::vector<std::string>& patterns);

/// Step size of update `step` (0-based) of `total`: linear warm-up, then the schedule.
/// cosine and linear fall to 0 at `total`; inverse-sqrt is √(warmup / step) (Vaswani 2017, §5.3, as a factor
/// of the peak).
double learning_rate_at(const TrainOptions& options, int64_t step, int64_t total);

}  // namespace fovea
