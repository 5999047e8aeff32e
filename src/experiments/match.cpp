#include "src/experiments/match.h"

#include <cmath>
#include <map>

namespace fovea {
namespace {

constexpr int64_t kWidest = 64;      // times the start
constexpr int64_t kLongestGap = 64;  // between widths that can be

class Search {
 public:
  explicit Search(const std::function<int64_t(int64_t)>& count) : count_(count) {}

  int64_t count(int64_t width) {
    const auto known = known_.find(width);
    return known != known_.end() ? known->second : known_[width] = count_(width);
  }
  /// The first width from `from` up to, not including, `end` that can be; `end` when there is none.
  int64_t possible(int64_t from, int64_t end) {
    for (int64_t width = from; width < std::min(end, from + kLongestGap); ++width)
      if (count(width) >= 0) return width;
    return end;
  }

 private:
  const std::function<int64_t(int64_t)>& count_;
  std::map<int64_t, int64_t> known_;
};

}  // namespace

Match nearest_width(int64_t start, int64_t target, const std::function<int64_t(int64_t)>& count) {
  Search search(count);
  const Match given{start, search.count(start)};
  if (given.parameters < 0 || given.parameters >= target) return given;
  int64_t low = start, high = -1;
  for (int64_t reach = 2 * start; high < 0 && reach <= kWidest * start; reach *= 2) {
    const int64_t width = search.possible(reach, reach + kLongestGap);
    if (search.count(width) >= target)
      high = width;
    else if (search.count(width) >= 0)
      low = width;
  }
  if (high < 0) return given;
  while (high - low > 1) {
    int64_t middle = search.possible(low + (high - low) / 2, high);
    if (middle == high) middle = search.possible(low + 1, high);
    if (middle == high) break;
    (search.count(middle) >= target ? high : low) = middle;
  }
  const Match below{low, search.count(low)}, above{high, search.count(high)};
  return target - below.parameters <= above.parameters - target ? below : above;
}

}  // namespace fovea
