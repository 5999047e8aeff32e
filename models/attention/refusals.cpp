#include "models/attention/refusals.h"

#include "src/config/refusal.h"

namespace fovea {

const std::vector<std::string>& refusals() {
  static const std::vector<std::string> all = {
      "none is the slot without attention and has no fields",
      "this slot needs an attention, so it cannot be none",
      "an attention without a score matrix has no scorer, normalizer, position, dropout or engine to choose",
      "an attention without a score matrix takes no pattern but full and causal",
      "an attention without a score matrix takes no dense mask, only padding and causal",
      "kv_heads must divide heads",
      "heads must divide the width they split",
      "products and distances of queries and keys need both to be of one width",
      "rope turns pairs, so the width of a head must be even",
      "location-aware and coverage need queries that come in order",
      "the kernel of location-aware must be odd",
      "shaw and transformer-xl add vectors to the keys, so the scorer must be dot, scaled-dot or general",
      "this pattern lies on a grid, and the slot is none",
      "bigbird and linformer need to know the longest sequence",
      "bidirectional halves the heads, so their number must be even",
      "bidirectional and linformer look ahead, so the slot cannot be causal",
      "adaptive-span weighs exp(score), so the normalizer must be softmax, softmax-one, top-k or hard",
      "engine=fused needs axes that have a fused form",
  };
  return all;
}

void refuse(Refusal refusal, const std::string& key, const std::string& found) {
  const std::string message = key + ": " + refusals().at(static_cast<size_t>(refusal)) + "; found " + found;
  // A name that has no such field at all.
  if (refusal == Refusal::kNoneFields) throw UnknownFieldError(key + "." + found, message);
  if (refusal == Refusal::kDirectField)
    throw UnknownFieldError(key + "." + found.substr(found.rfind(' ') + 1), message);
  throw RefusedError(message);
}

}  // namespace fovea
