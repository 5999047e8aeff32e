// What SWEEP/sweep.json holds: the recipe, the axes, and every cell that was ever asked for
// (docs/ablation.md).
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "src/base/json.h"
#include "src/experiments/axes.h"

namespace fovea {

/// One run of a sweep: the folder SWEEP/cells/ID.
struct SweepCell {
  int64_t seed = 0;
  std::string id;
};

/// The cells that differ in nothing but the seed.
struct SweepPoint {
  /// By axis, as written; without those that its names do not have.
  std::map<std::string, std::string> values;
  /// "model.attention.heads=4": given, and left out because the chosen name has no such field.
  std::vector<std::string> dropped;
  /// "model.width=68", what --match-parameters added; or empty.
  std::string matched;
  /// The overrides that `fovea train` gets after the recipe.
  std::vector<std::string> overrides;
  /// SHA-256 of the resolved config and the fingerprints of the data.
  std::string key;
  int64_t parameters = -1, macs = -1;  // of the net, and of one example; −1 = unknown
  /// What a cell may take; NaN = not estimated.
  double seconds = std::numeric_limits<double>::quiet_NaN();
  /// Whether there are test examples to be scored on.
  bool tested = true;
  std::vector<SweepCell> cells;
};

/// A combination that cannot be, and why.
struct RefusedPoint {
  std::map<std::string, std::string> values;
  std::string why;
};

/// What `fovea ablate` was asked for. Two requests that are equal have equal cells.
struct SweepRequest {
  std::string recipe;              // its name; SWEEP/NAME.json holds `base`
  Json base = Json::object();      // recipe < --config files, merged
  std::vector<std::string> fixed;  // overrides of all cells
  std::vector<Axis> axes;
  int64_t seeds = 5, threads = 1;
  std::string device = "cpu", tune, exclude, match, baseline;
  bool one_at_a_time = false;
};

struct Sweep {
  SweepRequest request;            // the last one, with the axes of all together and the most seeds of any
  std::vector<std::string> asked;  // hashes of the requests so far, each with the commit that expanded it
  Json files = Json::object();     // size and time of each data file, when its fingerprint was taken
  std::vector<SweepPoint> points;
  std::vector<RefusedPoint> refused;

  int64_t cells() const;
};

/// Reads SWEEP/sweep.json. Throws CheckpointError when it is absent or not a sweep.
Sweep read_sweep(const std::filesystem::path& folder);
bool is_sweep(const std::filesystem::path& folder);

/// Writes sweep.json and the recipe that its cells begin from, atomically.
void write_sweep(const std::filesystem::path& folder, const Sweep& sweep);

Json to_json(const SweepRequest& request);

/// What `asked` holds of a request.
std::string request_hash(const SweepRequest& request, const std::string& commit);

/// The values of all axes but the tuned one, by their short names: "attention=bahdanau, layers=2"; the name
/// of the recipe where there is none.
std::string variant_name(const SweepRequest& request, const std::map<std::string, std::string>& values);

/// The first key in which the cells of `before` and `after` differ whatever their axes say ("train.epochs",
/// "threads"); "" when a sweep of the one can be extended by the other.
std::string changed_key(const SweepRequest& before, const SweepRequest& after);

/// `before` and `after` together: all axes with all their values, the larger number of seeds; else as
/// `after`.
SweepRequest joined(const SweepRequest& before, SweepRequest after);

/// Adds what a request expanded to: points that are there keep their folders and get the seeds they lack, new
/// ones get folders of their own. What had the same values but other data or defaults goes out; its folders
/// stay. Returns how many cells went.
int64_t extend(Sweep& sweep, std::vector<SweepPoint> points, std::vector<RefusedPoint> refused);

}  // namespace fovea
