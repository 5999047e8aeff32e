// Single steps on AMX's tiles (Intel's manual, volume 1, chapter 18), tiles named by numbers.
#pragma once

#include <cstdint>

// Twelve empty instructions keep steps from crowding at the tiles. They cost nothing while the tiles are
// free; where somebody else on the core has them too, a product takes 18 cycles instead of 28, and products
// of matrices are 1.2 to 1.4 times as fast (docs/performance.md).
#define FOVEA_GIVE_WAY "\n\t.rept 12\n\tnop\n\t.endr"

namespace fovea::FOVEA_ISA {

/// All eight tiles: 16 rows of 64 bytes.
struct alignas(64) TileShapes {
  uint8_t palette = 1, start = 0, reserved[14] = {};
  uint16_t bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};

/// While one of these lives this thread has its tiles.
class Tiles {
 public:
  Tiles() {
    const TileShapes shapes;
    asm volatile("ldtilecfg %0" ::"m"(shapes));
  }
  ~Tiles() { asm volatile("tilerelease"); }
  Tiles(const Tiles&) = delete;
  Tiles& operator=(const Tiles&) = delete;
};

template <int kTile>
inline void tile_zero() {
  asm volatile("tilezero %%tmm%c0" ::"i"(kTile));
}

/// Of rows so many bytes apart.
template <int kTile>
inline void tile_load(const void* at, uint64_t row) {
  asm volatile("tileloadd (%0,%1,1), %%tmm%c2" FOVEA_GIVE_WAY ::"r"(at), "r"(row), "i"(kTile) : "memory");
}
template <int kTile>
inline void tile_store(void* at, uint64_t row) {
  asm volatile("tilestored %%tmm%c2, (%0,%1,1)" ::"r"(at), "r"(row), "i"(kTile) : "memory");
}

/// Tile kTo += tile kLeft · tile kRight: pairs of numbers of bfloat16.
template <int kTo, int kLeft, int kRight>
inline void tile_product() {
  asm volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" FOVEA_GIVE_WAY ::"i"(kTo), "i"(kLeft), "i"(kRight));
}

}  // namespace fovea::FOVEA_ISA

#undef FOVEA_GIVE_WAY
