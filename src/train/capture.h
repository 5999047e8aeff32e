// From what a trace holds to map records: the net's axes joined with the task's labels and known truth.
#pragma once

#include <vector>

#include "src/core/task.h"
#include "src/maps/map_record.h"

namespace fovea {

/// Real positions of `axis` in a row: the field's length where it is padded, otherwise all `size` of them.
int64_t real_size(const TraceAxis& axis, const Batch& batch, int64_t row, int64_t size, bool query);

/// Where attention ought to go in the map's own cells, [queries · keys] row by row; empty where it is not
/// known, or known in units that the map does not count in.
std::vector<uint8_t> map_truth(const TraceAxis& key, const Tensor& truth, int64_t queries, int64_t keys);

/// The records of batch row `row`, one a traced map (AttentionTrace::maps), cut to the row's real queries and
/// keys. `provenance` is put into each. Maps whose batch rows fold (patch-series) give one record a folded
/// row, "path.k".
std::vector<MapRecord> map_records(const std::vector<TracedMap>& maps, const Task& task, const Batch& batch,
                                   int64_t row, const Json& provenance);

/// What a summary trace kept of one attention on one example.
struct SummaryRecord {
  MapRecord axes;      // path, axes, heads and provenance; no weights, mask or truth
  MapSummary summary;  // without the batch axis: [H, Tq], [H, Tk], [H, Tq, k], [Tq]
};

/// The same of a trace that only summarises.
std::vector<SummaryRecord> summary_records(const AttentionTrace& trace, const Task& task, const Batch& batch,
                                           int64_t row, const Json& provenance);

}  // namespace fovea
