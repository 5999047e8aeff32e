// Inputs with parts taken away: tokens left out, cells of an image blanked.
#pragma once

#include <vector>

#include "src/core/task.h"

namespace fovea {

/// The parts of one input field that a map's keys stand for.
struct InputCells {
  std::string field;  // "text", "image"
  TraceAxis axis;     // tokens, or a grid
  int64_t count = 0;  // cells that are input, special positions not counted
};

/// The cells of `axis` over the field of `example`; throws ConfigError where it is neither tokens of an input
/// nor a grid over an image.
InputCells input_cells(const TraceAxis& axis, const Example& example, const TaskSpec& spec);

/// `example` without the cells that are `gone` (one a cell): tokens are left out and the others close up
/// (DeYoung 2020, §4.2); pixels of a cell become 0, the mean of standardised pixels. The note and the truth,
/// which no longer fit, are dropped.
Example without(const Example& example, const InputCells& cells, const std::vector<bool>& gone);

/// Everything but the first `count` of `order` when `keep`, else everything without them.
Example cut(const Example& example, const InputCells& cells, const std::vector<int64_t>& order, int64_t count,
            bool keep);

}  // namespace fovea
