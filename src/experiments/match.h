// The width at which a net has as many parameters as another.
#pragma once

#include <cstdint>
#include <functional>

namespace fovea {

struct Match {
  int64_t value = 0, parameters = -1;
};

/// The whole number from `start` up at which `count` comes nearest to `target`, found by bisection: `count`
/// grows with its argument and is −1 where a width cannot be (heads must divide it). `start` itself where
/// nothing comes nearer, or nothing up to 64 times it reaches the target.
Match nearest_width(int64_t start, int64_t target, const std::function<int64_t(int64_t)>& count);

}  // namespace fovea
