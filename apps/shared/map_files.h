// The files that fovea-maps writes, wherever the maps come from.
#pragma once

#include <map>

#include "apps/shared/maps.h"
#include "src/maps/map_page.h"
#include "src/maps/map_record.h"
#include "src/maps/map_scene.h"

namespace fovea {

/// Throws ConfigError for a format that is none, and for a drawing that cannot be.
void require_drawable(const MapsRequest& request);

MapFigureOptions figure_options(const DrawingRequest& drawing);

/// Says what it was in the request that left no map; returns when nothing was.
void refuse_empty_choice(const MapsRequest& request);

/// Takes the maps of one call, writes each in every format asked for and scores it where that is asked.
class MapWriter {
 public:
  explicit MapWriter(const MapsRequest& request);

  /// All maps of one example; `example` is its folder. Where `at_steps`, of one checkpoint: the stems end in
  /// .step-N, and the figures are the frames of a film.
  void example(const std::string& example, std::vector<MapRecord> records, const MapScene& scene,
               bool at_steps = false);
  int64_t maps() const { return maps_; }

  /// One map of `example` that was made of others, as it is, with its figure: numbers, figure and a place on
  /// the page under the name EXAMPLE/STEM.
  void made(const std::string& example, const std::string& stem, const MapRecord& record,
            const MapScene& scene, const Figure& figure);

  /// Every layer and head of `records` in one figure, or one a shape.
  void atlas(const std::string& example, const std::vector<MapRecord>& records) const;

  /// The scores of the same maps in a run of another seed.
  void seed(std::vector<Json> scores) { seeds_.push_back(std::move(scores)); }

  /// Writes films, and scores.json and maps.html where they are asked for, and says how many maps (or `what`)
  /// there are; the program's exit code.
  int finish(const std::string& what = "maps");

  /// One figure in the formats asked for; what no font has is said on stderr.
  void figure(const std::filesystem::path& stem, const Figure& figure) const;

 private:
  bool wants(const std::string& format) const;
  bool draws() const;
  void numbers(const std::filesystem::path& stem, const MapRecord& record) const;

  const MapsRequest& request_;
  MapPage page_;
  int64_t maps_ = 0;
  std::vector<Json> scores_;
  std::vector<std::vector<Json>> seeds_;
  std::map<std::string, std::vector<Figure>> films_;  // by EXAMPLE/PATH
};

/// `record` as the request wants it shown: words instead of subwords, without sinks, the mean of its heads.
MapRecord edited(MapRecord record, const DrawingRequest& drawing);

/// Rollout and flow of the stacks among `records`, where they are asked for.
std::vector<MapRecord> through_layers(const std::vector<MapRecord>& records, const MapsRequest& request);

/// Draws and scores the maps of `request.foreign`, as one example called like the file. Throws DataError.
int draw_foreign_maps(const MapsRequest& request);

}  // namespace fovea
