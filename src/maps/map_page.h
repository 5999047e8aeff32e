// All maps of a call as one self-contained page to explore: no network, no external file.
#pragma once

#include <string>
#include <vector>

#include "src/base/json.h"
#include "src/figures/figure.h"
#include "src/maps/map_figure.h"
#include "src/maps/map_page_blobs.h"
#include "src/maps/map_record.h"

namespace fovea {

/// A page that shows one map large, the heads of a layer or an atlas of all layers and heads of an example.
/// The same calls give the same bytes.
class MapPage {
 public:
  /// Of `style`, colours, scale and power are what the page opens with; low and high end the shared scale.
  explicit MapPage(std::string title, const Style& style = {});

  /// Takes the maps of one layer on `example`; examples and layers keep the order of their first call. Maps
  /// that differ in provenance.step only become the steps of one layer. `scene` is drawn where the keys are
  /// its grid or its time steps. `scores` is score_record(record) or null. Weights are packed at once. Throws
  /// DataError for a record that disagrees with itself.
  void add(const std::string& example, const MapRecord& record, const MapScene& scene = {},
           const Json& scores = nullptr);

  /// The whole file. Weights have 16 bits while the page has at most kMostCells16 of them, else 8
  /// (map_packing.h); texts that are not UTF-8 are shown with replacements.
  std::string html() const;

 private:
  struct Layer {
    std::string identity;
    Json json;  // with one of its "frames" for each step
  };
  struct Example {
    std::string name;
    std::vector<Layer> layers;
  };

  Example& example_named(const std::string& name);
  Json layer_json(const MapRecord& record, const MapScene& scene);
  Json frame_json(const MapRecord& record, const Json& scores);
  int64_t shared(const Json& value);
  Json document() const;

  std::string title_;
  Style style_;
  std::vector<Example> examples_;
  std::vector<std::string> shared_;  // axes and series, each once, as JSON
  PageBlobs blobs_;
};

}  // namespace fovea
