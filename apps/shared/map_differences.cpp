#include <filesystem>
#include <iostream>
#include <map>

#include "apps/shared/map_files.h"
#include "apps/shared/run_maps.h"
#include "src/base/error.h"
#include "src/base/files.h"
#include "src/files/npy.h"
#include "src/maps/map_compare.h"

namespace fovea {
namespace {

namespace fs = std::filesystem;

/// Example → layer → the maps of the runs of one side.
using Side = std::map<std::string, std::map<std::string, std::vector<MapRecord>>>;

void add_run(Side& side, LoadedRun& run, const MapsRequest& request, torch::Device device) {
  for (const NamedExample& named : chosen_examples(run, request)) {
    const TracedExample one = traced(run, named, request, device);
    for (MapRecord& record : records_of(run, one, request)) {
      record = edited(std::move(record), request.drawing);
      side[named.name][record.path].push_back(std::move(record));
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

void write_difference(const MapWriter& writer, const fs::path& stem, const std::vector<MapRecord>& a,
                      const std::vector<MapRecord>& b, const MapsRequest& request) {
  const MapFigureOptions options = figure_options(request.drawing);
  if (a.size() == 1 && b.size() == 1) {
    const MapRecord record = difference(a[0], b[0]);
    write_map(stem, record);
    return writer.figure(stem, map_figure(record, {}, options));
  }
  const SeedDifference found = difference_over_seeds(a, b);
  write_map(stem, found.mean);
  write_npy(stem.string() + ".p.npy",
            Array::of<double>({found.mean.heads, found.mean.queries, found.mean.keys}, found.p));
  writer.figure(stem, difference_figure(found, options));
}

}  // namespace

int draw_differences(const MapsRequest& request, LoadedRun& run, torch::Device device) {
  Side own = side_of(request.seeds, request, device), other = side_of(request.against, request, device);
  add_run(own, run, request, device);
  const MapWriter writer(request);
  int64_t count = 0;
  for (auto& [example, layers] : own)
    for (auto& [path, records] : layers) {
      const auto found = other[example].find(path);
      if (found == other[example].end()) continue;
      match_heads(records, found->second);
      make_folders(fs::path(request.out) / example);
      write_difference(writer, fs::path(request.out) / example / (path + ".difference"), records,
                       found->second, request);
      ++count;
    }
  if (count == 0)
    throw ConfigError("--against: the runs have no attention of one name; --layers shows which");
  if (!request.quiet) std::cout << count << " differences in " << request.out << "\n";
  return 0;
}

}  // namespace fovea
