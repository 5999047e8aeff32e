#include "src/core/trace.h"

#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <mutex>

#include "src/base/text.h"

namespace fovea {
namespace {

/// Puts the default generator back as it was: asking again in training draws a dropout key, which the run
/// must not notice.
class GeneratorKept {
 public:
  GeneratorKept() : generator_(at::detail::getDefaultCPUGenerator()) {
    const std::lock_guard lock(generator_.mutex());
    state_ = generator_.get_state();
  }
  ~GeneratorKept() {
    const std::lock_guard lock(generator_.mutex());
    generator_.set_state(state_);
  }
  GeneratorKept(const GeneratorKept&) = delete;
  GeneratorKept& operator=(const GeneratorKept&) = delete;

 private:
  at::Generator generator_;
  Tensor state_;
};

/// Hands the weights [B, H, slice, Tk] of the queries from `begin` on to `take`, slice by slice.
template <class Take>
void each_slice(Attention& attention, const Tensor& query, const Memory& memory, const Call& call,
                int64_t slice, Take take) {
  Call part = call;
  part.want = Want::kWeights;
  const int64_t first = call.first.value_or(memory.size() - query.size(1));
  for (int64_t begin = 0; begin == 0 || begin < query.size(1); begin += slice) {
    const int64_t end = std::min(begin + slice, query.size(1));
    part.first = first + begin;
    // A dense mask counts rows from the call's first query.
    part.mask = call.mask.from_row(begin);
    AttentionOutput output = attention.attend(query.slice(1, begin, end), memory, part);
    take(begin, output.weights);  // [B, H, slice, Tk]
    part.state = std::move(output.state);
  }
}

/// What the queries of `rows` may see of the call's keys: bool [B, 1, rows, Tk], or [B, H, rows, Tk] where
/// the mask has heads.
Tensor seen_by_heads(const Attention& attention, const Tensor& query, const Memory& memory, const Call& call,
                     Span rows) {
  const Tile tile{call.first.value_or(memory.size() - query.size(1)), rows, {0, memory.size()}};
  Mask mask = call.mask & attention.pattern();
  if (memory.padding().defined()) mask = mask & Mask::keys(memory.padding());
  Tensor visible = mask.visible(tile, query.device());
  if (!visible.defined()) visible = torch::ones({1, 1}, query.options().dtype(torch::kBool));
  return visible.expand(
      {query.size(0), visible.dim() == 4 ? visible.size(1) : 1, rows.size(), memory.size()});
}

/// The numbers of the `wanted` heads that there are.
std::vector<int64_t> chosen_heads(const std::vector<int64_t>& wanted, int64_t heads) {
  std::vector<int64_t> chosen;
  for (int64_t head : wanted)
    if (head < heads) chosen.push_back(head);
  return chosen;
}

Tensor of_heads(const Tensor& weights, const std::vector<int64_t>& heads) {
  return heads.empty() ? weights
                       : weights.index_select(1, torch::tensor(heads, torch::kInt64).to(weights.device()));
}

}  // namespace

Tensor sliced_weights(Attention& attention, const Tensor& query, const Memory& memory, const Call& call,
                      int64_t slice) {
  std::vector<Tensor> slices;
  each_slice(attention, query, memory, call, slice,
             [&](int64_t begin, const Tensor& weights) { slices.push_back(weights); });
  return torch::cat(slices, 2);  // [B, H, Tq, Tk]
}

AttentionTrace::AttentionTrace(const torch::nn::Module& net, AttentionRequest request)
    : request_(std::move(request)) {
  for (const auto& item : net.named_modules("", false)) paths_[item.value().get()] = item.key();
}

std::string AttentionTrace::wanted_path(const torch::nn::Module& module) const {
  const auto found = paths_.find(&module);
  const std::string path = found == paths_.end() ? module.name() : found->second;
  if (request_.layers.empty()) return path;
  const bool wanted = std::any_of(request_.layers.begin(), request_.layers.end(),
                                  [&](const std::string& pattern) { return matches(pattern, path); });
  return wanted ? path : "";
}

void AttentionTrace::observe(Attention& attention, const Tensor& query, const Memory& memory,
                             const Call& call, const TraceAxes& axes) {
  const std::string path = wanted_path(attention);
  if (path.empty()) return;
  const torch::AutoGradMode gradient(request_.gradient && torch::GradMode::is_enabled());
  const GeneratorKept generator_kept;
  if (request_.summary) return summarise(path, attention, query, memory, call, axes);
  const Tensor weights = sliced_weights(attention, query, memory, call, kSlice);  // [B, H, Tq, Tk]
  append(path, weights, seen_by_heads(attention, query, memory, call, {0, query.size(1)}), axes);
}

void AttentionTrace::summarise(const std::string& path, Attention& attention, const Tensor& query,
                               const Memory& memory, const Call& call, const TraceAxes& axes) {
  const std::vector<int64_t> heads = chosen_heads(request_.heads, attention.heads());
  if (heads.empty() && !request_.heads.empty()) return;
  auto found = std::find_if(summaries_.begin(), summaries_.end(),
                            [&](const TracedSummary& summary) { return summary.path == path; });
  if (found == summaries_.end()) found = summaries_.insert(found, {path, {}, axes, 0, memory.size(), heads});
  if (memory.size() != found->keys)
    throw std::invalid_argument("[AttentionTrace] a summary needs all queries over the same keys; found " +
                                std::to_string(memory.size()) + " after " + std::to_string(found->keys));
  constexpr int64_t kMostCells = int64_t{1} << 20;
  const int64_t row = std::max<int64_t>(1, query.size(0) * attention.heads() * memory.size());
  each_slice(attention, query, memory, call, std::clamp<int64_t>(kMostCells / row, 1, kSlice),
             [&](int64_t begin, const Tensor& weights) {
               const Span rows{begin, begin + weights.size(2)};
               const Tensor seen =
                   seen_by_heads(attention, query, memory, call, rows).any(1);  // [B, rows, Tk]
               found->summary.add(of_heads(weights, heads).to(torch::kCPU), seen.to(torch::kCPU), axes,
                                  found->queries);
               found->queries += weights.size(2);
             });
}

void AttentionTrace::record(const torch::nn::Module& module, const Tensor& weights, const TraceAxes& axes) {
  const std::string path = wanted_path(module);
  if (path.empty()) return;
  append(path, weights, torch::ones({weights.size(0), 1, weights.size(2), weights.size(3)}, torch::kBool),
         axes);
}

void AttentionTrace::append(const std::string& path, const Tensor& weights, const Tensor& visible,
                            const TraceAxes& axes) {
  const std::vector<int64_t> heads = chosen_heads(request_.heads, weights.size(1));
  if (heads.empty() && !request_.heads.empty()) return;
  const Tensor chosen = of_heads(request_.gradient ? weights : weights.detach().to(torch::kCPU), heads);
  const Tensor seen = (visible.size(1) > 1 ? of_heads(visible, heads) : visible).to(chosen.device());
  const auto existing =
      std::find_if(maps_.begin(), maps_.end(), [&](const TracedMap& map) { return map.path == path; });
  if (existing == maps_.end()) {
    maps_.push_back({path, chosen, seen, axes, chosen.size(2), heads});
    return;
  }
  const int64_t keys = std::max(existing->weights.size(3), chosen.size(3));
  const auto widened = [keys](const Tensor& t) { return torch::constant_pad_nd(t, {0, keys - t.size(-1)}); };
  existing->weights = torch::cat({widened(existing->weights), widened(chosen)}, 2);  // [B, H, Tq, Tk]
  const int64_t masks = std::max(existing->visible.size(1), seen.size(1));
  const auto per_head = [masks](const Tensor& t) {
    return t.expand({t.size(0), masks, t.size(2), t.size(3)});
  };
  existing->visible =
      torch::cat({widened(per_head(existing->visible)), widened(per_head(seen))}, 2);  // [B, 1 or H, Tq, Tk]
  existing->rows_seen += chosen.size(2);
}

Tensor last_weights(const AttentionTrace& trace, const std::string& query, const std::string& key) {
  const auto found = std::find_if(trace.maps().rbegin(), trace.maps().rend(), [&](const TracedMap& map) {
    return map.axes.query.field == query && map.axes.key.field == key;
  });
  if (found == trace.maps().rend()) return {};
  return found->weights.mean(1).slice(-1, static_cast<int64_t>(found->axes.key.special.size()));
}

}  // namespace fovea
