// A cell and the programs that make it: their command lines, and what they say (SWEEP/logs/ID.txt).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "src/experiments/sweep.h"

namespace fovea {

/// A cell and what it belongs to.
struct CellPlace {
  const SweepPoint* point = nullptr;
  SweepCell cell;
  std::string name;  // "attention=bahdanau, learning_rate=0.001, seed 3"
};

/// All cells, seed by seed, so that what is there early can be compared.
std::vector<CellPlace> cell_places(const Sweep& sweep);

/// The command line of fovea-train or fovea-evaluate (`stage`), which lies in `programs`, for a cell of the
/// sweep in `folder`.
std::vector<std::string> cell_words(const std::filesystem::path& programs, const std::string& stage,
                                    const std::filesystem::path& folder, const SweepRequest& request,
                                    const CellPlace& place);

std::filesystem::path cell_log(const std::filesystem::path& sweep, const SweepCell& cell);

/// What the log `path` has from byte `begin` on, at most its last eight lines.
std::vector<std::string> last_lines(const std::filesystem::path& path, uintmax_t begin);

}  // namespace fovea
