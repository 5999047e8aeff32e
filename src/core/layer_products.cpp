#include "src/core/layer_products.h"

#include <ATen/autocast_mode.h>

#include <algorithm>

#include "src/core/float_products.h"
#include "src/core/half_products.h"
#include "src/core/once_differentiable.h"

namespace fovea {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using Variables = torch::autograd::variable_list;

/// Where kernels for float32 are quicker than LibTorch, measured: columns of an answer over which the left
/// side's layout is spread, rows for the right side's, and numbers of an answer whose sides are both laid out
/// across.
constexpr int64_t kLeastColumns = 64, kLeastRows = 256, kLeastDepth = 64, kLeastOuter = 1 << 17;

bool on_cpu(const Tensor& x, torch::ScalarType type, const Tensor& weight) {
  return x.device().is_cpu() && x.scalar_type() == type && weight.scalar_type() == torch::kFloat32;
}

bool by_half(const Tensor& x, const Tensor& weight) {
  return on_cpu(x, torch::kBFloat16, weight) && x.numel() > 0 && weight.numel() > 0 && has_half_products();
}

bool by_float(const Tensor& x, const Tensor& weight, int64_t rows, int64_t columns, int64_t depth) {
  return on_cpu(x, torch::kFloat32, weight) && rows >= kLeastRows && columns >= kLeastColumns &&
         depth >= kLeastDepth && has_float_products();
}

/// Whether the step below takes these, of which autocast would make `type`.
bool takes(const Tensor& x, const Tensor& weight, torch::ScalarType type) {
  if (weight.dim() != 2 || weight.scalar_type() != torch::kFloat32 || x.numel() == 0 || weight.numel() == 0)
    return false;
  const int64_t depth = x.size(-1);
  const bool narrows = x.scalar_type() == torch::kFloat32 || x.scalar_type() == torch::kBFloat16;
  return type == torch::kBFloat16 ? narrows && x.device().is_cpu() && has_half_products()
                                  : by_float(x, weight, x.numel() / depth, std::max(weight.size(0), depth),
                                             std::min(weight.size(0), depth));
}

Tensor rows_together(const Tensor& x) {
  return x.stride(1) == 1 ? x : x.contiguous();
}
/// [.., X] → [R, X].
Tensor rows_as(const Tensor& x, torch::ScalarType type) {
  return rows_together(x.reshape({-1, x.size(-1)}).to(type));
}

std::vector<int64_t> with_width(const Tensor& x, int64_t width) {
  std::vector<int64_t> sizes = x.sizes().vec();
  sizes.back() = width;
  return sizes;
}

/// What a step saves of its input `given`, whose rows of the product's type are x: itself where it has the
/// type, so that it keeps its own gradient.
const Tensor& saved_input(const Variable& given, const Tensor& x) {
  return given.scalar_type() == x.scalar_type() ? given : x;
}

/// The gradient of an input of type `dtype`, from g [R, N] of answers with the sizes of `like` but for the
/// last.
Tensor input_gradient(const Tensor& g, const Tensor& weight, const Tensor& like, const c10::IValue& dtype) {
  return layer_product_back(g, weight)
      .to(static_cast<torch::ScalarType>(dtype.toInt()))
      .view(with_width(like, weight.size(1)));
}

/// Gradients of x Wᵀ + b by LibTorch's steps, which have gradients themselves: of x, W and b, from g with
/// the sizes of the answer. `saved` is x where it has the type of the step's input, `dtype`.
Variables differentiable_gradients(const Tensor& g, const Tensor& saved, const Tensor& weight,
                                   const c10::IValue& dtype) {
  if (saved.scalar_type() != static_cast<torch::ScalarType>(dtype.toInt()))
    once_differentiable("layer_linear", "another precision than bf16");
  const Tensor rows = g.reshape({-1, g.size(-1)}).to(weight.scalar_type());
  const Tensor to = rows.mm(weight).view(with_width(g, weight.size(1)));
  return {to.to(saved.scalar_type()),
          rows.t().mm(saved.reshape({-1, saved.size(-1)}).to(weight.scalar_type())), rows.sum(0)};
}

class LayerLinear : public torch::autograd::Function<LayerLinear> {
 public:
  static Variable forward(AutogradContext* context, const Variable& given, const Variable& weight,
                          const std::optional<Variable>& bias) {
    const Tensor x = rows_as(given, product_dtype(given));
    context->save_for_backward({saved_input(given, x), weight});
    context->saved_data["dtype"] = static_cast<int64_t>(given.scalar_type());
    context->saved_data["bias"] = bias.has_value();
    return layer_product(x, weight, bias.value_or(Tensor())).view(with_width(given, weight.size(0)));
  }

  static Variables backward(AutogradContext* context, Variables grads) {
    const Variables saved = context->get_saved_variables();
    const Tensor& weight = saved[1];
    const bool bias = context->saved_data["bias"].toBool();
    if (torch::GradMode::is_enabled()) {
      const Variables all =
          differentiable_gradients(grads[0], saved[0], weight, context->saved_data["dtype"]);
      return {all[0], all[1], bias ? all[2] : Tensor()};
    }
    const auto type = saved[0].scalar_type();
    const Tensor x = rows_as(saved[0], type), g = rows_as(grads[0], type);
    Tensor to, outer, sums;
    if (context->needs_input_grad(0)) to = input_gradient(g, weight, grads[0], context->saved_data["dtype"]);
    if (context->needs_input_grad(1) || (bias && context->needs_input_grad(2))) {
      if (bias) sums = torch::empty({weight.size(0)}, weight.options());
      outer = torch::empty_like(weight, torch::MemoryFormat::Contiguous);
      layer_outer(g, x, outer, false, sums);
    }
    return {to, outer, sums};
  }
};

/// a [.., N] and b [.., M] as rows [R, N + M]: as they are where they lie beside each other.
Tensor beside(const Tensor& a, const Tensor& b) {
  const int64_t width = a.size(-1) + b.size(-1);
  bool lie = a.is_alias_of(b) && b.storage_offset() == a.storage_offset() + a.size(-1) && a.stride(-1) == 1 &&
             a.strides() == b.strides();
  int64_t step = width;  // of rows, one after another
  for (int64_t d = a.dim() - 2; d >= 0; step *= a.size(d--)) lie = lie && a.stride(d) == step;
  return lie ? a.as_strided({a.numel() / a.size(-1), width}, {width, 1}, a.storage_offset())
             : torch::cat({a, b}, -1).view({-1, width});
}

class LayerPair : public torch::autograd::Function<LayerPair> {
 public:
  static Variables forward(AutogradContext* context, const Variable& given, const Variable& one,
                           const Variable& one_bias, const Variable& two, const Variable& two_bias) {
    const at::AutoDispatchBelowADInplaceOrView below;
    const Tensor x = rows_as(given, product_dtype(given)), weight = torch::cat({one, two});
    context->save_for_backward({saved_input(given, x), weight, one, two});
    context->saved_data["dtype"] = static_cast<int64_t>(given.scalar_type());
    context->saved_data["first"] = one.size(0);
    const Tensor both =
        layer_product(x, weight, torch::cat({one_bias, two_bias})).view(with_width(given, weight.size(0)));
    return {both.slice(-1, 0, one.size(0)), both.slice(-1, one.size(0))};
  }

  static Variables backward(AutogradContext* context, Variables grads) {
    const Variables saved = context->get_saved_variables();
    const Tensor& weight = saved[1];
    const int64_t first = context->saved_data["first"].toInt();
    Tensor to, outer, sums;
    if (torch::GradMode::is_enabled()) {
      const Variables all =
          differentiable_gradients(torch::cat({grads[0], grads[1]}, -1), saved[0],
                                   torch::cat({saved[2], saved[3]}), context->saved_data["dtype"]);
      to = all[0], outer = all[1], sums = all[2];
    } else {
      const auto type = saved[0].scalar_type();
      const Tensor x = rows_as(saved[0], type), g = rows_as(beside(grads[0], grads[1]), type);
      if (context->needs_input_grad(0))
        to = input_gradient(g, weight, grads[0], context->saved_data["dtype"]);
      sums = torch::empty({weight.size(0)}, weight.options()), outer = torch::empty_like(weight);
      layer_outer(g, x, outer, false, sums);
    }
    return {to, outer.slice(0, 0, first), sums.slice(0, 0, first), outer.slice(0, first),
            sums.slice(0, first)};
  }
};

}  // namespace

torch::ScalarType product_dtype(const Tensor& x) {
  const auto device = x.device().type();
  return at::autocast::is_autocast_enabled(device) ? at::autocast::get_autocast_dtype(device)
                                                   : x.scalar_type();
}

Tensor layer_product(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  if (by_half(x, weight)) return half_product(rows_together(x), weight, bias);
  const Tensor w = weight.to(x.scalar_type());
  if (by_float(x, w, x.size(0), w.size(0), w.size(1)))
    return float_product(rows_together(x), rows_together(w), bias);
  return bias.defined() ? torch::addmm(bias.to(x.scalar_type()), x, w.t()) : torch::mm(x, w.t());
}

Tensor layer_product_back(const Tensor& g, const Tensor& weight) {
  if (by_half(g, weight)) return half_product_back(rows_together(g), weight);
  const Tensor w = weight.to(g.scalar_type());
  if (by_float(g, w, g.size(0), w.size(1), w.size(0)))
    return float_product_back(rows_together(g), rows_together(w));
  return torch::mm(g, w);
}

void layer_outer(const Tensor& g, const Tensor& x, const Tensor& out, bool add, const Tensor& sums) {
  if (by_half(g, out)) return half_outer(rows_together(g), rows_together(x), out, add, sums);
  if (out.numel() >= kLeastOuter && by_float(g, out, g.size(1), x.size(1), g.size(0)))
    return float_outer(rows_together(g), rows_together(x), out, add, sums);
  if (sums.defined()) sums.copy_(g.sum(0));
  Tensor to = out;
  if (g.scalar_type() != out.scalar_type()) {
    const Tensor made = torch::mm(g.t(), x);
    add ? to.add_(made) : to.copy_(made);
  } else if (add) {
    to.addmm_(g.t(), x);
  } else {
    torch::mm_out(to, g.t(), x);
  }
}

Tensor layer_linear(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  if (!takes(x, weight, product_dtype(x))) return torch::linear(x, weight, bias);
  return LayerLinear::apply(x, weight, bias.defined() ? std::optional<Tensor>(bias) : std::nullopt);
}

std::pair<Tensor, Tensor> layer_linears(const Tensor& x, const LayerWeights& one, const LayerWeights& two) {
  const bool together = x.device().is_cpu() && x.numel() > 0 && one.bias.defined() && two.bias.defined() &&
                        (one.weight.requires_grad() || !torch::GradMode::is_enabled()) &&
                        one.weight.requires_grad() == two.weight.requires_grad();
  if (!together) return {layer_linear(x, one.weight, one.bias), layer_linear(x, two.weight, two.bias)};
  const Variables both = LayerPair::apply(x, one.weight, one.bias, two.weight, two.bias);
  return {both[0], both[1]};
}

}  // namespace fovea
