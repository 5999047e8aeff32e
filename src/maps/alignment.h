// Word alignment read from a map, against gold links: each target token's first largest source token, and its
// weights as they are.
#pragma once

#include "src/base/json.h"
#include "src/maps/map_record.h"
#include "src/stats/alignment_error.h"

namespace fovea {

/// What one head's map adds to a corpus: counts of its links, of the diagonal's (target token i of n to
/// source token floor((i + ½) · m / n) of m), and of one source token drawn at random for each target token,
/// as expected; and of its links in the step that reads a target token instead of the one that writes it
/// (Chen 2020, §3).
struct MapAlignment {
  AlignmentCounts links, input, diagonal;
  double chance_possible = 0, chance_sure = 0;
  /// The weights of the row that writes a target token and of the row that reads it, each row's rescaled to
  /// sum 1 over the visible keys; and by chance (equal weights; permuted ones have the same expectation). A
  /// row that is no distribution adds no mass.
  SoftAlignmentCounts soft, soft_input, soft_chance, soft_input_chance;

  MapAlignment& operator+=(const MapAlignment& other);
  /// AER of the random links, in expectation of the counts.
  double chance_aer() const;
};

/// Whether the map is of a decoder over a source with a known alignment: its last query is the end token.
bool is_alignment(const MapRecord& record);

/// Links of every query but the end token to its first largest visible key (argmax; Och & Ney 2003 for the
/// rates). Truth 1 is a sure link, 2 a possible one.
MapAlignment align(const MapRecord& record, int64_t head);

/// {"aer", "soft_aer", "precision", "recall", "links", "input": {"aer", "soft_aer", "precision", "recall",
/// "chance": {"soft_aer"}}, "chance": {"aer", "soft_aer"}, "diagonal": {"aer"}}; undefined rates are null.
Json alignment_json(const MapAlignment& alignment);

/// The counts alone, as scores.json keeps them for each example; and back (files written before there were
/// soft counts have none, and no soft rates).
Json counts_json(const MapAlignment& alignment);
MapAlignment counts_from(const Json& json);

}  // namespace fovea
