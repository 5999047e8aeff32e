#include "models/attention/direct/features.h"

#include <cmath>

#include "models/attention/scorers/scorer.h"

namespace fovea {
namespace {

/// [m, width]: rows orthogonal within each block of `width`, lengths those of independent normal vectors.
Tensor orthogonal_directions(int64_t m, int64_t width) {
  std::vector<Tensor> blocks;
  for (int64_t drawn = 0; drawn < m; drawn += width) {
    const auto [q, r] = torch::linalg_qr(torch::randn({width, width}, torch::kFloat64));
    // Without R's signs Q is not uniform over the rotations (Mezzadri 2007), and the features are biased.
    blocks.push_back((q * r.diagonal().sign()).t());
  }
  const Tensor lengths = torch::randn({m, width}, torch::kFloat64).norm(2, 1, true);
  return (torch::cat(blocks).slice(0, 0, m) * lengths).to(torch::get_default_dtype());
}

}  // namespace

Tensor EluFeatures::map(const Tensor& x) {
  // elu(x) + 1 = x + 1 above 0, eˣ below; written so, because 1 + (eˣ − 1) loses the digits of a small eˣ.
  return torch::where(x > 0, x + 1, x.clamp_max(0).exp());
}

RandomFeatures::RandomFeatures(const AxisShape& shape, const Options& options) {
  require_one_width(shape, "performer");
  projection_ = register_buffer("projection", orthogonal_directions(options.features, shape.key_width));
}

Tensor RandomFeatures::exponents(const Tensor& x) const {
  const Tensor small = x * std::pow(static_cast<double>(x.size(-1)), -0.25);
  return torch::matmul(small, projection_.t()) - small.square().sum(-1, true) / 2;  // [B, H, T, m]
}

Tensor RandomFeatures::of_query(const Tensor& q) {
  const Tensor x = exponents(q);
  return torch::exp(x - x.detach().amax(-1, true));  // the factor is the same for all keys
}

Tensor RandomFeatures::of_key(const Tensor& k) {
  return torch::exp(exponents(k));  // at most exp(‖w‖² / 2)
}

}  // namespace fovea
