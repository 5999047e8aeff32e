// Update rules against their published formulas in float64, schedules, clipping, and state that travels.
#include "src/train/optimizer.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "src/base/error.h"

using namespace fovea;
using Catch::Matchers::Contains;

namespace {

/// One parameter of each kind that weight decay treats differently.
struct Parameters : torch::nn::Module {
  Parameters() {
    torch::manual_seed(1);
    for (const char* name : {"weight", "embedding", "norm", "bias"})
      register_parameter(name, torch::randn({2, 3}));
    register_parameter("scale", torch::randn({3}));
    register_parameter("frozen", torch::randn({2, 3}), /*requires_grad=*/false);
  }
};

TrainOptions options_for(const std::string& rule) {
  TrainOptions options;
  options.optimizer = rule;
  options.weight_decay = 0.3;
  options.beta2 = 0.95;
  options.momentum = 0.8;
  return options;
}

Tensor gradient(int64_t step, const Tensor& parameter) {
  torch::manual_seed(100 + static_cast<uint64_t>(step));
  return torch::randn_like(parameter);
}

/// Ten steps of the formulas, in float64. Adam: Kingma & Ba 2015, Algorithm 1; AdamW: Loshchilov & Hutter
/// 2019, Algorithm 2; SGD with momentum: Sutskever 2013 without dampening, as PyTorch documents it.
Tensor reference(const TrainOptions& o, Tensor x, bool decays) {
  x = x.to(torch::kFloat64);
  const Tensor like = x.to(torch::kFloat32);
  Tensor first = torch::zeros_like(x), second = torch::zeros_like(x);
  const double decay = decays ? o.weight_decay : 0;
  for (int64_t t = 1; t <= 10; ++t) {
    const double rate = 0.01 * static_cast<double>(t);
    Tensor g = gradient(t, like).to(torch::kFloat64);
    if (o.optimizer == "adamw") x = x - rate * decay * x;
    if (o.optimizer != "adamw") g = g + decay * x;
    if (o.optimizer == "sgd") {
      first = o.momentum * first + g;
      x = x - rate * first;
      continue;
    }
    first = o.beta1 * first + (1 - o.beta1) * g;
    second = o.beta2 * second + (1 - o.beta2) * g * g;
    const Tensor mean = first / (1 - std::pow(o.beta1, t)), square = second / (1 - std::pow(o.beta2, t));
    x = x - rate * mean / (square.sqrt() + o.epsilon);
  }
  return x;
}

void take_steps(Optimizer& optimizer, torch::nn::Module& net, int64_t from, int64_t to) {
  for (int64_t t = from; t <= to; ++t) {
    for (Tensor& parameter : net.parameters())
      if (parameter.requires_grad()) parameter.mutable_grad() = gradient(t, parameter);
    optimizer.step(0.01 * static_cast<double>(t));
  }
}

}  // namespace

TEST_CASE("ten steps of each update rule equal its formulas, with weight decay on matrices only") {
  const std::string rule = GENERATE("adamw", "adam", "sgd");
  const TrainOptions options = options_for(rule);
  Parameters net;
  const Parameters before;
  Optimizer optimizer(net, options);
  take_steps(optimizer, net, 1, 10);
  for (const auto& item : net.named_parameters()) {
    INFO(rule << " " << item.key());
    const Tensor start = before.named_parameters()[item.key()];
    const Tensor expected = item.key() == "frozen"
                                ? start.to(torch::kFloat64)
                                : reference(options, start.detach(), item.key() == "weight");
    // float32 rounds each of ten updates of size ≤ 1 to about 6e-8.
    CHECK((item.value().to(torch::kFloat64) - expected).abs().max().item<double>() < 2e-6);
  }
}

TEST_CASE("an optimizer that was saved and loaded goes on bit by bit") {
  const std::string rule = GENERATE("adamw", "adam", "sgd");
  Parameters straight, stopped;
  Optimizer one(straight, options_for(rule)), two(stopped, options_for(rule));
  take_steps(one, straight, 1, 10);
  take_steps(two, stopped, 1, 4);
  const TensorMap state = decode_safetensors(encode_safetensors(two.state()), "memory");
  Optimizer three(stopped, options_for(rule));
  three.load(state, "memory");
  take_steps(three, stopped, 5, 10);
  for (const auto& item : straight.named_parameters())
    CHECK(torch::equal(item.value(), stopped.named_parameters()[item.key()]));
  CHECK(encode_safetensors(one.state()) == encode_safetensors(three.state()));
}

TEST_CASE("optimizer state of another shape, incomplete or foreign is refused by name") {
  Parameters net;
  Optimizer optimizer(net, options_for("adam"));
  take_steps(optimizer, net, 1, 2);
  const auto refused = [&](const std::function<void(TensorMap&)>& change) {
    TensorMap state = decode_safetensors(encode_safetensors(optimizer.state()), "memory");
    change(state);
    Optimizer fresh(net, options_for("adam"));
    try {
      fresh.load(state, "step-2");
    } catch (const CheckpointError& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  CHECK(refused([](TensorMap&) {}) == "accepted");
  CHECK_THAT(refused([](TensorMap& s) { s["exp_avg/weight"] = torch::zeros({3, 2}); }),
             Contains("step-2: \"exp_avg/weight\" has shape"));
  CHECK_THAT(refused([](TensorMap& s) { s.erase("exp_avg_sq/bias"); }),
             Contains("no tensor \"exp_avg_sq/bias\""));
  CHECK_THAT(refused([](TensorMap& s) { s["step/weight"] = torch::zeros({2}, torch::kInt64); }),
             Contains("\"step/weight\""));
  CHECK_THAT(refused([](TensorMap& s) { s["exp_avg/other"] = torch::zeros({2}); }),
             Contains("\"exp_avg/other\""));
}

TEST_CASE("the divisor makes sums means, and means no longer than the limit") {
  const auto divisor = [](double norm, double weight, double limit) {
    return gradient_divisor(torch::tensor(norm), torch::tensor(weight), limit).item<double>();
  };
  CHECK(divisor(6, 4, 0) == 4);
  CHECK(divisor(6, 4, 100) == 4);
  CHECK(divisor(6, 4, 0.5) == Approx(12));
  CHECK(divisor(6, 0, 0) == 1);  // nothing was counted
}

TEST_CASE("gradients are divided before the update, whatever the rule and the dtype") {
  const std::string rule = GENERATE("adamw", "adam", "sgd");
  const auto dtype = GENERATE(torch::kFloat32, torch::kFloat64);
  Parameters divided, plain;
  divided.to(dtype), plain.to(dtype);
  Optimizer one(divided, options_for(rule)), two(plain, options_for(rule));
  for (int64_t step = 0; step < 3; ++step) {
    for (auto* net : {&divided, &plain})
      for (Tensor& parameter : net->parameters())
        if (parameter.requires_grad())
          parameter.mutable_grad() = gradient(step, parameter) * (net == &divided ? 4 : 1);
    one.step(0.01, torch::tensor(4.0, torch::kFloat64));
    two.step(0.01);
  }
  for (const auto& item : divided.named_parameters())
    CHECK(torch::equal(item.value(), plain.named_parameters()[item.key()]));  // a power of two: exact
}

TEST_CASE("the norm is that of all gradients together") {
  Parameters net;
  const Optimizer optimizer(net, options_for("sgd"));
  for (Tensor& parameter : net.parameters())
    if (parameter.requires_grad()) parameter.mutable_grad() = torch::ones_like(parameter);
  CHECK(optimizer.gradient_norm().item<double>() == Approx(std::sqrt(27.0)));  // 4 · 6 + 3 ones
}

TEST_CASE("a gradient that is sparse over rows gives the norm and the update of the same one that is dense") {
  const std::string rule = GENERATE("adamw", "adam", "sgd");
  const auto dtype = GENERATE(torch::kFloat32, torch::kFloat64);
  // Two pieces and a bit of a third, whose borders lie inside of rows.
  const int64_t rows = 401, width = 100;
  torch::nn::Module dense, sparse;
  torch::manual_seed(5);
  const Tensor start = torch::randn({rows, width}, dtype);
  for (torch::nn::Module* net : {&dense, &sparse}) net->register_parameter("weight", start.clone());
  Optimizer one(dense, options_for(rule)), two(sparse, options_for(rule));
  const std::vector<std::vector<int64_t>> steps = {{0, 163, 400, 163}, {}, {400, 7, 164, 162, 163, 2}};
  for (const auto& ids : steps) {
    const Tensor at = torch::tensor(ids, torch::kInt64);
    // Whole numbers, so that it does not matter in which order equal rows are added.
    const Tensor values = torch::randint(-9, 9, {at.size(0), width}, dtype);
    dense.parameters()[0].mutable_grad() = torch::zeros_like(start).index_add(0, at, values);
    sparse.parameters()[0].mutable_grad() = torch::sparse_coo_tensor(at.unsqueeze(0), values, {rows, width});
    CHECK(two.gradient_norm().item<double>() == Approx(one.gradient_norm().item<double>()));
    for (Optimizer* optimizer : {&one, &two}) optimizer->step(0.01, torch::tensor(3.0, torch::kFloat64));
  }
  CHECK_FALSE(torch::equal(dense.parameters()[0], start));
  CHECK(torch::equal(dense.parameters()[0], sparse.parameters()[0]));
  CHECK(encode_safetensors(one.state()) == encode_safetensors(two.state()));
}

TEST_CASE("an update does not depend on the number of threads") {
  torch::nn::Module wide[2];
  std::vector<Tensor> norms;
  for (torch::nn::Module& one : wide) {
    torch::manual_seed(8);
    one.register_parameter("weight", torch::randn({500, 401}));
    one.register_parameter("bias", torch::randn({7}));
    const int before = at::get_num_threads();
    at::set_num_threads(&one == wide ? 1 : 2);
    Optimizer optimizer(one, options_for("adamw"));
    for (Tensor& parameter : one.parameters()) parameter.mutable_grad() = gradient(1, parameter);
    norms.push_back(optimizer.gradient_norm());
    optimizer.step(0.01, norms.back());
    at::set_num_threads(before);
  }
  CHECK(torch::equal(norms[0], norms[1]));
  for (size_t i = 0; i < 2; ++i) CHECK(torch::equal(wide[0].parameters()[i], wide[1].parameters()[i]));
}

TEST_CASE("a parameter with two names is updated once") {
  torch::nn::Module net;
  const Tensor shared = net.register_parameter("one", torch::ones({2, 2}));
  net.register_module("inner", std::make_shared<torch::nn::Module>())->register_parameter("two", shared);
  Optimizer optimizer(net, options_for("sgd"));
  shared.mutable_grad() = torch::ones_like(shared);
  optimizer.step(1);
  CHECK(shared[0][0].item<double>() == Approx(1 - 1 - 0.3));
}

TEST_CASE("a net without parameters and a step without gradients are no mistakes") {
  torch::nn::Module nothing;
  Optimizer optimizer(nothing, options_for("adamw"));
  optimizer.zero_grad();
  CHECK(optimizer.gradient_norm().item<double>() == 0);
  CHECK_NOTHROW(optimizer.step(0.1));
  CHECK(optimizer.state().empty());
}

TEST_CASE("the learning rate follows its schedule") {
  TrainOptions o;
  o.learning_rate = 2;
  o.warmup = 4;
  const auto rate = [&](const char* schedule, int64_t step) {
    o.schedule = schedule;
    return learning_rate_at(o, step, 24);
  };
  for (const char* schedule : {"constant", "cosine", "linear", "inverse-sqrt", "step"}) {
    INFO(schedule);
    CHECK(rate(schedule, 0) == Approx(0.5));  // a first update of size 0 would be none
    CHECK(rate(schedule, 3) == Approx(2));
  }
  CHECK(rate("constant", 23) == 2);
  CHECK(rate("cosine", 14) == Approx(1));
  CHECK(rate("cosine", 9) == Approx(1 + std::sqrt(0.5)));
  CHECK(rate("cosine", 24) == Approx(0).margin(1e-12));
  CHECK(rate("linear", 9) == Approx(1.5));
  CHECK(rate("linear", 24) == Approx(0));
  CHECK(rate("inverse-sqrt", 15) == Approx(1));  // √(4 / 16)
  o.decay = 0.5;
  CHECK(rate("step", 7) == Approx(2));
  CHECK(rate("step", 8) == Approx(1));  // decay_every = 24 / 3
  CHECK(rate("step", 16) == Approx(0.5));
  o.decay_every = 5;
  CHECK(rate("step", 10) == Approx(0.5));
  o.warmup = 0;
  CHECK(rate("cosine", 0) == 2);
}

TEST_CASE("frozen parameters stay as they are, by name and pattern, and something must be left") {
  Parameters net;
  freeze(net, {"em*", "bias"});
  const auto before = net.named_parameters();
  std::map<std::string, Tensor> kept;
  for (const auto& item : before) kept[item.key()] = item.value().detach().clone();
  Optimizer optimizer(net, options_for("sgd"));
  for (const auto& item : net.named_parameters())
    if (item.value().requires_grad()) item.value().mutable_grad() = torch::ones_like(item.value());
  optimizer.step(0.1);
  for (const auto& item : net.named_parameters()) {
    INFO(item.key());
    const bool frozen = item.key() == "embedding" || item.key() == "bias" || item.key() == "frozen";
    CHECK(torch::equal(item.value(), kept.at(item.key())) == frozen);
  }
  CHECK_THROWS_WITH(freeze(net, {"weigth"}), Contains("weigth") && Contains("weight"));
  CHECK_THROWS_WITH(freeze(net, {"*"}), Contains("nothing is left"));
}
