#include "src/train/optimizer.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>
#include <set>

#include "src/base/error.h"
#include "src/base/text.h"

namespace fovea {
namespace {

bool decays(const std::string& name, const Tensor& parameter) {
  return parameter.dim() >= 2 && name.find("embedding") == std::string::npos &&
         name.find("norm") == std::string::npos && name.find("bias") == std::string::npos;
}

}  // namespace

Optimizer::Optimizer(const torch::nn::Module& net, const TrainOptions& options) : options_(options) {
  std::set<const void*> known;  // a tied parameter has two names
  for (const auto& item : net.named_parameters())
    if (item.value().requires_grad() && known.insert(item.value().unsafeGetTensorImpl()).second)
      entries_.push_back({item.key(), item.value(), decays(item.key(), item.value()), {}});
}

std::vector<std::string> Optimizer::moment_names() const {
  if (options_.optimizer == "sgd") return {"momentum"};
  return {"exp_avg", "exp_avg_sq", "step"};
}

std::vector<Tensor> Optimizer::first_moments(const Tensor& parameter) const {
  const Tensor zero = torch::zeros_like(parameter);
  if (options_.optimizer == "sgd") return {zero};
  return {zero, torch::zeros_like(parameter), torch::zeros({}, parameter.options().dtype(torch::kFloat32))};
}

void Optimizer::zero_grad() {
  for (Entry& entry : entries_) entry.parameter.mutable_grad().reset();
}

Tensor Optimizer::gradient_norm() const {
  std::vector<Tensor> gradients;
  for (const Entry& entry : entries_)
    if (entry.parameter.grad().defined()) gradients.push_back(entry.parameter.grad());
  if (gradients.empty()) return torch::zeros({});
  return torch::linalg_vector_norm(torch::stack(at::_foreach_norm(gradients)));
}

void Optimizer::step(double learning_rate, const Tensor& divisor) {
  const torch::NoGradGuard no_gradient;
  // The kernel divides by a float32: not near enough where parameters are wider.
  const bool wide = !entries_.empty() && entries_[0].parameter.scalar_type() == torch::kFloat64;
  for (const bool decayed : {true, false}) {
    std::vector<Entry*> chosen;
    for (Entry& entry : entries_) {
      if (entry.decays != decayed || !entry.parameter.grad().defined()) continue;
      if (entry.moments.empty()) entry.moments = first_moments(entry.parameter);
      if (wide && divisor.defined()) entry.parameter.mutable_grad().div_(divisor);
      chosen.push_back(&entry);
    }
    if (!chosen.empty())
      update(chosen, learning_rate, decayed ? options_.weight_decay : 0, wide ? Tensor() : divisor);
  }
}

void Optimizer::update(const std::vector<Entry*>& entries, double rate, double decay, const Tensor& divisor) {
  std::vector<Tensor> parameters, gradients, first, second, steps;
  for (Entry* entry : entries) {
    parameters.push_back(entry->parameter);
    gradients.push_back(entry->parameter.grad());
    first.push_back(entry->moments[0]);
    if (entry->moments.size() == 1) continue;
    second.push_back(entry->moments[1]), steps.push_back(entry->moments[2].add_(1));
  }
  std::optional<Tensor> scale;
  if (divisor.defined()) scale = divisor.to(torch::kFloat32);
  const TrainOptions& o = options_;
  if (o.optimizer == "sgd")
    at::_fused_sgd_(parameters, gradients, first, decay, o.momentum, rate, /*dampening=*/0, /*nesterov=*/false,
                    /*maximize=*/false, /*is_first_step=*/false, scale);
  else if (o.optimizer == "adam")
    at::_fused_adam_(parameters, gradients, first, second, {}, steps, rate, o.beta1, o.beta2, decay, o.epsilon,
                     /*amsgrad=*/false, /*maximize=*/false, scale);
  else
    at::_fused_adamw_(parameters, gradients, first, second, {}, steps, rate, o.beta1, o.beta2, decay, o.epsilon,
                      /*amsgrad=*/false, /*maximize=*/false, scale);
}

TensorMap Optimizer::state() const {
  TensorMap map;
  const std::vector<std::string> names = moment_names();
  for (const Entry& entry : entries_)
    for (size_t i = 0; i < entry.moments.size(); ++i)
      map[names[i] + "/" + entry.name] =
          names[i] == "step" ? entry.moments[i].to(torch::kInt64) : entry.moments[i];
  return map;
}

void Optimizer::load(const TensorMap& state, const std::string& where) {
  const std::vector<std::string> names = moment_names();
  for (Entry& entry : entries_) {
    entry.moments.clear();
    // A parameter that never had a gradient has no state.
    if (state.count(names.back() + "/" + entry.name) == 0) continue;
    entry.moments = first_moments(entry.parameter);
    for (size_t i = 0; i < names.size(); ++i)
      entry.moments[i].copy_(find_tensor(state, names[i] + "/" + entry.name, entry.moments[i], where));
  }
  const TensorMap own = this->state();
  for (const auto& [name, tensor] : state)
    if (own.count(name) == 0)
      throw CheckpointError(where + ": holds \"" + name + "\", which the optimizer does not have");
}

Tensor gradient_divisor(const Tensor& norm, const Tensor& weight, double limit) {
  const Tensor divisor = torch::where(weight == 0, torch::ones_like(weight), weight).to(torch::kFloat64);
  if (limit <= 0) return divisor;
  const Tensor mean = norm.to(torch::kFloat64) / divisor;
  return divisor / (limit / (mean + 1e-6)).clamp_max(1.0);
}

void freeze(torch::nn::Module& net, const std::vector<std::string>& patterns) {
  if (patterns.empty()) return;
  const auto parameters = net.named_parameters();
  for (const std::string& pattern : patterns) {
    bool found = false;
    for (const auto& item : parameters) {
      if (!matches(pattern, item.key())) continue;
      item.value().set_requires_grad(false);
      found = true;
    }
    if (!found)
      throw ConfigError("train.freeze: no parameter is called " + pattern + hint(pattern, parameters.keys()));
  }
  if (std::none_of(parameters.begin(), parameters.end(),
                   [](const auto& item) { return item.value().requires_grad(); }))
    throw ConfigError("train.freeze: nothing is left to train");
}

double learning_rate_at(const TrainOptions& options, int64_t step, int64_t total) {
  const double peak = options.learning_rate;
  if (step < options.warmup)
    return peak * static_cast<double>(step + 1) / static_cast<double>(options.warmup);
  const double rest = static_cast<double>(std::max<int64_t>(1, total - options.warmup));
  const double done = std::min(1.0, static_cast<double>(step - options.warmup) / rest);
  if (options.schedule == "cosine") return peak * 0.5 * (1.0 + std::cos(std::numbers::pi * done));
  if (options.schedule == "linear") return peak * (1.0 - done);
  if (options.schedule == "inverse-sqrt") {
    const double from = static_cast<double>(std::max<int64_t>(1, options.warmup));
    return peak * std::sqrt(from / static_cast<double>(std::max<int64_t>(step + 1, 1)));
  }
  if (options.schedule == "step") {
    const int64_t every = options.decay_every > 0 ? options.decay_every : std::max<int64_t>(1, total / 3);
    return peak * std::pow(options.decay, static_cast<double>(step / every));
  }
  return peak;
}

}  // namespace fovea
