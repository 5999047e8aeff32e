#include "src/maps/flow.h"

#include "src/maps/max_flow.h"

namespace fovea {
namespace {

/// Node l · T + t is token t above l layers.
FlowNetwork network_of(const MixedStack& mixed) {
  const int64_t tokens = mixed.tokens, layers = static_cast<int64_t>(mixed.layers.size());
  FlowNetwork network((layers + 1) * tokens);
  for (int64_t layer = 0; layer < layers; ++layer)
    for (int64_t q = 0; q < tokens; ++q)
      for (int64_t k = 0; k < tokens; ++k)
        if (const double share =
                mixed.layers[static_cast<size_t>(layer)][static_cast<size_t>(q * tokens + k)];
            share > 0)
          network.add_arc((layer + 1) * tokens + q, layer * tokens + k, share);
  return network;
}

}  // namespace

std::vector<double> raw_attention_flow(const MixedStack& mixed) {
  FlowNetwork network = network_of(mixed);
  const int64_t tokens = mixed.tokens, top = static_cast<int64_t>(mixed.layers.size()) * tokens;
  std::vector<double> flows;
  for (int64_t q = 0; q < tokens; ++q)
    for (int64_t k = 0; k < tokens; ++k) flows.push_back(network.max_flow(top + q, k));
  return flows;
}

MapRecord attention_flow(const std::vector<MapRecord>& layers, const MixOptions& options) {
  const MixedStack mixed = mix_stack(layers, options);
  std::vector<double> flow = raw_attention_flow(mixed);
  rescale_rows(flow, mixed.tokens);
  return stack_record(layers, flow, mixed, "flow", options);
}

}  // namespace fovea
