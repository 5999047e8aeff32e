#include "models/layers/linear_cross_entropy.h"

#include "models/layers/kernel_types.h"
#include "src/core/layer_products.h"
#include "src/core/once_differentiable.h"

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

/// Logits of some rows: Σ of their loss, and, where `learns`, their gradients in their place. `bias_sum` [V]:
/// what these add to the bias's gradient.
struct PieceLoss {
  Tensor logits;  // [n, V] without the bias
  double smoothing;
  bool learns;
  Tensor bias_sum;

  Tensor by_kernels(const Tensor& bias, const Tensor& targets) {
    const int64_t rows = logits.size(0), width = logits.size(1), pieces = pieces_of(rows);
    const bool inside = ((targets >= 0) & (targets < width)).all().item<bool>();
    TORCH_CHECK_INDEX(inside, "[linear_cross_entropy] expected targets from 0 to ", width - 1);
    const auto type = logits.scalar_type() == torch::kFloat64 ? torch::kFloat64 : torch::kFloat32;
    const Tensor added = bias.defined() ? bias.to(type).contiguous() : bias, classes = targets.contiguous();
    const Tensor sums =
        learns && bias.defined() ? torch::empty({pieces, width}, logits.options().dtype(type)) : Tensor();
    const Tensor losses = torch::empty({pieces}, torch::kFloat64);
    with_types(type, logits.scalar_type(), [&](auto t, auto u) {
      using T = decltype(t);
      using U = decltype(u);
      const LossRows<T, U> of{
          width, numbers<U>(logits), numbers<T>(added), classes.const_data_ptr<int64_t>(), smoothing, learns};
      each_piece(rows, pieces, width, [&](int64_t begin, int64_t end, int64_t i) {
        T* sum = sums.defined() ? numbers<T>(sums) + i * width : nullptr;
        losses.data_ptr<double>()[i] = kernels<LayerKernels<T, U>>().cross_entropy(of, begin, end, sum);
      });
    });
    if (sums.defined()) bias_sum = sums.sum(0);
    return losses.sum();
  }

  /// Where there are no kernels: elsewhere than on the CPU, and for float16.
  Tensor by_operators(const Tensor& bias, const Tensor& targets) {
    const auto type = logits.scalar_type() == torch::kFloat64 ? torch::kFloat64 : torch::kFloat32;
    const Tensor log_p = torch::log_softmax(bias.defined() ? logits + bias : logits, 1, type),
                 at = targets.unsqueeze(1);
    const Tensor loss = -(1 - smoothing) * log_p.gather(1, at).sum() - smoothing * log_p.mean(1).sum();
    if (!learns) return loss;
    Tensor slopes = log_p.exp() - smoothing / static_cast<double>(log_p.size(1));
    slopes.scatter_add_(1, at, torch::full_like(at, -(1 - smoothing), slopes.options()));
    bias_sum = slopes.sum(0);
    logits = slopes.to(logits.scalar_type());
    return loss;
  }

  Tensor loss(const Tensor& bias, const Tensor& targets) {
    const bool quick =
        logits.device().is_cpu() && logits.scalar_type() != torch::kFloat16 && logits.numel() > 0;
    return quick ? by_kernels(bias, targets) : by_operators(bias, targets);
  }
};

/// Adds (from the first row on: writes, where it is the weight's) what a piece's rows `x` [n, D] (in the
/// dtype of products) and `slopes` [n, V] give, at row `begin`.
void add_gradients(const Tensor& x, const Tensor& weight, const PieceLoss& piece, Gradients& into,
                   int64_t begin) {
  const Tensor& g = piece.logits;
  if (into.bias.defined()) into.bias.add_(piece.bias_sum);
  if (into.x.defined()) into.x.slice(0, begin, begin + g.size(0)).copy_(layer_product_back(g, weight));
  if (into.weight.defined()) layer_outer(g, x, into.weight, begin > 0, {});
}

class LinearCrossEntropy : public torch::autograd::Function<LinearCrossEntropy> {
 public:
  static Variable forward(AutogradContext* context, const Variable& x, const Variable& weight,
                          const std::optional<Variable>& given_bias, const Variable& targets,
                          double smoothing, bool learns) {
    const Tensor bias = given_bias.value_or(Tensor());
    const auto dtype = product_dtype(x);
    const Tensor narrow_x = x.to(dtype), narrow_weight = weight.to(dtype);
    Gradients gradients;
    if (learns && x.requires_grad()) gradients.x = torch::empty_like(x);
    if (learns && weight.requires_grad())
      gradients.weight = x.size(0) > 0 ? torch::empty_like(weight, torch::MemoryFormat::Contiguous)
                                       : torch::zeros_like(weight);
    if (learns && bias.defined() && bias.requires_grad()) gradients.bias = torch::zeros_like(bias);
    Tensor sum = torch::zeros({}, x.options().dtype(torch::kFloat64));
    const int64_t rows = std::max<int64_t>(1, kPiece / weight.size(0));
    for (int64_t begin = 0; begin < x.size(0); begin += rows) {
      const int64_t end = std::min(begin + rows, x.size(0));
      const Tensor piece_x = narrow_x.slice(0, begin, end);
      PieceLoss piece{layer_product(piece_x, narrow_weight, {}), smoothing, learns, {}};
      sum += piece.loss(bias, targets.slice(0, begin, end));
      if (learns) add_gradients(piece_x, narrow_weight, piece, gradients, begin);
    }
    context->saved_data["x"] = gradients.x, context->saved_data["weight"] = gradients.weight,
    context->saved_data["bias"] = gradients.bias;
    return sum.to(x.scalar_type() == torch::kFloat64 ? torch::kFloat64 : torch::kFloat32);
  }

  static Variables backward(AutogradContext* context, Variables from) {
    once_differentiable("linear_cross_entropy");
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
