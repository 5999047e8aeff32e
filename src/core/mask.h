// Who may attend to whom: a conjunction of structured terms and at most one dense term. True = may attend,
// everywhere.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "src/core/tensor.h"

namespace fovea {

/// A half-open range of rows or keys.
struct Span {
  int64_t begin = 0, end = 0;
  int64_t size() const { return end - begin; }
};

/// A rectangle of one call: `rows` counts the call's queries from 0, row r stands at absolute position
/// `first` + r; keys are absolute.
struct Tile {
  int64_t first = 0;
  Span rows, keys;
};

/// How much of a tile a term lets through.
enum class Cover { kNone, kSome, kAll };

/// One structured condition on (batch row, head, query position, key position).
class MaskTerm {
 public:
  virtual ~MaskTerm() = default;
  /// Conservative: kNone and kAll are promises, kSome is always allowed.
  virtual Cover cover(const Tile& tile) const = 0;
  /// Bool, broadcastable to [B, H, rows, keys], on `device`.
  virtual Tensor dense(const Tile& tile, torch::Device device) const = 0;
  /// The term for the batch rows `rows` (beam search reorders them); terms without a batch axis return
  /// themselves (null).
  virtual std::shared_ptr<const MaskTerm> select(const Tensor& rows) const { return nullptr; }
  /// The term for a call that begins `rows` queries later; only a dense term, which counts rows from its
  /// call, differs (else null).
  virtual std::shared_ptr<const MaskTerm> from_row(int64_t rows) const { return nullptr; }
  /// "causal", "local(window=4)", … for messages.
  virtual std::string describe() const = 0;
};

/// A value; copying is cheap. An empty mask lets everything through.
class Mask {
 public:
  Mask() = default;
  explicit Mask(std::shared_ptr<const MaskTerm> term) { terms_.push_back(std::move(term)); }

  /// j ≤ i.
  static Mask causal();
  /// j ≥ i.
  static Mask anticausal();
  /// i − j ≤ back.
  static Mask reach(int64_t back);
  /// |i − j| ≤ window.
  static Mask local(int64_t window);
  /// ⌊i/size⌋ = ⌊j/size⌋.
  static Mask block(int64_t size);
  /// |i − j| in {0, dilation, …, window · dilation}.
  static Mask dilated(int64_t window, int64_t dilation);
  /// j ≤ i, and i − j < stride or a multiple of it.
  static Mask strided(int64_t stride);
  /// j < length.
  static Mask prefix(int64_t length);
  /// i < count or j < count.
  static Mask globals(int64_t count);
  /// The same row or the same column of a grid that is `columns` wide, flattened row by row.
  static Mask axial(int64_t columns);
  /// At most `window` rows and `window` columns apart on such a grid.
  static Mask neighborhood(int64_t window, int64_t columns);
  /// j ≤ i for heads 0 … heads/2 − 1, j ≥ i for the others.
  static Mask directions(int64_t heads);
  /// j among keys[i − first]; int64 [T, r]. Queries before `first` and from `first` + T on see none.
  static Mask chosen(const Tensor& keys, int64_t first = 0);
  /// j < lengths[b]; int64 [B].
  static Mask lengths(const Tensor& lengths);
  /// keys[b, j]; bool [B, Tk]. What a memory knows of its padding.
  static Mask keys(const Tensor& keys);
  /// Bool [Tq, Tk], [B, Tq, Tk] or [B, H, Tq, Tk]; rows count from the call's first query.
  static Mask dense(const Tensor& allowed);

  /// Both must let a pair through.
  friend Mask operator&(const Mask& a, const Mask& b);
  /// One of the two must let a pair through.
  friend Mask operator|(const Mask& a, const Mask& b);

  bool empty() const { return terms_.empty(); }
  Cover cover(const Tile& tile) const;
  /// Bool, broadcastable to [B, H, rows, keys]; undefined when every pair is let through.
  Tensor visible(const Tile& tile, torch::Device device) const;
  Mask select(const Tensor& rows) const;
  /// The mask as a call sees it that begins `rows` queries later.
  Mask from_row(int64_t rows) const;
  std::string describe() const;

 private:
  std::vector<std::shared_ptr<const MaskTerm>> terms_;
};

/// Absolute positions begin … end−1 as int64 [n].
Tensor positions(Span span, torch::Device device);

}  // namespace fovea
