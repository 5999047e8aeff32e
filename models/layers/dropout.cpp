#include "models/layers/dropout.h"

#include <ATen/Dispatch.h>
#include <ATen/OpMathType.h>

#include <algorithm>
#include <cmath>

#include "models/attention/counter_dropout.h"
#include "src/base/random.h"
#include "src/core/parallel.h"

namespace fovea {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using Variables = torch::autograd::variable_list;

constexpr int64_t kGrain = 1 << 14;  // values a thread takes at least

/// Two values share a hash: one falls by its lower half, one by its upper.
template <class Scalar>
void drop(const Scalar* in, Scalar* out, int64_t begin, int64_t end, uint64_t key, double p) {
  using Wide = at::opmath_type<Scalar>;
  const auto below = static_cast<uint32_t>(std::min(std::ldexp(p, 32), 4294967295.0));
  const auto scale = static_cast<Wide>(1 / (1 - p));
  const auto one = [&](int64_t i, uint32_t bits) {
    out[i] = bits < below ? Scalar(0) : static_cast<Scalar>(static_cast<Wide>(in[i]) * scale);
  };
  int64_t i = begin;
  if (i % 2 == 1 && i < end)
    one(i, static_cast<uint32_t>(mix(key + static_cast<uint64_t>(i / 2)) >> 32)), ++i;
  for (; i + 1 < end; i += 2) {
    const uint64_t hash = mix(key + static_cast<uint64_t>(i / 2));
    one(i, static_cast<uint32_t>(hash));
    one(i + 1, static_cast<uint32_t>(hash >> 32));
  }
  if (i < end) one(i, static_cast<uint32_t>(mix(key + static_cast<uint64_t>(i / 2))));
}

Tensor drop(const Tensor& given, uint64_t key, double p) {
  const Tensor x = given.contiguous();
  Tensor out = torch::empty_like(x);
  AT_DISPATCH_FLOATING_TYPES_AND(torch::kBFloat16, x.scalar_type(), "dropout", [&] {
    const auto* in = x.const_data_ptr<scalar_t>();
    auto* to = out.mutable_data_ptr<scalar_t>();
    parallel_parts(x.numel(), kGrain, [&](int64_t begin, int64_t end) { drop(in, to, begin, end, key, p); });
  });
  return out;
}

class DroppedOut : public torch::autograd::Function<DroppedOut> {
 public:
  static Variable forward(AutogradContext* context, const Variable& x, double p) {
    const uint64_t key = draw_dropout_key();
    context->saved_data["key"] = static_cast<int64_t>(key);
    context->saved_data["p"] = p;
    return drop(x, key, p);
  }
  static Variables backward(AutogradContext* context, Variables from) {
    const auto key = static_cast<uint64_t>(context->saved_data["key"].toInt());
    return {drop(from[0], key, context->saved_data["p"].toDouble()), Tensor()};
  }
};

}  // namespace

Tensor dropped_out(const Tensor& x, double p) {
  return x.device().is_cpu() && p < 1 ? DroppedOut::apply(x, p) : torch::dropout(x, p, /*train=*/true);
}

}  // namespace fovea
