// The order of operations, seen through axes that each leave a mark.
#include <catch2/catch.hpp>

#include "models/attention/composed.h"
#include "models/attention/normalizers/softmax.h"
#include "models/attention/registry.h"

using namespace fovea;

namespace {

AttentionShape square(int64_t width) {
  AttentionShape shape;
  shape.query_width = shape.key_width = shape.value_width = shape.width = width;
  return shape;
}

std::shared_ptr<Attention> made(const Json& group, int64_t width = 4) {
  auto attention = make_attention(resolve_attention(group, "attention"), square(width), "attention");
  attention->to(torch::kFloat64);
  return attention;
}

/// Scores doubled after pairing: what a `finish` is for.
struct DoublingScorer : Scorer {
  Tensor map_query(const Tensor& q) override { return q + 1; }
  Tensor map_key(const Tensor& k) override { return 3 * k; }
  Tensor finish(const Tensor& scores) override { return 2 * scores; }
};

/// Turns by a factor, biases by distance, adds a constant value for each unit of weight.
struct MarkingPosition : Position {
  Tensor turn(const Tensor& x, const Tensor& positions) override {
    return x * (1 + positions.to(x.dtype()).unsqueeze(-1));
  }
  Tensor bias(const Tensor&, const Tensor& query_positions, const Tensor& key_positions) override {
    return (query_positions.unsqueeze(1) - key_positions.unsqueeze(0))
        .to(torch::kFloat64)
        .unsqueeze(0);  // [1, Tq, Tk]
  }
  Tensor add(const Tensor& weights, const Tensor&, const Tensor&) override {
    return weights.sum(-1, true) * 100;
  }  // broadcasts over Dv
};

struct HalvingPattern : Pattern {
  Mask visible() const override { return Mask::causal(); }
  Tensor gain(const PatternCall& call) override {
    return torch::full({1, 1, 1, 1}, 0.5, call.query.options());
  }
};

}  // namespace

TEST_CASE("a call goes turn, map, pair, finish, bias, mask, normalize, gain, report, values, add") {
  Axes axes;
  axes.scorer = std::make_shared<DoublingScorer>();
  axes.normalizer = std::make_shared<SoftmaxNormalizer>(AxisShape{}, SoftmaxNormalizer::Options{});
  axes.position = std::make_shared<MarkingPosition>();
  axes.patterns = {std::make_shared<HalvingPattern>()};
  CompositionOptions options;
  options.kv_heads = 1;
  ComposedAttention attention(Heads(options, square(2), "attention"), axes);
  torch::manual_seed(2);
  const auto draw = [](int64_t rows) { return torch::randn({1, rows, 2}, torch::kFloat64); };
  const Tensor q = draw(2), k = draw(3), v = draw(3);
  Call call;
  call.first = 1;
  call.want = Want::kWeights;
  const AttentionOutput output = attention.forward(q, k, v, {}, call);

  for (int64_t i = 0; i < 2; ++i) {
    std::vector<double> scores;
    for (int64_t j = 0; j <= i + 1; ++j) {  // causal: query i stands at 1 + i
      double dot = 0;
      for (int64_t d = 0; d < 2; ++d)
        dot += (q[0][i][d].item<double>() * (2 + i) + 1) * (3 * k[0][j][d].item<double>() * (1 + j));
      scores.push_back(2 * dot + static_cast<double>(1 + i - j));
    }
    const double largest = *std::max_element(scores.begin(), scores.end());
    double total = 0, context[2] = {50, 50};  // 100 for each unit of weight, of which gain leaves a half
    for (const double s : scores) total += std::exp(s - largest);
    for (size_t j = 0; j < scores.size(); ++j) {
      const double weight = 0.5 * std::exp(scores[j] - largest) / total;
      CHECK(output.weights[0][0][i][static_cast<int64_t>(j)].item<double>() == Approx(weight).epsilon(1e-12));
      for (int64_t d = 0; d < 2; ++d) context[d] += weight * v[0][static_cast<int64_t>(j)][d].item<double>();
    }
    for (int64_t d = 0; d < 2; ++d)
      CHECK(output.context[0][i][d].item<double>() == Approx(context[d]).epsilon(1e-12));
  }
}

TEST_CASE("query head h reads key group ⌊h · kv_heads / H⌋") {
  const auto attention = made(
      {{"name", "compose"}, {"heads", 4}, {"kv_heads", 2}, {"projections", false}, {"normalizer", "uniform"}},
      8);
  // Key-value groups of width 4 against query heads of width 2 do not meet in a product; the mean of values
  // needs none.
  Tensor value = torch::zeros({1, 3, 8}, torch::kFloat64);
  value.slice(2, 4).fill_(1);
  const Tensor context =
      attention
          ->forward(torch::zeros({1, 1, 8}, torch::kFloat64), torch::zeros({1, 3, 8}, torch::kFloat64), value)
          .context;  // [1, 1, 4·4]
  CHECK(torch::allclose(context.flatten(),
                        torch::cat({torch::zeros({8}, torch::kFloat64), torch::ones({8}, torch::kFloat64)})));
}

TEST_CASE("grouped-query with the projections repeated is multi-head") {
  torch::manual_seed(4);
  const auto grouped = made({{"name", "grouped-query"}, {"heads", 4}, {"kv_heads", 2}}, 8),
             full = made({{"name", "multi-head"}, {"heads", 4}}, 8);
  torch::NoGradGuard no_gradient;
  auto to = full->named_parameters();
  for (const auto& item : grouped->named_parameters()) {
    const bool shared = item.key().rfind("key", 0) == 0 || item.key().rfind("value", 0) == 0;
    const Tensor& from = item.value();
    to[item.key()].copy_(shared ? from.unflatten(0, {2, 2}).repeat_interleave(2, 0).flatten(0, 1) : from);
  }
  const Tensor x = torch::randn({2, 5, 8}, torch::kFloat64);
  CHECK(torch::allclose(grouped->forward(x, x, x).context, full->forward(x, x, x).context, 1e-13, 1e-13));
}

TEST_CASE("parameters stand under the catalogue's names with the catalogue's shapes") {
  const auto shapes = [](const Json& group, int64_t query_width, int64_t key_width) {
    AttentionShape shape;
    shape.query_width = query_width, shape.key_width = key_width, shape.value_width = key_width,
    shape.width = query_width;
    std::map<std::string, std::string> named;
    for (const auto& item :
         make_attention(resolve_attention(group, "attention"), shape, "attention")->named_parameters())
      named[item.key()] = shape_text(item.value());
    return named;
  };
  using Shapes = std::map<std::string, std::string>;
  CHECK(shapes("scaled-dot", 4, 4).empty());
  CHECK(shapes("luong-general", 4, 6) == Shapes{{"scorer.weight", "[4, 6]"}});
  CHECK(shapes("bahdanau", 4, 6) == Shapes{{"scorer.query.weight", "[4, 4]"},
                                           {"scorer.key.weight", "[4, 6]"},
                                           {"scorer.bias", "[4]"},
                                           {"scorer.energy.weight", "[4]"}});
  CHECK(shapes({{"name", "learned-query"}, {"width", 3}}, 4, 6) ==
        Shapes{{"scorer.key.weight", "[3, 6]"}, {"scorer.bias", "[3]"}, {"scorer.query", "[3]"}});
  CHECK(shapes({{"name", "location-aware"}, {"width", 3}, {"filters", 2}, {"kernel", 5}}, 4, 6) ==
        Shapes{{"scorer.query.weight", "[3, 4]"},
               {"scorer.key.weight", "[3, 6]"},
               {"scorer.bias", "[3]"},
               {"scorer.energy.weight", "[3]"},
               {"scorer.location.convolution.weight", "[2, 1, 5]"},
               {"scorer.location.projection.weight", "[3, 2]"}});
  CHECK(shapes({{"name", "grouped-query"}, {"heads", 4}, {"kv_heads", 2}}, 8, 6) ==
        Shapes{{"query.weight", "[8, 8]"},
               {"query.bias", "[8]"},
               {"key.weight", "[4, 6]"},
               {"key.bias", "[4]"},
               {"value.weight", "[4, 6]"},
               {"value.bias", "[4]"},
               {"output.weight", "[8, 8]"},
               {"output.bias", "[8]"}});
  Shapes additive = shapes({{"name", "multi-head-additive"}, {"heads", 2}, {"width", 3}}, 8, 6);
  CHECK(additive["scorer.query.weight"] == "[2, 3, 4]");
  CHECK(additive["scorer.bias"] == "[2, 3]");
  CHECK(additive["scorer.energy.weight"] == "[2, 3]");
  CHECK(shapes({{"name", "location-aware"}, {"heads", 2}, {"width", 3}, {"filters", 5}, {"kernel", 3}}, 8,
               6)["scorer.location.convolution.weight"] == "[2, 5, 1, 3]");
}

TEST_CASE("uniform is the mean of the visible values whatever the widths of query and key") {
  AttentionShape shape;
  shape.query_width = 3, shape.key_width = 5, shape.value_width = 2;
  const auto uniform = make_attention(resolve_attention("uniform", "attention"), shape, "attention");
  const Tensor value = torch::randn({1, 4, 2}), padding = torch::tensor({{true, true, false, true}});
  const Tensor context =
      uniform->forward(torch::randn({1, 1, 3}), torch::randn({1, 4, 5}), value, padding).context;
  CHECK(torch::allclose(context[0][0], (value[0][0] + value[0][1] + value[0][3]) / 3));
  CHECK(uniform->parameters().empty());
}

TEST_CASE("frozen-random learns neither scorer nor projections, and lets gradients through") {
  const auto frozen = made("frozen-random");
  CHECK_FALSE(frozen->parameters().empty());
  for (const Tensor& parameter : frozen->parameters()) CHECK_FALSE(parameter.requires_grad());
  const Tensor x = torch::randn({1, 3, 4}, torch::kFloat64).requires_grad_();
  frozen->forward(x, x, x).context.square().sum().backward();
  CHECK(x.grad().abs().sum().item<double>() > 0);
}

TEST_CASE("additive scores in pieces are the additive scores of all queries") {
  // 2 · 600 · 600 · 16 numbers: two pieces.
  torch::manual_seed(6);
  const auto additive = made({{"name", "bahdanau"}, {"width", 16}});
  const Tensor q = torch::randn({2, 600, 4}, torch::kFloat64), k = torch::randn({2, 600, 4}, torch::kFloat64);
  Call call;
  call.want = Want::kWeights;
  const Tensor all = additive->forward(q, k, k, {}, call).weights;
  call.first = 0;
  const Tensor last = additive->forward(q.slice(1, 599), k, k, {}, call).weights;
  CHECK(torch::allclose(all.slice(2, 599), last, 0, 1e-15));
}

TEST_CASE("cosine of a zero vector is 0 with finite gradients") {
  const auto cosine = made("cosine");
  const Tensor q = torch::zeros({1, 1, 4}, torch::kFloat64).requires_grad_(),
               k = torch::randn({1, 3, 4}, torch::kFloat64).requires_grad_();
  Call call;
  call.want = Want::kWeights;
  const Tensor weights = cosine->forward(q, k, k, {}, call).weights;
  CHECK(torch::allclose(weights, torch::full_like(weights, 1.0 / 3)));
  weights.square().sum().backward();
  CHECK(q.grad().isfinite().all().item<bool>());
}

TEST_CASE(
    "rope depends on the distance between positions only, and turns pairs (2m, 2m+1) by the published "
    "rates") {
  const auto rope = attention_positions().at("rope").make({1, 4, 4, true, "attention"}, Json::object());
  const Tensor x = torch::tensor({1., 0., 1., 0.}, torch::kFloat64).view({1, 1, 1, 4});
  const Tensor turned = rope->turn(x, torch::tensor({3})).flatten();
  const double slow = 3 * std::pow(10000.0, -0.5);
  CHECK(torch::allclose(
      turned, torch::tensor({std::cos(3.0), std::sin(3.0), std::cos(slow), std::sin(slow)}, torch::kFloat64),
      0, 1e-15));
  const auto attention = made({{"name", "compose"}, {"position", "rope"}});
  const Tensor q = torch::randn({1, 3, 4}, torch::kFloat64), k = torch::randn({1, 3, 4}, torch::kFloat64);
  Call late;
  late.want = Want::kWeights;
  const Tensor early = attention->forward(q, k, k, {}, late).weights;
  const Memory memory = attention->extend(
      attention->extend({}, torch::zeros({1, 500, 4}, torch::kFloat64),
                        torch::zeros({1, 500, 4}, torch::kFloat64), torch::zeros({1, 500}, torch::kBool)),
      k, k);
  // 500 padded keys before move every position by 500; angles near 500 are known to about 500 · 2⁻⁵².
  CHECK(torch::allclose(attention->attend(q, memory, late).weights.slice(3, 500), early, 0, 1e-12));
}

TEST_CASE("linear attention in chunks is linear attention through its weights") {
  torch::manual_seed(8);
  for (const bool causal : {false, true}) {
    const auto linear = made({{"name", "linear"}, {"pattern", causal ? "causal" : "full"}});
    const Tensor q = torch::randn({2, 150, 4}, torch::kFloat64),
                 k = torch::randn({2, 170, 4}, torch::kFloat64),
                 v = torch::randn({2, 170, 3}, torch::kFloat64);
    for (const int64_t first : {-5, 0, 20, 300}) {
      Call call;
      call.first = first;
      call.want = Want::kWeights;
      const AttentionOutput output = linear->forward(q, k, v, {}, call);
      CHECK(torch::allclose(output.context, torch::matmul(output.weights.squeeze(1), v), 1e-12, 1e-13));
    }
  }
}

TEST_CASE("linear attention divides by the features of keys that are all far below zero") {
  // elu(x) + 1 computed as it is written rounds e^x of −40 to 0, and the row would be lost.
  const auto linear = made("linear");
  const Tensor q = torch::ones({1, 1, 4}, torch::kFloat64), k = torch::full({1, 2, 4}, -40., torch::kFloat64);
  const Tensor v = torch::tensor({{{2., 0., 0., 0.}, {4., 0., 0., 0.}}}, torch::kFloat64);
  CHECK(linear->forward(q, k, v).context[0][0][0].item<double>() == Approx(3).epsilon(1e-14));
}

TEST_CASE(
    "location-aware starts uniform over the keys visible to its first query and goes on from its own "
    "weights") {
  torch::manual_seed(9);
  const auto attention = made({{"name", "location-aware"}, {"width", 3}, {"filters", 2}, {"kernel", 3}});
  auto p = attention->named_parameters();
  const Tensor q = torch::randn({1, 2, 4}, torch::kFloat64), k = torch::randn({1, 4, 4}, torch::kFloat64);
  const Tensor padding = torch::tensor({{true, true, true, false}});
  Call call;
  call.want = Want::kWeights;
  const AttentionOutput output = attention->forward(q, k, k, padding, call);
  std::vector<double> previous = {1.0 / 3, 1.0 / 3, 1.0 / 3, 0};
  const Tensor mapped_q = torch::matmul(q[0], p["scorer.query.weight"].t()) + p["scorer.bias"],
               mapped_k = torch::matmul(k[0], p["scorer.key.weight"].t());
  for (int64_t i = 0; i < 2; ++i) {
    std::vector<double> scores;
    for (int64_t j = 0; j < 3; ++j) {
      double score = 0;
      for (int64_t a = 0; a < 3; ++a) {
        double inside = (mapped_q[i][a] + mapped_k[j][a]).item<double>();
        for (int64_t f = 0; f < 2; ++f)
          for (int64_t t = 0; t < 3; ++t)
            if (const int64_t at = j + t - 1; at >= 0 && at < 4)
              inside += p["scorer.location.projection.weight"][a][f].item<double>() *
                        p["scorer.location.convolution.weight"][f][0][t].item<double>() *
                        previous[static_cast<size_t>(at)];
        score += p["scorer.energy.weight"][a].item<double>() * std::tanh(inside);
      }
      scores.push_back(std::exp(score));
    }
    const double total = scores[0] + scores[1] + scores[2];
    for (int64_t j = 0; j < 3; ++j) {
      previous[static_cast<size_t>(j)] = scores[static_cast<size_t>(j)] / total;
      CHECK(output.weights[0][0][i][j].item<double>() ==
            Approx(previous[static_cast<size_t>(j)]).epsilon(1e-13));
    }
  }
}

TEST_CASE(
    "heads of different learned spans see as far as each one's own, and tiles beyond the widest are "
    "skipped") {
  torch::manual_seed(8);
  const auto attention =
      made({{"name", "compose"}, {"pattern", "causal&adaptive-span"}, {"ramp", 4}, {"heads", 2}}, 8);
  Tensor span;
  for (const auto& item : attention->named_parameters())
    if (item.key().find("span") != std::string::npos) span = item.value();
  REQUIRE(span.defined());
  {
    const torch::NoGradGuard none;
    span.copy_(torch::tensor({1.0, 9.5}, torch::kFloat64));
  }
  const Tile near{0, {40, 44}, {28, 32}}, far{0, {40, 44}, {16, 24}};
  CHECK(attention->pattern().cover(near) != Cover::kNone);  // 40 − 31 = 9 < 13.5
  CHECK(attention->pattern().cover(far) == Cover::kNone);   // 40 − 23 = 17
  const Tensor x = torch::randn({1, 48, 8}, torch::kFloat64);
  Call call;
  call.want = Want::kWeights;
  const Tensor weights = attention->forward(x, x, x, {}, call).weights;  // [1, H, T, T]
  const auto farthest = [&](int64_t head) {
    const Tensor seen = (weights[0][head] > 0).nonzero();  // [n, 2]
    return (seen.select(1, 0) - seen.select(1, 1)).max().item<int64_t>();
  };
  CHECK(farthest(0) == 4);   // back < 4 + 1
  CHECK(farthest(1) == 13);  // back < 4 + 9.5
  {
    const torch::NoGradGuard none;
    span.fill_(NAN);
  }
  CHECK(attention->pattern().describe() == "causal");
}
