#include "src/maps/foreign.h"

#include <cmath>
#include <filesystem>

#include "src/base/error.h"
#include "src/base/files.h"
#include "src/base/text.h"
#include "src/files/npy.h"
#include "src/stats/alignment_error.h"

namespace fovea {
namespace {

constexpr double kTolerance = 1e-3;  // of a row's sum: float16 weights round

std::string shape_text(const std::vector<int64_t>& shape) {
  std::vector<std::string> sizes;
  for (const int64_t size : shape) sizes.push_back(std::to_string(size));
  return "[" + join(sizes, ", ") + "]";
}

/// Where a weight stands, for a message.
std::string place_of(const MapRecord& record, int64_t head, int64_t query) {
  return record.path + ", head " + std::to_string(head) + ", query " + std::to_string(query);
}

/// Throws unless every row is one of shares over the keys it sees.
void require_shares(const MapRecord& record, const std::string& where) {
  const auto refuse = [&](int64_t head, int64_t query, const std::string& found) {
    throw DataError(
        where + ": " + place_of(record, head, query) + ": found " + found +
        "; expected weights from 0 on that sum to 1 (--allow-unnormalized takes them as they are)");
  };
  for (int64_t head = 0; head < record.heads; ++head)
    for (int64_t query = 0; query < record.queries; ++query) {
      double sum = 0;
      for (int64_t key = 0; key < record.keys; ++key) {
        const double weight = record.weight(head, query, key);
        if (!std::isfinite(weight)) refuse(head, query, "a weight that is no number");
        if (weight < 0) refuse(head, query, "the weight " + std::to_string(weight));
        if (weight > kTolerance && !record.visible(query, key))
          refuse(head, query,
                 "the weight " + std::to_string(weight) + " on key " + std::to_string(key) +
                     ", which is masked");
        sum += weight;
      }
      if (sum != 0 && std::abs(sum - 1) > kTolerance) refuse(head, query, "a sum of " + std::to_string(sum));
    }
}

/// Cells without a number are not seen and hold nothing.
void hide_non_numbers(MapRecord& record) {
  const auto cells = static_cast<size_t>(record.queries * record.keys);
  for (size_t i = 0; i < record.weights.size(); ++i) {
    if (std::isfinite(record.weights[i])) continue;
    if (record.mask.empty()) record.mask.assign(cells, 1);
    record.mask[i % cells] = 0, record.weights[i] = 0;
  }
}

void hide_later_keys(MapRecord& record) {
  if (record.mask.empty()) record.mask.assign(static_cast<size_t>(record.queries * record.keys), 1);
  for (int64_t query = 0; query < record.queries; ++query)
    for (int64_t key = std::max<int64_t>(0, query + record.keys - record.queries + 1); key < record.keys;
         ++key)
      record.mask[static_cast<size_t>(query * record.keys + key)] = 0;
}

}  // namespace

std::vector<MapRecord> foreign_maps(const std::string& name, const std::vector<int64_t>& shape,
                                    const std::vector<float>& weights, const ForeignFacts& facts,
                                    const std::string& where) {
  const size_t rank = shape.size();
  if (rank < 2 || rank > 4)
    throw DataError(where + ": " + name + ": found an array of shape " + shape_text(shape) +
                    "; expected [queries, keys], [heads, queries, keys] or [layers, heads, queries, keys]");
  const int64_t layers = rank == 4 ? shape[0] : 1;
  std::vector<MapRecord> records;
  for (int64_t layer = 0; layer < layers; ++layer) {
    MapRecord record;
    record.path = rank == 4 ? name + "." + std::to_string(layer) : name;
    record.heads = rank >= 3 ? shape[rank - 3] : 1;
    record.queries = shape[rank - 2], record.keys = shape[rank - 1];
    const int64_t cells = record.heads * record.queries * record.keys;
    if (cells == 0)
      throw DataError(where + ": " + name + ": found an array of shape " + shape_text(shape) +
                      "; expected one with weights in it");
    record.weights.assign(weights.begin() + layer * cells, weights.begin() + (layer + 1) * cells);
    record.query.labels = facts.query_labels, record.key.labels = facts.key_labels;
    record.mask = facts.mask, record.truth = facts.truth;
    check_map(record, where);
    if (facts.causal) hide_later_keys(record);
    if (facts.allow_unnormalized)
      hide_non_numbers(record);
    else
      require_shares(record, where);
    records.push_back(std::move(record));
  }
  return records;
}

std::vector<uint8_t> read_cells(const std::string& path, int64_t queries, int64_t keys) {
  const auto cells = static_cast<size_t>(queries * keys);
  if (std::filesystem::path(path).extension() == ".npy") {
    const Array array = read_npy(path);
    if (array.shape != std::vector<int64_t>{queries, keys})
      throw DataError(path + ": found an array of shape " + shape_text(array.shape) + "; expected " +
                      shape_text({queries, keys}));
    std::vector<uint8_t> values;
    for (const double value : array.as<double>()) {
      if (value != 0 && value != 1 && value != 2)
        throw DataError(path + ": found " + std::to_string(value) +
                        "; expected 0, 1, or 2 for what is possible");
      values.push_back(static_cast<uint8_t>(value));
    }
    return values;
  }
  std::string text = read_file(path);
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  if (text.find('\n') != std::string::npos)
    throw DataError(
        path + ":2: found a second line; expected the links of one map, such as 0-0 1-2, or a .npy file");
  const GoldLinks links = parse_links(text, 0, path + ":1");
  std::vector<uint8_t> truth(cells, 0);
  const auto mark = [&](const Links& some, uint8_t kind) {
    for (const auto& [key, query] : some) {
      if (key >= keys || query >= queries)
        throw DataError(path + ":1: found the link " + std::to_string(key) + "-" + std::to_string(query) +
                        "; expected keys below " + std::to_string(keys) + " and queries below " +
                        std::to_string(queries));
      truth[static_cast<size_t>(query * keys + key)] = kind;
    }
  };
  mark(links.possible, 2), mark(links.sure, 1);
  return truth;
}

}  // namespace fovea
