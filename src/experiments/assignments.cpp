#include "src/experiments/assignments.h"

#include "src/base/error.h"

namespace fovea {
namespace {

/// Every one of `before` with every value of `axis`.
std::vector<Assignment> crossed(const std::vector<Assignment>& before, const Axis& axis) {
  if (static_cast<int64_t>(before.size() * axis.values.size()) > kMostPoints)
    throw ConfigError("command line: more than " + std::to_string(kMostPoints) +
                      " combinations; sweep fewer values, or --one-at-a-time");
  std::vector<Assignment> after;
  for (const Assignment& one : before)
    for (const std::string& value : axis.values) {
      after.push_back(one);
      after.back()[axis.key] = value;
    }
  return after;
}

}  // namespace

std::vector<Assignment> assignments(const SweepRequest& request) {
  std::vector<Assignment> all = {{}};
  for (const Axis& axis : request.axes) {
    if (axis.key == request.tune) continue;
    if (!request.one_at_a_time) {
      all = crossed(all, axis);
      continue;
    }
    for (const std::string& value : axis.values) all.push_back({{axis.key, value}});
  }
  for (const Axis& axis : request.axes)
    if (axis.key == request.tune) all = crossed(all, axis);
  return all;
}

}  // namespace fovea
