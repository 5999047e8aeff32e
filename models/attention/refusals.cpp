#include "models/attention/refusals.h"

#include "src/base/error.h"

namespace fovea {

const std::vector<std::string>& refusals() {
  static const std::vector<std::string> all = {
      "none is the slot without attention and has no fields",
      "this slot needs an attention, so it cannot be none",
      "an attention without a score matrix has no scorer, normalizer, position or dropout to choose",
      "an attention without a score matrix takes no pattern but full and causal",
      "an attention without a score matrix takes no dense mask, only padding and causal",
      "kv_heads must divide heads",
      "heads must divide the width they split",
      "dot, scaled-dot and cosine need queries and keys of one width",
      "rope turns pairs, so the width of a head must be even",
      "location-aware needs queries that come in order",
      "the kernel of location-aware must be odd",
  };
  return all;
}

void refuse(Refusal refusal, const std::string& key, const std::string& found) {
  throw ConfigError(key + ": " + refusals().at(static_cast<size_t>(refusal)) + "; found " + found);
}

}  // namespace fovea
