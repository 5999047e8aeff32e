// Forward and backward passes that a device has recorded, so that the host tells it one thing a step instead
// of a thousand: CUDA graphs, for batches of one shape.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "src/core/net.h"
#include "src/train/shares.h"

namespace fovea {

/// The first batches of a shape are run as ever, the next one is recorded, all others are what was recorded,
/// done again with their numbers in place of the first one's. Recorded are complete batches (Batch::complete)
/// whose step asks nothing of the host (src/core/recording.h); dropout falls anew each time, as it would
/// have.
class StepGraphs {
 public:
  /// The loss of a batch, and what the net hands on from it.
  using LossOf = std::function<ShareLoss(const Batch&, State& carry)>;

  /// `say` is told once for each reason why batches are not recorded.
  StepGraphs(const torch::nn::Module& net, torch::Device device, std::function<void(const std::string&)> say);
  ~StepGraphs();

  /// The loss of a recorded batch, with its gradients as those of the net's trained parameters (whatever they
  /// had before) and what the net hands on: all of it stands where the next one of that shape will stand.
  /// Nothing where the batch has to be run as ever. Throws ConfigError where the device cannot record it.
  std::optional<ShareLoss> backward(const Batch& batch, const LossOf& loss_of, State& carry);

  /// Batches of which a recording was done again.
  int64_t replays() const { return replays_; }

 private:
  struct Recorded;
  struct Shape;
  /// Null, and the reason said, where neither this shape nor another is recorded any more.
  std::unique_ptr<Recorded> record(const Batch& batch, const LossOf& loss_of);
  void refuse(const std::string& reason);

  std::vector<Tensor> parameters_;
  torch::Device device_;
  std::function<void(const std::string&)> say_;
  std::map<std::string, Shape> shapes_;
  std::set<std::string> refused_;  // reasons that were said
  bool closed_ = false;            // no other shape is recorded
  int64_t recorded_ = 0, replays_ = 0;
};

}  // namespace fovea
