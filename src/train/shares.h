// A batch's gradients, made of shares of its examples side by side.
#pragma once

#include <functional>

#include "src/core/batch.h"

namespace fovea {

/// What comes of some examples.
struct ShareLoss {
  Tensor sum;           // Σ loss, a scalar where gradients begin
  Tensor weight;        // what it is to be divided by, a scalar
  std::string culprit;  // what is not finite; "" where all is
};

/// The loss of some examples. Sums and gradients of several shares add up to those of all; it may run on
/// several threads at once, whose dropout keys are their own.
using LossOf = std::function<ShareLoss(const Batch&)>;

/// In how many shares a batch is quickest for a net with so many `trained` numbers: one for each thread of
/// the CPU, which goes all the way forward and back, waits for no other between two operators and finds near
/// what the last one left; or one in all, where there are few examples for each thread, many threads, or many
/// weights beside few inputs. A matter of sizes alone.
int64_t share_count(const Batch& batch, int64_t trained, torch::Device device);

/// The loss of a batch in `shares` shares, in their order; its gradients are added to those of the net's
/// trained parameters, unless something is not finite.
ShareLoss backward_in_shares(const torch::nn::Module& net, const Batch& batch, int64_t shares,
                             const LossOf& loss_of);

}  // namespace fovea
