// Checkpoints that a kill at any moment cannot spoil: written aside, checksummed, synced, renamed; verified
// when read.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "src/base/json.h"
#include "src/core/safetensors.h"

namespace fovea {

struct Checkpoint {
  int64_t step = 0;
  Json progress;  // counters, metrics so far
  TensorMap model, optimizer, state;
  bool at_stop = false;  // saved since the run was stopped here, not because one was due
};

/// The folder RUN/checkpoints: step-N folders and the text files LATEST and BEST.
class CheckpointStore {
 public:
  explicit CheckpointStore(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// Writes step-N and, when that is safe on disk, LATEST (and BEST = step-`best`). Throws Error when it
  /// cannot; older ones stay.
  void save(const Checkpoint& checkpoint, int64_t best);

  /// Deletes all but the newest `keep` and `best`, and what is newer than LATEST: the run went back behind
  /// it. One saved at a stop is kept beside them until it is no longer the latest, so that what is there in
  /// the end does not depend on stops.
  void prune(int64_t keep, int64_t best);

  /// The newest checkpoint that verifies, LATEST first; each one that does not is told to `warn`. Nothing
  /// when there is none.
  template <class Warn>
  std::optional<Checkpoint> load_latest(Warn&& warn) const;

  /// One by name: "step-N", "BEST" or "LATEST". Throws CheckpointError.
  Checkpoint load(const std::string& name) const;

  /// What evaluate reads: `name`, or BEST, else LATEST, else the newest that verifies. "mean-N" is the mean
  /// of the weights of the newest N (Vaswani 2017, §6.1), with the newest one's progress. Throws
  /// CheckpointError when there is none, or fewer than N.
  Checkpoint load_for_use(const std::string& name, std::string* warning) const;

  /// Steps of all step-N folders, newest first.
  std::vector<int64_t> steps() const;

  /// Whether nothing was ever saved here: no step-N folder and no LATEST.
  bool empty() const;

 private:
  std::optional<std::string> pointer(const std::string& name) const;
  std::filesystem::path folder_;
};

template <class Warn>
std::optional<Checkpoint> CheckpointStore::load_latest(Warn&& warn) const {
  std::vector<std::string> candidates;
  try {
    if (const auto latest = pointer("LATEST")) candidates.push_back(*latest);
  } catch (const std::exception& error) {
    warn(std::string(error.what()));
  }
  for (int64_t step : steps()) {
    const std::string name = "step-" + std::to_string(step);
    if (candidates.empty() || candidates.front() != name) candidates.push_back(name);
  }
  for (const std::string& name : candidates) {
    try {
      return load(name);
    } catch (const std::exception& error) {
      warn(std::string(error.what()));
    }
  }
  return {};
}

/// Copies the tensors into the module's parameters and buffers; names and shapes must agree exactly. Throws
/// CheckpointError.
void load_module(torch::nn::Module& module, const TensorMap& tensors, const std::string& where);

/// A module's parameters and buffers by name.
TensorMap module_tensors(const torch::nn::Module& module);

}  // namespace fovea
