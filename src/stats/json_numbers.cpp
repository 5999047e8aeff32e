#include "src/stats/json_numbers.h"

#include <cmath>

#include "src/stats/summary.h"

namespace fovea {

Json number_or_null(double value) {
  return std::isfinite(value) ? Json(value) : Json();
}

Json summary_json(const std::vector<double>& values) {
  const Summary summary = summarise(values);
  return {{"mean", number_or_null(summary.mean)},
          {"n", summary.n},
          {"ci", {number_or_null(summary.low), number_or_null(summary.high)}}};
}

}  // namespace fovea
