// Mixed precision: fast inside, and nothing stale afterwards.
#include <catch2/catch.hpp>
#include <cmath>

#include "src/train/autocast.h"
#include "tests/train/tiny.h"

using namespace fovea;

TEST_CASE("five steps in bfloat16 follow those in float32") {
  Scratch scratch;
  TinyRun exact{scratch.path("exact"), tiny_options(5)}, mixed{scratch.path("mixed"), tiny_options(5)};
  for (TinyRun* run : {&exact, &mixed}) {
    run->dropout = 0;  // draws other masks in another dtype
    run->options.optimizer = "sgd";
    run->options.learning_rate = 0.3;  // large: stale weights would show at once
  }
  mixed.options.precision = "bf16";
  exact.train();
  mixed.train();
  const auto expected = values(exact, "train", "loss"), found = values(mixed, "train", "loss");
  REQUIRE(found.size() == 5);
  CHECK(found != expected);  // bfloat16 was used
  CHECK(std::abs(expected[4] - expected[0]) > 0.2);
  for (size_t i = 0; i < 5; ++i)
    CHECK(found[i] == Approx(expected[i]).margin(0.02));  // bfloat16 keeps 8 bits of each product
  for (const auto& [name, tensor] : mixed.checkpoints().load("LATEST").model)
    CHECK(tensor.scalar_type() == torch::kFloat32);
}

TEST_CASE("leaving mixed precision forgets the cast weights and turns it off") {
  torch::nn::Linear layer(4, 4);
  const Tensor x = torch::ones({2, 4});
  const auto run = [&] {
    const Autocast autocast(true, torch::kCPU);
    const Tensor y = layer(x);
    CHECK(y.scalar_type() == torch::kBFloat16);
    return y.sum().to(torch::kFloat32).item<double>();
  };
  const double before = run();
  {
    torch::NoGradGuard no_gradient;
    layer->weight.add_(1.0);
  }
  CHECK(run() == Approx(before + 32).margin(0.5));  // 2 · 4 outputs, each 4 larger
  CHECK(layer(x).scalar_type() == torch::kFloat32);
}
