#include "models/attention/scorers/gated.h"

namespace fovea {

GatedScorer::GatedScorer(const AxisShape& shape, const Options& options) {
  const int64_t width = options.width > 0 ? options.width : shape.query_width;
  const auto weight = [&](const char* name, std::vector<int64_t> sizes) {
    const int64_t fan_in = sizes.back();
    return register_module(name, Weight(scorer_parameter(per_head(shape, std::move(sizes)), fan_in)));
  };
  tanh_query_ = weight("tanh_query", {width, shape.query_width});  // [A, Dq]
  tanh_key_ = weight("tanh_key", {width, shape.key_width});        // [A, Dk]
  gate_query_ = weight("gate_query", {width, shape.query_width});
  gate_key_ = weight("gate_key", {width, shape.key_width});
  energy_ = weight("energy", {width});  // [A]
}

Tensor GatedScorer::map_query(const Tensor& q) {
  return torch::cat({map_heads(q, tanh_query_->weight), map_heads(q, gate_query_->weight)}, -1);
}

Tensor GatedScorer::map_key(const Tensor& k) {
  return torch::cat({map_heads(k, tanh_key_->weight), map_heads(k, gate_key_->weight)}, -1);
}

Tensor GatedScorer::pair(const Tensor& q, const Tensor& k, const State&) {
  return pair_in_pieces(q, k, energy_->weight, [](const Tensor& sum) {  // [B, H, rows, Tk, 2·A]
    const std::vector<Tensor> halves = sum.chunk(2, -1);
    return torch::tanh(halves[0]) * torch::sigmoid(halves[1]);
  });
}

}  // namespace fovea
