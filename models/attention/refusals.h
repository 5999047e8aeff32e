// The combinations that are refused before training, one sentence each: all of them.
#pragma once

#include <string>
#include <vector>

namespace fovea {

enum class Refusal {
  kNoneFields,      // none with heads, scorer, …
  kNoneSlot,        // none where an attention is needed
  kDirectField,     // a score matrix's axis on an attention that has none
  kDirectPattern,   // a pattern but causal there
  kDirectMask,      // a dense mask there
  kSharedHeads,     // kv_heads against heads
  kHeads,           // heads against the width
  kOneWidth,        // products of queries and keys of two widths
  kTurnedPairs,     // rope with an odd head width
  kOrder,           // stateful scorers where queries come in any order
  kEvenKernel,      // a filter without a middle
  kRelativeScorer,  // relative vectors with a score that is no product
  kNoGrid,          // axial, neighborhood where positions are in one line
  kUnknownLength,   // bigbird, linformer where sequences have no limit
  kHalfHeads,       // bidirectional with an odd number of heads
  kBothDirections,  // bidirectional, linformer in a causal slot
  kSpanSoftmax,     // adaptive-span where weights are no exponentials
  kFused,           // engine=fused where there is no fused form
};

/// Throws ConfigError "key: sentence; found …".
[[noreturn]] void refuse(Refusal refusal, const std::string& key, const std::string& found);

/// The sentences, in the order of Refusal.
const std::vector<std::string>& refusals();

}  // namespace fovea
