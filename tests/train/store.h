// A store of checkpoints whose content says which step they are of.
#pragma once

#include <catch2/catch.hpp>

#include "src/train/checkpoint.h"
#include "tests/support/scratch.h"

namespace fovea {

/// A checkpoint all of whose numbers are its step.
inline Checkpoint checkpoint_of(int64_t step) {
  const auto filled = [&](int64_t size) { return torch::full({size}, step, torch::kFloat32); };
  return {step,
          {{"batch", step}},
          {{"weight", filled(3000)}},
          {{"exp_avg/weight", filled(3000)}},
          {{"carry.0", filled(2)}}};
}

inline bool whole(const Checkpoint& found) {
  const Checkpoint expected = checkpoint_of(found.step);
  return found.progress == expected.progress &&
         torch::equal(found.model.at("weight"), expected.model.at("weight")) &&
         torch::equal(found.optimizer.at("exp_avg/weight"), expected.optimizer.at("exp_avg/weight")) &&
         torch::equal(found.state.at("carry.0"), expected.state.at("carry.0"));
}

/// A store with steps 10, 20 and 30, of which 20 is the best.
struct Store {
  Scratch scratch;
  CheckpointStore store{scratch.folder() / "checkpoints"};
  std::vector<std::string> warnings;
  Store() {
    for (int64_t step : {10, 20, 30}) store.save(checkpoint_of(step), std::min<int64_t>(step, 20));
  }
  std::filesystem::path file(const std::string& name) const {
    return scratch.folder() / "checkpoints" / name;
  }
  /// The step of the newest checkpoint that loads, −1 without one.
  int64_t latest() {
    const auto found = store.load_latest([this](const std::string& problem) { warnings.push_back(problem); });
    if (found) CHECK(whole(*found));
    return found ? found->step : -1;
  }
};

/// What lies in a folder, sorted.
inline std::vector<std::string> names_in(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace fovea
