// Heads: projecting inputs, splitting them, joining them again. Shared by every attention.
#pragma once

#include "models/attention/options.h"
#include "src/core/attention.h"

namespace fovea {

struct KeysAndValues {
  Tensor key, value;
};

class Heads {
 public:
  /// Throws ConfigError when heads do not divide the widths they split, or kv_heads the heads.
  Heads(const CompositionOptions& options, const AttentionShape& shape, const std::string& key);

  /// Makes the projections children of `owner` called query, key, value and output, as PyTorch names them.
  void register_in(torch::nn::Module& owner);

  Tensor split_query(const Tensor& query) { return split(query_, query, heads_); }  // [B, H, Tq, Dh]
  /// [B, G, Tk, Dh] and [B, G, Tk, Dv].
  KeysAndValues split(const KeysAndValues& seen);
  /// x [B, G, T, X] spread over the query heads: head h reads group ⌊h · G / H⌋.
  Tensor spread(const Tensor& x) const;
  /// Attended values [B, H, Tq, Dv] joined, multiplied by `gate` [B, Tq, H·Dv] where there is one, and
  /// projected: [B, Tq, context_width()].
  Tensor join(const Tensor& attended, const Tensor& gate = {});

  int64_t heads() const { return heads_; }
  int64_t kv_heads() const { return kv_heads_; }
  int64_t query_head_width() const { return query_head_width_; }
  int64_t key_head_width() const { return key_head_width_; }
  int64_t value_head_width() const { return context_width_ / heads_; }
  int64_t context_width() const { return context_width_; }

 private:
  static Tensor split(const Tensor& projected, int64_t heads);
  static Tensor split(torch::nn::Linear& projection, const Tensor& x, int64_t heads);
  int64_t heads_, kv_heads_, query_head_width_, key_head_width_, context_width_;
  torch::nn::Linear query_{nullptr}, key_{nullptr}, value_{nullptr}, output_{nullptr};
};

/// A torch-named projection: weight U(±√(6/(in + out))) (Glorot 2010), bias 0.
torch::nn::Linear projection(int64_t in, int64_t out);

/// x with the rows that `padding` (bool [B, T], true = real, or undefined) calls padding set to 0, so that
/// whatever stands there, even NaN, has no influence and no gradient. x [B, T, D].
Tensor without_padding(const Tensor& x, const Tensor& padding);

/// Both without padding; made once where one tensor is both.
KeysAndValues without_padding(const Tensor& key, const Tensor& value, const Tensor& padding);

}  // namespace fovea
