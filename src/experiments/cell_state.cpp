#include "src/experiments/cell_state.h"

#include "src/base/error.h"
#include "src/base/files.h"

namespace fovea {
namespace {

namespace fs = std::filesystem;

fs::path failure_path(const fs::path& sweep, const SweepCell& cell) {
  return sweep / "failures" / (cell.id + ".json");
}

/// result.json of a cell; null where there is none.
Json result_of(const fs::path& sweep, const SweepCell& cell) {
  const fs::path path = cell_folder(sweep, cell) / "result.json";
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return nullptr;
  try {
    return read_json(path.string());
  } catch (const ConfigError& error) {
    throw CheckpointError(error.what());
  }
}

bool is_finished(const Json& result) {
  return result.is_object() && result.value("status", Json()) == "finished";
}

}  // namespace

std::string status_name(CellStatus status) {
  switch (status) {
    case CellStatus::kPending:
      return "pending";
    case CellStatus::kUnfinished:
      return "unfinished";
    case CellStatus::kFinished:
      return "finished";
    case CellStatus::kFailed:
      return "failed";
    case CellStatus::kDiverged:
      return "diverged";
  }
  return "";
}

fs::path cell_folder(const fs::path& sweep, const SweepCell& cell) {
  return sweep / "cells" / cell.id;
}

bool is_trained(const fs::path& sweep, const SweepCell& cell) {
  return is_finished(result_of(sweep, cell));
}

CellStatus cell_status(const fs::path& sweep, const SweepPoint& point, const SweepCell& cell) {
  const Json result = result_of(sweep, cell);
  if (is_finished(result)) {
    const Json metrics = result.value("metrics", Json::object());
    if (!point.tested || (metrics.is_object() && metrics.contains("test"))) return CellStatus::kFinished;
  }
  std::error_code ignored;
  if (fs::exists(failure_path(sweep, cell), ignored)) return read_failure(sweep, cell).status;
  return fs::exists(cell_folder(sweep, cell), ignored) ? CellStatus::kUnfinished : CellStatus::kPending;
}

void write_failure(const fs::path& sweep, const SweepCell& cell, const Failure& failure) {
  make_folders(sweep / "failures");
  const Json json = {{"format", 1},
                     {"status", status_name(failure.status)},
                     {"code", failure.code},
                     {"stage", failure.stage},
                     {"lines", failure.lines}};
  write_file_atomically(failure_path(sweep, cell), to_text(json, 1) + "\n");
}

void forget_failure(const fs::path& sweep, const SweepCell& cell) {
  std::error_code ignored;
  fs::remove(failure_path(sweep, cell), ignored);
}

Failure read_failure(const fs::path& sweep, const SweepCell& cell) {
  const fs::path path = failure_path(sweep, cell);
  try {
    const Json json = read_json(path.string());
    Failure failure;
    if (json.at("status") == "diverged") failure.status = CellStatus::kDiverged;
    failure.code = json.at("code"), failure.stage = json.at("stage");
    failure.lines = json.at("lines").get<std::vector<std::string>>();
    return failure;
  } catch (const ConfigError& error) {
    throw CheckpointError(error.what());
  } catch (const Json::exception&) {
    throw CheckpointError(path.string() + ": expected status, code, stage and lines");
  }
}

}  // namespace fovea
