// The folder of one run (docs/commands.md): made at once, continued when its config agrees, never
// overwritten.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "src/base/json.h"
#include "src/train/checkpoint.h"

namespace fovea {

/// Everything that identifies a run.
struct RunIdentity {
  Json config;    // resolved, without seed, output folder and device
  Json manifest;  // argv, versions, threads, device, seed, recipe, data fingerprints
};

/// Held by the one process that trains in a run; the system lets go of it when that process ends, however it
/// ends.
class RunLock {
 public:
  /// Throws Error when another process trains in `folder`, or when it cannot be opened.
  explicit RunLock(const std::filesystem::path& folder);
  ~RunLock();
  RunLock(const RunLock&) = delete;
  RunLock& operator=(const RunLock&) = delete;

 private:
  int file_ = -1;
};

/// Throws DataError naming the first difference between the data fingerprints of `manifest` and `data`.
void require_same_data(const std::filesystem::path& run, const Json& manifest, const Json& data);

class RunFolder {
 public:
  /// Opens an existing run. Throws CheckpointError when `path` is not one.
  explicit RunFolder(std::filesystem::path path);

  /// Opens `path`, making it first when absent (all of it or nothing; `fill` writes task/ into it).
  /// Throws ConfigError naming the first key that differs when another run lives there.
  static RunFolder open_or_create(const std::filesystem::path& path, const RunIdentity& identity,
                                  const std::function<void(const std::filesystem::path&)>& fill);

  const std::filesystem::path& path() const { return path_; }
  const Json& config() const { return config_; }
  const Json& manifest() const { return manifest_; }
  CheckpointStore checkpoints() const { return CheckpointStore(path_ / "checkpoints"); }

  /// From now on nothing is written: another process of the same run does.
  void only_read() { only_read_ = true; }

  /// result.json, or null when there is none yet.
  Json result() const;
  bool finished() const;
  void write_result(const Json& result) const;
  /// state.json: status, step.
  void write_state(const Json& state) const;

  void append_metrics(const Json& line) const;
  void append_timing(const Json& line) const;
  void log(const std::string& line) const;
  void sync_metrics() const;
  /// Length of metrics.jsonl, as a checkpoint remembers it, and the cut back to it on resume.
  int64_t metrics_length() const;
  void cut_metrics(int64_t length) const;

 private:
  RunFolder(std::filesystem::path path, Json config, Json manifest);
  std::filesystem::path path_;
  Json config_, manifest_;
  bool only_read_ = false;
};

}  // namespace fovea
