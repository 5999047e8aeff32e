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

}  // namespace

Tensor sliced_weights(Attention& attention, const Tensor& query, const Memory& memory, const Call& call,
                      int64_t slice) {
  Call part = call;
  part.want = Want::kWeights;
  const int64_t first = call.first.value_or(memory.size() - query.size(1));
  std::vector<Tensor> slices;
  for (int64_t begin = 0; begin == 0 || begin < query.size(1); begin += slice) {
    const int64_t end = std::min(begin + slice, query.size(1));
    part.first = first + begin;
    // A dense mask counts rows from the call's first query.
    part.mask = call.mask.from_row(begin);
    AttentionOutput output = attention.attend(query.slice(1, begin, end), memory, part);
    slices.push_back(output.weights);  // [B, H, slice, Tk]
    part.state = std::move(output.state);
  }
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
  const Tensor weights = sliced_weights(attention, query, memory, call, kSlice);  // [B, H, Tq, Tk]
  const int64_t queries = query.size(1), keys = memory.size();
  const Tile tile{call.first.value_or(keys - queries), {0, queries}, {0, keys}};
  Mask mask = call.mask & attention.pattern();
  if (memory.padding().defined()) mask = mask & Mask::keys(memory.padding());
  Tensor visible = mask.visible(tile, weights.device());
  if (!visible.defined()) visible = torch::ones({1, 1}, weights.options().dtype(torch::kBool));
  // Heads may see different pairs (a dense mask per head): the record keeps what any of them may see.
  visible = visible.expand({query.size(0), visible.dim() == 4 ? visible.size(1) : 1, queries, keys})
                .any(1);  // [B, Tq, Tk]
  append(path, weights, visible, axes);
}

void AttentionTrace::record(const torch::nn::Module& module, const Tensor& weights, const TraceAxes& axes) {
  const std::string path = wanted_path(module);
  if (path.empty()) return;
  append(path, weights, torch::ones({weights.size(0), weights.size(2), weights.size(3)}, torch::kBool), axes);
}

void AttentionTrace::append(const std::string& path, const Tensor& weights, const Tensor& visible,
                            const TraceAxes& axes) {
  Tensor chosen = request_.gradient ? weights : weights.detach().to(torch::kCPU);
  std::vector<int64_t> heads;
  if (!request_.heads.empty()) {
    for (int64_t head : request_.heads)
      if (head < chosen.size(1)) heads.push_back(head);
    if (heads.empty()) return;
    chosen = chosen.index_select(1, torch::tensor(heads, torch::kInt64).to(chosen.device()));
  }
  const Tensor seen = visible.to(chosen.device());
  const auto existing =
      std::find_if(maps_.begin(), maps_.end(), [&](const TracedMap& map) { return map.path == path; });
  if (existing == maps_.end()) {
    maps_.push_back({path, chosen, seen, axes, chosen.size(2), heads});
    return;
  }
  const int64_t keys = std::max(existing->weights.size(3), chosen.size(3));
  const auto widened = [keys](const Tensor& t) { return torch::constant_pad_nd(t, {0, keys - t.size(-1)}); };
  existing->weights = torch::cat({widened(existing->weights), widened(chosen)}, 2);  // [B, H, Tq, Tk]
  existing->visible = torch::cat({widened(existing->visible), widened(seen)}, 1);    // [B, Tq, Tk]
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
