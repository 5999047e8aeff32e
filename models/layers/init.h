// Named initialisations: "default", "uniform(a)", "normal(s)", "xavier", "kaiming", "scaled",
// "zeros".
#pragma once

#include <string>

#include "src/core/tensor.h"

namespace fovea {

/// Fills `tensor` by name from the default generator: uniform(a) = U(−a, a); normal(s) = N(0, s²); xavier =
/// U(±√(6/(fan in + fan out))) (Glorot 2010); kaiming = U(±√(6/fan in)) (He 2015); scaled = N(0, 1/D) with D
/// the last size. "default" leaves it. Throws ConfigError on another name; `key` opens the message.
void initialise(const Tensor& tensor, const std::string& name, const std::string& key);

/// The same for every weight of two or more axes outside embeddings and attentions.
void initialise_weights(torch::nn::Module& module, const std::string& name, const std::string& key);

}  // namespace fovea
