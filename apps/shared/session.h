// What train, evaluate, predict and maps share: a resolved config, and the task and net it stands for.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "apps/shared/input_lines.h"
#include "src/core/task.h"
#include "src/train/options.h"
#include "src/train/run_folder.h"

namespace fovea {

/// defaults < `recipe`, called `name` < each of `files` < `overrides`, every field stated. Throws ConfigError
/// on an unknown key, with the recipe or the file it is in.
Json resolve_config(const std::string& name, const Json& recipe, const std::vector<std::string>& files,
                    const std::vector<std::string>& overrides);

/// The same for a tree that is already merged.
Json resolve_tree(const Json& tree);

TrainOptions train_options(const Json& config);

/// A trained run, ready to be used.
struct LoadedRun {
  RunFolder folder;
  std::shared_ptr<Task> task;
  std::shared_ptr<Net> net;
  int64_t step = 0;
  bool fallback = false;  // not the checkpoint that was asked for: that one is damaged
};

/// Throws DataError when the data are not those the run began with.
void require_same_data(const LoadedRun& run);

/// Opens a run with its task/ folder and the checkpoint `checkpoint` (empty = BEST, else LATEST). `overrides`
/// may change task.* only. Throws CheckpointError, ConfigError.
LoadedRun load_run(const std::string& path, const std::string& checkpoint,
                   const std::vector<std::string>& overrides, torch::Device device);

/// `examples` as the run's net reads them: in its precision, on `device`.
Batch batch_of(const LoadedRun& run, const std::vector<Example>& examples, torch::Device device);

/// How the texts given to a run are written: its data's encoding, utf-8 where the task has none.
std::string text_encoding(const LoadedRun& run);

/// What `line` stands for, its index the id; where `forced`, INPUT<tab>OUTPUT. Throws DataError with the line's
/// place.
Example example_of(const LoadedRun& run, const InputLine& line, bool forced);

/// "cpu" or "cuda" (exit 2 when this build or machine has none).
torch::Device parse_device(const std::string& name);

/// Sets intra-op threads (0 = leave) and the deterministic algorithms that every program runs with.
void prepare_torch(int64_t threads);

/// Versions, threads, device, seed, recipe and data: what a run's manifest.json holds.
Json make_manifest(const std::vector<std::string>& argv, const std::string& recipe, uint64_t seed,
                   const std::string& device, const Json& data);

}  // namespace fovea
