// Which tiles of a call a fused kernel visits, from what its mask says of them.
#pragma once

#include "src/core/mask.h"
#include "src/kernels/attention_kernels.h"

namespace fovea {

/// Blocks of rows for the kernels of src/kernels, and what their pointers point at.
class TilePlan {
 public:
  /// The blocks of the rows from `begin` on of a call of `rows` queries, the first at absolute position
  /// `first`, and `keys` keys: all of them, or as many as can be while their masks stay below kMostMaskBytes.
  TilePlan(const Mask& mask, const std::vector<int64_t>& sizes, int64_t first, int64_t begin);
  TilePlan(const TilePlan&) = delete;
  TilePlan& operator=(const TilePlan&) = delete;

  const std::vector<RowBlock>& blocks() const { return blocks_; }
  /// The row after the last block.
  int64_t end() const { return end_; }
  /// Tiles of kRowBlock rows and kKeyTile keys that are visited.
  int64_t tiles() const { return tiles_; }

  static constexpr int64_t kMostMaskBytes = int64_t{1} << 24;

 private:
  /// One block, with its keys and its masks.
  void add(const Mask& mask, const std::vector<int64_t>& sizes, int64_t first, Span rows);
  /// Gives runs from … to − 1 their parts of `visible`, which is of `rows` rows and of `keys`.
  void mask_runs(const Tensor& visible, const std::vector<int64_t>& sizes, int64_t rows, Span keys,
                 std::vector<KeyRun>& runs, size_t from, size_t to);

  std::vector<RowBlock> blocks_;
  std::vector<std::vector<KeyRun>> runs_;
  std::vector<Tensor> masks_;
  int64_t end_ = 0, tiles_ = 0, mask_bytes_ = 0;
};

}  // namespace fovea
