#include "src/maps/atlas.h"

#include <algorithm>
#include <cctype>
#include <string>
#include <tuple>

#include "src/base/error.h"
#include "src/base/text.h"
#include "src/maps/map_edit.h"
#include "src/maps/map_figure.h"

namespace fovea {
namespace {

using Shape = std::tuple<int64_t, int64_t, int64_t>;

Shape shape_of(const MapRecord& record) {
  return {record.heads, record.queries, record.keys};
}

std::string shape_text(const MapRecord& record) {
  return "[" + std::to_string(record.heads) + ", " + std::to_string(record.queries) + ", " +
         std::to_string(record.keys) + "]";
}

bool digit(char c) {
  return std::isdigit(static_cast<unsigned char>(c)) != 0;
}

/// The run of digits at `at` without leading zeros; `at` moves past it.
std::string number_at(const std::string& text, size_t& at) {
  while (at < text.size() && text[at] == '0') ++at;
  const size_t from = at;
  while (at < text.size() && digit(text[at])) ++at;
  return text.substr(from, at - from);
}

/// Names in the order of their letters and of their numbers as numbers.
bool comes_before(const std::string& a, const std::string& b) {
  size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    if (digit(a[i]) && digit(b[j])) {
      const std::string left = number_at(a, i), right = number_at(b, j);
      if (left.size() != right.size()) return left.size() < right.size();
      if (left != right) return left < right;
    } else {
      if (a[i] != b[j]) return a[i] < b[j];
      ++i, ++j;
    }
  }
  return a.size() - i < b.size() - j;
}

std::vector<MapRecord> ordered(std::vector<MapRecord> records, AtlasOrder order) {
  if (order == AtlasOrder::kAsGiven) return records;
  records = ordered_layers(std::move(records));
  if (order == AtlasOrder::kLastOnTop) std::reverse(records.begin(), records.end());
  return records;
}

void check(const std::vector<MapRecord>& records) {
  if (records.empty()) throw DataError("atlas: found no maps, expected at least one");
  for (const MapRecord& record : records) {
    check_map(record, record.path);
    if (shape_of(record) != shape_of(records.front()))
      throw DataError("atlas: found " + record.path + " of shape " + shape_text(record) + ", expected " +
                      shape_text(records.front()) + " as " + records.front().path);
    for (int64_t head = 0; head < record.heads; ++head)
      if (record.head_number(head) != records.front().head_number(head))
        throw DataError("atlas: found head " + std::to_string(record.head_number(head)) + " of " +
                        record.path + ", expected head " + std::to_string(records.front().head_number(head)) +
                        " as " + records.front().path);
  }
}

void add_row(HeatMap& map, const MapRecord& record) {
  const std::ptrdiff_t cells = static_cast<std::ptrdiff_t>(record.queries * record.keys);
  for (int64_t head = 0; head < record.heads; ++head) {
    const auto begin = record.weights.begin() + cells * head;
    map.panels.push_back({"", {begin, begin + cells}, record.mask_of(head), record.truth});
  }
}

std::string caption_of(const std::vector<MapRecord>& records) {
  const MapRecord& first = records.front();
  std::string caption = std::to_string(records.size()) + " layers × " + std::to_string(first.heads) +
                        " heads; in each map queries from top to bottom, keys from left to right";
  for (const std::string& edit : edits_of(first)) caption += "; " + edit;
  return caption + ".";
}

}  // namespace

std::vector<MapRecord> ordered_layers(std::vector<MapRecord> records) {
  std::stable_sort(records.begin(), records.end(),
                   [](const MapRecord& a, const MapRecord& b) { return comes_before(a.path, b.path); });
  return records;
}

std::vector<std::vector<MapRecord>> grouped_by_shape(const std::vector<MapRecord>& records) {
  std::vector<std::vector<MapRecord>> groups;
  for (const MapRecord& record : records) {
    const auto known = std::find_if(groups.begin(), groups.end(), [&](const std::vector<MapRecord>& group) {
      return shape_of(group.front()) == shape_of(record);
    });
    if (known == groups.end()) {
      groups.push_back({record});
    } else {
      known->push_back(record);
    }
  }
  return groups;
}

Figure atlas_figure(const std::vector<MapRecord>& records, AtlasOrder order, const Style& style) {
  check(records);
  const std::vector<MapRecord> rows = ordered(records, order);
  HeatMap map{rows[0].queries, rows[0].keys, {}, {}, "layer", "head", {}};
  map.across = rows[0].heads;
  for (const MapRecord& record : rows) {
    map.panel_row_titles.push_back(record.path);
    add_row(map, record);
  }
  for (int64_t head = 0; head < rows[0].heads; ++head)
    map.panel_column_titles.push_back(std::to_string(rows[0].head_number(head)));
  Figure figure{map, style};
  figure.caption = caption_of(rows);
  Json shared = rows[0].provenance;
  if (shared.is_object()) shared.erase("layer");  // it is of all of them
  figure.provenance = provenance_line(shared);
  return figure;
}

}  // namespace fovea
