#include "models/layers/embedding.h"

#include <cmath>

#include "models/layers/init.h"
#include "src/base/error.h"

namespace fovea {

Tensor sinusoids(int64_t first, int64_t length, int64_t width, const torch::TensorOptions& options) {
  const auto wide = options.dtype(torch::kFloat64);
  const Tensor position = torch::arange(first, first + length, wide).unsqueeze(1);  // [T, 1]
  const Tensor rate = torch::exp(torch::arange(0, width, 2, wide) *
                                 (-std::log(10000.0) / static_cast<double>(width)));  // [D/2]
  const Tensor angle = position * rate;                                               // [T, D/2]
  return torch::stack({angle.sin(), angle.cos()}, -1)
      .flatten(1)
      .slice(1, 0, width)
      .to(options.dtype());  // [T, D]
}

PositionEmbeddingImpl::PositionEmbeddingImpl(const std::string& name, int64_t width, int64_t length)
    : name_(name), width_(width), length_(length) {
  if (name_ == "learned") {
    if (length_ <= 0)
      throw ConfigError(
          "model.position: learned positions need a task with a known length; choose task.length");
    weight_ = register_parameter("weight", torch::randn({length_, width_}) * 0.02);  // [T, D]
  } else if (name_ == "linear") {
    weight_ = register_parameter("weight", torch::randn({width_}) * 0.1);  // [D]
  }
}

Tensor PositionEmbeddingImpl::forward(const Tensor& x, int64_t first) {
  const int64_t length = x.size(1);
  if (name_ == "none") return x;
  if (name_ == "sinusoidal") return x + sinusoids(first, length, width_, x.options());
  if (name_ == "linear") {
    const double scale = 1.0 / static_cast<double>(std::max<int64_t>(1, length_));
    return x + torch::arange(first, first + length, x.options()).unsqueeze(1) * scale * weight_;  // [B, T, D]
  }
  if (first + length > length_)
    throw DataError("position " + std::to_string(first + length) + " is beyond the " +
                    std::to_string(length_) +
                    " learned positions; choose task.length or model.position=sinusoidal");
  return x + weight_.slice(0, first, first + length);
}

TokenEmbeddingImpl::TokenEmbeddingImpl(const FieldSpec& spec, int64_t width, const EmbeddingOptions& options,
                                       const std::string& key)
    : pad_(spec.pad),
      file_(options.file),
      words_(spec.words ? spec.words : std::make_shared<const std::vector<std::string>>()) {
  weight_ = register_parameter("weight", torch::randn({spec.vocabulary, width}));  // [V, D]
  initialise(weight_, options.init, key + ".init");
  torch::NoGradGuard no_gradient;
  weight_[pad_].zero_();
}

Tensor TokenEmbeddingImpl::forward(const Tensor& ids) {
  // [B, T, D]; no gradient reaches the pad row through here
  return edited(torch::embedding(weight_, ids, pad_));
}

}  // namespace fovea
