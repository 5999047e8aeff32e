#include "src/train/weight_average.h"

#include <algorithm>
#include <set>

namespace fovea {

WeightAverage::WeightAverage(const torch::nn::Module& net, double decay) : decay_(decay) {
  if (decay <= 0) return;
  std::set<const void*> known;  // a tied parameter has two names
  for (const auto& item : net.named_parameters()) {
    if (!known.insert(item.value().unsafeGetTensorImpl()).second) continue;
    parameters_[item.key()] = item.value().detach();
    aside_[item.key()] = item.value().detach().clone();
  }
}

void WeightAverage::update(int64_t step) {
  const double updates = static_cast<double>(step);
  const double decay = std::min(decay_, (1 + updates) / (10 + updates));
  for (auto& [name, average] : aside_) average.lerp_(parameters_.at(name), 1 - decay);
}

void WeightAverage::exchange() {
  for (auto& [name, aside] : aside_) {
    Tensor& held = parameters_.at(name);
    const Tensor copy = held.clone();
    held.copy_(aside);
    aside.copy_(copy);
  }
  in_use_ = !in_use_;
}

void WeightAverage::load(const TensorMap& trained, const std::string& where) {
  for (auto& [name, parameter] : parameters_) {
    const Tensor& weights = find_tensor(trained, name, parameter, where);
    aside_.at(name).copy_(parameter);
    parameter.copy_(weights);
  }
}

}  // namespace fovea
