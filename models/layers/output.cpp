#include "models/layers/output.h"

#include <algorithm>

#include "models/layers/linear_cross_entropy.h"
#include "src/core/packed_products.h"
#include "src/core/parallel.h"
#include "src/kernels/kernel_sets.h"

namespace fovea {
namespace {

constexpr double kLeast = 1e-30;  // of a probability whose logarithm is taken
constexpr double kNever = -1e30;  // a logit of what cannot be written

constexpr int64_t kFew = 64;       // tokens that are looked for in one pass
constexpr int64_t kColumns = 256;  // logits of a row that stand in memory at once
constexpr int64_t kParts = 4;  // of the vocabulary, which threads share: a constant, for sums depend on it

/// The likely tokens of `rows` rows within one part of the vocabulary.
struct Part {
  Part(int64_t rows, int64_t most)
      : numbers(torch::empty({rows * (most + 3)}, torch::kFloat32)),
        columns(torch::empty({rows * most}, torch::kInt32)) {
    float* at = numbers.data_ptr<float>();
    known = {rows, most, at, at + rows, at + 3 * rows, columns.data_ptr<int32_t>(), at + 2 * rows};
    std::fill_n(at, numbers.numel(), -INFINITY);
    std::fill_n(known.sum, rows, 0.0F);
    std::fill_n(known.columns, columns.numel(), 0);
  }
  /// What is no more probable than `most` tokens of earlier parts is not looked for: `last` is one of them
  /// and knows of those before.
  void look_above(const Part& last) {
    float* floor = numbers.data_ptr<float>() + 2 * known.rows;
    for (int64_t r = 0; r < known.rows; ++r)
      floor[r] = std::max(last.known.floor[r], last.known.values[(r + 1) * known.most - 1]);
  }
  Tensor numbers, columns;
  LikelyRows known;
};

/// log Σ exp of row `r` over all parts.
double log_sum(const std::vector<Part>& parts, int64_t r) {
  float top = -INFINITY;
  for (const Part& part : parts) top = std::max(top, part.known.largest[r]);
  double sum = 0;
  for (const Part& part : parts)
    if (part.known.sum[r] != 0)
      sum +=
          static_cast<double>(part.known.sum[r]) * std::exp(static_cast<double>(part.known.largest[r] - top));
  return static_cast<double>(top) + std::log(sum);
}

/// The most probable tokens of all parts together.
LikelyTokens together(const std::vector<Part>& parts, int64_t rows, int64_t most) {
  LikelyTokens likely{torch::empty({rows, most}, torch::kFloat64), torch::empty({rows, most}, torch::kInt64)};
  double* values = likely.log_probabilities.data_ptr<double>();
  int64_t* tokens = likely.tokens.data_ptr<int64_t>();
  for (int64_t r = 0; r < rows; ++r) {
    std::vector<int64_t> taken(parts.size(), 0);
    const double shift = log_sum(parts, r);
    for (int64_t i = 0; i < most; ++i) {
      size_t best = 0;
      float largest = -INFINITY;
      for (size_t p = 0; p < parts.size(); ++p)
        if (taken[p] < most && parts[p].known.values[r * most + taken[p]] > largest)
          best = p, largest = parts[p].known.values[r * most + taken[p]];
      const double value = static_cast<double>(largest) - shift;
      *values++ = value == value ? value : -INFINITY;  // NaN: the net says nothing
      *tokens++ = taken[best] < most ? parts[best].known.columns[r * most + taken[best]++] : 0;
    }
  }
  return likely;
}

}  // namespace

LikelyTokens LinearOutput::likely(const Tensor& features, int64_t most) const {
  const int64_t outputs = weight_.size(0);
  if (most > std::min(kFew, outputs) || !packs(features, weight_))
    return likely_tokens(logits(features), most);
  const Tensor right = packed(weight_);
  const PackedRows left(features);
  const int64_t rows = left.rows(), groups = (outputs + kColumns - 1) / kColumns;
  std::vector<Part> parts;
  for (int64_t p = 0; p < kParts; ++p) parts.emplace_back(rows, most);
  parallel_parts(kParts, 1, [&](int64_t first, int64_t last) {
    const Tensor block = torch::empty({left.room(), kColumns}, torch::kFloat32);
    for (int64_t p = first; p < last; ++p) {
      Part& part = parts[static_cast<size_t>(p)];
      if (p > first) part.look_above(parts[static_cast<size_t>(p - 1)]);
      for (int64_t group = p * groups / kParts; group < (p + 1) * groups / kParts; ++group) {
        const int64_t begin = group * kColumns, end = std::min(outputs, begin + kColumns);
        left.multiply(right, outputs, bias_, begin, end, block.data_ptr<float>(), kColumns);
        kernels<LikelyKernels>().fold(part.known, block.data_ptr<float>(), kColumns, begin, end - begin);
      }
    }
  });
  return together(parts, rows, most);
}

Loss LinearOutput::cross_entropy(const Tensor& features, const Tensor& targets,
                                 double label_smoothing) const {
  return {linear_cross_entropy(features, weight_, bias_, targets, label_smoothing),
          torch::full({}, targets.size(0), features.options().dtype(torch::kFloat64))};
}

Tensor pointer_features(const Tensor& x, const Tensor& copied, const Tensor& ids) {
  // Not in half precision, which cannot count so far.
  const auto exact = copied.scalar_type() == torch::kFloat64 ? torch::kFloat64 : torch::kFloat32;
  const Tensor places = ids.to(exact).unsqueeze(1).expand_as(copied);
  return torch::cat({x.to(exact), copied.to(exact), places}, -1);
}

Tensor own_places(const Tensor& logits, const Tensor& ids) {
  const int64_t places = ids.size(1), vocabulary = logits.size(1) - places;
  const Tensor own = ids == torch::arange(vocabulary, vocabulary + places, ids.options());  // [N, S]
  return torch::cat({logits.slice(1, 0, vocabulary), logits.slice(1, vocabulary).masked_fill(~own, kNever)},
                    1);
}

PointerOutput::Parts PointerOutput::parts(const Tensor& features) const {
  const int64_t width = weight_.size(1), places = (features.size(1) - width) / 2;
  const Tensor copied = features.slice(1, width, width + places);
  const Tensor left = (1 - copied.sum(1, true)).clamp_min(kLeast);
  return {torch::log_softmax(torch::linear(features.slice(1, 0, width), weight_, bias_), 1) + left.log(),
          copied, features.slice(1, width + places).to(torch::kInt64)};
}

Tensor PointerOutput::logits(const Tensor& features) const {
  const Parts all = parts(features);
  const int64_t rows = features.size(0), places = all.ids.size(1), columns = weight_.size(0) + places;
  Tensor p = torch::constant_pad_nd(all.generated.exp(), {0, places});  // [N, V + S]
  // Flat, for a scatter of one axis is deterministic on every device.
  const Tensor first = torch::arange(rows, all.ids.options()).unsqueeze(1) * columns;
  p = p.flatten().scatter_add(0, (first + all.ids).flatten(), all.copied.to(p.dtype()).flatten());
  return own_places(p.view({rows, columns}).clamp_min(kLeast).log(), all.ids);
}

Loss PointerOutput::cross_entropy(const Tensor& features, const Tensor& targets,
                                  double label_smoothing) const {
  const Parts all = parts(features);
  const Tensor known = targets < weight_.size(0);  // [N]
  const Tensor generated =
      all.generated.gather(1, targets.masked_fill(~known, 0).unsqueeze(1)).squeeze(1).exp() * known;
  const Tensor copied = (all.copied * (all.ids == targets.unsqueeze(1))).sum(1);
  Tensor sum = -(generated + copied).clamp_min(kLeast).log().sum();
  if (label_smoothing > 0) sum = (1 - label_smoothing) * sum - label_smoothing * all.generated.mean(1).sum();
  return {sum, torch::full({}, targets.size(0), features.options().dtype(torch::kFloat64))};
}

}  // namespace fovea
