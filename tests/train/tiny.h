// A task and a net small enough to train in milliseconds, with doors through which a test reaches into the
// run.
#pragma once

#include <functional>

#include "src/train/signals.h"
#include "src/train/trainer.h"
#include "tests/support/scratch.h"

namespace fovea {

/// What a test does at certain moments of a run: in the loss of a training batch, in the measuring of a
/// validation batch, in the metrics of a validation. `n` counts the calls from 1.
struct Doors {
  std::function<void(int64_t n)> loss, measure;
  std::function<double(int64_t n)> score;       // replaces the validation metrics "accuracy" and "loss"
  std::function<double(int64_t n)> loss_score;  // replaces "loss" again
};

/// Three numbers in, the largest one's index out; 25 training examples and 11 of each other split,
/// streams read in `batch` places at
/// once, and in four.
class TinyTask : public Task {
 public:
  explicit TinyTask(Doors doors = {}, int64_t batch = 4) : doors_(std::move(doors)), batch_(batch) {}
  TaskSpec spec() const override;
  std::shared_ptr<const ExampleSource> examples(Split split) const override;
  int64_t batch_size() const override { return batch_; }
  Example read(const std::string&) const override { return {}; }
  Loss loss(const ModelOutput& output, const Batch& batch, const LossOptions& options) const override;
  Prediction predict(Net& net, const Batch& batch, const ModelOutput& output) const override;
  std::vector<ExampleScore> measure(const Prediction& prediction, const ModelOutput& output,
                                    const Batch& batch) const override;
  Metrics metrics(const std::vector<ExampleScore>& scores) const override;
  Json show(const Prediction&, const Batch&, int64_t) const override { return {}; }
  std::vector<std::string> labels(const Batch&, int64_t, const std::string&) const override { return {}; }
  std::string primary_metric() const override { return "accuracy"; }
  Json data() const override { return {}; }
  void save(const std::string&) const override {}

 private:
  Doors doors_;
  int64_t batch_;
  mutable int64_t losses_ = 0, measures_ = 0, scores_ = 0;
};

/// Two layers with dropout between, and a state that each row of a batch hands on to that of the next.
class TinyNet : public Net {
 public:
  explicit TinyNet(uint64_t seed, double dropout = 0.2);
  ModelOutput forward(const Batch& batch, AttentionTrace* trace = nullptr) override;

 private:
  torch::nn::Linear hidden_ = nullptr, classes_ = nullptr;
  double dropout_;
};

/// One run in a folder: made anew each time as a program would, continued when the folder is there.
struct TinyRun {
  std::filesystem::path folder;
  TrainOptions options;
  Doors doors = {};
  uint64_t seed = 5;
  double dropout = 0.2;

  RunFolder open() const;
  /// Trains to the end or to what stops it.
  Json train() const;
  CheckpointStore checkpoints() const { return CheckpointStore(folder / "checkpoints"); }
};

/// Options with which every update is logged.
TrainOptions tiny_options(int64_t steps);

/// Values of `key` in the lines of metrics.jsonl of one split.
std::vector<double> values(const TinyRun& run, const std::string& split, const std::string& key);

/// Every byte of a finished run that must not depend on how often it was stopped, by file name.
std::map<std::string, std::string> lasting_bytes(const TinyRun& run);

/// Runs `action` in a child process that gets `signal` after `microseconds`; its exit code, or minus the
/// signal that ended it.
int in_child(const std::function<void()>& action, int signal, int64_t microseconds);

/// The code of the fovea::Error that `action` throws, kOk without one; `message` is its text.
ExitCode code_of(const std::function<void()>& action, std::string* message = nullptr);

}  // namespace fovea
