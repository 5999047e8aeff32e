// Gradients over several processes.
#pragma once

#include "src/train/ranks.h"

namespace fovea {

/// Adds up the gradients of all ranks in one message; a parameter that none has one for stays without. Throws
/// Error when a rank is missing.
void sum_gradients(torch::nn::Module& net, Ranks& ranks);

}  // namespace fovea
