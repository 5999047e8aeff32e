#include "src/train/run_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "src/base/error.h"
#include "src/base/files.h"
#include "src/config/layers.h"

namespace fovea {
namespace {

namespace fs = std::filesystem;

Json read_run_json(const fs::path& path) {
  try {
    return read_json(path.string());
  } catch (const ConfigError& error) {
    throw CheckpointError(error.what());
  }
}

void require_same(const fs::path& path, const RunFolder& run, const RunIdentity& identity) {
  const std::string key = first_difference(run.config(), identity.config);
  if (!key.empty())
    throw ConfigError(path.string() + ": holds another run: " + key + " differs; choose another --out");
  const Json& mine = identity.manifest;
  if (run.manifest().value("seed", Json()) != mine.value("seed", Json()))
    throw ConfigError(path.string() + ": holds another run: the seed differs; choose another --out");
  require_same_data(path, run.manifest(), mine.value("data", Json()));
}

/// Writes the whole folder aside and renames it into place.
void create(const fs::path& path, const RunIdentity& identity,
            const std::function<void(const fs::path&)>& fill) {
  const fs::path parent = path.has_parent_path() ? path.parent_path() : ".";
  make_folders(parent);
  const fs::path temporary = parent / ("." + path.filename().string() + ".tmp-" + std::to_string(::getpid()));
  try {
    make_folders(temporary / "task");
    fill(temporary / "task");
    write_file_synced(temporary / "config.json", to_text(identity.config, 1) + "\n");
    write_file_synced(temporary / "manifest.json", to_text(identity.manifest, 1) + "\n");
    write_file_synced(temporary / "state.json", to_text(Json{{"status", "new"}, {"step", 0}}, 1) + "\n");
    sync_folder(temporary);
    std::error_code error;
    if (fs::is_directory(path) && fs::is_empty(path))
      fs::remove(path, error);  // an empty folder the user made
    fs::rename(temporary, path);
  } catch (const fs::filesystem_error& error) {
    std::error_code ignored;
    fs::remove_all(temporary, ignored);
    throw Error("cannot create run folder " + path.string() + ": " + error.code().message());
  } catch (...) {
    std::error_code ignored;
    fs::remove_all(temporary, ignored);
    throw;
  }
  sync_folder(parent);
}

}  // namespace

void require_same_data(const fs::path& run, const Json& manifest, const Json& data) {
  const std::string key = first_difference(manifest.value("data", Json()), data);
  if (!key.empty())
    throw DataError(run.string() + ": the data changed since this run began: " + key + " differs");
}

RunLock::RunLock(const fs::path& folder) : file_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  if (file_ < 0)
    throw Error("cannot open run folder " + folder.string() + ": " + std::generic_category().message(errno));
  if (::flock(file_, LOCK_EX | LOCK_NB) == 0) return;
  const int reason = errno;
  ::close(file_);
  // File systems without locks are trained on unlocked.
  file_ = -1;
  if (reason == EWOULDBLOCK)
    throw Error(folder.string() +
                ": another process is training in this run; wait for it, or choose another --out");
}

RunLock::~RunLock() {
  if (file_ >= 0) ::close(file_);
}

RunFolder::RunFolder(fs::path path, Json config, Json manifest)
    : path_(std::move(path)), config_(std::move(config)), manifest_(std::move(manifest)) {}

RunFolder::RunFolder(fs::path path) : path_(std::move(path)) {
  if (!fs::is_directory(path_)) throw CheckpointError(path_.string() + ": no such run");
  if (!fs::exists(path_ / "config.json") || !fs::exists(path_ / "manifest.json"))
    throw CheckpointError(path_.string() + ": not a run (no config.json and manifest.json)");
  config_ = read_run_json(path_ / "config.json");
  manifest_ = read_run_json(path_ / "manifest.json");
  if (!config_.is_object() || !manifest_.is_object())
    throw CheckpointError(path_.string() + ": config.json and manifest.json must be objects");
  for (const char* key : {"seed", "threads"})
    if (const Json value = manifest_.value(key, Json(0)); !value.is_number_integer())
      throw CheckpointError((path_ / "manifest.json").string() + ": " + key +
                            ": expected a whole number, found " + value.dump());
}

RunFolder RunFolder::open_or_create(const fs::path& path, const RunIdentity& identity,
                                    const std::function<void(const fs::path&)>& fill) {
  std::error_code ignored;
  const bool there = fs::exists(path, ignored) && !(fs::is_directory(path) && fs::is_empty(path, ignored));
  if (!there) {
    create(path, identity, fill);
    return RunFolder(path, identity.config, identity.manifest);
  }
  if (!fs::exists(path / "config.json"))
    throw ConfigError(path.string() + ": exists and is not a run; choose another --out");
  RunFolder run(path);
  require_same(path, run, identity);
  return run;
}

Json RunFolder::result() const {
  if (!fs::exists(path_ / "result.json")) return nullptr;
  return read_run_json(path_ / "result.json");
}

bool RunFolder::finished() const {
  const Json found = result();
  return found.is_object() && found.value("status", "") == "finished";
}

void RunFolder::write_result(const Json& result) const {
  if (only_read_) return;
  write_file_atomically(path_ / "result.json", to_text(result, 1) + "\n");
}
void RunFolder::write_state(const Json& state) const {
  if (only_read_) return;
  write_file_atomically(path_ / "state.json", to_text(state, 1) + "\n");
}
void RunFolder::append_metrics(const Json& line) const {
  if (only_read_) return;
  append_file(path_ / "metrics.jsonl", to_text(line) + "\n");
}
void RunFolder::append_timing(const Json& line) const {
  if (only_read_) return;
  append_file(path_ / "timing.jsonl", to_text(line) + "\n");
}
void RunFolder::log(const std::string& line) const {
  if (only_read_) return;
  append_file(path_ / "log.txt", line + "\n");
}

void RunFolder::sync_metrics() const {
  if (only_read_) return;
  append_file(path_ / "metrics.jsonl", "", true);
}

int64_t RunFolder::metrics_length() const {
  std::error_code error;
  const auto size = fs::file_size(path_ / "metrics.jsonl", error);
  return error ? 0 : static_cast<int64_t>(size);
}

void RunFolder::cut_metrics(int64_t length) const {
  if (!only_read_ && metrics_length() > length)
    fs::resize_file(path_ / "metrics.jsonl", static_cast<uintmax_t>(length));
}

}  // namespace fovea
