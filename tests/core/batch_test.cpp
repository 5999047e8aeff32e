// What of a field is padding.
#include "src/core/batch.h"

#include <catch2/catch.hpp>

using namespace fovea;

TEST_CASE("a field whose rows all have its length has no padding to mask, one that is longer has") {
  const Tensor values = torch::zeros({2, 3});
  CHECK_FALSE(Field{values, {}}.real().defined());
  CHECK_FALSE(Field{torch::zeros({2}), {}}.real().defined());  // a label has no length at all
  CHECK_FALSE(Field{values, torch::tensor({3, 3}, torch::kInt64)}.real().defined());
  const Tensor real = Field{values, torch::tensor({3, 1}, torch::kInt64)}.real();
  CHECK(torch::equal(real, torch::tensor({{1, 1, 1}, {1, 0, 0}}, torch::kBool)));
  CHECK(Field{torch::zeros({0, 3}), torch::zeros({0}, torch::kInt64)}.real().sizes() ==
        torch::IntArrayRef({0, 3}));
}

TEST_CASE("rows of a batch are its examples with all that is known of them") {
  Batch batch;
  batch.ids = {7, 8, 9};
  batch.inputs["text"] = {torch::arange(6).view({3, 2}), torch::tensor({2, 1, 2}, torch::kInt64)};
  batch.targets["label"] = {torch::tensor({4, 5, 6}), {}};
  batch.notes = {Json("a"), Json("b"), Json("c")};
  const Batch part = batch.rows(1, 3);
  CHECK(part.ids == std::vector<int64_t>{8, 9});
  CHECK(torch::equal(part.input("text").values, torch::arange(2, 6).view({2, 2})));
  CHECK(torch::equal(part.input("text").lengths, torch::tensor({1, 2}, torch::kInt64)));
  CHECK(torch::equal(part.target("label").values, torch::tensor({5, 6})));
  CHECK_FALSE(part.target("label").lengths.defined());
  CHECK(part.notes == std::vector<Json>{Json("b"), Json("c")});
  CHECK(part.truths.empty());
}
