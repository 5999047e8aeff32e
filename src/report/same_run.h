// Whether a run that was made again gave the same bytes.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace fovea {

/// One thing that was compared.
struct Compared {
  std::string what;  // "metrics.jsonl", "checkpoints/step-40/model.safetensors", "result.json metrics"
  bool same = false;
  std::string difference;  // where they first differ, or that one has none
};

/// metrics.jsonl, the metrics of training in result.json and the weights of every checkpoint that both keep,
/// at least one. Throws CheckpointError where a folder is no finished run.
std::vector<Compared> compare_runs(const std::filesystem::path& first, const std::filesystem::path& again);

}  // namespace fovea
