// From what a trace holds to map records: the net's axes joined with the task's labels and known truth.
#pragma once

#include <vector>

#include "src/core/task.h"
#include "src/maps/map_record.h"

namespace fovea {

/// The records of batch row `row`, one a traced attention, cut to the row's real queries and keys.
/// `provenance` is put into each. Maps whose batch rows fold (patch-series) give one record a folded row,
/// "path.k".
std::vector<MapRecord> map_records(const AttentionTrace& trace, const Task& task, const Batch& batch,
                                   int64_t row, const Json& provenance);

}  // namespace fovea
