// LibTorch's own failures arrive as C++ exceptions. A library that redefines one of its flags turns them into
// abort(): this is the test that notices.
#include <torch/serialize.h>

#include <catch2/catch.hpp>
#include <sstream>

#include "src/core/batch.h"

using namespace fovea;

TEST_CASE("an allocation that no machine can make is an exception, not the end of the program") {
  CHECK_THROWS_AS(torch::empty({int64_t{1} << 55}), std::exception);
  CHECK_THROWS_AS(torch::empty({int64_t{1} << 40, int64_t{1} << 40}), std::exception);
}

TEST_CASE("a failed check of LibTorch is an exception, not the end of the program") {
  CHECK_THROWS_AS(torch::ones({2, 3}).matmul(torch::ones({2, 3})), c10::Error);
  std::istringstream garbage("not an archive");
  Tensor tensor;
  CHECK_THROWS_AS(torch::load(tensor, garbage), std::exception);
}

TEST_CASE("the weight of a loss counts rows exactly in bfloat16 too") {
  const Loss loss =
      cross_entropy(torch::zeros({301, 4}, torch::kBFloat16), torch::zeros({301}, torch::kInt64), 0);
  CHECK(loss.weight.item<double>() == 301);
}
