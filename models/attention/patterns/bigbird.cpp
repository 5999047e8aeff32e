#include "models/attention/patterns/bigbird.h"

#include "models/attention/refusals.h"

namespace fovea {

BigBirdPattern::BigBirdPattern(const AxisShape& shape, const Options& options)
    : options_(options), first_(shape.first) {
  if (shape.length < 1 || shape.queries < 1) refuse(Refusal::kUnknownLength, shape.key, "bigbird");
  const int64_t queries = shape.queries, keys = shape.length, drawn = std::min(options_.randoms, keys);
  const Mask known = Mask::local(options_.window) | Mask::globals(options_.globals);
  const Tensor visible = known.visible({first_, {0, queries}, {0, keys}}, torch::kCPU);
  // Random ranks; keys that are visible anyway come last, and a query that lacks others repeats itself.
  Tensor rank = torch::rand({queries, keys}, torch::kFloat64);
  if (visible.defined()) rank = rank.masked_fill(visible, 2);
  const auto [value, key] = rank.topk(drawn, 1, /*largest=*/false);
  Tensor chosen =
      positions({first_, first_ + queries}, torch::kCPU).unsqueeze(1).repeat({1, options_.randoms});
  chosen.slice(1, 0, drawn).copy_(torch::where(value < 1, key, chosen.slice(1, 0, drawn)));
  keys_ = register_buffer("keys", chosen);
}

Mask BigBirdPattern::visible() const {
  return Mask::local(options_.window) | Mask::globals(options_.globals) | Mask::chosen(keys_, first_);
}

}  // namespace fovea
