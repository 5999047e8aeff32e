// Attention flow: how much each output token of a stack of self-attention can draw from each input token
// (Abnar & Zuidema 2020, §3).
#pragma once

#include <vector>

#include "src/maps/stack.h"

namespace fovea {

/// The layers as a network: a node for each token below and above every layer, an arc from token i above
/// layer l to token j below it whose capacity is A_l[i, j] of mix_stack. Cell (i, j) is the maximum flow from
/// token i at the top to token j at the bottom, alone in the network, divided by the row's sum, so that rows
/// sum to 1 as those of rollout do (raw flows to different tokens share capacities and are no distribution).
/// A query that sees nothing has a row of 0. T² maximum flows through L · T² arcs: meant for short sequences.
/// `layers` from the input up; returns the map PREFIX.flow with one head. Throws as mix_stack.
MapRecord attention_flow(const std::vector<MapRecord>& layers, const MixOptions& options = {});

/// The flows before they are divided, [T · T].
std::vector<double> raw_attention_flow(const MixedStack& mixed);

}  // namespace fovea
