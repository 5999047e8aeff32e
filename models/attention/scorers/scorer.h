// The first axis: how well a key answers a query.
#pragma once

#include <functional>

#include "models/attention/axis.h"
#include "src/kernels/attention_kernels.h"

namespace fovea {

/// score = finish(pair(map_query(q), map_key(k), state)). Keys are mapped once, when they enter the memory.
class Scorer : public torch::nn::Module {
 public:
  /// q [B, H, Tq, Dq] → [B, H, Tq, X].
  virtual Tensor map_query(const Tensor& q) { return q; }
  /// k [B, H, Tk, Dk] → [B, H, Tk, X].
  virtual Tensor map_key(const Tensor& k) { return k; }
  /// Whether map_key differs from head to head: shared key-value heads are then spread first.
  virtual bool maps_keys() const { return false; }
  /// [B, H, Tq, X] and [B, H, Tk, X] → [B, H, Tq, Tk]: the dot product unless a scorer says otherwise.
  virtual Tensor pair(const Tensor& q, const Tensor& k, const State& state) {
    return torch::matmul(q, k.transpose(-1, -2));
  }
  virtual Tensor finish(const Tensor& scores) { return scores; }

  /// Stateful scorers answer one query after the other. start: from bool visible [B, H, 1, Tk]; next: after
  /// weights [B, H, 1, Tk].
  virtual State start(const Tensor& visible) { return {}; }
  virtual State next(const State& state, const Tensor& weights) { return {}; }

  virtual Traits traits() const { return {}; }
  /// Whether the score is map_query(q) · k and nothing else, so that vectors can be added to the key.
  virtual bool product() const { return false; }
  /// What `pair` is to a fused kernel (docs/performance.md); nothing where `pair` or `finish` is one of the
  /// scorer's own, which then runs plain. kTanh and kGated go with an `energy` [A] or [H, A].
  virtual std::optional<PairRule> fused_pair() const { return PairRule::kProduct; }
  virtual Tensor energy() const { return {}; }
  /// What map_query multiplies by where it does nothing else: fused kernels do that themselves on their way.
  virtual std::optional<double> query_scale() const { return std::nullopt; }
  /// Whether all scores have the same sign, whatever the inputs.
  virtual bool one_sign() const { return false; }
};

/// Σ_a energy_a · join(q_a + k_a) for q, k [B, H, T, X], where join takes [B, H, rows, Tk, X] to [B, H, rows,
/// Tk, A]. Works through the queries in pieces, so that [Tq, Tk, X] never stands whole in memory. → [B, H,
/// Tq, Tk].
Tensor pair_in_pieces(const Tensor& q, const Tensor& k, const Tensor& energy,
                      const std::function<Tensor(const Tensor&)>& join);

/// The state [B, H, Tk'] of a stateful scorer over `keys` keys: zero where the memory has grown since. Throws
/// std::invalid_argument when it is of a longer memory.
Tensor covering(const State& state, int64_t keys, const char* where);

/// Σ_a energy_a · tanh(q_a + k_a) for q [B, H, Tq, A], k [B, H, Tk, A], energy [A] or [H, A] → [B, H, Tq,
/// Tk]. Works through the queries in pieces, so that [Tq, Tk, A] never stands whole in memory.
Tensor tanh_pair(const Tensor& q, const Tensor& k, const Tensor& energy);

/// A parameter drawn from U(±1/√fan_in).
Tensor scorer_parameter(const std::vector<int64_t>& sizes, int64_t fan_in);

/// Throws ConfigError unless queries and keys are equally wide (or nobody reads the scores).
void require_one_width(const AxisShape& shape, const std::string& scorer);

}  // namespace fovea
