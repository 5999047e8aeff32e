#include "src/maps/rollout.h"

namespace fovea {
namespace {

/// upper · lower, both [T · T].
std::vector<double> product(const std::vector<double>& upper, const std::vector<double>& lower,
                            size_t tokens) {
  std::vector<double> result(tokens * tokens, 0);
  for (size_t q = 0; q < tokens; ++q)
    for (size_t via = 0; via < tokens; ++via) {
      const double share = upper[q * tokens + via];
      if (share == 0) continue;
      for (size_t k = 0; k < tokens; ++k) result[q * tokens + k] += share * lower[via * tokens + k];
    }
  return result;
}

}  // namespace

MapRecord attention_rollout(const std::vector<MapRecord>& layers, const MixOptions& options) {
  const MixedStack mixed = mix_stack(layers, options);
  std::vector<double> rollout = mixed.layers[0];
  for (size_t layer = 1; layer < mixed.layers.size(); ++layer) {
    rollout = product(mixed.layers[layer], rollout, static_cast<size_t>(mixed.tokens));
    rescale_rows(rollout, mixed.tokens);
  }
  return stack_record(layers, rollout, mixed, "rollout", options);
}

}  // namespace fovea
