// Contract of every attention: shapes, widths, and what is refused.
#include <catch2/catch.hpp>

#include "tests/contracts/cases.h"

using namespace fovea;
using namespace fovea::contracts;
using Catch::Matchers::Contains;

TEST_CASE("context is [B, Tq, context_width] and weights are [B, H, Tq, Tk]", "[contract]") {
  for (const Case& one : all_cases()) {
    INFO(one.label);
    const auto attention = make(one);
    const Inputs in = draw(one);
    const AttentionOutput output = attention->forward(in.query, in.key, in.value, in.padding, weights_call());
    CHECK(output.context.sizes() == at::IntArrayRef({kBatch, kQueries, attention->context_width()}));
    CHECK(output.weights.sizes() == at::IntArrayRef({kBatch, attention->heads(), kQueries, kKeys}));
    CHECK(output.context.dtype() == torch::kFloat64);
    CHECK(output.context.isfinite().all().item<bool>());
  }
}

TEST_CASE("an attention without queries or without keys answers with zeros of the right shape",
          "[contract]") {
  for (const Case& one : all_cases()) {
    INFO(one.label);
    const auto attention = make(one);
    const Inputs in = draw(one);
    const AttentionOutput no_queries =
        attention->forward(in.query.slice(1, 0, 0), in.key, in.value, {}, weights_call());
    CHECK(no_queries.context.sizes() == at::IntArrayRef({kBatch, 0, attention->context_width()}));
    const AttentionOutput no_keys =
        attention->forward(in.query, in.key.slice(1, 0, 0), in.value.slice(1, 0, 0), {}, weights_call());
    CHECK(no_keys.weights.sizes() == at::IntArrayRef({kBatch, attention->heads(), kQueries, 0}));
    // Attended values of 0, so every row is what the output projection makes of 0.
    CHECK(no_keys.context.isfinite().all().item<bool>());
    CHECK(distance(no_keys.context, no_keys.context[0][0].expand_as(no_keys.context)) == 0);
  }
}

TEST_CASE("a tensor of the wrong rank is refused with the shape that was found", "[contract]") {
  for (const Case& one : all_cases()) {
    INFO(one.label);
    const auto attention = make(one);
    const Inputs in = draw(one);
    CHECK_THROWS_WITH(attention->forward(in.query[0], in.key, in.value),
                      Contains("query must be [B, Tq, Dq]") && Contains("found " + shape_text(in.query[0])));
    CHECK_THROWS_WITH(attention->forward(in.query, in.key[0], in.value),
                      Contains("key must be [B, Tk, Dk]") && Contains("found " + shape_text(in.key[0])));
    CHECK_THROWS_WITH(attention->forward(in.query, in.key, in.value.unsqueeze(0)),
                      Contains("value must be [B, Tk, Dv]") && Contains("found [1, "));
    CHECK_THROWS_WITH(attention->forward(in.query, in.key, in.value.slice(1, 0, 2)),
                      Contains("must agree in B and Tk"));
    CHECK_THROWS_WITH(attention->forward(in.query.slice(0, 0, 1), in.key, in.value),
                      Contains("B = 3") && Contains("found [1, "));
    CHECK_THROWS_WITH(attention->forward(in.query, in.key, in.value, in.padding[0]),
                      Contains("padding must be bool [B, Tk]") && Contains("found [6]"));
    CHECK_THROWS_WITH(attention->forward(in.query, in.key, in.value, in.padding.to(torch::kInt64)),
                      Contains("padding must be bool"));
    CHECK_THROWS_WITH(attention->attend(in.query, {}), Contains("memory must have been begun"));
  }
}
