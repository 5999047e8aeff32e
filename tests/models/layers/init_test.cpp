// Named initialisations have the spread their names state; embeddings and positions are what their papers
// say.
#include "models/layers/init.h"

#include <catch2/catch.hpp>

#include "models/layers/embedding.h"
#include "src/base/error.h"

using namespace fovea;

namespace {

Tensor drawn(const std::string& name) {
  torch::manual_seed(1);
  const Tensor weight = torch::zeros({60, 90});
  initialise(weight, name, "model.init");
  return weight;
}

double largest(const Tensor& x) {
  return x.abs().max().item<double>();
}

}  // namespace

TEST_CASE("each named initialisation has the bound or deviation it states") {
  // The largest of 5400 uniform draws is within 1 % of the bound; the deviation of as many normal ones within
  // 5 %.
  CHECK(largest(drawn("uniform(0.3)")) == Approx(0.3).epsilon(0.01));
  CHECK(largest(drawn("xavier")) == Approx(std::sqrt(6.0 / 150)).epsilon(0.01));
  CHECK(largest(drawn("kaiming")) == Approx(std::sqrt(6.0 / 90)).epsilon(0.01));
  CHECK(drawn("normal(0.02)").std().item<double>() == Approx(0.02).epsilon(0.05));
  CHECK(largest(drawn("zeros")) == 0);
  CHECK(largest(drawn("default")) == 0);  // left as it was
}

TEST_CASE("what is no initialisation is refused by its key, with the nearest names") {
  for (const char* name :
       {"uniform", "uniform()", "uniform(-1)", "uniform(nan)", "normal(1", "xavier(1)", "Kaiming", ""}) {
    INFO(name);
    CHECK_THROWS_AS(drawn(name), ConfigError);
    CHECK_THROWS_WITH(drawn(name), Catch::StartsWith("model.init: "));
  }
}

TEST_CASE(
    "sinusoidal positions are sin and cos of p / 10000^(2i / D) at any first position (Vaswani 2017, §3.5)") {
  const Tensor table = sinusoids(3, 4, 6, torch::kFloat64);
  for (int64_t p = 0; p < 4; ++p)
    for (int64_t i = 0; i < 3; ++i) {
      const double angle = static_cast<double>(p + 3) / std::pow(10000.0, 2.0 * static_cast<double>(i) / 6.0);
      CHECK(table[p][2 * i].item<double>() == Approx(std::sin(angle)).margin(1e-12));
      CHECK(table[p][2 * i + 1].item<double>() == Approx(std::cos(angle)).margin(1e-12));
    }
  CHECK(sinusoids(0, 4, 5, torch::kFloat64).sizes() == at::IntArrayRef({4, 5}));  // odd widths too
}

TEST_CASE("kept sinusoidal positions are those that are made anew, whatever was asked before") {
  SinusoidTable table(6);
  const c10::InferenceMode decoding;
  for (const auto type : {torch::kFloat32, torch::kFloat64, torch::kFloat32})
    for (const auto& [first, length] : {std::pair<int64_t, int64_t>{0, 1}, {60, 10}, {5, 2}, {4090, 20}}) {
      INFO(first);
      CHECK(torch::equal(table.rows(first, length, type), sinusoids(first, length, 6, type)));
    }
}

TEST_CASE("positions from `first` on are those of the whole sequence") {
  for (const char* name : {"none", "sinusoidal", "learned", "linear"}) {
    INFO(name);
    torch::manual_seed(2);
    PositionEmbedding positions(name, 6, 10);
    const Tensor x = torch::randn({2, 8, 6});
    CHECK(torch::equal(positions(x).slice(1, 5), positions(x.slice(1, 5), 5)));
  }
}

TEST_CASE("learned positions refuse an unknown length before training and a longer text when it comes") {
  CHECK_THROWS_AS(PositionEmbedding("learned", 6, 0), ConfigError);
  PositionEmbedding positions("learned", 6, 4);
  CHECK_NOTHROW(positions(torch::zeros({1, 4, 6})));
  CHECK_THROWS_AS(positions(torch::zeros({1, 5, 6})), DataError);
  CHECK_THROWS_AS(positions(torch::zeros({1, 1, 6}), 4), DataError);
}

TEST_CASE("the pad token is embedded as zeros and gets no gradient") {
  FieldSpec spec;
  spec.vocabulary = 5;
  torch::manual_seed(3);
  TokenEmbedding embedding(spec, 4, EmbeddingOptions{"normal(1)"}, "model.embedding");
  const Tensor out = embedding(torch::tensor({{0, 3}}, torch::kInt64));
  CHECK(out[0][0].eq(0).all().item<bool>());
  CHECK(out[0][1].abs().max().item<double>() > 0);
  out.sum().backward();
  CHECK(embedding->weight().grad()[0].eq(0).all().item<bool>());
}
