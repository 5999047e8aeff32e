#include "src/train/capture.h"

#include <algorithm>
#include <cmath>

namespace fovea {
namespace {

constexpr const char* kSpecial = "<own>";  // a position that stands for no input

MapAxis map_axis(const TraceAxis& axis, const Task& task, const Batch& batch, int64_t row, int64_t size) {
  MapAxis result;
  result.kind = axis.kind;
  result.rows = axis.rows, result.columns = axis.columns, result.stride = axis.stride,
  result.offset = axis.offset;
  result.special = axis.special;
  if (axis.kind == "slots") {
    result.labels.assign(static_cast<size_t>(size), "query");
    return result;
  }
  std::vector<std::string> labels =
      axis.field.empty() ? std::vector<std::string>() : task.labels(batch, row, axis.field);
  if (labels.empty()) return result;
  const auto stride = static_cast<size_t>(std::max(1.0, axis.stride));
  const size_t special = axis.special.size();
  result.labels.assign(std::min(special, static_cast<size_t>(size)), kSpecial);
  for (size_t cell = 0; cell + special < static_cast<size_t>(size); ++cell)
    result.labels.push_back(
        labels[std::min(cell * stride + static_cast<size_t>(axis.offset), labels.size() - 1)]);
  return result;
}

/// Everything but weights and mask.
template <class Traced>
MapRecord bare_record(const Traced& traced, int64_t heads, int64_t queries, int64_t keys, const Task& task,
                      const Batch& batch, int64_t row, const Json& provenance) {
  MapRecord record;
  record.path = traced.path;
  record.queries = real_size(traced.axes.query, batch, row, queries, true);
  record.keys = real_size(traced.axes.key, batch, row, keys, false);
  record.heads = heads, record.head_numbers = traced.heads;
  record.query = map_axis(traced.axes.query, task, batch, row, record.queries);
  record.key = map_axis(traced.axes.key, task, batch, row, record.keys);
  record.provenance = provenance;
  record.provenance["layer"] = record.path;
  return record;
}

MapRecord make_record(const TracedMap& map, const Task& task, const Batch& batch, int64_t row,
                      int64_t map_row, const Json& provenance) {
  MapRecord record = bare_record(map, map.weights.size(1), map.weights.size(2), map.weights.size(3), task,
                                 batch, row, provenance);
  const auto cut = [&](const Tensor& t) {
    return t[map_row].slice(-2, 0, record.queries).slice(-1, 0, record.keys).contiguous();
  };
  const Tensor weights = cut(map.weights).to(torch::kFloat32).contiguous();  // [H, Tq, Tk]
  record.weights.assign(weights.data_ptr<float>(), weights.data_ptr<float>() + weights.numel());
  Tensor visible = cut(map.visible).to(torch::kUInt8).contiguous();  // [1 or H, Tq, Tk]
  if (torch::equal(visible, visible.slice(0, 0, 1).expand_as(visible))) visible = visible.slice(0, 0, 1);
  if (!visible.to(torch::kBool).all().item<bool>())
    record.mask.assign(visible.data_ptr<uint8_t>(), visible.data_ptr<uint8_t>() + visible.numel());
  if (!map.axes.key.field.empty())
    record.truth =
        map_truth(map.axes.key, task.truth(batch, row, map.axes.key.field), record.queries, record.keys);
  return record;
}

/// Says which part of the example a folded row is.
void name_part(MapRecord& record, const std::string& kind, int64_t part, const Task& task, const Batch& batch,
               int64_t row) {
  const std::vector<std::string> names =
      kind == "column" ? task.labels(batch, row, "columns") : std::vector<std::string>();
  record.path += "." + std::to_string(part);
  record.provenance["layer"] = record.path;
  if (static_cast<size_t>(part) < names.size())
    record.provenance[kind] = names[static_cast<size_t>(part)];
  else
    record.provenance[kind] = part;
}

}  // namespace

/// Special positions stand before what the field counts.
int64_t real_size(const TraceAxis& axis, const Batch& batch, int64_t row, int64_t size, bool query) {
  for (const auto* fields : {&batch.inputs, &batch.targets}) {
    const auto found = fields->find(axis.field);
    if (found == fields->end() || !found->second.lengths.defined()) continue;
    const int64_t length = found->second.lengths[row].item<int64_t>();
    // A decoder reads target[0…] and predicts target[1…]: one query fewer than tokens.
    const int64_t own = fields == &batch.targets && query ? length - 1 : length;
    return std::min(size, own + static_cast<int64_t>(axis.special.size()));
  }
  return size;
}

std::vector<uint8_t> map_truth(const TraceAxis& axis, const Tensor& truth, int64_t queries, int64_t keys) {
  if (!truth.defined()) return {};
  Tensor cells;
  if (axis.kind == "grid") {
    // A cell belongs to the object when any of its pixels does: a hit of the pointing game (Zhang 2016) is a
    // maximum that touches it.
    const auto stride = static_cast<int64_t>(axis.stride);
    cells = torch::max_pool2d(truth.to(torch::kFloat32).unsqueeze(0), stride, stride).flatten() >
            0;  // [rows · columns]
    if (cells.numel() != keys) return {};
  } else {
    cells = truth;
    const auto stride = static_cast<int64_t>(axis.stride);
    if (stride > 1) return {};
  }
  // No special position is what attention ought to find.
  cells = torch::constant_pad_nd(cells, {static_cast<int64_t>(axis.special.size()), 0}, 0);
  if (cells.dim() == 1) cells = cells.unsqueeze(0).expand({queries, cells.size(0)});  // [Tq, Tk]
  // Truth that counts other units than the map (steps against overlapping patches) is no truth of this map.
  if (cells.size(0) != queries || cells.size(1) != keys) return {};
  cells = cells.to(torch::kUInt8).contiguous();
  return {cells.data_ptr<uint8_t>(), cells.data_ptr<uint8_t>() + cells.numel()};
}

std::vector<SummaryRecord> summary_records(const AttentionTrace& trace, const Task& task, const Batch& batch,
                                           int64_t row, const Json& provenance) {
  std::vector<SummaryRecord> records;
  for (const TracedSummary& traced : trace.summaries())
    for (int64_t part = 0; part < traced.axes.fold; ++part) {
      const MapSummary& all = traced.summary;
      SummaryRecord one{
          bare_record(traced, all.entropy.size(1), traced.queries, traced.keys, task, batch, row, provenance),
          {}};
      if (traced.axes.fold > 1) name_part(one.axes, traced.axes.part, part, task, batch, row);
      const int64_t at = row * traced.axes.fold + part, queries = one.axes.queries;
      const auto of_queries = [&](const Tensor& t) { return t[at].slice(1, 0, queries).contiguous(); };
      one.summary.entropy = of_queries(all.entropy), one.summary.distance = of_queries(all.distance);
      one.summary.sink = of_queries(all.sink);
      one.summary.visible = all.visible[at].slice(0, 0, queries).contiguous();
      one.summary.received = all.received[at].slice(1, 0, one.axes.keys).contiguous();
      one.summary.top_keys = of_queries(all.top_keys), one.summary.top_weights = of_queries(all.top_weights);
      records.push_back(std::move(one));
    }
  return records;
}

std::vector<MapRecord> map_records(const std::vector<TracedMap>& maps, const Task& task, const Batch& batch,
                                   int64_t row, const Json& provenance) {
  std::vector<MapRecord> records;
  for (const TracedMap& map : maps)
    for (int64_t part = 0; part < map.axes.fold; ++part) {
      records.push_back(make_record(map, task, batch, row, row * map.axes.fold + part, provenance));
      if (map.axes.fold > 1) name_part(records.back(), map.axes.part, part, task, batch, row);
    }
  return records;
}

}  // namespace fovea
