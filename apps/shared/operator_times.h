// Where the time of some work goes, operator by operator.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace fovea {

/// Time inside one operator itself, without the operators it calls.
struct OperatorTime {
  std::string name;
  int64_t calls = 0;
  double milliseconds = 0;
};

/// What `work` spends in LibTorch's operators and in those of this library that record themselves, on this
/// thread (an operator's loops on other threads are inside of it), the longest first; the last entry,
/// "outside", is the rest of the time by the clock.
std::vector<OperatorTime> operator_times(const std::function<void()>& work);

}  // namespace fovea
