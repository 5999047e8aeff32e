// What is done to a map before it is shown: columns cut, subwords joined. Each edit is written into the
// record, and the caption of its figure says so.
#pragma once

#include <string>
#include <vector>

#include "src/maps/map_record.h"

namespace fovea {

/// The edits of `record` in their order, one phrase each ("key 0 “<s>” cut (mean mass .63)"), kept as
/// provenance.edits.
std::vector<std::string> edits_of(const MapRecord& record);

/// Adds a phrase to edits_of.
void note_edit(MapRecord& record, const std::string& phrase);

/// Mean weight on each key over all heads and the queries that see it; NaN for a key nobody sees. [Tk]
std::vector<double> mean_key_mass(const MapRecord& record);

/// Keys whose mean_key_mass is at least `mass`, ascending: attention sinks (Xiao et al. 2024; Gu et al.
/// 2025).
std::vector<int64_t> sink_keys(const MapRecord& record, double mass = 0.3);

/// `record` without the columns `keys`; weights stay as they are, so that rows no longer sum to 1. Of a grid
/// only special positions can be cut, of time only keys at its ends. Throws DataError for other keys, for one
/// that is not there and when none would be left.
MapRecord without_keys(const MapRecord& record, const std::vector<int64_t>& keys);

enum class SubwordMarks { kNone, kSentencePiece, kWordPiece, kByteLevel, kContinued };

/// How `labels` mark subwords: "▁" or "Ġ" at a word's start, "##" at a continuation, "@@" at the end of a
/// piece that goes on.
SubwordMarks subword_marks(const std::vector<std::string>& labels);

/// Words instead of subwords on both token axes that mark them: weights summed over a word's keys and
/// averaged over its queries (those that see any key), a cell visible where any part is, truth where any part
/// has it (a sure link wins over a possible one). Special positions and tokens such as <s> or [CLS] stay
/// alone. Throws DataError when no axis marks subwords.
MapRecord merge_subwords(const MapRecord& record);

}  // namespace fovea
