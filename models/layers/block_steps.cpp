#include "models/layers/block_steps.h"

#include <algorithm>

#include "models/attention/counter_dropout.h"
#include "models/layers/kernel_types.h"
#include "src/core/half_products.h"
#include "src/core/layer_products.h"
#include "src/core/once_differentiable.h"
#include "src/core/packed_products.h"
#include "src/core/parallel.h"

namespace fovea {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using Variables = torch::autograd::variable_list;

bool quick(const Tensor& x) {
  return x.device().is_cpu() && (x.scalar_type() == torch::kFloat32 || x.scalar_type() == torch::kFloat64) &&
         x.numel() > 0;
}

int64_t rows_in(const Tensor& x) {
  return x.numel() / x.size(-1);
}

struct Normed {
  Tensor out, stats;  // like x but for the type; [rows, 2]
};
Normed normed(const Tensor& x, const Tensor& gain, const Tensor& shift, double epsilon, bool half) {
  const Tensor out = torch::empty_like(x, half ? x.options().dtype(torch::kBFloat16) : x.options());
  const Tensor stats = torch::empty({rows_in(x), 2}, x.options());
  with_types(x.scalar_type(), out.scalar_type(), [&](auto t, auto u) {
    using T = decltype(t);
    using U = decltype(u);
    const NormRows<T, U> rows{x.size(-1),        numbers<T>(x),           numbers<T>(gain),
                              numbers<T>(shift), static_cast<T>(epsilon), numbers<T>(stats),
                              numbers<U>(out)};
    parallel_parts(rows_in(x), kLeastNumbers / x.size(-1),
                   [&](int64_t begin, int64_t end) { kernels<LayerKernels<T, U>>().norm(rows, begin, end); });
  });
  return {out, stats};
}

/// x + what the rule leaves of `branch`, both of one shape and dense.
Tensor with_branch(const Tensor& x, const Tensor& branch, const FallRule& rule) {
  const Tensor out = torch::empty_like(x);
  with_types(x.scalar_type(), branch.scalar_type(), [&](auto t, auto u) {
    using T = decltype(t);
    using U = decltype(u);
    parallel_parts(x.numel(), kLeastNumbers, [&](int64_t begin, int64_t end) {
      kernels<LayerKernels<T, U>>().add(numbers<T>(x), numbers<U>(branch), numbers<T>(out), begin, end, rule);
    });
  });
  return out;
}

class Norm : public torch::autograd::Function<Norm> {
 public:
  /// {x itself, its norm} or, without a stream, its norm alone.
  static Variables forward(AutogradContext* context, const Variable& given, const Variable& gain,
                           const Variable& shift, double epsilon, bool half, bool with_stream) {
    const Tensor x = given.contiguous();
    const auto [out, stats] = normed(x, gain, shift, epsilon, half);
    context->save_for_backward({x, gain, stats});
    if (!with_stream) return {out};
    return {given.view_as(given), out};
  }

  static Variables backward(AutogradContext* context, Variables from) {
    once_differentiable("layer_norm");
    const Variables saved = context->get_saved_variables();
    const Tensor &x = saved[0], &gain = saved[1], &stats = saved[2];
    const Tensor come = from.back().contiguous();
    const Tensor beside = from.size() == 2 && from[0].defined() ? from[0].contiguous() : Tensor();
    const int64_t width = x.size(-1), rows = rows_in(x), pieces = pieces_of(rows);
    const Tensor to = torch::empty_like(x), sums = torch::empty({2, pieces, width}, x.options());
    with_types(x.scalar_type(), come.scalar_type(), [&](auto t, auto u) {
      using T = decltype(t);
      using U = decltype(u);
      const NormRowsBack<T, U> back{width,
                                    numbers<U>(come),
                                    numbers<T>(x),
                                    numbers<T>(gain),
                                    numbers<T>(stats),
                                    numbers<T>(beside),
                                    numbers<T>(to)};
      each_piece(rows, pieces, width, [&](int64_t begin, int64_t end, int64_t i) {
        kernels<LayerKernels<T, U>>().norm_back(back, begin, end, numbers<T>(sums) + i * width,
                                                numbers<T>(sums) + (pieces + i) * width);
      });
    });
    const Tensor whole = sums.sum(1);  // [2, D]
    return {to, whole[0], whole[1], Tensor(), Tensor(), Tensor()};
  }
};

class AddBranch : public torch::autograd::Function<AddBranch> {
 public:
  static Variable forward(AutogradContext* context, const Variable& given, const Variable& branch, double p) {
    const uint64_t key = p > 0 ? draw_dropout_key() : 0;
    context->saved_data["key"] = static_cast<int64_t>(key);
    context->saved_data["p"] = p;
    context->saved_data["dtype"] = static_cast<int64_t>(branch.scalar_type());
    return with_branch(given.contiguous(), branch.contiguous(), fall_rule(key, p));
  }

  static Variables backward(AutogradContext* context, Variables grads) {
    const double p = context->saved_data["p"].toDouble();
    const auto dtype = static_cast<torch::ScalarType>(context->saved_data["dtype"].toInt());
    if (p == 0 && dtype == grads[0].scalar_type()) return {grads[0], grads[0], Tensor()};
    once_differentiable("add_branch");
    const Tensor from = grads[0].contiguous(), to = torch::empty_like(from, from.options().dtype(dtype));
    const FallRule rule = fall_rule(static_cast<uint64_t>(context->saved_data["key"].toInt()), p);
    with_types(from.scalar_type(), dtype, [&](auto t, auto u) {
      using T = decltype(t);
      using U = decltype(u);
      parallel_parts(from.numel(), kLeastNumbers, [&](int64_t begin, int64_t end) {
        kernels<LayerKernels<T, U>>().part(numbers<T>(from), numbers<U>(to), begin, end, rule);
      });
    });
    return {grads[0], to, Tensor()};
  }
};

class GeluLinear : public torch::autograd::Function<GeluLinear> {
 public:
  static Variable forward(AutogradContext* context, const Variable& given, const Variable& weight,
                          const Variable& bias) {
    const auto dtype = product_dtype(given);
    const Tensor x = given.reshape({-1, given.size(-1)}).to(dtype);  // [N, D]
    const Tensor inner = layer_product(x, weight, bias);             // [N, D']
    const Tensor out = torch::empty_like(inner);
    with_types(weight.scalar_type(), dtype, [&](auto t, auto u) {
      using T = decltype(t);
      using U = decltype(u);
      parallel_parts(inner.numel(), kLeastNumbers, [&](int64_t begin, int64_t end) {
        kernels<LayerKernels<T, U>>().gelu(numbers<U>(inner), numbers<U>(out), begin, end);
      });
    });
    context->save_for_backward({x, weight, inner});
    context->saved_data["dtype"] = static_cast<int64_t>(given.scalar_type());
    std::vector<int64_t> sizes = given.sizes().vec();
    sizes.back() = weight.size(0);
    return out.view(sizes);
  }

  static Variables backward(AutogradContext* context, Variables grads) {
    once_differentiable("gelu_linear");
    const Variables saved = context->get_saved_variables();
    const Tensor &x = saved[0], &weight = saved[1], &inner = saved[2];
    const int64_t width = inner.size(1), rows = inner.size(0), pieces = pieces_of(rows);
    const Tensor from = grads[0].reshape({-1, width}).contiguous(), slope = torch::empty_like(inner);
    const Tensor sums = torch::empty({pieces, width}, weight.options());
    with_types(weight.scalar_type(), inner.scalar_type(), [&](auto t, auto u) {
      using T = decltype(t);
      using U = decltype(u);
      each_piece(rows, pieces, width, [&](int64_t begin, int64_t end, int64_t i) {
        kernels<LayerKernels<T, U>>().gelu_back(numbers<U>(inner), numbers<U>(from), numbers<U>(slope), width,
                                                begin, end, numbers<T>(sums) + i * width);
      });
    });
    Tensor to;
    if (context->needs_input_grad(0)) {
      std::vector<int64_t> sizes = grads[0].sizes().vec();
      sizes.back() = x.size(1);
      const auto dtype = static_cast<torch::ScalarType>(context->saved_data["dtype"].toInt());
      to = layer_product_back(slope, weight).to(dtype).view(sizes);
    }
    const Tensor outer = torch::empty_like(weight, torch::MemoryFormat::Contiguous);
    layer_outer(slope, x, outer, false, {});
    return {to, outer, sums.sum(0)};
  }
};

bool quick(const Tensor& x, const torch::nn::LayerNorm& norm) {
  return quick(x) && norm->weight.defined() && norm->weight.scalar_type() == x.scalar_type() &&
         norm->options.normalized_shape().size() == 1;
}

}  // namespace

Forked fork_norm(const Tensor& x, torch::nn::LayerNorm& norm) {
  if (!quick(x, norm)) return {x, norm(x)};
  const bool half = half_precision() && x.scalar_type() == torch::kFloat32;
  const double epsilon = norm->options.eps();
  if (!torch::GradMode::is_enabled())
    return {x, normed(x.contiguous(), norm->weight, norm->bias, epsilon, half).out};
  const Variables both = Norm::apply(x, norm->weight, norm->bias, epsilon, half, true);
  return {both[0], both[1]};
}

Tensor norm_of(const Tensor& x, torch::nn::LayerNorm& norm) {
  if (!quick(x, norm)) return norm(x);
  const double epsilon = norm->options.eps();
  if (!torch::GradMode::is_enabled())
    return normed(x.contiguous(), norm->weight, norm->bias, epsilon, false).out;
  return Norm::apply(x, norm->weight, norm->bias, epsilon, false, false)[0];
}

Tensor add_branch(const Tensor& stream, const Tensor& branch, const Dropout& dropout) {
  const bool types = branch.scalar_type() == stream.scalar_type() ||
                     (branch.scalar_type() == torch::kBFloat16 && stream.scalar_type() == torch::kFloat32);
  const double p = dropout->is_training() ? dropout->p() : 0;
  if (!quick(stream) || !types || !branch.sizes().equals(stream.sizes()) || p >= 1)
    return stream + dropout.ptr()->forward(branch);
  if (p == 0 && !torch::GradMode::is_enabled())
    return with_branch(stream.contiguous(), branch.contiguous(), fall_rule(0, 0));
  return AddBranch::apply(stream, branch, p);
}

Tensor gelu_linear(const Tensor& x, torch::nn::Linear& linear) {
  if (packs(x, linear->weight)) {
    const Tensor inner = packed_linear(x, linear->weight, linear->bias);  // [.., D']
    parallel_parts(inner.numel(), kLeastNumbers, [&](int64_t begin, int64_t end) {
      kernels<LayerKernels<float, float>>().gelu(numbers<float>(inner), numbers<float>(inner), begin, end);
    });
    return inner;
  }
  const bool half = x.scalar_type() == torch::kBFloat16 && half_precision();
  if (!(quick(x) || half) || !quick(linear->weight) || !linear->bias.defined() || x.numel() == 0 ||
      (!half && linear->weight.scalar_type() != x.scalar_type()))
    return torch::gelu(linear(x));
  return GeluLinear::apply(x, linear->weight, linear->bias);
}

}  // namespace fovea
