#include "src/train/peak_memory.h"

#include <catch2/catch.hpp>

#include "src/core/tensor.h"

using namespace fovea;

TEST_CASE("what a process needed at most can be forgotten") {
  constexpr int64_t kMuch = int64_t{256} << 20;
  {
    const Tensor much = torch::ones({kMuch}, torch::kUInt8);
    CHECK(peak_memory() >= kMuch);
  }
  const int64_t before = peak_memory();
  if (!forget_peak_memory()) {
    WARN("this system does not let a process forget its peak");
    return;
  }
  CHECK(peak_memory() < before - kMuch / 2);
}
