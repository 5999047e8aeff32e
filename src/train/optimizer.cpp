#include "src/train/optimizer.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "src/base/error.h"
#include "src/base/text.h"

namespace fovea {
namespace {

using torch::optim::OptimizerParamGroup;

bool decays(const std::string& name, const Tensor& parameter) {
  return parameter.dim() >= 2 && name.find("embedding") == std::string::npos &&
         name.find("norm") == std::string::npos && name.find("bias") == std::string::npos;
}

template <class Rule, class Options>
std::unique_ptr<torch::optim::Optimizer> make_rule(
    const std::vector<std::pair<std::string, Tensor>>& parameters, const Options& base, double weight_decay) {
  std::vector<OptimizerParamGroup> groups;
  for (const bool decayed : {true, false}) {
    std::vector<Tensor> chosen;
    for (const auto& [name, parameter] : parameters)
      if (decays(name, parameter) == decayed) chosen.push_back(parameter);
    if (chosen.empty()) continue;
    auto options = std::make_unique<Options>(base);
    options->weight_decay(decayed ? weight_decay : 0.0);
    groups.emplace_back(chosen, std::move(options));
  }
  return std::make_unique<Rule>(std::move(groups), base);
}

std::unique_ptr<torch::optim::Optimizer> make_rule(
    const std::vector<std::pair<std::string, Tensor>>& parameters, const TrainOptions& o) {
  if (o.optimizer == "sgd")
    return make_rule<torch::optim::SGD>(
        parameters, torch::optim::SGDOptions(o.learning_rate).momentum(o.momentum), o.weight_decay);
  if (o.optimizer == "adam")
    return make_rule<torch::optim::Adam>(
        parameters, torch::optim::AdamOptions(o.learning_rate).betas({o.beta1, o.beta2}).eps(o.epsilon),
        o.weight_decay);
  return make_rule<torch::optim::AdamW>(
      parameters, torch::optim::AdamWOptions(o.learning_rate).betas({o.beta1, o.beta2}).eps(o.epsilon),
      o.weight_decay);
}

template <class State>
void save_adam(const torch::optim::OptimizerParamState& state, const std::string& name, TensorMap& map) {
  const auto& adam = static_cast<const State&>(state);
  map["exp_avg/" + name] = adam.exp_avg();
  map["exp_avg_sq/" + name] = adam.exp_avg_sq();
  map["step/" + name] = torch::tensor(adam.step(), torch::kInt64);
}

Tensor take(const TensorMap& map, const std::string& key, const Tensor& like, const std::string& where) {
  return find_tensor(map, key, like, where).to(like.device(), /*non_blocking=*/false, /*copy=*/true);
}

template <class State>
std::unique_ptr<torch::optim::OptimizerParamState> load_adam(const TensorMap& map, const std::string& name,
                                                             const Tensor& like, const std::string& where) {
  auto state = std::make_unique<State>();
  state->exp_avg(take(map, "exp_avg/" + name, like, where));
  state->exp_avg_sq(take(map, "exp_avg_sq/" + name, like, where));
  state->step(take(map, "step/" + name, torch::empty({}), where).template item<int64_t>());
  return state;
}

}  // namespace

Optimizer::Optimizer(torch::nn::Module& net, const TrainOptions& options) : name_(options.optimizer) {
  for (const auto& item : net.named_parameters())
    if (item.value().requires_grad()) parameters_.emplace_back(item.key(), item.value());
  if (parameters_.empty())
    parameters_.emplace_back(
        "none", torch::zeros({1}));  // a baseline without parameters still runs through the trainer
  rule_ = make_rule(parameters_, options);
}

void Optimizer::zero_grad() {
  rule_->zero_grad();
}

void Optimizer::step(double learning_rate) {
  for (auto& group : rule_->param_groups()) group.options().set_lr(learning_rate);
  rule_->step();
}

Tensor Optimizer::clip(double limit) {
  std::vector<Tensor> gradients;
  for (const auto& [name, parameter] : parameters_)
    if (parameter.grad().defined()) gradients.push_back(parameter.grad());
  if (gradients.empty()) return torch::zeros({});
  std::vector<Tensor> norms;
  for (const Tensor& gradient : gradients) norms.push_back(torch::linalg_vector_norm(gradient));
  const Tensor norm = torch::linalg_vector_norm(torch::stack(norms));
  if (limit <= 0) return norm;
  const Tensor factor = (limit / (norm + 1e-6)).clamp_max(1.0);
  for (Tensor& gradient : gradients) gradient.mul_(factor);
  return norm;
}

void Optimizer::divide_gradients(const Tensor& weight) {
  const Tensor divisor = torch::where(weight == 0, torch::ones_like(weight), weight);
  for (const auto& [name, parameter] : parameters_)
    if (parameter.grad().defined()) parameter.mutable_grad().div_(divisor);
}

TensorMap Optimizer::state() const {
  TensorMap map;
  for (const auto& [name, parameter] : parameters_) {
    const auto found = rule_->state().find(parameter.unsafeGetTensorImpl());
    if (found == rule_->state().end()) continue;
    if (name_ == "sgd") {
      const Tensor& momentum =
          static_cast<const torch::optim::SGDParamState&>(*found->second).momentum_buffer();
      if (momentum.defined()) map["momentum/" + name] = momentum;
    } else if (name_ == "adam") {
      save_adam<torch::optim::AdamParamState>(*found->second, name, map);
    } else {
      save_adam<torch::optim::AdamWParamState>(*found->second, name, map);
    }
  }
  return map;
}

void Optimizer::load(const TensorMap& state, const std::string& where) {
  rule_->state().clear();
  for (const auto& [name, parameter] : parameters_) {
    std::unique_ptr<torch::optim::OptimizerParamState> loaded;
    if (name_ == "sgd") {
      if (state.count("momentum/" + name) == 0) continue;
      auto sgd = std::make_unique<torch::optim::SGDParamState>();
      sgd->momentum_buffer(take(state, "momentum/" + name, parameter, where));
      loaded = std::move(sgd);
    } else if (state.count("step/" + name) == 0) {
      continue;  // a parameter that never had a gradient has no state
    } else if (name_ == "adam") {
      loaded = load_adam<torch::optim::AdamParamState>(state, name, parameter, where);
    } else {
      loaded = load_adam<torch::optim::AdamWParamState>(state, name, parameter, where);
    }
    rule_->state()[parameter.unsafeGetTensorImpl()] = std::move(loaded);
  }
  const TensorMap own = this->state();
  for (const auto& [name, tensor] : state)
    if (own.count(name) == 0)
      throw CheckpointError(where + ": holds \"" + name + "\", which the optimizer does not have");
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
