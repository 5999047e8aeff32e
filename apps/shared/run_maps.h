// The maps of a trained run on chosen examples.
#pragma once

#include "apps/shared/maps.h"
#include "apps/shared/session.h"
#include "src/maps/map_scene.h"
#include "src/train/capture.h"

namespace fovea {

/// An example, the folder its maps go to ("test-5", "input-0") and, where the split is a stream, the examples
/// that come before it: what a net with a memory has read until then.
struct NamedExample {
  std::string name;
  Example example;
  std::vector<Example> before = {};
};

/// Of the split (0-7 where the request names none) or of the input file. Throws ConfigError, DataError.
std::vector<NamedExample> chosen_examples(const LoadedRun& run, const MapsRequest& request);

/// Model, config, seed and step.
Json run_provenance(const LoadedRun& run);

/// One example, read by the net with a listener.
struct TracedExample {
  Batch batch;
  AttentionTrace trace;
  Json provenance;
};

/// Whether the decoder is read along its own output instead of the reference. Throws ConfigError where there
/// is no decoder to do so.
bool along_output(const LoadedRun& run, const MapsRequest& request);

TracedExample traced(LoadedRun& run, const NamedExample& named, const MapsRequest& request,
                     torch::Device device);

/// The records of `one`, rollout and flow among them where they are asked for.
std::vector<MapRecord> records_of(const LoadedRun& run, const TracedExample& one, const MapsRequest& request);

/// The picture or the series an example shows.
MapScene scene_of(const Batch& batch);

/// Throws ConfigError when `out` holds the maps of another run.
void require_own_maps(const std::string& out, const LoadedRun& run);

/// The differences of `run` from the runs of `request.against`, drawn. The program's exit code.
int draw_differences(const MapsRequest& request, LoadedRun& run, torch::Device device);

}  // namespace fovea
