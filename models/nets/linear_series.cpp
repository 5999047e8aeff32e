#include "models/nets/linear_series.h"

#include "models/layers/init.h"

namespace fovea {

LinearSeries::LinearSeries(const Options& o, const TaskSpec& spec) : subtract_last_(o.normalise == "last") {
  map_ = register_module("map", torch::nn::Linear(spec.input("series", "linear-series").length,
                                                  spec.target("future", "linear-series").length));
  initialise_weights(*this, o.init, "model.init");
}

ModelOutput LinearSeries::forward(const Batch& batch, AttentionTrace*) {
  const Tensor x = batch.input("series").values;                                           // [B, L, F]
  const Tensor last = x.slice(1, x.size(1) - 1);                                           // [B, 1, F]
  const Tensor y = map_((subtract_last_ ? x - last : x).transpose(1, 2)).transpose(1, 2);  // [B, horizon, F]
  return {.values = {{"forecast", subtract_last_ ? y + last : y}}, .output = nullptr, .carry = {}};
}

}  // namespace fovea
