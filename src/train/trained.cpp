#include "src/train/trained.h"

#include <set>

namespace fovea {

std::vector<std::pair<std::string, Tensor>> trained_parameters(const torch::nn::Module& net) {
  std::vector<std::pair<std::string, Tensor>> trained;
  std::set<const void*> known;
  for (const auto& item : net.named_parameters())
    if (item.value().requires_grad() && known.insert(item.value().unsafeGetTensorImpl()).second)
      trained.emplace_back(item.key(), item.value());
  return trained;
}

int64_t trained_numbers(const torch::nn::Module& net) {
  int64_t count = 0;
  for (const auto& [name, parameter] : trained_parameters(net)) count += parameter.numel();
  return count;
}

}  // namespace fovea
