// Attention rollout: how a stack of self-attention mixes its input tokens into its output tokens (Abnar &
// Zuidema 2020, §3).
#pragma once

#include <vector>

#include "src/maps/stack.h"

namespace fovea {

/// A_L · … · A_1 with A = (1 − residual) · W + residual · I of each layer (mix_stack): row i holds the shares
/// of the input tokens in output token i. Rows sum to 1 under every option, rescaled after each layer (which
/// matters only where a layer hides a query from itself and from all that follows); a query that sees nothing
/// at the top has a row of 0. `layers` from the input up; returns the map PREFIX.rollout with one head.
/// Throws as mix_stack.
MapRecord attention_rollout(const std::vector<MapRecord>& layers, const MixOptions& options = {});

}  // namespace fovea
