#include "models/layers/dropout.h"

#include <algorithm>
#include <cmath>

#include "models/attention/counter_dropout.h"
#include "models/layers/kernel_types.h"
#include "src/core/parallel.h"

namespace fovea {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using Variables = torch::autograd::variable_list;

Tensor drop(const Tensor& given, uint64_t key, double p) {
  const Tensor x = given.contiguous(), out = torch::empty_like(x);
  const FallRule rule = fall_rule(key, p);
  with_types(x.scalar_type(), x.scalar_type(), [&](auto t, auto u) {
    using T = decltype(t);
    using U = decltype(u);
    parallel_parts(x.numel(), kLeastNumbers, [&](int64_t begin, int64_t end) {
      kernels<LayerKernels<T, U>>().drop(numbers<U>(x), numbers<U>(out), begin, end, rule);
    });
  });
  return out;
}

bool has_drop(const Tensor& x) {
  return x.device().is_cpu() && (x.scalar_type() == torch::kFloat32 || x.scalar_type() == torch::kFloat64 ||
                                 x.scalar_type() == torch::kBFloat16);
}

class DroppedOut : public torch::autograd::Function<DroppedOut> {
 public:
  static Variable forward(AutogradContext* context, const Variable& x, int64_t key, double p) {
    context->saved_data["key"] = key;
    context->saved_data["p"] = p;
    return drop(x, static_cast<uint64_t>(key), p);
  }
  static Variables backward(AutogradContext* context, Variables from) {
    return {
        DroppedOut::apply(from[0], context->saved_data["key"].toInt(), context->saved_data["p"].toDouble()),
        Tensor(), Tensor()};
  }
};

}  // namespace

FallRule fall_rule(uint64_t key, double p) {
  if (p <= 0) return {};
  return {key, static_cast<uint32_t>(std::min(std::ldexp(p, 32), 4294967295.0)), 1 / (1 - p)};
}

Tensor dropped_out(const Tensor& x, double p) {
  return has_drop(x) && p < 1 ? DroppedOut::apply(x, static_cast<int64_t>(draw_dropout_key()), p)
                              : torch::dropout(x, p, /*train=*/true);
}

}  // namespace fovea
