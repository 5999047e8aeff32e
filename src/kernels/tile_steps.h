// Single steps on AMX's tiles (Intel's manual, volume 1, chapter 18).
#pragma once

#include <immintrin.h>

#include <cstdint>

namespace fovea::FOVEA_ISA {

/// All eight tiles: 16 rows of 64 bytes.
struct alignas(64) TileShapes {
  uint8_t palette = 1, start = 0, reserved[14] = {};
  uint16_t bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};

/// Twelve empty instructions behind each step keep others from crowding at the tiles. That costs nothing
/// while the tiles are free; where somebody else on the core has them too, a product takes 18 cycles instead
/// of 29, and whole products of matrices take 0.67 to 0.83 of the time (docs/performance.md).
inline void give_way() {
  asm volatile(".rept 12\n\tnop\n\t.endr");
}

/// Tile kTo += tile kLeft · tile kRight: pairs of numbers of bfloat16.
template <int kTo, int kLeft, int kRight>
inline void tile_product() {
  _tile_dpbf16ps(kTo, kLeft, kRight);
  give_way();
}

/// Rows so many bytes apart.
template <int kTile>
inline void tile_load(const void* at, uint64_t row) {
  _tile_loadd(kTile, at, row);
  give_way();
}

}  // namespace fovea::FOVEA_ISA
