#include "src/maps/map_compare.h"

#include <algorithm>
#include <limits>

#include "src/base/error.h"
#include "src/base/text.h"
#include "src/figures/colour_map.h"
#include "src/maps/map_edit.h"
#include "src/stats/paired.h"
#include "src/stats/welch.h"

namespace fovea {
namespace {

[[noreturn]] void differ(const MapRecord& a, const MapRecord& b, const std::string& what,
                         const std::string& found, const std::string& expected) {
  throw DataError(a.path + " and " + b.path + " cannot be compared: " + what + " differ: found " + expected +
                  " and " + found);
}

void require_same_axis(const MapRecord& a, const MapRecord& b, const MapAxis& left, const MapAxis& right,
                       const std::string& name) {
  if (left.kind != right.kind) differ(a, b, "kinds of " + name, right.kind, left.kind);
  const auto grid = [](const MapAxis& axis) {
    return std::to_string(axis.rows) + " × " + std::to_string(axis.columns);
  };
  if (grid(left) != grid(right)) differ(a, b, "grids of " + name, grid(right), grid(left));
  if (left.labels.size() != right.labels.size())
    differ(a, b, "labels of " + name, std::to_string(right.labels.size()) + " labels",
           std::to_string(left.labels.size()) + " labels");
  for (size_t i = 0; i < left.labels.size(); ++i)
    if (left.labels[i] != right.labels[i])
      differ(a, b, "labels of " + name + " " + std::to_string(i), "“" + right.labels[i] + "”",
             "“" + left.labels[i] + "”");
}

void require_same_mask(const MapRecord& a, const MapRecord& b) {
  const bool each = a.mask_per_head() || b.mask_per_head();
  for (int64_t head = 0; head < (each ? a.heads : 1); ++head)
    for (int64_t q = 0; q < a.queries; ++q)
      for (int64_t k = 0; k < a.keys; ++k)
        if (a.visible(head, q, k) != b.visible(head, q, k))
          differ(a, b,
                 "masks at" + (each ? " head " + std::to_string(head) + "," : std::string()) + " query " +
                     std::to_string(q) + ", key " + std::to_string(k),
                 b.visible(head, q, k) ? "visible" : "masked", a.visible(head, q, k) ? "visible" : "masked");
}

std::string plain(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

/// Every edit of any of them, once.
Json all_edits(const std::vector<const MapRecord*>& records) {
  Json all = Json::array();
  for (const MapRecord* record : records)
    for (const std::string& edit : edits_of(*record))
      if (std::find(all.begin(), all.end(), Json(edit)) == all.end()) all.push_back(edit);
  return all;
}

/// What all share, and the plain values that differ joined by `between`.
Json joined_provenance(const std::vector<const MapRecord*>& records, const std::string& between) {
  Json out = Json::object();
  const Json& first = records.front()->provenance;
  const Json items = first.is_object() ? first : Json::object();
  for (const auto& [name, value] : items.items()) {
    bool equal = true, everywhere = true;
    std::vector<std::string> values;
    for (const MapRecord* record : records) {
      everywhere = everywhere && record->provenance.is_object() && record->provenance.contains(name);
      if (!everywhere) break;
      equal = equal && record->provenance[name] == value;
      values.push_back(plain(record->provenance[name]));
    }
    if (everywhere && (equal || value.is_primitive()))
      out[name] = equal ? value : Json(join(values, between));
  }
  out["edits"] = all_edits(records);
  return out;
}

std::vector<const MapRecord*> addresses(const std::vector<MapRecord>& records) {
  std::vector<const MapRecord*> all;
  for (const MapRecord& record : records) all.push_back(&record);
  return all;
}

std::vector<double> values_at(const std::vector<MapRecord>& records, size_t cell) {
  std::vector<double> values;
  for (const MapRecord& record : records) values.push_back(static_cast<double>(record.weights[cell]));
  return values;
}

std::string name_of(const MapRecord& a, const MapRecord& b) {
  return a.path == b.path ? a.path : a.path + " − " + b.path;
}

}  // namespace

void require_same_cells(const MapRecord& a, const MapRecord& b) {
  check_map(a, a.path);
  check_map(b, b.path);
  const auto same = [&](int64_t left, int64_t right, const std::string& what) {
    if (left != right) differ(a, b, what, std::to_string(right), std::to_string(left));
  };
  same(a.heads, b.heads, "numbers of heads");
  same(a.queries, b.queries, "numbers of queries");
  same(a.keys, b.keys, "numbers of keys");
  require_same_axis(a, b, a.query, b.query, "query");
  require_same_axis(a, b, a.key, b.key, "key");
  require_same_mask(a, b);
}

MapRecord difference(const MapRecord& a, const MapRecord& b) {
  require_same_cells(a, b);
  MapRecord out = a;
  out.path = name_of(a, b);
  for (size_t i = 0; i < out.weights.size(); ++i) out.weights[i] -= b.weights[i];
  if (a.truth != b.truth) out.truth.clear();
  if (a.head_numbers != b.head_numbers) out.head_numbers.clear();
  out.provenance = joined_provenance({&a, &b}, " − ");
  note_edit(out, "difference of two maps");
  return out;
}

MapRecord mean_of(const std::vector<MapRecord>& records) {
  if (records.empty()) throw DataError("mean of maps: found no map, expected at least one");
  for (const MapRecord& record : records) require_same_cells(records.front(), record);
  MapRecord out = records.front();
  for (size_t i = 0; i < out.weights.size(); ++i) {
    double sum = 0;
    for (const MapRecord& record : records) sum += static_cast<double>(record.weights[i]);
    out.weights[i] = static_cast<float>(sum / static_cast<double>(records.size()));
  }
  for (const MapRecord& record : records)
    if (record.truth != out.truth) out.truth.clear();
  out.provenance = joined_provenance(addresses(records), ", ");
  note_edit(out, "mean of " + std::to_string(records.size()) + " maps");
  return out;
}

SeedDifference difference_over_seeds(const std::vector<MapRecord>& a, const std::vector<MapRecord>& b) {
  for (const auto* side : {&a, &b})
    if (side->size() < 2)
      throw DataError("difference over seeds: found " + std::to_string(side->size()) +
                      " maps on one side, expected at least 2");
  SeedDifference out;
  out.n_a = static_cast<int64_t>(a.size()), out.n_b = static_cast<int64_t>(b.size());
  out.mean = difference(mean_of(a), mean_of(b));
  for (size_t i = 0; i < out.mean.weights.size(); ++i) {
    const bool visible = out.mean.mask.empty() || out.mean.mask[i % out.mean.mask.size()];
    out.p.push_back(visible ? welch_t_test(values_at(a, i), values_at(b, i))
                            : std::numeric_limits<double>::quiet_NaN());
  }
  out.p = holm_adjusted(out.p);
  std::vector<const MapRecord*> all = addresses(a);
  for (const MapRecord* record : addresses(b)) all.push_back(record);
  out.mean.provenance["edits"] = all_edits(all);
  note_edit(out.mean, "difference of means over n = " + std::to_string(out.n_a) +
                          " and n = " + std::to_string(out.n_b) + " seeds");
  return out;
}

Figure difference_figure(const SeedDifference& difference, const MapFigureOptions& options, double level) {
  MapFigureOptions matrix = options;
  matrix.matrix = true, matrix.mean = false;
  Figure figure = map_figure(difference.mean, {}, matrix);
  HeatMap& map = std::get<HeatMap>(figure.content);
  const size_t cells = static_cast<size_t>(map.rows * map.columns);
  for (size_t panel = 0; panel < map.panels.size(); ++panel) {
    const size_t head = options.heads.empty() ? panel : static_cast<size_t>(options.heads[panel]);
    for (size_t i = 0; i < cells; ++i)
      map.panels[panel].marked.push_back(difference.p[head * cells + i] < level);
  }
  figure.mark_title = "p < " + tick_label(level, 0.01) + " (Welch, Holm)";
  return figure;
}

}  // namespace fovea
