// The one interface of every attention variant, in every slot of every net.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "src/core/edit_point.h"
#include "src/core/mask.h"
#include "src/core/tensor.h"

namespace fovea {

/// What a stateful scorer, or a net, carries from step to step: tensors whose first axis is the batch.
using State = std::vector<Tensor>;

/// `state` with the batch rows `rows` (int64 [B']), for beam search.
State select_rows(const State& state, const Tensor& rows);
/// The first `rows` batch rows of `state`: what goes on of a stream whose last texts have ended.
State first_rows(const State& state, int64_t rows);

/// What a caller asks of an attention. Asking for weights never changes the context, its gradients or its
/// dropout. Where they come beside a fused context without gradients, they agree with those that have some
/// but for rounding.
enum class Want { kContext, kWeights };

struct AttentionOutput {
  Tensor context;  // [B, Tq, context_width()]
  Tensor weights;  // [B, H, Tq, Tk], before dropout; undefined unless Want::kWeights
  State state;     // empty unless the attention is stateful
};

/// How one call differs from the plain one.
struct Call {
  Mask mask;                     // beyond the memory's padding and the attention's own pattern
  std::optional<int64_t> first;  // absolute position of the first query; default memory.size() − Tq
  State state;                   // from the previous step; empty = start
  Want want = Want::kContext;
};

/// Keys and values an attention has seen. A value: extending one never changes another. Its parts are the
/// business of the attention that made it.
class Memory {
 public:
  Memory() = default;
  /// `parts`: each [B, …, Tk, …] with time at `time_axis`; `padding` bool [B, Tk], true = a real key, or
  /// undefined = all real.
  Memory(std::vector<Tensor> parts, int64_t time_axis, int64_t size, Tensor padding);

  /// Number of keys, padded ones included.
  int64_t size() const { return size_; }
  bool empty() const { return parts_.empty(); }
  /// Batch rows.
  int64_t batch() const;
  /// The memory of the batch rows `rows` (int64 [B']): keys and padding. Without gradients nothing is copied
  /// before somebody asks for parts(), not even where the memory then grows.
  Memory select(const Tensor& rows) const;
  /// The same values, cut from the graph.
  Memory detach() const;

  const std::vector<Tensor>& parts() const;
  /// The parts as they lie, and in which of their batch rows this memory's keys are: int64 [B], or [B, Tk]
  /// where a row's keys lie in several; undefined = each in its own.
  const std::vector<Tensor>& stored() const { return parts_; }
  const Tensor& rows() const { return rows_; }
  const Tensor& padding() const { return padding_; }
  /// This memory followed by `next` (same attention): parts joined along time, padding filled in where one
  /// side has none.
  Memory join(const Memory& next) const;

 private:
  /// Whether `more` can be written behind the stored parts, whose rows are not this memory's own.
  bool grows_in_place(const std::vector<Tensor>& more) const;

  mutable std::vector<Tensor> parts_;
  mutable Tensor rows_;  // as rows()
  int64_t time_axis_ = 2, size_ = 0;
  Tensor padding_;
};

/// Sign of the weights an attention can report.
enum class Sign { kNonNegative, kAny };
/// Sum of a row of weights with at least one visible key.
enum class RowSum { kOne, kAtMostOne, kAny };

/// What an axis or an attention promises. The contract suite checks every line, and that nothing is declared
/// weaker than it is.
struct Traits {
  Sign sign = Sign::kNonNegative;
  RowSum row_sum = RowSum::kOne;
  bool key_equivariant = true;  // permuting keys permutes weights (no positions inside)
  bool differentiable = true;   // numeric and analytic gradients agree
  bool sequential = false;      // queries must come in order, one state after the other
  bool uses_query = true;       // the query has influence
  bool uses_keys = true;        // the key has influence on the weights
  bool masks = true;            // a call may bring a mask of its own
  bool grows = true;  // a memory that grows answers earlier queries as the whole one does under causal
};

/// As an EditPoint it lets the weights [B, H, Tq, Tk] be changed where they are reported: after the
/// normalizer, before dropout and values. An attention without a score matrix then takes the way over the
/// weights it implies.
class Attention : public torch::nn::Module, public EditPoint {
 public:
  /// Appends keys and values to `memory`; `extend({}, …)` begins one.
  /// key [B, Tk, Dk], value [B, Tk, Dv], padding bool [B, Tk] with true = a real key (undefined = all real).
  virtual Memory extend(const Memory& memory, const Tensor& key, const Tensor& value,
                        const Tensor& padding = {}) = 0;

  /// All queries at once, or one decoding step. query [B, Tq, Dq].
  virtual AttentionOutput attend(const Tensor& query, const Memory& memory, const Call& call = {}) = 0;

  /// attend(query, extend({}, key, value, padding), call).
  AttentionOutput forward(const Tensor& query, const Tensor& key, const Tensor& value,
                          const Tensor& padding = {}, const Call& call = {});

  virtual int64_t context_width() const = 0;
  virtual int64_t heads() const = 0;
  virtual Traits traits() const = 0;
  /// Which pairs its own pattern lets through, beyond padding and the call's mask.
  virtual Mask pattern() const { return {}; }

  /// From now on the weights of these heads are 0 (Michel 2019, §2.3). Throws ConfigError for a head that is
  /// not there.
  void prune(std::vector<int64_t> heads);
  const std::vector<int64_t>& pruned() const { return pruned_; }

 protected:
  /// Whether weights pass through changed(): then they must be formed.
  bool changes() const { return edits() || !pruned_.empty(); }
  /// The weights as they go on: without the pruned heads, then edited.
  Tensor changed(const Tensor& weights, const Tensor& visible) const;

 private:
  std::vector<int64_t> pruned_;
};

/// Checks ranks, batch sizes and key/value lengths as every attention needs them; throws
/// std::invalid_argument with the found shape.
void require_memory_shapes(const Tensor& key, const Tensor& value, const Tensor& padding, const char* where);

/// Checks that the query has rank 3 and the memory's batch size, and that the memory was begun; throws
/// likewise.
void require_query_shape(const Tensor& query, const Memory& memory, const char* where);

}  // namespace fovea
