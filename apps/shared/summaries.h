// The files that fovea-maps --summary writes of a map too large to keep.
#pragma once

#include <filesystem>

#include "src/train/capture.h"

namespace fovea {

/// {"format": 1, "path", "shape": [H, Tq, Tk], "heads": [{"head", "entropy", "normalised_entropy",
/// "effective_span", "mean_distance", "sink_mass"}], "rows", "query", "key", "provenance"}: means over the
/// queries that see a key, null where none defines one; the names are those of scores.json.
Json summary_json(const SummaryRecord& record);

/// Writes `stem`.summary.json, and as .npy `stem`.entropy [H, Tq], `stem`.received [H, Tk], `stem`.top_keys
/// and `stem`.top_weights [H, Tq, k].
void write_summary(const std::filesystem::path& stem, const SummaryRecord& record);

}  // namespace fovea
