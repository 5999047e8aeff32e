// What fovea-maps does between the command line and the files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace fovea {

/// Maps that another framework made.
struct ForeignRequest {
  std::string from, rows, columns, mask, truth;
  bool causal = false, allow_unnormalized = false;
};

/// How maps are drawn.
struct DrawingRequest {
  std::string width = "one-column", colours, scale = "linear";
  double power = 0.5, font = 7;
  std::optional<double> low, high;
  int64_t label_angle = 90, query = -1;
  bool mean = false, mean_only = false, matrix = false, merge_subwords = false, cut_sinks = false,
       atlas = false;
  std::string atlas_by;  // a score; with it the atlas is sorted
};

/// What is asked of a run instead of its maps.
struct ProbeRequest {
  bool summary = false, faithfulness = false, importance = false;
  std::string prune, pruned_run;  // how many heads to take away, and where that run goes
};

struct MapsRequest {
  std::string run, split = "test", examples, input, out, checkpoint, device = "cpu";
  std::vector<std::string> overrides, layers, formats = {"npy", "json"};
  std::vector<int64_t> heads;
  std::vector<std::string> seeds, against, through;  // further runs of the same and of another variant
  std::string steps;                                 // checkpoints: all, or 100,200
  bool decoded = false, forced = false, gradient = false, score = false, quiet = false, verbose = false;
  int64_t threads = 0;
  ForeignRequest foreign;
  DrawingRequest drawing;
  ProbeRequest probe;
};

/// Exit code of the program; throws Error.
int maps(const MapsRequest& request);

/// "0,5,10-19" as numbers, in the order given, without repeats. Throws ConfigError.
std::vector<int64_t> parse_ranges(const std::string& text, int64_t size);

}  // namespace fovea
