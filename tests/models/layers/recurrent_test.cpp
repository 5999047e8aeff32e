// Recurrent layers against LibTorch's own packing and against each row by itself.
#include "models/layers/recurrent.h"

#include <catch2/catch.hpp>

#include "src/core/half_products.h"
#include "src/train/autocast.h"

using namespace fovea;

namespace {

Recurrent layer(const std::string& cell, int64_t layers, bool bidirectional) {
  torch::manual_seed(2);
  Recurrent made(RecurrentOptions{cell, 3, 4, layers, bidirectional, 0});
  made->to(torch::kFloat64);
  made->eval();
  return made;
}

Tensor draw() {
  torch::manual_seed(4);
  return torch::randn({3, 6, 3}, torch::kFloat64);
}

const Tensor kLengths = torch::tensor({4, 6, 1}, torch::kInt64);

double distance(const Tensor& a, const Tensor& b) {
  return (a - b).abs().max().item<double>();
}

}  // namespace

TEST_CASE("fused steps give what LibTorch's layers give on packed sequences, states and gradients too") {
  const std::string cell = GENERATE("lstm", "gru");
  const bool both = GENERATE(false, true), padded = GENERATE(false, true), goes_on = GENERATE(false, true);
  INFO(cell << (both ? " both ways" : "") << (padded ? " padded" : "") << (goes_on ? " from a state" : ""));
  Recurrent made = layer(cell, 2, both);
  const int64_t states = cell == "lstm" ? 2 : 1;
  State before;
  for (int64_t i = 0; goes_on && i < states; ++i)
    before.push_back(torch::randn({3, both ? 4 : 2, 4}, torch::kFloat64).requires_grad_());
  const Tensor x = draw().requires_grad_(), lengths = padded ? kLengths : Tensor();
  const RecurrentOutput fused = made(x, lengths, before), plain = made->plain(x, lengths, before);
  CHECK(distance(fused.sequence, plain.sequence) < 1e-14);
  for (size_t i = 0; i < plain.state.size(); ++i) CHECK(distance(fused.state[i], plain.state[i]) < 1e-14);

  std::vector<Tensor> sources = made->parameters();
  sources.push_back(x);
  sources.insert(sources.end(), before.begin(), before.end());
  const auto gradients = [&](const RecurrentOutput& of) {
    Tensor sum =
        (of.sequence * torch::arange(1, 1 + of.sequence.numel(), x.options()).view_as(of.sequence)).sum();
    for (const Tensor& state : of.state) sum = sum + (state * state).sum();
    return torch::autograd::grad({sum}, sources);
  };
  const auto expected = gradients(plain), found = gradients(fused);
  // Sums of some hundred numbers of order 100.
  for (size_t i = 0; i < expected.size(); ++i) CHECK(distance(found[i], expected[i]) < 1e-10);
}

TEST_CASE(
    "fused steps in float32 stay within its rounding, for widths that fill vectors and widths that do not") {
  const std::string cell = GENERATE("lstm", "gru");
  const int64_t hidden = GENERATE(1, 16, 37);
  torch::manual_seed(9);
  Recurrent made(RecurrentOptions{cell, 5, hidden, 1, true, 0});
  const Tensor x = torch::randn({4, 12, 5});
  const torch::NoGradGuard no_gradient;
  const RecurrentOutput fused = made(x), plain = made->plain(x, {}, {});
  // Gates lie in [−1, 1] with errors of 2.4e-7, twelve steps.
  CHECK(distance(fused.sequence, plain.sequence) < 5e-6);
}

TEST_CASE(
    "every row of a padded batch is the row alone, its padding 0, its last states those of its own end") {
  torch::NoGradGuard no_gradient;
  for (const char* cell : {"lstm", "gru"})
    for (const bool both : {false, true}) {
      Recurrent made = layer(cell, 2, both);
      const Tensor x = draw();
      const RecurrentOutput all = made(x, kLengths);
      for (int64_t row = 0; row < 3; ++row) {
        const int64_t n = kLengths[row].item<int64_t>();
        const RecurrentOutput alone = made(x.slice(0, row, row + 1).slice(1, 0, n));
        CHECK(distance(all.sequence[row].slice(0, 0, n), alone.sequence[0]) < 1e-14);
        CHECK(all.sequence[row].slice(0, n).eq(0).all().item<bool>());
        CHECK(distance(all.last[row], alone.last[0]) < 1e-14);
      }
    }
}

TEST_CASE(
    "where products are made in bfloat16, states and gradients are those of float32 up to its rounding") {
  const std::string cell = GENERATE("lstm", "gru");
  const bool padded = GENERATE(false, true);
  INFO(cell << (padded ? " padded" : ""));
  torch::manual_seed(2);
  Recurrent made(RecurrentOptions{cell, 20, 24, 1, true, 0});
  made->eval();
  const Tensor x = torch::randn({3, 6, 20}).requires_grad_(), lengths = padded ? kLengths : Tensor();
  std::vector<Tensor> sources = made->parameters();
  sources.push_back(x);
  const auto run = [&](bool half) {
    const Autocast autocast(half, torch::kCPU);
    const RecurrentOutput output = made(x, lengths);
    CHECK(output.sequence.scalar_type() == torch::kFloat32);
    std::vector<Tensor> all = torch::autograd::grad({output.sequence.square().sum()}, sources);
    all.push_back(output.sequence.detach());
    return all;
  };
  const auto exact = run(false), half = run(true);
  const bool coarse = has_half_products();
  for (size_t i = 0; i < exact.size(); ++i) {
    const double size = exact[i].abs().max().item<double>(), error = distance(exact[i], half[i]);
    CHECK(error < 0.02 * size);
    CHECK((error > 1e-5 * size) == coarse);
  }
}

TEST_CASE("a training layer drops out between its layers only") {
  torch::manual_seed(2);
  Recurrent made(RecurrentOptions{"gru", 3, 4, 2, false, 0.5});
  made->train();
  const Tensor x = torch::randn({3, 6, 3});
  CHECK(!torch::equal(made(x).sequence, made(x).sequence));
  made->eval();
  CHECK(torch::equal(made(x).sequence, made(x).sequence));
}

TEST_CASE("last is the forward direction's last step beside the backward direction's first") {
  torch::NoGradGuard no_gradient;
  Recurrent made = layer("lstm", 2, true);
  const RecurrentOutput output = made(draw(), kLengths);
  for (int64_t row = 0; row < 3; ++row) {
    const int64_t n = kLengths[row].item<int64_t>();
    CHECK(torch::equal(output.last[row].slice(0, 0, 4), output.sequence[row][n - 1].slice(0, 0, 4)));
    CHECK(torch::equal(output.last[row].slice(0, 4), output.sequence[row][0].slice(0, 4)));
  }
}

TEST_CASE("a state handed on continues the sequence as if it had not been cut") {
  torch::NoGradGuard no_gradient;
  for (const char* cell : {"lstm", "gru"}) {
    Recurrent made = layer(cell, 2, false);
    const Tensor x = draw();
    const RecurrentOutput whole = made(x), first = made(x.slice(1, 0, 2));
    CHECK(distance(made(x.slice(1, 2), Tensor(), first.state).sequence, whole.sequence.slice(1, 2)) < 1e-14);
  }
}

TEST_CASE("a row without tokens is read as one step of zeros, whatever its batch") {
  torch::NoGradGuard no_gradient;
  Recurrent made = layer("lstm", 1, true);
  Tensor x = draw();
  x[2].zero_();
  const RecurrentOutput all = made(x, torch::tensor({4, 6, 0}, torch::kInt64));
  const RecurrentOutput alone =
      made(torch::zeros({1, 1, 3}, torch::kFloat64), torch::tensor({0}, torch::kInt64));
  CHECK(distance(all.last[2], alone.last[0]) < 1e-14);
}

namespace {

/// Counts tensors' memory as it is taken.
struct Allocations : c10::MemoryReportingInfoBase {
  void reportMemoryUsage(void*, int64_t bytes, size_t, size_t, c10::Device) override { count += bytes > 0; }
  bool memoryProfilingEnabled() const override { return true; }
  int64_t count = 0;
};

/// How often a layer takes memory for `time` steps, forward and back.
int64_t allocations(const std::string& cell, int64_t time, bool half) {
  torch::manual_seed(2);
  Recurrent made(RecurrentOptions{cell, 8, 16, 1, true, 0});
  const Tensor x = torch::randn({4, time, 8}).requires_grad_();
  const Tensor lengths = torch::tensor(std::vector<int64_t>{time, time - 1, 3, 1});
  const Autocast autocast(half, torch::kCPU);
  const auto step = [&] { made(x, lengths).sequence.sum().backward(); };
  step();  // gradients have memory from here on
  const auto watch = std::make_shared<Allocations>();
  const c10::DebugInfoGuard guard(c10::DebugInfoKind::PROFILER_STATE, watch);
  step();
  return watch->count;
}

}  // namespace

TEST_CASE("recurrent steps take no memory of their own") {
  for (const char* cell : {"lstm", "gru"})
    for (const bool half : {false, true}) {
      if (half && !has_half_products()) continue;
      INFO(cell << (half ? " bf16" : ""));
      const int64_t few = allocations(cell, 6, half);
      CHECK(few > 0);
      CHECK(allocations(cell, 60, half) == few);
    }
}
