#include "src/core/map_summary.h"

#include <limits>

namespace fovea {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

Tensor after(const Tensor& before, const Tensor& next, int64_t axis) {
  return before.defined() ? torch::cat({before, next}, axis) : next;
}

bool has_distance(const TraceAxes& axes) {
  const std::string& kind = axes.key.kind;
  return axes.query.kind == kind && (kind == "tokens" || kind == "time" || kind == "grid");
}

/// Places of the cells begin … end − 1 in input units: [n, 1], of a grid [n, 2].
Tensor places(const TraceAxis& axis, int64_t begin, int64_t end) {
  const Tensor cells = torch::arange(begin, end, torch::kFloat64);
  if (axis.kind != "grid") return (axis.offset + axis.stride * cells).unsqueeze(1);
  const Tensor grid = cells - static_cast<double>(axis.special.size());
  const auto columns = static_cast<double>(axis.columns);
  return axis.offset + axis.stride * torch::stack({torch::floor(grid / columns), grid.remainder(columns)}, 1);
}

/// Mean distance of the mass p [B, H, rows, Tk] on input cells, [B, H, rows].
Tensor distance_of(const Tensor& p, const TraceAxes& axes, int64_t first) {
  const Tensor none = torch::full({p.size(0), p.size(1), p.size(2)}, kNone, p.options());
  if (!has_distance(axes)) return none;
  const Tensor from = places(axes.query, first, first + p.size(2)), to = places(axes.key, 0, p.size(3));
  const Tensor far = torch::cdist(from, to).to(p.dtype());  // [rows, Tk]
  const bool grid = axes.key.kind == "grid";
  const auto special = grid ? static_cast<int64_t>(axes.key.special.size()) : int64_t{0};
  const Tensor input = p.slice(3, special), mass = input.sum(-1);  // special positions stand in front
  Tensor distance = (input * far.slice(1, special)).sum(-1) / mass;
  const auto own = static_cast<int64_t>(axes.query.special.size());
  if (first < own) distance.slice(2, 0, own - first).fill_(kNone);
  return torch::where(mass > 0, distance, none);
}

}  // namespace

void MapSummary::add(const Tensor& weights, const Tensor& seen, const TraceAxes& axes, int64_t first) {
  const Tensor w = torch::where(seen.unsqueeze(1), weights.to(torch::kFloat64), 0.0);  // [B, H, rows, Tk]
  const Tensor total = w.sum(-1, true);
  const Tensor bad = ((w < 0) | ~torch::isfinite(w)).any(-1, true) | ~(total > 0);
  const Tensor p = (w / total).masked_fill_(bad, kNone);
  entropy = after(entropy, -torch::xlogy(p, p).sum(-1).to(torch::kFloat32), 2);
  distance = after(distance, distance_of(p, axes, first).to(torch::kFloat32), 2);
  sink = after(sink, p.select(-1, 0).to(torch::kFloat32), 2);
  visible = after(visible, seen.sum(-1), 1);
  const Tensor sum = w.sum(2), count = seen.sum(1);  // [B, H, Tk], [B, Tk]
  const Tensor before = received_count.defined() ? received_count : torch::zeros_like(count);
  const Tensor held =
      received.defined() ? received.to(torch::kFloat64) * before.unsqueeze(1) : torch::zeros_like(sum);
  received_count = before + count;
  received = ((held + sum) / received_count.clamp_min(1).unsqueeze(1)).to(torch::kFloat32);
  const auto [largest, keys] = w.to(torch::kFloat32).topk(std::min(kTop, w.size(3)), -1);
  top_keys = after(top_keys, keys, 2);
  top_weights = after(top_weights, largest, 2);
}

}  // namespace fovea
