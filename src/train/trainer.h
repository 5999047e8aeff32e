// The one trainer: it knows no modality, resumes exactly, and stops cleanly.
#pragma once

#include <memory>

#include "src/core/task.h"
#include "src/train/evaluate.h"
#include "src/train/options.h"
#include "src/train/run_folder.h"

namespace fovea {

struct ShareLoss;

struct LoaderOptions;
class Ranks;

struct TrainerSettings {
  TrainOptions options;
  uint64_t seed = 0;
  torch::Device device = torch::kCPU;
  bool quiet = false;
  std::shared_ptr<Ranks> ranks;  // null = this process alone
};

/// Seeds the default generators for what is about to happen; the run has no other randomness.
void seed_generators(std::initializer_list<uint64_t> words);

/// What can be known to be wrong before a run begins: no examples to train or to choose a checkpoint on, no
/// truth for train.guidance, nothing left by train.freeze (which it carries out), what the task finds. Throws
/// DataError, ConfigError.
void require_trainable(Net& net, const Task& task, const TrainOptions& options);

/// Trains `net` in `run` from its newest good checkpoint, or from the start, until done, stopped early, or
/// interrupted. Writes metrics, timing, checkpoints and, at the end, result.json, which it returns. Throws
/// DivergedError on a non-finite loss, Interrupted after a signal (everything saved).
class Trainer {
 public:
  Trainer(std::shared_ptr<Net> net, const Task& task, RunFolder run, TrainerSettings settings);
  ~Trainer();
  Json train();

 private:
  struct Progressed;
  void restore();
  void save(bool at_stop = false);
  bool validation_due() const;
  bool checkpoint_due() const;
  void validate();
  void train_one_step();
  LoaderOptions loading() const;
  Batch next_batch();
  /// What one update adds up, over its batches and over the ranks.
  struct Sums;
  ShareLoss loss_of(const Batch& batch, State& carry) const;
  void backward(const Batch& batch, Sums& sums);
  void add_ranks(Sums& sums);
  /// Whether the device was told to do it by its recordings.
  bool backward_by_graph(const Batch& batch, Sums& sums);
  void make_graphs();
  std::string not_finite(const Tensor& loss, const ModelOutput& output) const;
  [[noreturn]] void diverged(const std::string& culprit, int64_t step);
  /// Numbers of an update that is enqueued, and what becomes of them.
  struct Updated;
  void account(const Updated& update);
  /// Waits for those of the last update.
  void settle();
  void log_train_line(bool force);
  void stop_if_asked();
  int signal() const;
  Batch first_example() const;
  Json finish();
  int64_t epoch_of(int64_t batch) const { return batch / batches_per_epoch_; }

  std::shared_ptr<Net> net_;
  const Task& task_;
  RunFolder run_;
  TrainerSettings settings_;
  int64_t batches_per_epoch_ = 1, total_steps_ = 0;
  int64_t trained_ = 0;   // numbers
  bool streams_ = false;  // whether a batch goes on where the one before it ended
  std::unique_ptr<class Optimizer> optimizer_;
  std::unique_ptr<class WeightAverage> average_;
  std::unique_ptr<class StepGraphs> graphs_;     // null where no step is recorded
  std::shared_ptr<const ExampleSource> source_;  // made once: some read all examples for their lengths
  std::unique_ptr<class Loader> loader_;
  std::unique_ptr<class Progress> progress_;
  std::unique_ptr<Progressed> at_;
  std::unique_ptr<Updated> last_;  // whose numbers are not accounted for yet: never on the CPU
};

/// Signature of a run in sacreBLEU's manner: "task:…|model:…|config:…|seed:…|threads:…|version:…".
std::string run_signature(const Json& config, const Json& manifest);

}  // namespace fovea
