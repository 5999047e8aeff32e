#include <filesystem>
#include <map>

#include "apps/shared/map_files.h"
#include "apps/shared/run_maps.h"
#include "src/base/error.h"
#include "src/files/npy.h"
#include "src/maps/map_compare.h"

namespace fovea {
namespace {

namespace fs = std::filesystem;

/// Of one example: layer → the maps of the runs of one side, and what they are drawn on.
struct ExampleMaps {
  std::map<std::string, std::vector<MapRecord>> layers;
  MapScene scene;
};
using Side = std::map<std::string, ExampleMaps>;

void add_run(Side& side, LoadedRun& run, const MapsRequest& request, torch::Device device) {
  for (const NamedExample& named : chosen_examples(run, request)) {
    const TracedExample one = traced(run, named, request, device);
    ExampleMaps& example = side[named.name];
    example.scene = scene_of(one.batch);
    for (MapRecord& record : records_of(run, one, request)) {
      record = edited(std::move(record), request.drawing);
      example.layers[record.path].push_back(std::move(record));
    }
  }
}

Side side_of(const std::vector<std::string>& paths, const MapsRequest& request, torch::Device device) {
  Side side;
  for (const std::string& path : paths) {
    LoadedRun run = load_run(path, request.checkpoint, request.overrides, device);
    if (request.input.empty()) require_same_data(run);
    add_run(side, run, request, device);
  }
  return side;
}

/// Heads of two variants cannot be told apart where their number differs: then their means are compared.
void match_heads(std::vector<MapRecord>& a, std::vector<MapRecord>& b) {
  if (a[0].heads == b[0].heads) return;
  for (auto* side : {&a, &b})
    for (MapRecord& record : *side) record = mean_over_heads(record);
}

/// The difference of one layer on one example, written; over seeds with the p of every cell.
MapRecord write_difference(MapWriter& writer, const std::string& example, const ExampleMaps& maps,
                           const std::vector<MapRecord>& a, const std::vector<MapRecord>& b,
                           const MapsRequest& request) {
  const MapFigureOptions options = figure_options(request.drawing);
  const std::string stem = a[0].path + ".difference";
  if (a.size() == 1 && b.size() == 1) {
    const MapRecord record = difference(a[0], b[0]);
    writer.made(example, stem, record, maps.scene, map_figure(record, {}, options));
    return record;
  }
  const SeedDifference found = difference_over_seeds(a, b);
  writer.made(example, stem, found.mean, maps.scene, difference_figure(found, options));
  write_npy((fs::path(request.out) / example / (stem + ".p.npy")).string(),
            Array::of<double>({found.mean.heads, found.mean.queries, found.mean.keys}, found.p));
  return found.mean;
}

}  // namespace

int draw_differences(const MapsRequest& request, LoadedRun& run, torch::Device device) {
  Side own = side_of(request.seeds, request, device), other = side_of(request.against, request, device);
  add_run(own, run, request, device);
  MapWriter writer(request);
  for (auto& [example, maps] : own) {
    std::vector<MapRecord> made;
    for (auto& [path, records] : maps.layers) {
      const auto found = other[example].layers.find(path);
      if (found == other[example].layers.end()) continue;
      match_heads(records, found->second);
      made.push_back(write_difference(writer, example, maps, records, found->second, request));
    }
    if (request.drawing.atlas && !made.empty()) writer.atlas(example, made);
  }
  if (writer.maps() == 0)
    throw ConfigError("--against: the runs have no attention of one name; --layers shows which");
  return writer.finish("differences");
}

}  // namespace fovea
