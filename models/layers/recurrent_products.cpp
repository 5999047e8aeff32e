#include "models/layers/recurrent_products.h"

#include "src/core/layer_products.h"
#include "src/core/parallel.h"

namespace fovea {

Tensor input_gates(const Tensor& x, const Tensor& weight, const Tensor& bias, bool half) {
  const Tensor rows = rows_of(x);
  if (!half) return layer_product(rows, weight, bias).view({x.size(0), x.size(1), -1});
  const Tensor gates = torch::empty({rows.size(0), weight.size(0)}, x.options());
  const StepMatrix matrix(weight, half);
  parallel_parts(rows.size(0), kLeastRows, [&](int64_t begin, int64_t end) {
    Tensor room;
    matrix.make(gates.slice(0, begin, end), rows.slice(0, begin, end), bias, room);
  });
  return gates.view({x.size(0), x.size(1), -1});
}

Tensor GradientProducts::rows(const Tensor& x) const {
  return half_ ? rows_of(x).to(torch::kBFloat16) : rows_of(x);
}

Tensor GradientProducts::back(const Tensor& g, const Tensor& weight) const {
  return layer_product_back(g, weight).to(weight.scalar_type());
}

Tensor GradientProducts::outer(const Tensor& g, const Tensor& x) const {
  const Tensor made = torch::empty({g.size(1), x.size(1)}, x.options());
  layer_outer(g, rows(x), made, false, {});
  return made;
}

}  // namespace fovea
