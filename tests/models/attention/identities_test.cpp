// Variants that must be one another in a limit: the same parameters, the same inputs, the same numbers.
#include <catch2/catch.hpp>
#include <cmath>

#include "models/attention/registry.h"

using namespace fovea;

namespace {

constexpr int64_t kBatch = 2, kTime = 7, kWidth = 8;
// Both sides do the same sums of a few numbers near 1, in another order at most.
constexpr double kSame = 1e-12;

AttentionShape slot() {
  AttentionShape shape;
  shape.query_width = shape.key_width = shape.value_width = shape.width = kWidth;
  shape.rows = 1, shape.columns = kTime, shape.length = 3 * kTime;
  return shape;
}

std::shared_ptr<Attention> made(const Json& group, const AttentionShape& shape = slot()) {
  torch::manual_seed(5);
  auto attention = make_attention(resolve_attention(group, "attention"), shape, "attention");
  attention->to(torch::kFloat64);
  attention->eval();
  return attention;
}

/// Gives `to` every parameter that `from` has under the same name; tables of positions are 0.
void share(const Attention& from, Attention& to) {
  const torch::NoGradGuard no_gradient;
  const auto given = from.named_parameters();
  for (auto& item : to.named_parameters())
    if (const Tensor* parameter = given.find(item.key()); parameter != nullptr)
      item.value().copy_(*parameter);
    else if (item.key().rfind("position.", 0) == 0)
      item.value().zero_();
}

struct Inputs {
  Tensor query, key, value, padding;
};

Inputs draw(int64_t time = kTime) {
  torch::manual_seed(11);
  const auto array = [&] { return torch::randn({kBatch, time, kWidth}, torch::kFloat64); };
  Inputs in{array(), array(), array(), torch::ones({kBatch, time}, torch::kBool)};
  in.padding[1].slice(0, time - 2).fill_(false);
  return in;
}

Call call_at(std::optional<int64_t> first) {
  Call call;
  call.first = first, call.want = Want::kWeights;
  return call;
}

AttentionOutput ask(Attention& attention, const Inputs& in, std::optional<int64_t> first = {}) {
  return attention.forward(in.query, in.key, in.value, in.padding, call_at(first));
}

double apart(const Tensor& a, const Tensor& b) {
  return (a - b).abs().max().item<double>();
}

/// Both answer alike, wherever the queries stand.
void check_same(const Json& one, const Json& other, const AttentionShape& shape = slot()) {
  INFO(one.dump() + " and " + other.dump());
  const auto a = made(one, shape), b = made(other, shape);
  share(*a, *b);
  const Inputs in = draw();
  for (const int64_t first : {0, 3}) {
    const AttentionOutput x = ask(*a, in, first), y = ask(*b, in, first);
    CHECK(apart(x.weights, y.weights) < kSame);
    CHECK(apart(x.context, y.context) < kSame);
  }
}

Json composed(Json fields) {
  fields["name"] = "compose";
  return fields;
}

Json multi_head(Json fields) {
  fields["name"] = "multi-head", fields["heads"] = 2;
  return fields;
}

}  // namespace

TEST_CASE("patterns whose reach covers the sequence are full", "[identity]") {
  const int64_t far = 2 * kTime;
  for (const char* scorer : {"scaled-dot", "additive", "location-aware"}) {
    const Json full = composed({{"scorer", scorer}});
    for (const char* pattern : {"local", "local-monotonic", "neighborhood", "global-local", "bigbird"})
      check_same(full, composed({{"scorer", scorer}, {"pattern", pattern}, {"window", far}}));
    check_same(full,
               composed({{"scorer", scorer}, {"pattern", "dilated"}, {"window", far}, {"dilation", 1}}));
    check_same(full, composed({{"scorer", scorer}, {"pattern", "block"}, {"block", far}}));
    check_same(full, composed({{"scorer", scorer}, {"pattern", "prefix"}, {"prefix", kTime}}));
    check_same(full, composed({{"scorer", scorer}, {"pattern", "adaptive-span"}, {"span", far}}));
  }
}

TEST_CASE("a stride beyond the sequence and a prefix of 0 are causal", "[identity]") {
  const Json causal = composed({{"pattern", "causal"}});
  check_same(causal, composed({{"pattern", "strided"}, {"stride", 2 * kTime}}));
  check_same(causal, composed({{"pattern", "strided"}, {"stride", 1}}));
  check_same(causal, composed({{"pattern", "prefix"}, {"prefix", 0}}));
}

TEST_CASE("axial attention on a grid of one row is full", "[identity]") {
  AttentionShape line = slot();
  line.rows = 1, line.columns = 3 * kTime;
  check_same(composed({}), composed({{"pattern", "axial"}}), line);
}

TEST_CASE("bigbird with as many random keys as there are keys is full", "[identity]") {
  check_same(composed({}),
             composed({{"pattern", "bigbird"}, {"window", 0}, {"globals", 0}, {"randoms", 3 * kTime}}));
}

TEST_CASE("kv_heads = heads is multi-head, kv_heads = 1 is multi-query", "[identity]") {
  check_same(multi_head({}), multi_head({{"kv_heads", 2}}));
  check_same({{"name", "multi-query"}, {"heads", 2}}, multi_head({{"kv_heads", 1}}));
}

TEST_CASE("top-k with k of at least the keys is softmax, with k = 1 it is hard", "[identity]") {
  check_same(composed({}), composed({{"normalizer", "top-k"}, {"k", kTime}}));
  check_same(composed({{"normalizer", "hard"}}), composed({{"normalizer", "top-k"}, {"k", 1}}));
}

TEST_CASE("positions whose tables are 0, and ALiBi with slope 0, are no positions", "[identity]") {
  for (const char* position : {"t5", "shaw"})
    check_same(multi_head({}), multi_head({{"position", position}}));
  check_same(multi_head({}), multi_head({{"position", "alibi"}, {"slope", 0}}));
  // Without its projection and biases Transformer-XL scores content alone.
  check_same(multi_head({}), multi_head({{"position", "transformer-xl"}}));
}

TEST_CASE("the distance kernel is a scaled dot product where all keys are equally long", "[identity]") {
  const auto kernel = made(composed({{"scorer", "distance"}, {"scale", 1.5}})),
             dot = made(composed({{"scorer", "dot"}, {"temperature", 2.25}}));
  Inputs in = draw();
  in.key = in.key / in.key.norm(2, -1, true);
  CHECK(apart(ask(*kernel, in).weights, ask(*dot, in).weights) < kSame);
}

TEST_CASE("softmax-one is softmax with one more key of score 0 and value 0", "[identity]") {
  const auto one = made(composed({{"normalizer", "softmax-one"}})), plain = made(composed({}));
  const Inputs in = draw();
  Inputs more = in;
  const Tensor zero = torch::zeros({kBatch, 1, kWidth}, torch::kFloat64);
  more.key = torch::cat({zero, in.key}, 1), more.value = torch::cat({zero, in.value}, 1);
  more.padding = torch::constant_pad_nd(in.padding, {1, 0}, true);
  CHECK(apart(ask(*one, in).context, ask(*plain, more).context) < kSame);
  CHECK(apart(ask(*one, in).weights, ask(*plain, more).weights.slice(3, 1)) < kSame);
}

TEST_CASE("sparsemax and entmax15 sum to 1, and the sparser of them keeps fewer keys", "[identity]") {
  const Inputs in = draw();
  const auto weights = [&](const char* normalizer) {
    return ask(*made(composed({{"scorer", "dot"}, {"normalizer", normalizer}})), in).weights;
  };
  const Tensor sparse = weights("sparsemax"), between = weights("entmax15"), soft = weights("softmax");
  for (const Tensor& rows : {sparse, between}) {
    CHECK(rows.ge(0).all().item<bool>());
    CHECK((rows.sum(-1) - 1).abs().max().item<double>() < kSame);
  }
  CHECK(((sparse > 0) & (between == 0)).sum().item<int64_t>() == 0);
  CHECK((sparse > 0).sum().item<int64_t>() < (between > 0).sum().item<int64_t>());
  CHECK((between > 0).sum().item<int64_t>() < (soft > 0).sum().item<int64_t>());
}

TEST_CASE("sparsemax of known scores, worked by hand", "[identity]") {
  const auto sparsemax = normalizers().at("sparsemax").make({}, Json::object());
  // τ = (1 + 0.5 − 1) / 2 = 0.25: the third key is out.
  const Tensor found =
      sparsemax->normalize(torch::tensor({1.0, 0.5, -1.0}, torch::kFloat64).view({1, 1, 1, 3}), {});
  CHECK(apart(found.flatten(), torch::tensor({0.75, 0.25, 0.0}, torch::kFloat64)) < kSame);
  // entmax15 of (2, 0): p = (1 − τ)², (−τ)²; with both kept 2τ² − 2τ = 0, so τ = 0 and p = (1, 0).
  const auto entmax = normalizers().at("entmax15").make({}, Json::object());
  const Tensor two = entmax->normalize(torch::tensor({2.0, 0.0}, torch::kFloat64).view({1, 1, 1, 2}), {});
  CHECK(apart(two.flatten(), torch::tensor({1.0, 0.0}, torch::kFloat64)) < kSame);
}

TEST_CASE("kernel attentions: the quadratic form, the recurrent form and step by step are one",
          "[identity]") {
  for (const char* name : {"linear", "performer"}) {
    INFO(name);
    AttentionShape causal = slot();
    causal.causal = true;
    const auto attention = made(name, causal);
    Inputs in = draw(150);  // more than two chunks
    in.padding = Tensor();
    const AttentionOutput recurrent = ask(*attention, in);
    const Tensor quadratic = torch::matmul(recurrent.weights, in.value.unsqueeze(1)).squeeze(1);
    CHECK(apart(recurrent.context, quadratic) < kSame);
    Memory memory;
    double most = 0;
    for (int64_t t = 0; t < 150; ++t) {
      const auto now = [t](const Tensor& x) { return x.slice(1, t, t + 1); };
      memory = attention->extend(memory, now(in.key), now(in.value));
      most = std::max(most, apart(attention->attend(now(in.query), memory).context, now(recurrent.context)));
    }
    CHECK(most < kSame);
  }
}

TEST_CASE("Performer converges to softmax as 1/√m", "[identity]") {
  // Short vectors: the variance of the features grows as exp ‖q + k‖², and with it the m from which on 1/√m
  // holds.
  Inputs in = draw();
  in.query = in.query / 2, in.key = in.key / 2;
  const auto softmax = made(composed({}));
  const Tensor exact = ask(*softmax, in).weights;
  // Root mean square over draws of the features.
  const auto error = [&](int64_t features) {
    double sum = 0;
    constexpr int kDraws = 60;
    for (int seed = 0; seed < kDraws; ++seed) {
      torch::manual_seed(100 + seed);
      const auto performer =
          make_attention(resolve_attention({{"name", "performer"}, {"features", features}}, "attention"),
                         slot(), "attention");
      performer->to(torch::kFloat64);
      sum += (ask(*performer, in).weights - exact).square().mean().item<double>();
    }
    return std::sqrt(sum / kDraws);
  };
  // 16 times the features: a quarter of the error. Measured over 60 draws, each ratio is good to some 15 %.
  const double few = error(256), many = error(4096);
  CHECK(few / many > 3);
  CHECK(few / many < 5.4);
  CHECK(many < 0.02);
}

TEST_CASE("Transformer-XL: an empty memory is none, and with a memory it is the longer context at once",
          "[identity]") {
  AttentionShape causal = slot();
  causal.causal = true;
  const auto attention = made({{"name", "transformer-xl"}, {"heads", 2}}, causal);
  const Inputs in = draw();
  const AttentionOutput whole = attention->forward(in.query, in.key, in.value, {}, call_at({}));
  const Memory empty = attention->extend({}, in.key.slice(1, 0, 0), in.value.slice(1, 0, 0));
  const Memory after = attention->extend(empty, in.key, in.value);
  CHECK(apart(attention->attend(in.query, after).context, whole.context) < kSame);
  // The last four queries over a segment of four, three keys remembered from the segment before.
  Memory segment = attention->extend({}, in.key.slice(1, 0, 3), in.value.slice(1, 0, 3)).detach();
  segment = attention->extend(segment, in.key.slice(1, 3), in.value.slice(1, 3));
  CHECK(apart(attention->attend(in.query.slice(1, 3), segment).context, whole.context.slice(1, 3)) < kSame);
}

TEST_CASE("relative positions depend on offsets only", "[identity]") {
  const Inputs in = draw();
  for (const char* position : {"rope", "alibi", "t5", "shaw", "transformer-xl"}) {
    INFO(position);
    const auto attention = made(multi_head({{"position", position}}));
    {
      const torch::NoGradGuard no_gradient;
      for (Tensor& parameter : attention->parameters())
        if (parameter.abs().max().item<double>() == 0) parameter.uniform_(-1, 1);
    }
    // The same keys nine places later, behind keys that are padding.
    constexpr int64_t kShift = 9;
    Inputs later = in;
    const Tensor before = torch::randn({kBatch, kShift, kWidth}, torch::kFloat64);
    later.key = torch::cat({before, in.key}, 1), later.value = torch::cat({before, in.value}, 1);
    later.padding = torch::constant_pad_nd(in.padding, {kShift, 0}, false);
    const AttentionOutput here = ask(*attention, in, 2), there = ask(*attention, later, 2 + kShift);
    CHECK(apart(there.weights.slice(3, kShift), here.weights) < kSame);
    CHECK(apart(there.context, here.context) < kSame);
    // A check that can fail: queries alone moved give other weights.
    CHECK(apart(ask(*attention, in, 3).weights, here.weights) > 1e-6);
  }
}

TEST_CASE("bidirectional heads are a causal and an anticausal attention joined", "[identity]") {
  const auto both = made({{"name", "bidirectional"}, {"heads", 2}});
  const Inputs in = draw();
  const Tensor weights = ask(*both, in).weights;  // [B, 2, T, T]
  CHECK(weights.select(1, 0).triu(1).abs().max().item<double>() == 0);
  CHECK(weights.select(1, 1).tril(-1).abs().max().item<double>() == 0);
  const auto plain = made(multi_head({}));
  share(*both, *plain);
  Call causal = call_at({});
  causal.mask = Mask::causal();
  const Tensor past = plain->forward(in.query, in.key, in.value, in.padding, causal).weights;
  CHECK(apart(weights.select(1, 0), past.select(1, 0)) < kSame);
}
