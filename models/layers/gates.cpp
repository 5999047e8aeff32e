#include "models/layers/gates.h"

#include "models/attention/registry.h"

namespace fovea {
namespace {

TraceAxis grid_axis(const Tensor& x, double stride) {
  return {.kind = "grid", .rows = x.size(2), .columns = x.size(3), .stride = stride, .field = "image"};
}

torch::nn::Conv2d pointwise(int64_t in, int64_t out, bool bias) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, 1).bias(bias));
}

}  // namespace

SqueezeExcitationImpl::SqueezeExcitationImpl(int64_t channels, int64_t reduction) {
  const int64_t inner = std::max<int64_t>(1, channels / reduction);
  squeeze_ = register_module("squeeze", torch::nn::Linear(channels, inner));
  excite_ = register_module("excite", torch::nn::Linear(inner, channels));
}

Tensor SqueezeExcitationImpl::forward(const Tensor& x, AttentionTrace* trace) {
  const Tensor gate = torch::sigmoid(excite_(torch::relu(squeeze_(x.mean({2, 3})))));  // [B, C]
  if (trace != nullptr)
    trace->record(*this, gate.unsqueeze(1).unsqueeze(1), {{.kind = "slots"}, {.kind = "channels"}});
  return x * gate.unsqueeze(-1).unsqueeze(-1);
}

CbamImpl::CbamImpl(int64_t channels, int64_t reduction) {
  const int64_t inner = std::max<int64_t>(1, channels / reduction);
  squeeze_ = register_module("squeeze", torch::nn::Linear(channels, inner));
  excite_ = register_module("excite", torch::nn::Linear(inner, channels));
  where_ =
      register_module("where", torch::nn::Conv2d(torch::nn::Conv2dOptions(2, 1, 7).padding(3).bias(false)));
  channels_ = register_module("channels", torch::nn::Identity());
  cells_ = register_module("cells", torch::nn::Identity());
}

Tensor CbamImpl::forward(const Tensor& x, double stride, AttentionTrace* trace) {
  const auto rate = [this](const Tensor& pooled) { return excite_(torch::relu(squeeze_(pooled))); };
  const Tensor channel = torch::sigmoid(rate(x.mean({2, 3})) + rate(x.amax({2, 3})));  // [B, C]
  const Tensor gated = x * channel.unsqueeze(-1).unsqueeze(-1);
  const Tensor cell =
      torch::sigmoid(where_(torch::cat({gated.mean(1, true), gated.amax(1, true)}, 1)));  // [B, 1, Hi, Wi]
  if (trace != nullptr) {
    trace->record(*channels_, channel.unsqueeze(1).unsqueeze(1), {{.kind = "slots"}, {.kind = "channels"}});
    trace->record(*cells_, cell.flatten(2).unsqueeze(1), {{.kind = "slots"}, grid_axis(x, stride)});
  }
  return gated * cell;
}

NonLocalImpl::NonLocalImpl(int64_t channels, int64_t rows, int64_t columns) {
  AttentionShape shape;
  shape.query_width = shape.key_width = shape.value_width = channels;
  shape.width = std::max<int64_t>(1, channels / 2);
  shape.rows = rows, shape.columns = columns, shape.length = rows * columns;
  const AttentionConfig config =
      resolve_attention({{"name", "multi-head"}, {"heads", 1}, {"projections", true}}, "model.gate");
  attention_ = register_module("attention", make_attention(config, shape, "model.gate"));
  back_ = register_module("back", torch::nn::Linear(shape.width, channels));
  torch::nn::init::zeros_(back_->weight);
  torch::nn::init::zeros_(back_->bias);
}

Tensor NonLocalImpl::forward(const Tensor& x, double stride, AttentionTrace* trace) {
  const Tensor cells = x.flatten(2).transpose(1, 2);  // [B, T, C]
  const Memory memory = attention_->extend({}, cells, cells);
  const Tensor seen = attention_->attend(cells, memory).context;  // [B, T, C/2]
  const TraceAxis grid = grid_axis(x, stride);
  if (trace != nullptr) trace->observe(*attention_, cells, memory, {}, {grid, grid});
  return x + back_(seen).transpose(1, 2).view(x.sizes());
}

AttentionGateImpl::AttentionGateImpl(int64_t channels, int64_t gate_channels) {
  const int64_t inner = std::max<int64_t>(1, channels / 2);
  x_ = register_module("x", pointwise(channels, inner, false));
  g_ = register_module("g", pointwise(gate_channels, inner, true));
  psi_ = register_module("psi", pointwise(inner, 1, true));
}

Tensor AttentionGateImpl::forward(const Tensor& x, const Tensor& g, double stride, AttentionTrace* trace) {
  const auto size = torch::nn::functional::InterpolateFuncOptions()
                        .size(std::vector<int64_t>{x.size(2), x.size(3)})
                        .mode(torch::kBilinear)
                        .align_corners(false);
  const Tensor asked = torch::nn::functional::interpolate(g_(g), size);
  const Tensor gate = torch::sigmoid(psi_(torch::relu(x_(x) + asked)));  // [B, 1, Hi, Wi]
  if (trace != nullptr)
    trace->record(*this, gate.flatten(2).unsqueeze(1), {{.kind = "slots"}, grid_axis(x, stride)});
  return x * gate;
}

}  // namespace fovea
