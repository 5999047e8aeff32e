#include "models/nets/text_cnn.h"

#include "models/nets/attention_pooling.h"
#include "src/base/error.h"

namespace fovea {
TextCnn::TextCnn(const Options& o, const TaskSpec& spec) {
  const FieldSpec& text = spec.input("text", "text-cnn");
  if (o.kernels.empty()) throw ConfigError("model.kernels: expected at least one width, found []");
  embedding_ = register_module("embedding", TokenEmbedding(text, o.width, o.embedding, "model.embedding"));
  for (size_t i = 0; i < o.kernels.size(); ++i)
    convolutions_.push_back(
        register_module("convolution" + std::to_string(i),
                        torch::nn::Conv1d(torch::nn::Conv1dOptions(o.width, o.filters, o.kernels[i]))));
  int64_t width = o.filters * static_cast<int64_t>(o.kernels.size());
  position_ = register_module("position", PositionEmbedding(o.position, width, text.length));
  if (!o.attention.none()) {
    pooling_ =
        register_module("pooling", AttentionPoolingLayer(o.attention, o.query, width, "model.attention",
                                                         AttentionShape{.length = text.length}));
    width = pooling_->context_width();
  }
  classes_ = register_module("classes", torch::nn::Linear(width, class_count(spec, "text-cnn")));
  dropout_ = register_module("dropout", Dropout(o.dropout));
  initialise_weights(*this, o.init, "model.init");
}

Tensor TextCnn::convolve(const Tensor& x) {
  const Tensor time_last = x.transpose(1, 2);  // [B, D, T]
  std::vector<Tensor> found;
  for (torch::nn::Conv1d& convolution : convolutions_) {
    const int64_t kernel = convolution->options.kernel_size()->at(0), before = (kernel - 1) / 2;
    found.push_back(
        torch::relu(convolution(torch::constant_pad_nd(time_last, {before, kernel - 1 - before}))));
  }
  return torch::cat(found, 1).transpose(1, 2);  // [B, T, kernels · filters]
}

ModelOutput TextCnn::forward(const Batch& batch, AttentionTrace* trace) {
  const Field& text = batch.input("text");
  const Tensor real = text.real();  // [B, T]
  Tensor embedded = dropout_(embedding_(text.values));
  if (real.defined()) embedded = embedded * real.to(embedded.dtype()).unsqueeze(-1);
  const Tensor x = position_(convolve(embedded));
  const Tensor pooled =
      pooling_ ? pooling_->forward(x, real, last_real(x, text.lengths), trace, token_axis("text"))
               : masked_max(x, real);
  return {.values = {{"logits", classes_(dropout_(pooled))}}, .output = nullptr, .carry = {}};  // [B, C]
}

}  // namespace fovea
