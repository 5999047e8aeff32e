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
