#include "models/attention/fused/tile_plan.h"

#include <algorithm>

namespace fovea {

TilePlan::TilePlan(const Mask& mask, const std::vector<int64_t>& sizes, int64_t first, int64_t begin) {
  const int64_t rows = sizes[2];
  for (end_ = begin; end_ < rows && mask_bytes_ < kMostMaskBytes;) {
    const int64_t next = block_end(end_, rows);
    add(mask, sizes, first, {end_, next});
    end_ = next;
  }
  for (size_t i = 0; i < blocks_.size(); ++i) blocks_[i].runs = runs_[i].data();
}

void TilePlan::add(const Mask& mask, const std::vector<int64_t>& sizes, int64_t first, Span rows) {
  const int64_t keys = sizes[3];
  RowBlock block;
  block.begin = rows.begin, block.end = rows.end;
  std::vector<KeyRun> runs;
  Span partly{keys, 0};  // keys of the tiles that are seen in part
  for (int64_t j = 0; j < keys; j += kKeyTile) {
    const Span tile{j, std::min(j + kKeyTile, keys)};
    const Cover cover = mask.cover({first, rows, tile});
    if (cover == Cover::kNone) continue;
    if (cover == Cover::kSome) partly = {std::min(partly.begin, j), tile.end};
    if (runs.empty() || runs.back().end < j) runs.push_back({j, j, block.columns});
    runs.back().end = tile.end;
    block.columns += (tile.size() + kKeyRoom - 1) / kKeyRoom * kKeyRoom;
    ++tiles_;
  }
  block.run_count = static_cast<int64_t>(runs.size());
  if (partly.size() > 0) {
    const Tensor visible = mask.visible({first, rows, partly}, torch::kCPU);
    if (visible.defined()) {
      const Tensor whole = visible.expand({sizes[0], sizes[1], rows.size(), partly.size()});
      block.mask = reinterpret_cast<const uint8_t*>(whole.const_data_ptr<bool>());
      block.mask_batch = whole.stride(0), block.mask_head = whole.stride(1);
      block.mask_row = whole.stride(2), block.mask_key = whole.stride(3);
      block.mask_begin = partly.begin, block.mask_end = partly.end;
      mask_bytes_ += visible.numel();
      masks_.push_back(visible);
    }
  }
  blocks_.push_back(block);
  runs_.push_back(std::move(runs));
}

}  // namespace fovea
