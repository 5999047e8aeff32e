// What finished runs keep and nobody needs any more: the optimizer's state, checkpoints that are neither the
// best nor the last, what a killed writer left.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace fovea {

struct Leftover {
  std::filesystem::path path;
  /// A folder of a checkpoint, the optimizer's half of one, or an unfinished write.
  enum class Kind { kCheckpoint, kOptimizer, kTemporary } kind = Kind::kCheckpoint;
  int64_t bytes = 0;
};

struct LeftoverOptions {
  /// Checkpoints that are neither BEST nor LATEST stay: for --steps, mean-N.
  bool keep_checkpoints = false;
};

/// Of the finished runs at or below `roots`; unfinished ones need all they have and are left alone. Never
/// anything of BEST's weights. Throws CheckpointError where a root holds no run.
std::vector<Leftover> find_leftovers(const std::vector<std::filesystem::path>& roots,
                                     const LeftoverOptions& options = {});

/// Removes one. A kill in between leaves a checkpoint either whole or without its optimizer's half, never one
/// that cannot be read. Throws Error.
void remove_leftover(const Leftover& leftover);

/// "optimizer", "checkpoint", "unfinished write".
std::string leftover_name(Leftover::Kind kind);

}  // namespace fovea
