#include "models/layers/init.h"

#include <cmath>
#include <cstdlib>

#include "models/layers/embedding.h"
#include "src/base/error.h"
#include "src/base/text.h"
#include "src/core/attention.h"

namespace fovea {
namespace {

/// The number in "name(number)", or nothing.
bool argument(const std::string& text, const std::string& name, double* value) {
  if (text.rfind(name + "(", 0) != 0 || text.back() != ')') return false;
  const std::string inside = text.substr(name.size() + 1, text.size() - name.size() - 2);
  char* end = nullptr;
  *value = std::strtod(inside.c_str(), &end);
  return end == inside.c_str() + inside.size() && !inside.empty() && std::isfinite(*value) && *value >= 0;
}

bool initialises_itself(const torch::nn::Module& module) {
  return dynamic_cast<const Attention*>(&module) != nullptr ||
         dynamic_cast<const TokenEmbeddingImpl*>(&module) != nullptr ||
         dynamic_cast<const PositionEmbeddingImpl*>(&module) != nullptr;
}

}  // namespace

void initialise(const Tensor& tensor, const std::string& name, const std::string& key) {
  torch::NoGradGuard no_gradient;
  double value = 0;
  if (name == "default") return;
  if (argument(name, "uniform", &value))
    tensor.uniform_(-value, value);
  else if (argument(name, "normal", &value))
    tensor.normal_(0, value);
  else if (name == "xavier")
    torch::nn::init::xavier_uniform_(tensor);
  else if (name == "kaiming")
    torch::nn::init::kaiming_uniform_(tensor, 0, torch::kFanIn, torch::kReLU);
  else if (name == "scaled")
    tensor.normal_(0, 1 / std::sqrt(static_cast<double>(tensor.size(-1))));
  else if (name == "zeros")
    tensor.zero_();
  else
    throw ConfigError(
        key + ": no initialisation \"" + name + "\"" +
        hint(name, {"default", "uniform(0.1)", "normal(1)", "xavier", "kaiming", "scaled", "zeros"}));
}

void initialise_weights(torch::nn::Module& module, const std::string& name, const std::string& key) {
  for (const Tensor& parameter : module.parameters(/*recurse=*/false))
    if (parameter.dim() >= 2) initialise(parameter, name, key);
  for (const auto& child : module.children())
    if (!initialises_itself(*child)) initialise_weights(*child, name, key);
}

}  // namespace fovea
