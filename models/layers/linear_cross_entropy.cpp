#include "models/layers/linear_cross_entropy.h"

#include <ATen/autocast_mode.h>

namespace fovea {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using Variables = torch::autograd::variable_list;

constexpr int64_t kPiece = int64_t{1} << 22;  // logits of one piece

/// What the layer's gradients are made of, piece by piece; undefined where nobody wants one.
struct Gradients {
  Tensor x, weight, bias;
};

/// The loss of some rows, and their part of `into`. Arguments are those of linear_cross_entropy, products in
/// the dtype of `x`; `rows` says where they stand in into.x.
class Piece {
 public:
  Piece(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& targets, double smoothing)
      : x_(x), weight_(weight), targets_(targets.unsqueeze(1)), smoothing_(smoothing) {
    const Tensor logits = torch::linear(x, weight, bias);  // [n, V]
    log_p_ = torch::log_softmax(logits, 1, exact(logits));
  }

  Tensor loss() const {
    const Tensor hit = log_p_.gather(1, targets_).sum();
    if (smoothing_ == 0) return -hit;
    return -(1 - smoothing_) * hit - smoothing_ * log_p_.mean(1).sum();
  }

  void add_gradients(Gradients& into, int64_t begin) {
    Tensor g = log_p_.exp_();  // [n, V]: softmax − target
    if (smoothing_ > 0) g.sub_(smoothing_ / static_cast<double>(g.size(1)));
    g.scatter_add_(1, targets_, torch::full_like(targets_, -(1 - smoothing_), g.options()));
    if (into.bias.defined()) into.bias.add_(g.sum(0));
    g = g.to(x_.scalar_type());
    if (into.x.defined()) into.x.slice(0, begin, begin + g.size(0)).copy_(torch::mm(g, weight_));
    if (!into.weight.defined()) return;
    if (into.weight.scalar_type() == g.scalar_type())
      into.weight.addmm_(g.t(), x_);
    else
      into.weight.add_(torch::mm(g.t(), x_));
  }

 private:
  static torch::ScalarType exact(const Tensor& logits) {
    return logits.scalar_type() == torch::kFloat64 ? torch::kFloat64 : torch::kFloat32;
  }
  Tensor x_, weight_, targets_, log_p_;
  double smoothing_;
};

torch::ScalarType product_dtype(const Tensor& x) {
  const auto device = x.device().type();
  return at::autocast::is_autocast_enabled(device) ? at::autocast::get_autocast_dtype(device)
                                                   : x.scalar_type();
}

class LinearCrossEntropy : public torch::autograd::Function<LinearCrossEntropy> {
 public:
  static Variable forward(AutogradContext* context, const Variable& x, const Variable& weight,
                          const std::optional<Variable>& given_bias, const Variable& targets,
                          double smoothing, bool learns) {
    const Tensor bias = given_bias.value_or(Tensor());
    const auto dtype = product_dtype(x);
    const Tensor narrow_x = x.to(dtype), narrow_weight = weight.to(dtype);
    const Tensor narrow_bias = bias.defined() ? bias.to(dtype) : bias;
    Gradients gradients;
    if (learns && x.requires_grad()) gradients.x = torch::empty_like(x);
    if (learns && weight.requires_grad()) gradients.weight = torch::zeros_like(weight);
    if (learns && bias.defined() && bias.requires_grad()) gradients.bias = torch::zeros_like(bias);
    Tensor sum = torch::zeros({}, x.options().dtype(torch::kFloat64));
    const int64_t rows = std::max<int64_t>(1, kPiece / weight.size(0));
    for (int64_t begin = 0; begin < x.size(0); begin += rows) {
      const int64_t end = std::min(begin + rows, x.size(0));
      Piece piece(narrow_x.slice(0, begin, end), narrow_weight, narrow_bias, targets.slice(0, begin, end),
                  smoothing);
      sum += piece.loss();
      if (learns) piece.add_gradients(gradients, begin);
    }
    context->saved_data["x"] = gradients.x, context->saved_data["weight"] = gradients.weight,
    context->saved_data["bias"] = gradients.bias;
    return sum.to(x.scalar_type() == torch::kFloat64 ? torch::kFloat64 : torch::kFloat32);
  }

  static Variables backward(AutogradContext* context, Variables from) {
    // Most often the loss itself is what is differentiated. (Elsewhere than on the CPU, looking would wait.)
    const bool as_made = from[0].device().is_cpu() && from[0].item<double>() == 1;
    const auto scaled = [&](const char* name) {
      const Tensor made = context->saved_data[name].toTensor();
      return made.defined() && !as_made ? made * from[0].to(made.scalar_type()) : made;
    };
    return {scaled("x"), scaled("weight"), scaled("bias"), Tensor(), Tensor(), Tensor()};
  }
};

}  // namespace

Tensor linear_cross_entropy(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& targets,
                            double label_smoothing) {
  const std::optional<Tensor> some_bias = bias.defined() ? std::optional<Tensor>(bias) : std::nullopt;
  return LinearCrossEntropy::apply(x, weight, some_bias, targets, label_smoothing,
                                   torch::GradMode::is_enabled());
}

}  // namespace fovea
