#include "models/layers/recurrent_products.h"

#include "src/core/half_products.h"
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

Tensor GradientProducts::back(const Tensor& g, const Tensor& weight) const {
  return half_ ? half_product_back(g, weight) : layer_product_back(g, weight);
}

Tensor GradientProducts::outer(const Tensor& g, const Tensor& x, const Tensor& sums) const {
  const Tensor made = torch::empty({g.size(1), x.size(1)}, x.options());
  half_ ? half_outer(g, x, made, false, sums) : layer_outer(g, x, made, false, sums);
  return made;
}

}  // namespace fovea
