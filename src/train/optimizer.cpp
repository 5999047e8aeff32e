#include "src/train/optimizer.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <numbers>
#include <optional>

#include "src/base/error.h"
#include "src/base/text.h"
#include "src/train/trained.h"

namespace fovea {
namespace {

bool decays(const std::string& name, const Tensor& parameter) {
  return parameter.dim() >= 2 && name.find("embedding") == std::string::npos &&
         name.find("norm") == std::string::npos && name.find("bias") == std::string::npos;
}

/// Whether each row of a sparse gradient stands there once, in rising order.
bool in_order(const Tensor& gradient) {
  const Tensor rows = gradient._indices();
  if (!rows.device().is_cpu() || rows.size(0) != 1) return false;
  const int64_t* row = rows.const_data_ptr<int64_t>();
  return std::is_sorted(row, row + rows.size(1), std::less_equal<>());
}

/// A parameter's gradient, coalesced once where it is sparse; undefined where there is none.
Tensor gradient_of(const Tensor& parameter) {
  Tensor& gradient = parameter.mutable_grad();
  if (gradient.defined() && gradient.is_sparse() && !gradient.is_coalesced())
    gradient = in_order(gradient) ? gradient._coalesced_(true) : gradient.coalesce();
  return gradient;
}

UpdateRule rule_of(const std::string& name) {
  return name == "sgd" ? UpdateRule::kSgd : name == "adam" ? UpdateRule::kAdam : UpdateRule::kAdamW;
}

}  // namespace

Optimizer::Optimizer(const torch::nn::Module& net, const TrainOptions& options) : options_(options) {
  for (const auto& [name, parameter] : trained_parameters(net))
    entries_.push_back({name, parameter, decays(name, parameter), {}});
}

std::vector<std::string> Optimizer::moment_names() const {
  if (options_.optimizer == "sgd") return {"momentum"};
  return {"exp_avg", "exp_avg_sq"};
}

std::vector<Tensor> Optimizer::first_moments(const Tensor& parameter) const {
  std::vector<Tensor> moments;
  for (size_t i = 0; i < moment_names().size(); ++i) moments.push_back(torch::zeros_like(parameter));
  return moments;
}

void Optimizer::zero_grad() {
  for (Entry& entry : entries_) entry.parameter.mutable_grad().reset();
}

Tensor Optimizer::gradient_norm() const {
  std::vector<Tensor> here, elsewhere;
  for (const Entry& entry : entries_)
    if (const Tensor gradient = gradient_of(entry.parameter); gradient.defined())
      (takes_update_pass(entry.parameter) ? here : elsewhere).push_back(gradient);
  const Tensor norm = torch::tensor(std::sqrt(sum_of_squares(here)), torch::kFloat64);
  if (elsewhere.empty()) return norm;
  for (Tensor& gradient : elsewhere)
    if (gradient.is_sparse()) gradient = gradient._values();
  const Tensor other = torch::linalg_vector_norm(torch::stack(at::_foreach_norm(elsewhere)));
  return here.empty() ? other : torch::hypot(norm.to(other.device()), other.to(torch::kFloat64));
}

UpdatedParameter Optimizer::updated(const Entry& entry, double learning_rate, double divisor) const {
  const TrainOptions& o = options_;
  const auto t = static_cast<double>(entry.updates);
  UpdateNumbers<double> numbers;
  numbers.rule = rule_of(o.optimizer);
  numbers.divisor = divisor;
  numbers.rate = learning_rate, numbers.decay = entry.decays ? o.weight_decay : 0;
  numbers.momentum = o.momentum;
  numbers.beta1 = o.beta1, numbers.beta2 = o.beta2, numbers.epsilon = o.epsilon;
  numbers.mean_share = 1 - std::pow(o.beta1, t), numbers.root_share = std::sqrt(1 - std::pow(o.beta2, t));
  return {entry.parameter, gradient_of(entry.parameter), entry.moments, numbers};
}

void Optimizer::step(double learning_rate, const Tensor& divisor, const Tensor& spoilt) {
  const torch::NoGradGuard no_gradient;
  std::vector<UpdatedParameter> here;
  std::vector<Entry*> elsewhere[2];
  const double by = divisor.defined() && divisor.device().is_cpu() ? divisor.item<double>() : 1;
  for (Entry& entry : entries_) {
    if (!gradient_of(entry.parameter).defined()) continue;
    if (entry.moments.empty()) entry.moments = first_moments(entry.parameter);
    ++entry.updates;
    if (takes_update_pass(entry.parameter))
      here.push_back(updated(entry, learning_rate, by));
    else
      elsewhere[entry.decays ? 1 : 0].push_back(&entry);
  }
  update_pass(here);
  update_elsewhere(elsewhere[1], learning_rate, options_.weight_decay, divisor, spoilt);
  update_elsewhere(elsewhere[0], learning_rate, 0, divisor, spoilt);
}

void Optimizer::update_elsewhere(const std::vector<Entry*>& entries, double rate, double decay,
                                 const Tensor& divisor, const Tensor& spoilt) {
  if (entries.empty()) return;
  // The kernels divide by a float32: not near enough where parameters are wider.
  const bool wide = entries[0]->parameter.scalar_type() == torch::kFloat64;
  std::vector<Tensor> parameters, gradients, first, second, steps;
  std::map<int64_t, Tensor> counts;
  for (Entry* entry : entries) {
    Tensor gradient = gradient_of(entry->parameter).to_dense();
    if (wide && divisor.defined()) gradient = gradient / divisor;
    parameters.push_back(entry->parameter), gradients.push_back(gradient);
    first.push_back(entry->moments[0]);
    if (entry->moments.size() == 1) continue;
    Tensor& count = counts[entry->updates];
    if (!count.defined()) count = torch::full({}, entry->updates, gradient.options().dtype(torch::kFloat32));
    second.push_back(entry->moments[1]), steps.push_back(count);
  }
  std::optional<Tensor> scale, no_update;
  if (divisor.defined() && !wide) scale = divisor.to(torch::kFloat32);
  if (spoilt.defined()) no_update = spoilt.to(torch::kFloat32);
  const TrainOptions& o = options_;
  if (o.optimizer == "sgd")
    // Without momentum the kernels take no moments.
    at::_fused_sgd_(parameters, gradients, o.momentum > 0 ? first : std::vector<Tensor>(), decay, o.momentum,
                    rate, /*dampening=*/0,
                    /*nesterov=*/false,
                    /*maximize=*/false, /*is_first_step=*/false, scale, no_update);
  else if (o.optimizer == "adam")
    at::_fused_adam_(parameters, gradients, first, second, {}, steps, rate, o.beta1, o.beta2, decay,
                     o.epsilon,
                     /*amsgrad=*/false, /*maximize=*/false, scale, no_update);
  else
    at::_fused_adamw_(parameters, gradients, first, second, {}, steps, rate, o.beta1, o.beta2, decay,
                      o.epsilon,
                      /*amsgrad=*/false, /*maximize=*/false, scale, no_update);
}

TensorMap Optimizer::state() const {
  TensorMap map;
  const std::vector<std::string> names = moment_names();
  for (const Entry& entry : entries_) {
    for (size_t i = 0; i < entry.moments.size(); ++i) map[names[i] + "/" + entry.name] = entry.moments[i];
    if (entry.moments.size() > 1) map["step/" + entry.name] = torch::tensor(entry.updates, torch::kInt64);
  }
  return map;
}

void Optimizer::load(const TensorMap& state, const std::string& where) {
  const std::vector<std::string> names = moment_names();
  for (Entry& entry : entries_) {
    entry.moments.clear(), entry.updates = 0;
    // A parameter that never had a gradient has no state.
    const std::string last = names.size() > 1 ? "step" : names[0];
    if (state.count(last + "/" + entry.name) == 0) continue;
    entry.moments = first_moments(entry.parameter);
    for (size_t i = 0; i < names.size(); ++i)
      entry.moments[i].copy_(find_tensor(state, names[i] + "/" + entry.name, entry.moments[i], where));
    if (names.size() > 1)
      entry.updates =
          find_tensor(state, "step/" + entry.name, torch::tensor(0, torch::kInt64), where).item<int64_t>();
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
