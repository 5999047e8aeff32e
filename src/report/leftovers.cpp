#include "src/report/leftovers.h"

#include "src/base/error.h"
#include "src/base/files.h"
#include "src/base/json.h"
#include "src/base/text.h"
#include "src/report/runs.h"

namespace fovea {
namespace {

namespace fs = std::filesystem;

constexpr const char* kOptimizerParts[] = {"optimizer.safetensors", "state.safetensors"};

int64_t bytes_of(const fs::path& path) {
  if (fs::is_regular_file(path)) return static_cast<int64_t>(fs::file_size(path));
  int64_t bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(path))
    if (entry.is_regular_file()) bytes += static_cast<int64_t>(entry.file_size());
  return bytes;
}

/// What the text file BEST or LATEST names; empty where there is none.
std::string named_by(const fs::path& pointer) {
  return fs::exists(pointer) ? trim(read_file(pointer)) : std::string();
}

int64_t optimizer_bytes(const fs::path& checkpoint) {
  int64_t bytes = 0;
  for (const char* part : kOptimizerParts)
    if (fs::exists(checkpoint / part)) bytes += bytes_of(checkpoint / part);
  return bytes;
}

void add_of(const Run& run, const LeftoverOptions& options, std::vector<Leftover>& found) {
  const fs::path folder = run.folder / "checkpoints";
  if (!fs::is_directory(folder)) return;
  const std::string best = named_by(folder / "BEST"), latest = named_by(folder / "LATEST");
  std::vector<fs::path> entries;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.is_directory()) entries.push_back(entry.path());
  std::sort(entries.begin(), entries.end());
  for (const fs::path& entry : entries) {
    const std::string name = entry.filename().string();
    const bool step = name.rfind("step-", 0) == 0, named = name == best || name == latest;
    if (name.find(".tmp-") != std::string::npos) {
      found.push_back({entry, Leftover::Kind::kTemporary, bytes_of(entry)});
    } else if (step && !named && !options.keep_checkpoints && !(best.empty() && latest.empty())) {
      found.push_back({entry, Leftover::Kind::kCheckpoint, bytes_of(entry)});
    } else if (const int64_t bytes = step ? optimizer_bytes(entry) : 0; bytes > 0) {
      found.push_back({entry, Leftover::Kind::kOptimizer, bytes});
    }
  }
}

/// The manifest no longer names what is then removed: the checkpoint is good at every moment.
void remove_optimizer(const fs::path& checkpoint) {
  const fs::path path = checkpoint / "MANIFEST.json";
  Json manifest = read_json(path.string());
  for (const char* part : kOptimizerParts) manifest.at("files").erase(part);
  write_file_atomically(path, to_text(manifest, 1) + "\n");
  for (const char* part : kOptimizerParts) fs::remove(checkpoint / part);
}

}  // namespace

std::vector<Leftover> find_leftovers(const std::vector<fs::path>& roots, const LeftoverOptions& options) {
  std::vector<Leftover> found;
  for (const Run& run : find_runs(roots))
    if (run.finished()) add_of(run, options, found);
  return found;
}

void remove_leftover(const Leftover& leftover) {
  try {
    if (leftover.kind == Leftover::Kind::kOptimizer) return remove_optimizer(leftover.path);
    fs::path doomed = leftover.path;
    if (leftover.kind == Leftover::Kind::kCheckpoint) {
      // Renamed first: no half checkpoint under a checkpoint's name.
      doomed = leftover.path.parent_path() / (".tmp-" + leftover.path.filename().string());
      fs::rename(leftover.path, doomed);
    }
    fs::remove_all(doomed);
  } catch (const fs::filesystem_error& error) {
    throw Error(leftover.path.string() + ": cannot be removed: " + error.code().message());
  } catch (const Json::exception&) {
    throw CheckpointError((leftover.path / "MANIFEST.json").string() + ": not a checkpoint manifest");
  }
}

std::string leftover_name(Leftover::Kind kind) {
  switch (kind) {
    case Leftover::Kind::kOptimizer:
      return "optimizer";
    case Leftover::Kind::kTemporary:
      return "unfinished write";
    default:
      return "checkpoint";
  }
}

}  // namespace fovea
