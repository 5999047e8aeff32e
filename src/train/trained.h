// What of a net is trained.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "src/core/tensor.h"

namespace fovea {

/// The parameters that are trained, with their names; a tied one, which has two, once.
std::vector<std::pair<std::string, Tensor>> trained_parameters(const torch::nn::Module& net);

/// How many numbers they are.
int64_t trained_numbers(const torch::nn::Module& net);

}  // namespace fovea
