#include "models/attention/scorers/scorer.h"

#include <algorithm>
#include <cmath>

#include "models/attention/refusals.h"

namespace fovea {
namespace {

constexpr int64_t kLargestPiece = 8 << 20;  // numbers in one [B, H, rows, Tk, A] piece

}  // namespace

Tensor pair_in_pieces(const Tensor& q, const Tensor& k, const Tensor& energy,
                      const std::function<Tensor(const Tensor&)>& join) {
  const Tensor column = energy.unsqueeze(-1);  // [A, 1] or [H, A, 1]
  const Tensor spread =
      energy.dim() == 2 ? column.unsqueeze(1) : column;  // broadcasts over [B, H, rows, Tk, A]
  const int64_t row_size = std::max<int64_t>(1, q.size(0) * q.size(1) * k.size(2) * q.size(3));
  const int64_t rows = std::max<int64_t>(1, kLargestPiece / row_size);
  std::vector<Tensor> pieces;
  for (int64_t begin = 0; begin == 0 || begin < q.size(2); begin += rows) {
    const Tensor part =
        q.slice(2, begin, std::min(begin + rows, q.size(2))).unsqueeze(3);             // [B, H, rows, 1, X]
    pieces.push_back(torch::matmul(join(part + k.unsqueeze(2)), spread).squeeze(-1));  // [B, H, rows, Tk]
  }
  return pieces.size() == 1 ? pieces[0] : torch::cat(pieces, 2);  // [B, H, Tq, Tk]
}

Tensor tanh_pair(const Tensor& q, const Tensor& k, const Tensor& energy) {
  return pair_in_pieces(q, k, energy, [](const Tensor& sum) { return torch::tanh(sum); });
}

Tensor covering(const State& state, int64_t keys, const char* where) {
  const Tensor& held = state.at(0);
  if (held.size(2) > keys)
    throw std::invalid_argument(std::string("[") + where + "] state must be of this memory; found " +
                                shape_text(held) + " and " + std::to_string(keys) + " keys");
  return torch::constant_pad_nd(held, {0, keys - held.size(2)});  // [B, H, Tk]
}

Tensor scorer_parameter(const std::vector<int64_t>& sizes, int64_t fan_in) {
  const double bound = 1.0 / std::sqrt(static_cast<double>(std::max<int64_t>(1, fan_in)));
  return torch::empty(sizes).uniform_(-bound, bound);
}

void require_one_width(const AxisShape& shape, const std::string& scorer) {
  if (!shape.scored || shape.query_width == shape.key_width) return;
  refuse(Refusal::kOneWidth, shape.key,
         scorer + " of " + std::to_string(shape.query_width) + " and " + std::to_string(shape.key_width));
}

}  // namespace fovea
