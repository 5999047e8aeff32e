#include "src/train/gradient_sum.h"

#include "src/train/trained.h"

namespace fovea {

void sum_gradients(torch::nn::Module& net, Ranks& ranks) {
  const torch::NoGradGuard no_gradient;
  std::vector<Tensor> parameters, parts;
  std::vector<double> has;
  for (const auto& [name, parameter] : trained_parameters(net)) {
    parameters.push_back(parameter);
    const Tensor& gradient = parameter.grad();
    has.push_back(gradient.defined() ? 1 : 0);
    parts.push_back(gradient.defined() ? gradient.to_dense().flatten()
                                       : torch::zeros_like(parameter).flatten());
  }
  parts.push_back(torch::tensor(has, parts[0].options()));
  Tensor all = torch::cat(parts);
  ranks.sum(all);
  const int64_t count = static_cast<int64_t>(parameters.size());
  const Tensor anywhere = all.slice(0, all.size(0) - count).cpu() > 0;
  int64_t at = 0;
  for (int64_t i = 0; i < count; ++i) {
    Tensor& parameter = parameters[static_cast<size_t>(i)];
    if (anywhere[i].item<bool>())
      parameter.mutable_grad() = all.slice(0, at, at + parameter.numel()).view_as(parameter).clone();
    at += parameter.numel();
  }
}

}  // namespace fovea
