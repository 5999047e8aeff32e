// What flows between task and net: examples, batches of named fields, outputs, losses, scores.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "src/base/json.h"
#include "src/core/attention.h"
#include "src/core/tensor.h"

namespace fovea {

/// Whether rows of these lengths, int64 [B] or undefined, fill a size without padding.
bool unpadded(const Tensor& lengths, int64_t size);

/// One named field of a batch.
struct Field {
  Tensor values;   // [B, …]
  Tensor lengths;  // int64 [B], on the CPU wherever the values are; undefined when nothing is padded

  /// bool [B, T] where the values are, true = real, or undefined when no row is padded.
  Tensor real() const;
};

/// What a field holds; nets read the widths they need from it.
struct FieldSpec {
  std::string kind;        // tokens, image, series, label, values
  int64_t vocabulary = 0;  // token ids or classes
  int64_t length = 0;      // fixed or largest length, 0 = unknown
  int64_t channels = 0, height = 0, width = 0;
  bool padded = false;           // rows differ in their first size and are padded
  int64_t pad = 0;               // with this value
  int64_t begin = -1, end = -1;  // ids of the sequence's begin and end tokens, where it has them
  int64_t unknown = -1;          // id of what has none
  std::shared_ptr<const std::vector<std::string>> words{};  // the token of each id, where tokens have a text
};

/// Fields a task gives, by name.
struct TaskSpec {
  std::string task;
  std::map<std::string, FieldSpec> inputs, targets;
  /// The input called `name`; throws ConfigError "model `model` needs input …; task … gives …".
  const FieldSpec& input(const std::string& name, const std::string& model) const;
  const FieldSpec& target(const std::string& name, const std::string& model) const;
};

/// One example as the loader's threads make it: each field's values without the batch axis.
struct Example {
  int64_t id = 0;
  int64_t length = 0;  // for bucketing
  std::map<std::string, Tensor> inputs, targets;
  Json note;                            // surface tokens, labels: what a person reads; null unless asked for
  std::map<std::string, Tensor> truth;  // object masks, decisive positions: what attention ought to find
};

struct Batch {
  std::map<std::string, Field> inputs, targets;
  std::vector<int64_t> ids;
  std::vector<Json> notes;                            // one an example, null unless asked for
  std::vector<std::map<std::string, Tensor>> truths;  // one an example, empty unless asked for
  State carry;                          // what the net handed on from the previous batch of a stream
  bool complete = false;                // known to be: no row is padded, no label is left out (below 0)
  std::shared_ptr<const Batch> host{};  // itself on the CPU, where its values are elsewhere

  int64_t size() const { return static_cast<int64_t>(ids.size()); }
  /// How many numbers the inputs hold.
  int64_t numbers() const;
  const Field& input(const std::string& name) const { return inputs.at(name); }
  const Field& target(const std::string& name) const { return targets.at(name); }
  /// The batch with its values on `device`, and what the host had of them.
  Batch to(torch::Device device) const;
  /// The same on the CPU, but for what a stream carries: what the host needs to know of it, it need not wait
  /// for. Throws HostAsked where a device is recording (src/core/recording.h).
  const Batch& on_host() const;
  /// The examples begin … end − 1, without what a stream carries.
  Batch rows(int64_t begin, int64_t end) const;
};

/// What Batch::complete says of a batch whose values are on the CPU.
bool is_complete(const Batch& batch);

/// Stacks examples; padded fields get the spec's pad value and lengths.
Batch collate(const std::vector<Example>& examples, const TaskSpec& spec);

/// Σ loss and the weight (examples, tokens, values) it is to be divided by.
struct Loss {
  Tensor sum;     // scalar
  Tensor weight;  // scalar
};

/// A net's last, wide layer, which `forward` leaves to the task: logits where they are needed, or the loss
/// without them.
class OutputLayer {
 public:
  virtual ~OutputLayer() = default;
  /// features [N, D] → logits [N, V].
  virtual Tensor logits(const Tensor& features) const = 0;
  /// Whether it also copies: ids from V on then stand for places in the source, id − V the place. Its targets
  /// are those of field target_copied.
  virtual bool copies() const { return false; }
  /// features [N, D], targets int64 [N] → Σ cross entropy over N, with label smoothing.
  virtual Loss cross_entropy(const Tensor& features, const Tensor& targets, double label_smoothing) const;
};

struct ModelOutput {
  std::map<std::string, Tensor> values;  // "logits" [B, C], "features" [B, T, D], "forecast" [B, H, F], …
  std::shared_ptr<const OutputLayer> output;
  State carry;
};

/// Σ cross entropy of logits [N, V] against targets int64 [N]; `class_weights` [V] or undefined.
Loss cross_entropy(const Tensor& logits, const Tensor& targets, double label_smoothing,
                   const Tensor& class_weights = {});

/// One output: its ids without begin and end, log P of them and of the end, and what it was chosen by.
struct Hypothesis {
  std::vector<int64_t> tokens;
  double log_probability = 0, score = 0;
  std::vector<double> by_token = {};  // log P of each token and of the end, where the output was given
};

/// What a task predicts for a batch: shared by evaluation, early stopping and `predict`.
struct Prediction {
  std::map<std::string, Tensor> values;               // "probabilities" [B, C], "forecast" [B, H, F], …
  std::vector<std::vector<Hypothesis>> hypotheses{};  // one list a row, best first

  /// The best output of a row.
  const std::vector<int64_t>& sequence(int64_t row) const {
    return hypotheses.at(static_cast<size_t>(row)).at(0).tokens;
  }
};

/// Sufficient statistics of one example, as examples-<split>.jsonl has them.
struct ExampleScore {
  int64_t id = 0;
  Json values;
};

}  // namespace fovea
