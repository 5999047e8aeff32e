#include "models/attention/patterns/grid.h"

#include "models/attention/refusals.h"

namespace fovea {

int64_t grid_columns(const AxisShape& shape, const char* pattern) {
  if (shape.columns < 1) refuse(Refusal::kNoGrid, shape.key, pattern);
  return shape.columns;
}

}  // namespace fovea
