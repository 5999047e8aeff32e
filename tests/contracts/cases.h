// What the contract suite runs over: every registered axis and variant, in a few shapes each.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "models/attention/registry.h"

namespace fovea::contracts {

/// One attention of the suite, and the slot it stands in.
struct Case {
  std::string label;  // "multi-head heads=2 kv_heads=1, causal slot"
  AttentionConfig config;
  AttentionShape shape;
};

/// Every named variant, every scorer with every normalizer, every pattern and position; the plain arithmetic
/// and, where there is one, the fused; one head, two heads, two heads that share one key, with and without
/// projections; plain and causal slots. A new entry of a registry is in here without an edit.
std::vector<Case> all_cases();

/// A fixed attention in float64, ready to be asked, from a fixed seed.
std::shared_ptr<Attention> make(const Case& one);

/// Arrays that fit a case, drawn from a fixed seed: B = 3, Tq = 4, Tk = 6.
struct Inputs {
  Tensor query, key, value;  // float64 [B, Tq, Dq], [B, Tk, Dk], [B, Tk, Dv]
  Tensor padding;            // bool [B, Tk]: all real, two padded at the end, one in the middle
};
Inputs draw(const Case& one, uint64_t seed = 1);

constexpr int64_t kBatch = 3, kQueries = 4, kKeys = 6;

/// Weights wanted, first query at `first`.
Call weights_call(std::optional<int64_t> first = {});

/// Which pairs the case may use under `padding` and `call`: bool [B, H, Tq, Tk].
Tensor visible_pairs(const Attention& attention, const Inputs& inputs, const Call& call);

/// Largest |a − b|; 0 for empty tensors.
double distance(const Tensor& a, const Tensor& b);

/// Same shape and the same bits.
bool same_bits(const Tensor& a, const Tensor& b);

}  // namespace fovea::contracts
