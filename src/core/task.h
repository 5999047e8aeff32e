// A task: what the examples are, what the loss is, what counts as good, and how a prediction is shown.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "src/core/net.h"

namespace fovea {

enum class Split { kTrain, kValidation, kTest };

/// "train", "validation", "test".
std::string split_name(Split split);
/// The split called `name`; throws ConfigError.
Split parse_split(const std::string& name);

/// Examples by index. get() is called from several threads at once and depends on its arguments only.
class ExampleSource {
 public:
  virtual ~ExampleSource() = default;
  virtual int64_t size() const = 0;
  /// `key` seeds augmentation; `notes` asks for what a person reads and for the known truth.
  virtual Example get(int64_t index, uint64_t key, bool notes) const = 0;
  /// Length for bucketing, without making the example.
  virtual int64_t length(int64_t index) const { return 0; }
  /// 0: the examples are independent. Else they are the pieces of one long text, to be read in so many places
  /// at once: batch t has piece t of each of the equal stretches that the text is cut into, so that a net can
  /// carry on what it keeps in memory. Such examples are never shuffled.
  virtual int64_t streams() const { return 0; }
};

struct LossOptions {
  double label_smoothing = 0;
};

/// Metrics by name: "loss", "accuracy", "mse", …
using Metrics = std::map<std::string, double>;

/// What a map's axis needs from the task: one label a position of the input.
struct AxisLabels {
  std::vector<std::string> labels;
};

class Task {
 public:
  virtual ~Task() = default;
  virtual TaskSpec spec() const = 0;
  virtual std::shared_ptr<const ExampleSource> examples(Split split) const = 0;
  virtual int64_t batch_size() const = 0;

  /// One input as `predict` reads it: a line of text or a path. Throws DataError.
  virtual Example read(const std::string& input) const = 0;
  /// An input and the output that it is given, "INPUT\tOUTPUT": an example with its targets. Throws
  /// DataError, and ConfigError where outputs are not written token by token.
  virtual Example read_forced(const std::string& line) const;

  /// Throws ConfigError where `net` cannot do what the task's options ask: before any training.
  virtual void check(Net& net) const {}
  /// Several threads may ask for loss, predictions and measures at once, each of another batch.
  virtual Loss loss(const ModelOutput& output, const Batch& batch, const LossOptions& options) const = 0;
  virtual Prediction predict(Net& net, const Batch& batch, const ModelOutput& output) const = 0;
  /// What is answered to inputs that come without targets: the prediction, or what a language model writes
  /// after them.
  virtual Prediction answer(Net& net, const Batch& batch, const ModelOutput& output) const {
    return predict(net, batch, output);
  }
  /// Forced decoding: the targets of `batch` as its outputs, with log P of each token from `output`, the
  /// net's along them. Of batches of read_forced's examples.
  virtual Prediction forced(const Batch& batch, const ModelOutput& output) const;
  /// Whether predictions are written token by token, from the input alone.
  virtual bool decodes() const { return false; }
  /// Whether it knows of some examples which source token a target token comes from: evaluation may then put
  /// the net's "alignment" [B, Tq, Tk] into the output's values, weights along the reference.
  virtual bool aligns() const { return false; }
  /// `batch` with the best outputs of `prediction` as its targets: one forward pass along them shows what the
  /// decoder looked at. Tasks that do not decode give `batch` back.
  virtual Batch follow(const Batch& batch, const Prediction& prediction) const { return batch; }
  /// Per-example sufficient statistics, independent of the batch's composition.
  virtual std::vector<ExampleScore> measure(const Prediction& prediction, const ModelOutput& output,
                                            const Batch& batch) const = 0;
  virtual Metrics metrics(const std::vector<ExampleScore>& scores) const = 0;
  /// More than numbers: a confusion matrix, a table by class. Null when there is none.
  virtual Json details(const std::vector<ExampleScore>& scores) const { return nullptr; }
  /// One prediction as a JSON object: label and probabilities, output, forecast.
  virtual Json show(const Prediction& prediction, const Batch& batch, int64_t row) const = 0;

  /// Labels of the positions of input or target field `field` of one example (its note and values).
  virtual std::vector<std::string> labels(const Batch& batch, int64_t row,
                                          const std::string& field) const = 0;
  /// Where attention over `key_field` ought to go, as the example's truths have it: bool [Tq or 1, T] in
  /// input units ([Hi, Wi] for images), or undefined.
  virtual Tensor truth(const Batch& batch, int64_t row, const std::string& key_field) const;

  /// The metric that chooses the checkpoint, and its direction.
  virtual std::string primary_metric() const = 0;
  virtual bool higher_is_better() const { return true; }

  /// Fingerprints (SHA-256) and sizes of the data, for the manifest.
  virtual Json data() const = 0;
  /// Vocabulary, labels, scaler: enough to predict without the training data. Writes files into `folder`.
  virtual void save(const std::string& folder) const = 0;
};

}  // namespace fovea
