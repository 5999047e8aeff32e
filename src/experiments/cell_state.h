// How far a cell is: read from its folder and from what is kept of failures.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "src/experiments/sweep.h"

namespace fovea {

/// finished: trained and, where there are test examples, scored on them. unfinished: begun. pending: not
/// begun.
enum class CellStatus { kPending, kUnfinished, kFinished, kFailed, kDiverged };

/// "pending", …, as reports and tables name it.
std::string status_name(CellStatus status);

std::filesystem::path cell_folder(const std::filesystem::path& sweep, const SweepCell& cell);

/// Throws CheckpointError for a result.json that is not JSON.
CellStatus cell_status(const std::filesystem::path& sweep, const SweepPoint& point, const SweepCell& cell);

/// Whether the training of a cell has finished.
bool is_trained(const std::filesystem::path& sweep, const SweepCell& cell);

/// Why a cell failed.
struct Failure {
  CellStatus status = CellStatus::kFailed;
  int code = 1;
  std::string stage;               // train or evaluate
  std::vector<std::string> lines;  // the last it said
};

/// Kept in SWEEP/failures/ID.json, and taken back when the cell is tried again.
void write_failure(const std::filesystem::path& sweep, const SweepCell& cell, const Failure& failure);
void forget_failure(const std::filesystem::path& sweep, const SweepCell& cell);
Failure read_failure(const std::filesystem::path& sweep, const SweepCell& cell);

}  // namespace fovea
