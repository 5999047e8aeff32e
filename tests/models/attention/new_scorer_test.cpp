// The example of docs/attention.md, kept true: its text is weighted_dot.h, and that compiles and works.
#include <catch2/catch.hpp>

#include "models/attention/composed.h"
#include "models/attention/normalizers/softmax.h"
#include "models/attention/positions/none.h"
#include "src/base/files.h"
#include "tests/models/attention/weighted_dot.h"

using namespace fovea;

namespace {

std::shared_ptr<Attention> composed_of(std::shared_ptr<Scorer> scorer, int64_t width) {
  Axes axes;
  axes.scorer = std::move(scorer);
  axes.normalizer = std::make_shared<SoftmaxNormalizer>(AxisShape{}, SoftmaxNormalizer::Options{});
  axes.position = std::make_shared<NoPosition>(AxisShape{}, NoPosition::Options{});
  AttentionShape shape;
  shape.query_width = shape.key_width = shape.value_width = width;
  auto attention = std::make_shared<ComposedAttention>(Heads(CompositionOptions{}, shape, "attention"), axes);
  attention->to(torch::kFloat64);
  return attention;
}

}  // namespace

TEST_CASE("the scorer of the documentation is the one that is tested, in fewer than 60 lines") {
  const std::string code =
      read_file(std::string(FOVEA_SOURCE_DIR) + "/tests/models/attention/weighted_dot.h");
  CHECK(read_file(std::string(FOVEA_SOURCE_DIR) + "/docs/attention.md").find(code) != std::string::npos);
  CHECK(std::count(code.begin(), code.end(), '\n') < 60);
}

TEST_CASE("a scorer that only maps is complete: weighted by 1 it is the dot product, and its weights learn") {
  const AxisShape shape{1, 3, 3, true, "attention"};
  const auto attention =
      composed_of(std::make_shared<WeightedDotScorer>(shape, WeightedDotScorer::Options{}), 3);
  const Tensor q = torch::randn({2, 4, 3}, torch::kFloat64), k = torch::randn({2, 5, 3}, torch::kFloat64);
  const Tensor context = attention->forward(q, k, k).context;
  const Tensor weights = torch::softmax(torch::matmul(q, k.transpose(1, 2)), -1);
  CHECK(torch::allclose(context, torch::matmul(weights, k), 0, 1e-14));
  context.square().sum().backward();
  CHECK(attention->named_parameters()["scorer.weight"].grad().abs().min().item<double>() > 0);
}
