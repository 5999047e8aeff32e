// Attention weights in few bytes, for a page that is read by people: codes of 8 or 16 bits, companded within
// each row so that the small weights of long rows survive.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "src/maps/map_record.h"

namespace fovea {

/// Codes of a map. `bytes`, little endian: the peak of every row, max |w| over its visible finite weights, as
/// float32 [H, Tq]; then one code a weight, [H, Tq, Tk], of 1 or 2 bytes.
///
/// With top = 2^bits − 2: the code c of a weight w ≥ 0 is the nearest whole number to top · √(w / peak), and
/// |w − peak · (c/top)²| ≤ peak · (√(w/peak) / top + 1 / (4 top²)). A map with a negative weight is signed:
/// c = mid + sign(w) · √(|w|/peak) · mid with mid = top/2, and mid stands for top in the bound. A cell that
/// is not visible has the code of 0; a visible weight that is not finite has the code top + 1.
struct PackedWeights {
  int bits = 16;
  bool is_signed = false;
  int64_t rows = 0;  // H · Tq
  int64_t keys = 0;
  std::string bytes;
};

/// Packs all heads at 16 or 8 `bits`. The record must pass check_map.
PackedWeights pack_weights(const MapRecord& record, int bits);

/// The 8-bit form of 16-bit codes: half a 16-bit step is added to the error of packing at 8 bits.
PackedWeights narrowed(const PackedWeights& packed);

/// One byte a cell [Tq, Tk], [H, Tq, Tk] where heads see different keys: bit 0 visible, bits 1 and 2 the
/// truth (0, 1 or 2). Empty without mask and truth.
std::string packed_cells(const MapRecord& record);

/// `bytes` as a gzip member (RFC 1952) without time or name: the same bytes give the same member.
std::string gzip_member(std::string_view bytes);

}  // namespace fovea
