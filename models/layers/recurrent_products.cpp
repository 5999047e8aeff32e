#include "models/layers/recurrent_products.h"

#include "src/core/half_products.h"
#include "src/core/parallel.h"

namespace fovea {

Tensor input_gates(const Tensor& x, const Tensor& weight, const Tensor& bias, bool half) {
  const Tensor rows = rows_of(x), gates = torch::empty({rows.size(0), weight.size(0)}, x.options());
  const StepMatrix matrix(weight, half);
  const auto make = [&](int64_t begin, int64_t end) {
    Tensor room;
    matrix.make(gates.slice(0, begin, end), rows.slice(0, begin, end), bias, room);
  };
  // LibTorch shares a product among threads itself.
  half ? parallel_parts(rows.size(0), kLeastRows, make) : make(0, rows.size(0));
  return gates.view({x.size(0), x.size(1), -1});
}

Tensor GradientProducts::rows(const Tensor& x) const {
  return half_ ? rows_of(x).to(torch::kBFloat16) : rows_of(x);
}

Tensor GradientProducts::back(const Tensor& g, const Tensor& weight) const {
  return half_ ? half_product_back(g, weight).to(weight.scalar_type()) : torch::mm(g, weight);
}

Tensor GradientProducts::outer(const Tensor& g, const Tensor& x) const {
  if (!half_) return torch::mm(g.t(), x);
  const Tensor made = torch::empty({g.size(1), x.size(1)}, x.options());
  half_outer(g, x.to(torch::kBFloat16), made, false, {});
  return made;
}

}  // namespace fovea
