// Numbers as JSON has them: what is undefined is null.
#pragma once

#include <vector>

#include "src/base/json.h"

namespace fovea {

/// `value`, or null where it is NaN or infinite.
Json number_or_null(double value);

/// {"mean", "n", "ci": [low, high]} of summarise(values): 95 % Student's t, null where undefined.
Json summary_json(const std::vector<double>& values);

}  // namespace fovea
