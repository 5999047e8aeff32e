// Golden: multi-head against torch::nn::MultiheadAttention with the same weights, in float64.
#include <catch2/catch.hpp>
#include <limits>

#include "models/attention/registry.h"

using namespace fovea;

namespace {

// Both multiply the same float64 matrices, PyTorch in one packed product: some roundings of numbers of
// order 1.
constexpr double kTolerance = 1e-13;
constexpr int64_t kBatch = 3, kQueries = 5, kKeys = 7, kWidth = 12, kHeads = 3;

double distance(const Tensor& a, const Tensor& b) {
  return (a - b).abs().max().item<double>();
}

struct Pair {
  std::shared_ptr<Attention> ours;
  torch::nn::MultiheadAttention theirs{nullptr};
};

/// Ours with fresh parameters, theirs with copies of them.
Pair same_weights(int64_t key_width, int64_t value_width) {
  torch::manual_seed(11);
  AttentionShape shape;
  shape.query_width = shape.width = kWidth, shape.key_width = key_width, shape.value_width = value_width;
  Pair pair;
  pair.ours = make_attention(resolve_attention(Json{{"name", "multi-head"}, {"heads", kHeads}}, "attention"),
                             shape, "attention");
  pair.ours->to(torch::kFloat64);
  pair.theirs = torch::nn::MultiheadAttention(
      torch::nn::MultiheadAttentionOptions(kWidth, kHeads).kdim(key_width).vdim(value_width));
  pair.theirs->to(torch::kFloat64);
  torch::NoGradGuard no_gradient;
  auto p = pair.ours->named_parameters();
  for (const char* name : {"query.bias", "key.bias", "value.bias", "output.bias"})
    p[name].uniform_(-0.5, 0.5);
  if (key_width == kWidth && value_width == kWidth) {
    pair.theirs->in_proj_weight.copy_(torch::cat({p["query.weight"], p["key.weight"], p["value.weight"]}));
  } else {
    pair.theirs->q_proj_weight.copy_(p["query.weight"]);
    pair.theirs->k_proj_weight.copy_(p["key.weight"]);
    pair.theirs->v_proj_weight.copy_(p["value.weight"]);
  }
  pair.theirs->in_proj_bias.copy_(torch::cat({p["query.bias"], p["key.bias"], p["value.bias"]}));
  pair.theirs->out_proj->weight.copy_(p["output.weight"]);
  pair.theirs->out_proj->bias.copy_(p["output.bias"]);
  return pair;
}

Tensor leaf(std::vector<int64_t> sizes) {
  return torch::randn(sizes, torch::kFloat64).requires_grad_();
}

/// Context, mean weights, and gradients of the inputs must agree. `padding`: true = real; `allowed`: true =
/// may attend.
void compare(Pair pair, int64_t key_width, int64_t value_width, int64_t queries, int64_t keys,
             const Tensor& padding, const Tensor& allowed) {
  const Tensor q = leaf({kBatch, queries, kWidth}), k = leaf({kBatch, keys, key_width}),
               v = leaf({kBatch, keys, value_width});
  Call call;
  call.want = Want::kWeights;
  if (allowed.defined()) call.mask = Mask::dense(allowed);
  const AttentionOutput ours = pair.ours->forward(q, k, v, padding, call);
  const auto timed = [](const Tensor& x) { return x.transpose(0, 1); };
  // In nn::MultiheadAttention true in the padding means ignore, and the C++ form adds its attention mask to
  // the scores.
  Tensor ignored, added;
  if (padding.defined()) ignored = ~padding;
  if (allowed.defined())
    added = torch::zeros(allowed.sizes(), torch::kFloat64)
                .masked_fill(~allowed, -std::numeric_limits<double>::infinity());
  const auto [context, weights] = pair.theirs->forward(timed(q), timed(k), timed(v), ignored, true, added);
  CHECK(distance(ours.context, timed(context)) < kTolerance);
  CHECK(distance(ours.weights.mean(1), weights) < kTolerance);  // theirs are averaged over heads
  const Tensor slope = torch::randn_like(ours.context);
  const auto a = torch::autograd::grad({ours.context}, {q, k, v}, {slope}),
             b = torch::autograd::grad({timed(context)}, {q, k, v}, {slope});
  for (size_t i = 0; i < 3; ++i) CHECK(distance(a[i], b[i]) < kTolerance);
}

Tensor last_keys_padded() {
  const Tensor lengths = torch::tensor({7, 4, 1});
  return torch::arange(kKeys).unsqueeze(0) < lengths.unsqueeze(1);
}

}  // namespace

TEST_CASE("multi-head is torch::nn::MultiheadAttention with the same weights", "[golden]") {
  compare(same_weights(kWidth, kWidth), kWidth, kWidth, kQueries, kKeys, {}, {});
}

TEST_CASE("multi-head is torch::nn::MultiheadAttention with keys and values of another width", "[golden]") {
  compare(same_weights(10, 10), 10, 10, kQueries, kKeys, {}, {});
}

TEST_CASE(
    "multi-head is torch::nn::MultiheadAttention under key padding, where true means the opposite there",
    "[golden]") {
  compare(same_weights(kWidth, kWidth), kWidth, kWidth, kQueries, kKeys, last_keys_padded(), {});
}

TEST_CASE("multi-head is torch::nn::MultiheadAttention under a causal mask, alone and with padding",
          "[golden]") {
  const Tensor causal = torch::ones({kKeys, kKeys}, torch::kBool).tril();
  compare(same_weights(kWidth, kWidth), kWidth, kWidth, kKeys, kKeys, {}, causal);
  compare(same_weights(kWidth, kWidth), kWidth, kWidth, kKeys, kKeys, last_keys_padded(), causal);
}

TEST_CASE("the causal pattern is the causal mask", "[golden]") {
  const Pair pair = same_weights(kWidth, kWidth);
  AttentionShape shape;
  shape.query_width = shape.width = shape.key_width = shape.value_width = kWidth;
  const auto causal = make_attention(
      resolve_attention(Json{{"name", "multi-head"}, {"heads", kHeads}, {"pattern", "causal"}}, "attention"),
      shape, "attention");
  causal->to(torch::kFloat64);
  torch::NoGradGuard no_gradient;
  for (auto& item : causal->named_parameters()) item.value().copy_(pair.ours->named_parameters()[item.key()]);
  const Tensor x = torch::randn({kBatch, kKeys, kWidth}, torch::kFloat64);
  Call call;
  call.mask = Mask::dense(torch::ones({kKeys, kKeys}, torch::kBool).tril());
  CHECK(torch::equal(causal->forward(x, x, x).context, pair.ours->forward(x, x, x, {}, call).context));
}

TEST_CASE("multi-head attends as scaled_dot_product_attention does with a bool mask", "[golden]") {
  AttentionShape shape;
  shape.query_width = shape.width = shape.key_width = shape.value_width = kWidth;
  const auto plain = make_attention(resolve_attention("scaled-dot", "attention"), shape, "attention");
  torch::manual_seed(3);
  const Tensor q = leaf({kBatch, kQueries, kWidth}), k = leaf({kBatch, kKeys, kWidth}),
               v = leaf({kBatch, kKeys, kWidth});
  Tensor allowed = torch::rand({kBatch, kQueries, kKeys}) < 0.6;
  allowed[1][2].fill_(false);  // a query that sees nothing answers 0 in both
  Call call;
  call.mask = Mask::dense(allowed);
  const Tensor theirs = torch::scaled_dot_product_attention(q.unsqueeze(1), k.unsqueeze(1), v.unsqueeze(1),
                                                            allowed.unsqueeze(1))
                            .squeeze(1);
  CHECK(distance(plain->forward(q, k, v, {}, call).context, theirs) < kTolerance);
}
