#include <algorithm>
#include <optional>

#include "apps/shared/map_files.h"
#include "data/readers/content.h"
#include "src/base/error.h"
#include "src/base/files.h"
#include "src/base/text.h"
#include "src/core/safetensors.h"
#include "src/files/npy.h"
#include "src/maps/foreign.h"

namespace fovea {
namespace {

namespace fs = std::filesystem;

/// Named arrays of a file.
struct ForeignArray {
  std::string name;
  std::vector<int64_t> shape;
  std::vector<float> weights;
};

std::vector<ForeignArray> read_arrays(const std::string& path) {
  const fs::path file(path);
  if (file.extension() != ".safetensors") {
    const Array array = read_npy(file);
    return {{file.stem().string(), array.shape, array.as<float>()}};
  }
  TensorMap tensors;
  try {
    tensors = read_safetensors(path);
  } catch (const CheckpointError& error) {  // here it is data
    throw DataError(error.what());
  }
  std::vector<ForeignArray> arrays;
  for (const auto& [name, tensor] : tensors) {
    if (name.empty() || name[0] == '.' || name.find_first_of("/\\") != std::string::npos)
      throw DataError(path + ": found an array called " + excerpt(name) +
                      "; expected a name that a file may have, such as encoder.0.self");
    const Tensor plain = tensor.to(torch::kFloat32).contiguous();
    arrays.push_back(
        {name, plain.sizes().vec(), {plain.data_ptr<float>(), plain.data_ptr<float>() + plain.numel()}});
  }
  if (arrays.empty()) throw DataError(path + ": no arrays; expected weights");
  return arrays;
}

/// The map with the chosen heads alone; nothing when it has none of them.
std::optional<MapRecord> with_heads(MapRecord record, const std::vector<int64_t>& heads) {
  if (heads.empty()) return record;
  const auto cells = static_cast<size_t>(record.queries * record.keys);
  std::vector<float> kept;
  for (const int64_t head : heads) {
    if (head >= record.heads) continue;
    const auto begin = record.weights.begin() + static_cast<int64_t>(static_cast<size_t>(head) * cells);
    kept.insert(kept.end(), begin, begin + static_cast<int64_t>(cells));
    record.head_numbers.push_back(head);
  }
  if (record.head_numbers.empty()) return {};
  record.heads = static_cast<int64_t>(record.head_numbers.size());
  record.weights = std::move(kept);
  return record;
}

}  // namespace

int draw_foreign_maps(const MapsRequest& request) {
  const ForeignRequest& foreign = request.foreign;
  const std::string example = fs::path(foreign.from).stem().string();
  const std::vector<ForeignArray> arrays = read_arrays(foreign.from);
  ForeignFacts facts;
  facts.causal = foreign.causal, facts.allow_unnormalized = foreign.allow_unnormalized;
  if (!foreign.rows.empty()) facts.query_labels = read_lines(foreign.rows);
  if (!foreign.columns.empty()) facts.key_labels = read_lines(foreign.columns);
  std::vector<MapRecord> records;
  for (const ForeignArray& array : arrays) {
    const size_t rank = array.shape.size();
    for (const auto& [file, cells] :
         {std::pair(&foreign.mask, &facts.mask), std::pair(&foreign.truth, &facts.truth)})
      if (!file->empty() && rank >= 2)
        *cells = read_cells(*file, array.shape[rank - 2], array.shape[rank - 1]);
    for (MapRecord& record : foreign_maps(array.name, array.shape, array.weights, facts, foreign.from)) {
      record.provenance = {{"from", foreign.from}, {"example", example}};
      records.push_back(std::move(record));
    }
  }
  const auto through = through_layers(records, request);
  std::vector<MapRecord> chosen;
  for (MapRecord& record : records) {
    const bool wanted = request.layers.empty() ||
                        std::any_of(request.layers.begin(), request.layers.end(),
                                    [&](const std::string& layer) { return matches(layer, record.path); });
    if (!wanted) continue;
    if (auto some = with_heads(std::move(record), request.heads)) chosen.push_back(std::move(*some));
  }
  chosen.insert(chosen.end(), through.begin(), through.end());
  MapWriter writer(request);
  writer.example(example, chosen, {});
  if (writer.maps() == 0) refuse_empty_choice(request);
  return writer.finish();
}

}  // namespace fovea
