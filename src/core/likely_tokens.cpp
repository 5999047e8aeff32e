#include "src/core/likely_tokens.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "src/core/parallel.h"

namespace fovea {
namespace {

/// The places of the k largest of `count` numbers, of equal ones the first, in order.
void choose(const double* x, int64_t count, int64_t k, double* values, int64_t* places) {
  std::vector<int32_t> order(static_cast<size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  std::partial_sort(order.begin(), order.begin() + k, order.end(),
                    [x](int32_t a, int32_t b) { return x[a] > x[b] || (x[a] == x[b] && a < b); });
  for (int64_t i = 0; i < k; ++i) places[i] = order[static_cast<size_t>(i)], values[i] = x[places[i]];
}

}  // namespace

LikelyTokens likely_tokens(const Tensor& logits, int64_t most) {
  const auto type = logits.scalar_type() == torch::kFloat64 ? torch::kFloat64 : torch::kFloat32;
  // Where a net says nothing (NaN), nothing can be chosen.
  const Tensor all = torch::log_softmax(logits.to(type), -1)
                         .to(torch::kCPU, torch::kFloat64)
                         .nan_to_num(-std::numeric_limits<double>::infinity())
                         .contiguous();  // [N, V]
  const int64_t rows = all.size(0), count = all.size(1), k = std::min(most, count);
  LikelyTokens likely{torch::empty({rows, k}, all.options()), torch::empty({rows, k}, torch::kInt64)};
  parallel_parts(rows, 1, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r)
      choose(all.const_data_ptr<double>() + r * count, count, k,
             likely.log_probabilities.data_ptr<double>() + r * k, likely.tokens.data_ptr<int64_t>() + r * k);
  });
  return likely;
}

}  // namespace fovea
