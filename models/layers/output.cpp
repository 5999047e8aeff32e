#include "models/layers/output.h"

#include "models/layers/linear_cross_entropy.h"

namespace fovea {
namespace {

constexpr double kLeast = 1e-30;  // of a probability whose logarithm is taken
constexpr double kNever = -1e30;  // a logit of what cannot be written

}  // namespace

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
