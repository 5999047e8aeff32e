#include "models/attention/fused/tile_plan.h"

#include <algorithm>

namespace fovea {
namespace {

/// Masks of runs that are at most so many keys apart are made at once: it takes as long as for one.
constexpr int64_t kNearKeys = 1024;

}  // namespace

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
  for (int64_t j = 0; j < keys; j += kKeyTile) {
    const Span tile{j, std::min(j + kKeyTile, keys)};
    const Cover cover = mask.cover({first, rows, tile});
    if (cover == Cover::kNone) continue;
    if (runs.empty() || runs.back().end < j)
      runs.push_back({.begin = j, .end = j, .column = block.columns, .mask_begin = keys});
    KeyRun& run = runs.back();
    run.end = tile.end;
    if (cover == Cover::kSome) run.mask_begin = std::min(run.mask_begin, j), run.mask_end = tile.end;
    block.columns += (tile.size() + kKeyRoom - 1) / kKeyRoom * kKeyRoom;
    ++tiles_;
  }
  block.run_count = static_cast<int64_t>(runs.size());
  for (size_t from = 0, to = 0; from < runs.size(); from = to) {
    Span partly{keys, 0};
    for (to = from; to < runs.size() && (partly.end == 0 || runs[to].begin - partly.end <= kNearKeys); ++to)
      if (runs[to].mask_end > 0) partly = {std::min(partly.begin, runs[to].mask_begin), runs[to].mask_end};
    if (partly.size() > 0)
      mask_runs(mask.visible({first, rows, partly}, torch::kCPU), sizes, rows.size(), partly, runs, from, to);
  }
  blocks_.push_back(block);
  runs_.push_back(std::move(runs));
}

void TilePlan::mask_runs(const Tensor& visible, const std::vector<int64_t>& sizes, int64_t rows, Span keys,
                         std::vector<KeyRun>& runs, size_t from, size_t to) {
  if (!visible.defined()) return;
  const Tensor whole = visible.expand({sizes[0], sizes[1], rows, keys.size()});
  for (size_t r = from; r < to; ++r) {
    KeyRun& run = runs[r];
    if (run.mask_end == 0) continue;
    run.mask_batch = whole.stride(0), run.mask_head = whole.stride(1);
    run.mask_row = whole.stride(2), run.mask_key = whole.stride(3);
    run.mask = reinterpret_cast<const uint8_t*>(whole.const_data_ptr<bool>()) +
               (run.mask_begin - keys.begin) * run.mask_key;
  }
  mask_bytes_ += visible.numel();
  masks_.push_back(visible);
}

}  // namespace fovea
