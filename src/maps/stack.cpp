#include "src/maps/stack.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "src/base/error.h"
#include "src/base/text.h"

namespace fovea {
namespace {

/// What a layer's path says: encoder.3.self is layer 3 of encoder.
struct LayerName {
  std::string prefix;
  int64_t number = 0;
  bool self = false;
};

std::optional<LayerName> layer_name(const std::string& path) {
  std::vector<std::string> parts = split(path, '.');
  LayerName name;
  name.self = parts.back() == "self";
  if (name.self) parts.pop_back();
  if (parts.empty() || parts.back().empty() || parts.back().size() > 9) return std::nullopt;
  for (char c : parts.back()) {
    if (c < '0' || c > '9') return std::nullopt;
    name.number = name.number * 10 + (c - '0');
  }
  parts.pop_back();
  name.prefix = join(parts, ".");
  return name;
}

std::string shape_of(const MapRecord& record) {
  return std::to_string(record.queries) + " × " + std::to_string(record.keys);
}

void require_square(const std::vector<MapRecord>& layers) {
  if (layers.empty()) throw DataError("a stack of maps: found no layer, expected at least one");
  for (const MapRecord& layer : layers) {
    check_map(layer, layer.path);
    if (layer.queries != layer.keys || layer.queries != layers[0].queries)
      throw DataError(layer.path + ": found " + shape_of(layer) +
                      " cells; expected a square map of the size of " + layers[0].path + ", " +
                      shape_of(layers[0]));
  }
}

double fused(const MapRecord& record, int64_t q, int64_t k, HeadFusion fusion) {
  double sum = 0, low = record.weight(0, q, k), high = low;
  for (int64_t head = 0; head < record.heads; ++head) {
    const double weight = record.weight(head, q, k);
    if (!std::isfinite(weight) || weight < 0)
      throw DataError(record.path + ", head " + std::to_string(record.head_number(head)) + ", query " +
                      std::to_string(q) + ": found the weight " + std::to_string(weight) +
                      "; expected finite weights from 0 on");
    sum += weight, low = std::min(low, weight), high = std::max(high, weight);
  }
  if (fusion == HeadFusion::kMean) return sum / static_cast<double>(record.heads);
  return fusion == HeadFusion::kMax ? high : low;
}

std::vector<double> fused_layer(const MapRecord& record, HeadFusion fusion) {
  std::vector<double> matrix;
  for (int64_t q = 0; q < record.queries; ++q)
    for (int64_t k = 0; k < record.keys; ++k)
      matrix.push_back(record.visible(q, k) ? fused(record, q, k, fusion) : 0);
  rescale_rows(matrix, record.queries);
  return matrix;
}

bool sees_something(const MapRecord& record, int64_t q) {
  for (int64_t k = 0; k < record.keys; ++k)
    if (record.visible(q, k)) return true;
  return false;
}

std::vector<double> mixed_layer(const MapRecord& record, const MixOptions& options) {
  const int64_t tokens = record.queries;
  std::vector<double> matrix = fused_layer(record, options.heads);
  for (int64_t q = 0; q < tokens; ++q) {
    double* row = matrix.data() + q * tokens;
    const bool attends = std::any_of(row, row + tokens, [](double weight) { return weight > 0; });
    const double residual = !sees_something(record, q) ? 0 : attends ? options.residual : 1;
    for (int64_t k = 0; k < tokens; ++k) row[k] *= 1 - residual;
    row[q] += residual;
  }
  return matrix;
}

/// What a layer's tokens reach in one step.
std::vector<uint8_t> steps(const MapRecord& record, bool residual) {
  std::vector<uint8_t> cells;
  for (int64_t q = 0; q < record.queries; ++q) {
    const bool stays = residual && sees_something(record, q);
    for (int64_t k = 0; k < record.keys; ++k) cells.push_back(record.visible(q, k) || (stays && q == k));
  }
  return cells;
}

/// Cells that paths of `upper`, then of `lower`, lead to.
std::vector<uint8_t> joined(const std::vector<uint8_t>& upper, const std::vector<uint8_t>& lower,
                            size_t tokens) {
  std::vector<uint8_t> cells(tokens * tokens, 0);
  for (size_t q = 0; q < tokens; ++q)
    for (size_t via = 0; via < tokens; ++via) {
      if (!upper[q * tokens + via]) continue;
      for (size_t k = 0; k < tokens; ++k) cells[q * tokens + k] |= lower[via * tokens + k];
    }
  return cells;
}

std::vector<uint8_t> reach_of(const std::vector<MapRecord>& layers, bool residual) {
  if (std::all_of(layers.begin(), layers.end(), [](const MapRecord& layer) { return layer.mask.empty(); }))
    return {};
  std::vector<uint8_t> reach = steps(layers[0], residual);
  for (size_t layer = 1; layer < layers.size(); ++layer)
    reach = joined(steps(layers[layer], residual), reach, static_cast<size_t>(layers[0].queries));
  return reach;
}

}  // namespace

std::string fusion_name(HeadFusion fusion) {
  return fusion == HeadFusion::kMean ? "mean" : fusion == HeadFusion::kMax ? "max" : "min";
}

HeadFusion fusion_from(const std::string& name) {
  for (const HeadFusion fusion : {HeadFusion::kMean, HeadFusion::kMax, HeadFusion::kMin})
    if (fusion_name(fusion) == name) return fusion;
  throw ConfigError("no fusion of heads \"" + name + "\"" + hint(name, {"mean", "max", "min"}));
}

std::vector<std::vector<MapRecord>> self_attention_stacks(const std::vector<MapRecord>& records) {
  std::map<std::pair<std::string, bool>, std::map<int64_t, const MapRecord*>> found;
  for (const MapRecord& record : records) {
    const auto name = layer_name(record.path);
    if (!name || (!name->self && record.queries != record.keys)) continue;
    if (!found[{name->prefix, name->self}].emplace(name->number, &record).second)
      throw DataError(record.path + ": found twice; expected the maps of one example");
  }
  std::vector<std::vector<MapRecord>> stacks;
  for (const auto& [name, layers] : found) {
    stacks.emplace_back();
    for (const auto& [number, record] : layers) {
      const auto expected = static_cast<int64_t>(stacks.back().size());
      if (number != expected)
        throw DataError(record->path + ": found layer " + std::to_string(number) + " where layer " +
                        std::to_string(expected) + " was expected; a stack needs all of its layers");
      stacks.back().push_back(*record);
    }
  }
  return stacks;
}

MixedStack mix_stack(const std::vector<MapRecord>& layers, const MixOptions& options) {
  if (!(options.residual >= 0 && options.residual <= 1))
    throw ConfigError("residual: found " + std::to_string(options.residual) + ", expected 0 … 1");
  require_square(layers);
  MixedStack mixed;
  mixed.tokens = layers[0].queries;
  for (const MapRecord& layer : layers) mixed.layers.push_back(mixed_layer(layer, options));
  mixed.reach = reach_of(layers, options.residual > 0);
  return mixed;
}

MapRecord stack_record(const std::vector<MapRecord>& layers, const std::vector<double>& weights,
                       const MixedStack& mixed, const std::string& method, const MixOptions& options) {
  MapRecord record = layers.back();
  const auto name = layer_name(record.path);
  const std::string prefix = name ? name->prefix : record.path;
  record.path = prefix.empty() ? method : prefix + "." + method;
  record.heads = 1, record.head_numbers.clear();
  record.weights.assign(weights.begin(), weights.end());
  record.key = layers.front().key;
  record.mask = mixed.reach;
  for (size_t i = 0; i < record.mask.size(); ++i) record.mask[i] |= weights[i] > 0;
  if (!record.provenance.is_object()) record.provenance = {{"of", record.provenance}};
  record.provenance["layer"] = record.path;
  record.provenance["method"] = {{"name", method},
                                 {"heads", fusion_name(options.heads)},
                                 {"residual", options.residual},
                                 {"layers", layers.size()}};
  return record;
}

void rescale_rows(std::vector<double>& matrix, int64_t tokens) {
  for (int64_t q = 0; q < tokens; ++q) {
    double* row = matrix.data() + q * tokens;
    double sum = 0;
    for (int64_t k = 0; k < tokens; ++k) sum += row[k];
    if (sum <= 0) continue;
    for (int64_t k = 0; k < tokens; ++k) row[k] /= sum;
  }
}

}  // namespace fovea
