#include "models/attention/patterns/bidirectional.h"

#include "models/attention/refusals.h"

namespace fovea {

BidirectionalPattern::BidirectionalPattern(const AxisShape& shape, const Options&) : heads_(shape.heads) {
  if (shape.causal) refuse(Refusal::kBothDirections, shape.key, "a causal slot");
  if (heads_ % 2 != 0) refuse(Refusal::kHalfHeads, shape.key, std::to_string(heads_));
}

}  // namespace fovea
