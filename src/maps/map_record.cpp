#include "src/maps/map_record.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "src/base/error.h"
#include "src/base/files.h"
#include "src/base/text.h"
#include "src/files/npy.h"

namespace fovea {
namespace {

const std::vector<std::string> kKinds{"tokens", "grid", "time", "channels", "slots"};

void require(bool holds, const std::string& where, const std::string& what) {
  if (!holds) throw DataError(where + ": " + what);
}

void check_axis(const MapAxis& axis, int64_t size, const std::string& name, const std::string& where) {
  require(std::find(kKinds.begin(), kKinds.end(), axis.kind) != kKinds.end(), where,
          name + " axis: unknown kind '" + axis.kind + "'" + hint(axis.kind, kKinds));
  const int64_t labels = static_cast<int64_t>(axis.labels.size());
  require(labels == 0 || labels == size, where,
          name + " axis: found " + std::to_string(labels) + " labels, expected " + std::to_string(size));
  const int64_t cells = axis.rows * axis.columns + static_cast<int64_t>(axis.special.size());
  require(axis.kind != "grid" || cells == size, where,
          name + " axis: found a grid of " + std::to_string(axis.rows) + " × " +
              std::to_string(axis.columns) + " and " + std::to_string(axis.special.size()) +
              " special positions, expected " + std::to_string(size) + " cells");
  for (int64_t position : axis.special)
    require(position >= 0 && position < size, where,
            name + " axis: special position " + std::to_string(position) + " is outside 0 … " +
                std::to_string(size - 1));
}

Json axis_json(const MapAxis& axis) {
  Json json{{"kind", axis.kind}, {"labels", axis.labels}, {"stride", axis.stride}, {"offset", axis.offset}};
  json["special"] = axis.special;
  if (axis.kind == "grid") json["rows"] = axis.rows, json["columns"] = axis.columns;
  return json;
}

MapAxis axis_from(const Json& json) {
  MapAxis axis;
  axis.kind = json.value("kind", axis.kind);
  axis.labels = json.value("labels", axis.labels);
  axis.rows = json.value("rows", axis.rows);
  axis.columns = json.value("columns", axis.columns);
  axis.stride = json.value("stride", axis.stride);
  axis.offset = json.value("offset", axis.offset);
  axis.special = json.value("special", axis.special);
  return axis;
}

Json rows_json(const std::vector<uint8_t>& cells, int64_t columns) {
  if (cells.empty()) return nullptr;
  Json rows = Json::array();
  for (size_t at = 0; at < cells.size(); at += static_cast<size_t>(columns)) {
    Json row = Json::array();
    for (int64_t k = 0; k < columns; ++k) row.push_back(cells[at + static_cast<size_t>(k)]);
    rows.push_back(std::move(row));
  }
  return rows;
}

/// Rows of 0 … `most` or false/true, each `columns` long.
std::vector<uint8_t> cells_from(const Json& rows, int64_t columns, int64_t most, const std::string& what,
                                const std::string& where) {
  std::vector<uint8_t> cells;
  if (rows.is_null()) return cells;
  require(rows.is_array(), where, what + ": expected rows of 0 and 1");
  for (const Json& row : rows) {
    require(row.is_array() && static_cast<int64_t>(row.size()) == columns, where,
            what + ": expected rows of " + std::to_string(columns) + " cells");
    for (const Json& cell : row) {
      const bool number = cell.is_number_integer() && cell >= 0 && cell <= most;
      require(
          cell.is_boolean() || number, where,
          what + ": found " + cell.dump() + ", expected 0 or 1" + (most == 2 ? ", or 2 for possible" : ""));
      cells.push_back(cell.is_boolean() ? cell == true : cell.get<uint8_t>());
    }
  }
  return cells;
}

/// Rows, or where heads see different keys a list of rows, one a head.
Json mask_json(const MapRecord& record) {
  if (!record.mask_per_head()) return rows_json(record.mask, record.keys);
  Json heads = Json::array();
  for (int64_t head = 0; head < record.heads; ++head)
    heads.push_back(rows_json(record.mask_of(head), record.keys));
  return heads;
}

std::vector<uint8_t> mask_from(const Json& json, int64_t keys, const std::string& where) {
  const bool heads =
      json.is_array() && !json.empty() && json[0].is_array() && !json[0].empty() && json[0][0].is_array();
  if (!heads) return cells_from(json, keys, 1, "mask", where);
  std::vector<uint8_t> mask;
  for (const Json& rows : json) {
    const std::vector<uint8_t> one = cells_from(rows, keys, 1, "mask", where);
    mask.insert(mask.end(), one.begin(), one.end());
  }
  return mask;
}

std::filesystem::path with_extension(const std::filesystem::path& stem, const std::string& extension) {
  return stem.string() + extension;  // a stem such as encoder.0.self has dots of its own
}

std::string quoted(const std::string& field) {
  if (field.find_first_of(",\"\r\n") == std::string::npos) return field;
  std::string text = "\"";
  for (char c : field) text += c == '"' ? std::string("\"\"") : std::string(1, c);
  return text + "\"";
}

std::string label(const MapAxis& axis, int64_t position) {
  return axis.labels.empty() ? std::string() : quoted(axis.labels[static_cast<size_t>(position)]);
}

void add_sidecar(MapRecord& record, const std::filesystem::path& path) {
  const std::string where = path.string();
  try {
    const Json json = parse_json(read_file(path), where);
    require(json.is_object(), where, "expected a JSON object");
    const Json format = json.value("format", Json(1));
    require(format == 1, where, "found format " + format.dump() + ", expected 1");
    record.path = json.value("path", record.path);
    if (json.contains("heads")) record.head_numbers = json["heads"].get<std::vector<int64_t>>();
    if (json.contains("query")) record.query = axis_from(json["query"]);
    if (json.contains("key")) record.key = axis_from(json["key"]);
    record.mask = mask_from(json.value("mask", Json()), record.keys, where);
    record.truth = cells_from(json.value("truth", Json()), record.keys, 2, "truth", where);
    record.provenance = json.value("provenance", record.provenance);
  } catch (const ConfigError& error) {
    throw DataError(error.what());  // malformed JSON: here it is data
  } catch (const Json::exception& error) {
    throw DataError(where + ": not a map's sidecar: " + error.what());
  }
}

}  // namespace

void check_map(const MapRecord& record, const std::string& where) {
  require(record.heads >= 1 && record.queries >= 0 && record.keys >= 0, where,
          "a map needs at least one head");
  const size_t cells = static_cast<size_t>(record.queries * record.keys);
  const auto has = [&](size_t found, size_t expected, const std::string& what) {
    require(found == expected, where,
            what + ": found " + std::to_string(found) + " values, expected " + std::to_string(expected) +
                " for " + std::to_string(record.heads) + " heads, " + std::to_string(record.queries) +
                " queries, " + std::to_string(record.keys) + " keys");
  };
  has(record.weights.size(), cells * static_cast<size_t>(record.heads), "weights");
  if (!record.mask.empty() && !record.mask_per_head()) has(record.mask.size(), cells, "mask");
  if (!record.truth.empty()) has(record.truth.size(), cells, "truth");
  if (!record.head_numbers.empty())
    require(static_cast<int64_t>(record.head_numbers.size()) == record.heads, where,
            "heads: found " + std::to_string(record.head_numbers.size()) + " numbers, expected " +
                std::to_string(record.heads));
  check_axis(record.query, record.queries, "query", where);
  check_axis(record.key, record.keys, "key", where);
}

std::vector<uint8_t> MapRecord::mask_of(int64_t head) const {
  if (!mask_per_head()) return mask;
  const auto cells = static_cast<std::ptrdiff_t>(queries * keys);
  if (head >= 0) return {mask.begin() + head * cells, mask.begin() + (head + 1) * cells};
  std::vector<uint8_t> any(static_cast<size_t>(cells), 0);
  for (size_t i = 0; i < mask.size(); ++i) any[i % any.size()] |= mask[i];
  return any;
}

MapRecord mean_over_heads(const MapRecord& record) {
  MapRecord mean = record;
  mean.mask = record.mask_of(-1);
  mean.heads = 1;
  mean.head_numbers.clear();
  mean.weights.assign(static_cast<size_t>(record.queries * record.keys), 0);
  for (size_t i = 0; i < mean.weights.size(); ++i) {
    double sum = 0;
    for (size_t at = i; at < record.weights.size(); at += mean.weights.size()) sum += record.weights[at];
    mean.weights[i] = static_cast<float>(sum / static_cast<double>(record.heads));
  }
  return mean;
}

Json map_sidecar(const MapRecord& record) {
  Json heads = Json::array();
  for (int64_t head = 0; head < record.heads; ++head) heads.push_back(record.head_number(head));
  return {{"format", 1},
          {"path", record.path},
          {"shape", {record.heads, record.queries, record.keys}},
          {"heads", heads},
          {"query", axis_json(record.query)},
          {"key", axis_json(record.key)},
          {"mask", mask_json(record)},
          {"truth", rows_json(record.truth, record.keys)},
          {"provenance", record.provenance}};
}

void write_map(const std::filesystem::path& stem, const MapRecord& record) {
  check_map(record, stem.string());
  write_npy(with_extension(stem, ".npy"),
            Array::of<float>({record.heads, record.queries, record.keys}, record.weights));
  write_file_atomically(with_extension(stem, ".json"), to_text(map_sidecar(record)) + "\n");
}

std::string map_csv(const MapRecord& record) {
  std::string text = "head,query,query_label,key,key_label,weight\n";
  std::array<char, 32> number;
  for (int64_t head = 0; head < record.heads; ++head)
    for (int64_t q = 0; q < record.queries; ++q)
      for (int64_t k = 0; k < record.keys; ++k) {
        std::snprintf(number.data(), number.size(), "%.9g", static_cast<double>(record.weight(head, q, k)));
        text += std::to_string(record.head_number(head)) + "," + std::to_string(q) + "," +
                label(record.query, q) + "," + std::to_string(k) + "," + label(record.key, k) + "," +
                number.data() + "\n";
      }
  return text;
}

MapRecord read_map(const std::filesystem::path& npy) {
  const Array array = read_npy(npy);
  const size_t d = array.shape.size();
  require(d == 2 || d == 3, npy.string(),
          "found " + std::to_string(d) + " dimensions, expected [heads, queries, keys] or [queries, keys]");
  MapRecord record;
  std::filesystem::path stem = npy;
  stem.replace_extension();
  record.path = stem.filename().string();
  record.heads = d == 3 ? array.shape[0] : 1;
  record.queries = array.shape[d - 2];
  record.keys = array.shape[d - 1];
  record.weights = array.as<float>();
  const std::filesystem::path sidecar = with_extension(stem, ".json");
  if (std::filesystem::exists(sidecar)) add_sidecar(record, sidecar);
  check_map(record, npy.string());
  return record;
}

}  // namespace fovea
