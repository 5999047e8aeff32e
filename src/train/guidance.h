// Losses on attention weights: towards a known truth, over the whole source, sharp or spread.
#pragma once

#include "src/core/task.h"
#include "src/train/options.h"

namespace fovea {

/// Throws ConfigError where alignment is asked for and the training examples of `task` know no truth.
void require_truth(const Task& task, const GuidanceOptions& options);

/// A trace whose weights a loss may be made of.
AttentionTrace guided_trace(const torch::nn::Module& net, const GuidanceOptions& options);

/// Each term named in `options`, a mean over the real queries of all examples, the heads and the maps of the
/// trace; a query without known truth adds 0 to alignment. Negative weights count as 0. Maps whose rows fold
/// (patch-series) have no truth. Throws ConfigError where the trace holds no map.
std::map<std::string, Tensor> guidance_terms(const AttentionTrace& trace, const Task& task,
                                             const Batch& batch, const GuidanceOptions& options);

/// Σ of the terms, each times its factor: a scalar.
Tensor guidance_loss(const std::map<std::string, Tensor>& terms, const GuidanceOptions& options);

}  // namespace fovea
