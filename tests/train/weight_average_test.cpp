// The moving average of weights: its formula, and that training does not feel it.
#include "src/train/weight_average.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "src/base/error.h"
#include "tests/train/tiny.h"

using namespace fovea;
using Catch::Matchers::Contains;

namespace {

/// One weight with the value `w`.
struct One : torch::nn::Module {
  explicit One(double w) { weight = register_parameter("weight", torch::full({1}, w, torch::kFloat64)); }
  void set(double w) {
    torch::NoGradGuard no_gradient;
    weight.fill_(w);
  }
  Tensor weight;
};

double average_of(WeightAverage& average, One& net) {
  const WeightAverage::InUse in_use(average);
  return net.weight.item<double>();
}

}  // namespace

TEST_CASE("the average follows its formula: a fast start, then the stated decay") {
  One net(4);
  WeightAverage average(net, 0.5);
  double expected = 4;
  for (int64_t n = 1; n <= 30; ++n) {
    const double weight = std::sin(static_cast<double>(n)), decay = std::min(0.5, (1.0 + n) / (10.0 + n));
    net.set(weight);
    average.update(n);
    expected = decay * expected + (1 - decay) * weight;
    CHECK(average_of(average, net) == Approx(expected).epsilon(1e-12));
    CHECK(net.weight.item<double>() == weight);
  }
}

TEST_CASE("an average in use within another use stays until the outer one ends") {
  One net(1);
  WeightAverage average(net, 0.5);
  net.set(3);
  {
    const WeightAverage::InUse outer(average);
    {
      const WeightAverage::InUse inner(average);
      CHECK(net.weight.item<double>() == 1);
    }
    CHECK(net.weight.item<double>() == 1);
    CHECK(average.trained().at("weight").item<double>() == 3);
  }
  CHECK(net.weight.item<double>() == 3);
}

TEST_CASE("training does not feel the average; the checkpoint holds both") {
  Scratch scratch;
  TinyRun plain{scratch.path("plain"), tiny_options(12)},
      averaged{scratch.path("averaged"), tiny_options(12)};
  averaged.options.ema = 0.9;
  plain.train();
  averaged.train();
  CHECK(values(averaged, "train", "loss") == values(plain, "train", "loss"));
  CHECK(values(averaged, "validation", "loss") != values(plain, "validation", "loss"));
  const Checkpoint a = averaged.checkpoints().load("LATEST"), b = plain.checkpoints().load("LATEST");
  REQUIRE(a.state.count("trained.hidden.weight") == 1);
  CHECK(torch::equal(a.state.at("trained.hidden.weight"), b.model.at("hidden.weight")));
  CHECK(!torch::equal(a.model.at("hidden.weight"), b.model.at("hidden.weight")));
  CHECK(b.state.count("trained.hidden.weight") == 0);
}

TEST_CASE("an average without the weights it was made of is refused") {
  One net(1);
  WeightAverage average(net, 0.9);
  std::string message;
  CHECK(code_of([&] { average.load({}, "step-3"); }, &message) == ExitCode::kCheckpoint);
  CHECK_THAT(message, Contains("step-3: no tensor \"weight\""));
}
