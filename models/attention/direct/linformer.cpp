#include "models/attention/direct/linformer.h"

#include <cmath>

#include "models/attention/refusals.h"
#include "src/base/error.h"

namespace fovea {

LinformerAttention::LinformerAttention(Heads heads, const Options& options, const AttentionShape& shape,
                                       const std::string& key)
    : heads_(std::move(heads)) {
  if (shape.length < 1) refuse(Refusal::kUnknownLength, key, "linformer");
  if (heads_.query_head_width() != heads_.key_head_width())
    refuse(Refusal::kOneWidth, key,
           "linformer of " + std::to_string(heads_.query_head_width()) + " and " +
               std::to_string(heads_.key_head_width()));
  heads_.register_in(*this);
  const std::vector<int64_t> sizes = {options.projected, shape.length};
  keys_ = register_module("keys", Weight(scorer_parameter(sizes, shape.length)));
  values_ = register_module("values", Weight(scorer_parameter(sizes, shape.length)));
}

Memory LinformerAttention::extend(const Memory& memory, const Tensor& key, const Tensor& value,
                                  const Tensor& padding) {
  require_memory_shapes(key, value, padding, "LinformerAttention");
  auto [k, v] = heads_.split(without_padding(key, value, padding));  // [B, G, Tk, ·]
  if (padding.defined()) {
    const Tensor hidden =
        ~padding.unsqueeze(1).unsqueeze(-1);  // a projection's bias counts for real keys only
    k = k.masked_fill(hidden, 0), v = v.masked_fill(hidden, 0);
  }
  return memory.join(Memory({k, v}, 2, key.size(1), padding));
}

AttentionOutput LinformerAttention::attend(const Tensor& query, const Memory& memory, const Call& call) {
  require_query_shape(query, memory, "LinformerAttention");
  if (!call.mask.empty())
    throw std::invalid_argument(
        "[LinformerAttention] mask must be empty: projected keys are mixtures; found " +
        call.mask.describe());
  const int64_t size = memory.size(), length = keys_->weight.size(1);
  if (size > length)
    throw DataError("linformer was made for " + std::to_string(length) + " keys; found " +
                    std::to_string(size));
  const Tensor q = heads_.split_query(query), k = heads_.spread(memory.parts()[0]),
               v = heads_.spread(memory.parts()[1]);                                        // [B, H, T, ·]
  const Tensor e = keys_->weight.slice(1, 0, size), f = values_->weight.slice(1, 0, size);  // [projected, Tk]
  const double scale = 1 / std::sqrt(static_cast<double>(q.size(-1)));
  const Tensor slots = torch::softmax(torch::matmul(q * scale, torch::matmul(e, k).transpose(-1, -2)), -1);
  const auto weights = [&] {  // implied: how much of each value [B, H, Tq, Tk]
    const Tensor real = memory.padding().defined() ? memory.padding().unsqueeze(1).unsqueeze(1) : Tensor();
    const Tensor shares = torch::matmul(slots, f);
    return changed(real.defined() ? shares.masked_fill(~real, 0) : shares, real);
  };
  AttentionOutput output;
  output.context = heads_.join(changes() ? torch::matmul(weights(), v)
                                         : torch::matmul(slots, torch::matmul(f, v)));  // [B, Tq, width]
  if (call.want == Want::kWeights) output.weights = weights();
  return output;
}

}  // namespace fovea
