#include "src/train/shares.h"

#include <ATen/Parallel.h>

#include "src/base/random.h"
#include "src/core/dropout_keys.h"
#include "src/core/parallel.h"
#include "src/train/trained.h"
#include "src/train/update_pass.h"

namespace fovea {
namespace {

/// Examples of a share at least, shares at most, and trained numbers for each number of the inputs at most,
/// measured: every share lays out weights of its own for its products, and has gradients to be added up.
constexpr int64_t kLeastExamples = 4, kMostShares = 8, kMostTrained = 2048;

struct Share {
  ShareLoss loss;
  std::vector<Tensor> gradients;  // of each trained parameter, undefined where there is none
};

Share share_of(const Batch& batch, const std::vector<Tensor>& parameters, const LossOf& loss_of) {
  Share share{loss_of(batch), {}};
  Tensor& sum = share.loss.sum;
  if (share.loss.culprit.empty() && sum.requires_grad())
    share.gradients = torch::autograd::grad({sum}, parameters, /*grad_outputs=*/{}, /*retain_graph=*/false,
                                            /*create_graph=*/false, /*allow_unused=*/true);
  else
    share.gradients.resize(parameters.size());
  sum = sum.detach();
  return share;
}

ShareLoss added_up(const std::vector<Share>& shares) {
  ShareLoss all;
  for (const Share& share : shares) {
    const Tensor sum = share.loss.sum.to(torch::kFloat64), weight = share.loss.weight;
    all.sum = all.sum.defined() ? all.sum + sum : sum;
    all.weight = all.weight.defined() ? all.weight + weight : weight;
    if (all.culprit.empty()) all.culprit = share.loss.culprit;
  }
  return all;
}

}  // namespace

int64_t share_count(const Batch& batch, int64_t trained, torch::Device device) {
  const int64_t threads = at::get_num_threads();
  const bool apart = device.is_cpu() && threads <= kMostShares && batch.size() >= kLeastExamples * threads &&
                     trained <= kMostTrained * batch.numbers();
  return apart ? threads : 1;
}

ShareLoss backward_in_shares(const torch::nn::Module& net, const Batch& batch, int64_t shares,
                             const LossOf& loss_of) {
  if (shares == 1) {
    ShareLoss loss = loss_of(batch);
    if (loss.culprit.empty() && loss.sum.requires_grad()) loss.sum.backward();
    loss.sum = loss.sum.detach();
    return loss;
  }
  std::vector<Tensor> parameters;
  for (const auto& [name, parameter] : trained_parameters(net)) parameters.push_back(parameter);
  std::vector<Share> made(static_cast<size_t>(shares));
  const uint64_t key = draw_dropout_key();
  side_by_side(shares, [&](int64_t i) {
    DropoutKeys keys(hash_words({key, static_cast<uint64_t>(i)}));
    made[static_cast<size_t>(i)] =
        share_of(batch.rows(i * batch.size() / shares, (i + 1) * batch.size() / shares), parameters, loss_of);
  });
  ShareLoss loss = added_up(made);
  if (!loss.culprit.empty()) return loss;
  const torch::NoGradGuard no_gradient;
  std::vector<std::vector<Tensor>> gradients;
  for (Share& share : made) gradients.push_back(std::move(share.gradients));
  const std::vector<Tensor> sums = sums_over(gradients);
  for (size_t i = 0; i < parameters.size(); ++i) {
    Tensor& gradient = parameters[i].mutable_grad();
    if (sums[i].defined()) gradient = gradient.defined() ? gradient + sums[i] : sums[i];
  }
  return loss;
}

}  // namespace fovea
