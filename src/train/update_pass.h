// One step of an update rule over all parameters of a net on the CPU, in one loop over pieces of a fixed
// length: the result does not depend on the number of threads.
#pragma once

#include <vector>

#include "src/core/tensor.h"
#include "src/kernels/update_kernels.h"

namespace fovea {

/// A parameter, its gradient (dense, or sparse over rows and coalesced: the rows that are not in it have a
/// gradient of 0) and its moments: [first] of SGD, [first, second] of Adam and AdamW.
struct UpdatedParameter {
  Tensor parameter, gradient;
  std::vector<Tensor> moments;
  UpdateNumbers<double> numbers;
};

/// Whether update_pass takes it: float32 or float64 numbers beside each other on the CPU.
bool takes_update_pass(const Tensor& parameter);

void update_pass(const std::vector<UpdatedParameter>& parameters);

/// Σ over lists of gradients, in their order: of each parameter, dense or sparse; undefined where all lists
/// have none. New tensors.
std::vector<Tensor> sums_over(const std::vector<std::vector<Tensor>>& lists);

/// Σ g² over gradients that are dense, or sparse and coalesced, each of a parameter that update_pass takes.
double sum_of_squares(const std::vector<Tensor>& gradients);

}  // namespace fovea
