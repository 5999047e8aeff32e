// A Transformer block against its two published orders, written out.
#include "models/layers/transformer.h"

#include <catch2/catch.hpp>

using namespace fovea;

namespace {

TransformerBlock block(const std::string& norm, const std::string& attention, bool causal = false) {
  torch::manual_seed(1);
  TransformerBlock made(AttentionChoice(attention),
                        BlockOptions{.width = 8, .feed_forward = 12, .norm = norm, .causal = causal});
  made->to(torch::kFloat64);
  // Norms begin as the plain ones, where a swap of two of them would not show.
  torch::NoGradGuard no_gradient;
  for (auto& item : made->named_parameters())
    if (item.key().find("norm") != std::string::npos) item.value().uniform_(0.5, 1.5);
  return made;
}

Tensor draw() {
  torch::manual_seed(2);
  return torch::randn({2, 5, 8}, torch::kFloat64);
}

struct Parts {
  explicit Parts(TransformerBlock& block)
      : all(block->named_parameters()),
        attention(std::dynamic_pointer_cast<Attention>(block->named_children()["self"])) {}
  Tensor norm(const std::string& name, const Tensor& x) {
    return torch::layer_norm(x, {8}, all[name + ".weight"], all[name + ".bias"]);
  }
  Tensor feed(const Tensor& x) {
    const Tensor inner = torch::gelu(torch::linear(x, all["feed.inner.weight"], all["feed.inner.bias"]));
    return torch::linear(inner, all["feed.outer.weight"], all["feed.outer.bias"]);
  }
  Tensor attend(const Tensor& x) { return attention->forward(x, x, x).context; }
  torch::OrderedDict<std::string, Tensor> all;
  std::shared_ptr<Attention> attention;
};

double distance(const Tensor& a, const Tensor& b) {
  return (a - b).abs().max().item<double>();
}

}  // namespace

TEST_CASE("a pre-norm block is x + attention(norm(x)), then x + feed(norm(x)) (Xiong 2020)") {
  torch::NoGradGuard no_gradient;
  TransformerBlock made = block("pre", "multi-head");
  Parts parts(made);
  const Tensor x = draw(), middle = x + parts.attend(parts.norm("attention_norm", x));
  const Tensor expected = middle + parts.feed(parts.norm("feed.norm", middle));
  CHECK(distance(made(x, Tensor(), nullptr, TraceAxes()), expected) < 1e-13);
}

TEST_CASE("a post-norm block is norm(x + attention(x)), then norm(x + feed(x)) (Vaswani 2017)") {
  torch::NoGradGuard no_gradient;
  TransformerBlock made = block("post", "multi-head");
  Parts parts(made);
  const Tensor x = draw(), middle = parts.norm("attention_norm", x + parts.attend(x));
  const Tensor expected = parts.norm("feed.norm", middle + parts.feed(middle));
  CHECK(distance(made(x, Tensor(), nullptr, TraceAxes()), expected) < 1e-13);
}

TEST_CASE("a block without attention is its feed-forward half and has no attention's parameters") {
  torch::NoGradGuard no_gradient;
  for (const char* norm : {"pre", "post"}) {
    torch::manual_seed(1);
    TransformerBlock made = block(norm, "none");
    CHECK(!made->named_children().contains("self"));
    CHECK(!made->named_children().contains("attention_norm"));
    const Tensor x = draw(), changed = torch::cat({x.slice(1, 0, 4), x.slice(1, 4) + 1}, 1);
    CHECK(torch::equal(made(x, Tensor(), nullptr, TraceAxes()).slice(1, 0, 4),
                       made(changed, Tensor(), nullptr, TraceAxes()).slice(1, 0, 4)));
  }
}

TEST_CASE("a causal block's output does not depend on later positions") {
  torch::NoGradGuard no_gradient;
  for (const char* attention : {"multi-head", "linear", "location-aware", "uniform"}) {
    INFO(attention);
    TransformerBlock made = block("pre", attention, true);
    const Tensor x = draw(), changed = torch::cat({x.slice(1, 0, 3), x.slice(1, 3) * -2}, 1);
    CHECK(distance(made(x, Tensor(), nullptr, TraceAxes()).slice(1, 0, 3),
                   made(changed, Tensor(), nullptr, TraceAxes()).slice(1, 0, 3)) < 1e-13);
  }
}

TEST_CASE(
    "a stack ends with a norm of its own where its blocks are pre-norm, and without where they are "
    "post-norm") {
  for (const char* norm : {"pre", "post"}) {
    TransformerStack stack(AttentionChoice("multi-head"), BlockOptions{.width = 8, .norm = norm}, 2);
    CHECK(stack->named_children().contains("norm") == (std::string(norm) == "pre"));
    CHECK(stack->named_children().contains("1"));
  }
}
