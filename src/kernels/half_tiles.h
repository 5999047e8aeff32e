// The products of half_kernels.h on AMX's tiles (Intel's manual, volume 1, chapter 18): a tile of the left
// side is 16 rows of 32 numbers, of the right side 16 pairs of rows of 16 numbers beside each other.
#pragma once

#include "src/kernels/half_kernels.h"
#include "src/kernels/product.h"
#include "src/kernels/rows.h"
#include "src/kernels/tile_steps.h"

namespace fovea::FOVEA_ISA {

constexpr int64_t kHalfTile = 16 * 32, kHalfDepth = 32, kRightBlock = 2 * kHalfTile;
/// Bytes of a right side that stay in the second cache while rows pass by.
constexpr int64_t kNear = int64_t{1} << 19;

inline int64_t half_steps(int64_t depth) {
  return (depth + kHalfDepth - 1) / kHalfDepth;
}

/// At most 16 numbers of a row, 0 behind them.
inline Vec<float> piece(const float* row, int64_t count) {
  return count >= kLanes<float> ? load(row) : count > 0 ? load_some(row, count) : Vec<float>{};
}
inline Halves half_piece(const float* row, int64_t count) {
  return narrow(piece(row, count));
}
inline Halves half_piece(const Bf16* row, int64_t count) {
  Halves x{};
  if (count >= 16)
    __builtin_memcpy(&x, row, sizeof(x));  // of a known size: not a call
  else if (count > 0)
    __builtin_memcpy(&x, row, static_cast<uint64_t>(count) * sizeof(Bf16));
  return x;
}

/// Numbers of two rows beside each other.
inline Vec<float> beside(Halves even, Halves odd) {
  return (Vec<float>)(__builtin_convertvector(even, Words) | __builtin_convertvector(odd, Words) << 16);
}

/// Rows k, k + 1 … k + 31 of 16 columns as 16 vectors of pairs; `count` columns and rows before `depth` are
/// there.
template <class T>
inline void pairs_of_rows(const T* x, int64_t row, int64_t k, int64_t depth, int64_t count, Vec<float>* v) {
  for (int64_t p = 0; p < 16; ++p) {
    const int64_t even = k + 2 * p;
    const T* at = x + even * row;
    v[p] = beside(half_piece(at, even < depth ? count : 0),
                  half_piece(even + 1 < depth ? at + row : at, even + 1 < depth ? count : 0));
  }
}

inline int64_t half_right_bytes(int64_t depth, int64_t columns) {
  return round_up(columns, kHalfBlock) / kHalfBlock * half_steps(depth) * kRightBlock *
         static_cast<int64_t>(sizeof(Bf16));
}

/// Where the two tiles of 32 columns from `column` on, and 32 rows from 32 · step on, lie.
inline float* right_tiles(void* packed, int64_t depth, int64_t column, int64_t step) {
  return static_cast<float*>(packed) +
         (column / kHalfBlock * half_steps(depth) + step) * (kRightBlock / 2);  // a pair each
}

template <class T>
inline void lay_rows(const T* w, int64_t row, int64_t depth, int64_t columns, void* packed, int64_t begin,
                     int64_t end) {
  Vec<float> v[16];
  for (int64_t column = begin; column < end; column += kHalfBlock)
    for (int64_t s = 0; s < half_steps(depth); ++s)
      for (int64_t tile = 0; tile < 2; ++tile) {
        const int64_t c = column + 16 * tile;
        float* to = right_tiles(packed, depth, column, s) + tile * (kHalfTile / 2);
        pairs_of_rows(w + (c < columns ? c : 0), row, s * kHalfDepth, depth, columns - c, v);
        for (int64_t p = 0; p < 16; ++p) store(to + 16 * p, v[p]);
      }
}

inline void lay_columns(const float* w, int64_t row, int64_t depth, int64_t columns, void* packed,
                        int64_t begin, int64_t end) {
  Vec<float> v[16];
  for (int64_t column = begin; column < end; column += kHalfBlock)
    for (int64_t s = 0; s < half_steps(depth); ++s)
      for (int64_t tile = 0; tile < 2; ++tile) {
        for (int64_t i = 0; i < 16; ++i) {
          const int64_t c = column + 16 * tile + i, left = c < columns ? depth - s * kHalfDepth : 0;
          const float* at = w + (c < columns ? c * row + s * kHalfDepth : 0);
          const Halves both[2] = {half_piece(at, left), half_piece(left > 16 ? at + 16 : at, left - 16)};
          __builtin_memcpy(&v[i], both, sizeof(both));
        }
        transpose<float>(v);
        float* to = right_tiles(packed, depth, column, s) + tile * (kHalfTile / 2);
        for (int64_t p = 0; p < 16; ++p) store(to + 16 * p, v[p]);
      }
}

/// Two blocks of 16 rows of a left side: where they begin, bytes from row to row, and numbers from one 32 of
/// the depth to the next.
struct LeftTiles {
  const Bf16 *top, *bottom;
  int64_t stride, step;
};

/// [16 or 32, 32] of the answer.
template <bool kTwo>
inline void multiply_half_tiles(const LeftTiles& left, const Bf16* right, int64_t steps, float* block) {
  tile_zero<0>(), tile_zero<1>();
  if (kTwo) tile_zero<2>(), tile_zero<3>();
  const Bf16 *top = left.top, *bottom = left.bottom;
  for (int64_t s = 0; s < steps; ++s, top += left.step, bottom += left.step, right += kRightBlock) {
    tile_load<6>(right, 64), tile_load<7>(right + kHalfTile, 64);
    tile_load<4>(top, static_cast<uint64_t>(left.stride));
    tile_product<0, 4, 6>(), tile_product<1, 4, 7>();
    if (!kTwo) continue;
    tile_load<5>(bottom, static_cast<uint64_t>(left.stride));
    tile_product<2, 5, 6>(), tile_product<3, 5, 7>();
  }
  constexpr int64_t kRowBytes = kHalfBlock * static_cast<int64_t>(sizeof(float));
  tile_store<0>(block, kRowBytes), tile_store<1>(block + 16, kRowBytes);
  if (!kTwo) return;
  tile_store<2>(block + 16 * kHalfBlock, kRowBytes);
  tile_store<3>(block + 16 * kHalfBlock + 16, kRowBytes);
}

inline void multiply_half(const LeftTiles& left, int64_t rows, const Bf16* right, int64_t steps,
                          float* block) {
  if (rows > 16)
    multiply_half_tiles<true>(left, right, steps, block);
  else
    multiply_half_tiles<false>(left, right, steps, block);
}

/// Puts change(numbers, where they go, u, at) for the numbers of a block [rows, columns] into rows of `out`.
template <class Out, class Change>
inline void write_half_block(const float* block, int64_t rows, int64_t columns, Out* out, int64_t out_row,
                             const Change& change) {
  for (int64_t r = 0; r < rows; ++r, out += out_row, block += kHalfBlock)
    over_units<float>(
        columns, [&](int64_t u, auto at) { at.put(out + u, change(at.get(block + u), out + u, u, at)); });
}

inline int64_t half_room_bytes(int64_t depth) {
  return kHalfBlock * half_steps(depth) * kHalfDepth * static_cast<int64_t>(sizeof(Bf16));
}

/// Rows first … of x as tiles: where they stand, or from a copy in `room` that is filled up with 0.
inline LeftTiles left_tiles(const HalfProduct<Bf16>& p, int64_t first, Bf16* room) {
  const int64_t rows = lesser(kHalfBlock, p.rows - first), width = half_steps(p.depth) * kHalfDepth;
  const Bf16* from = p.left + first * p.left_row;
  if (rows % 16 == 0 && width == p.depth)
    return {from, from + 16 * p.left_row, p.left_row * static_cast<int64_t>(sizeof(Bf16)), kHalfDepth};
  for (int64_t r = 0; r < round_up(rows, 16); ++r) {
    const int64_t there = r < rows ? p.depth : 0;
    copy_row(room + r * width, from + r * p.left_row, there);
    clear_row(room + r * width + there, width - there);
  }
  return {room, room + 16 * width, width * static_cast<int64_t>(sizeof(Bf16)), kHalfDepth};
}
inline LeftTiles left_tiles(const HalfProduct<float>& p, int64_t first, Bf16* room) {
  const int64_t rows = lesser(kHalfBlock, p.rows - first), width = half_steps(p.depth) * kHalfDepth;
  for (int64_t r = 0; r < round_up(rows, 16); ++r) {
    const float* from = p.left + (first + lesser(r, rows - 1)) * p.left_row;
    for (int64_t k = 0; k < width; k += 16) {
      const Halves x = half_piece(from + lesser(k, p.depth), r < rows ? p.depth - k : 0);
      __builtin_memcpy(room + r * width + k, &x, sizeof(x));
    }
  }
  return {room, room + 16 * width, width * static_cast<int64_t>(sizeof(Bf16)), kHalfDepth};
}

template <class T>
inline void half_product(const HalfProduct<T>& p, int64_t begin, int64_t end, void* room) {
  const Tiles tiles;
  const int64_t steps = half_steps(p.depth);
  const int64_t near =
      greater(1, kNear / (steps * kRightBlock * static_cast<int64_t>(sizeof(Bf16)))) * kHalfBlock;  // columns
  alignas(64) float block[kHalfBlock * kHalfBlock];
  for (int64_t first = 0; first < p.columns; first += near)
    for (int64_t row = begin; row < end; row += kHalfBlock) {
      const int64_t rows = lesser(kHalfBlock, end - row);
      const LeftTiles left = left_tiles(p, row, static_cast<Bf16*>(room));
      for (int64_t column = first; column < lesser(p.columns, first + near); column += kHalfBlock) {
        const Bf16* right = static_cast<const Bf16*>(p.right) + column / kHalfBlock * steps * kRightBlock;
        multiply_half(left, rows, right, steps, block);
        write_half_block(block, rows, lesser(kHalfBlock, p.columns - column),
                         p.out + row * p.columns + column, p.columns,
                         [&](Vec<float> y, const T* /*out*/, int64_t u, auto at) {
                           return p.bias == nullptr ? y : y + at.get(p.bias + column + u);
                         });
      }
    }
}

inline Vec<float> wide_piece(const float* row, int64_t count) {
  return piece(row, count);
}
inline Vec<float> wide_piece(const Bf16* row, int64_t count) {
  return widen(half_piece(row, count));
}

/// Σ over rows of 16 columns of x.
template <class T>
inline Vec<float> sum_rows(const T* x, int64_t row, int64_t rows, int64_t columns) {
  Vec<float> even{}, odd{};
  for (int64_t k = 0; k < rows; k += 2) {
    even += wide_piece(x + k * row, columns);
    if (k + 1 < rows) odd += wide_piece(x + (k + 1) * row, columns);
  }
  return even + odd;
}

/// Columns first … first + 31 of G, turned: tiles of 16 of them each lie behind each other. Adds up each
/// column in `sums`, where not null.
template <class T>
inline LeftTiles turned_tiles(const HalfOuter<T>& p, int64_t first, Bf16* room, float* sums) {
  const int64_t steps = half_steps(p.depth);
  Vec<float> v[16];
  for (int64_t tile = 0; tile < 2; ++tile) {
    const int64_t c = first + 16 * tile, count = p.rows - c;
    const T* at = p.left + (count > 0 ? c : 0);
    Vec<float> sum{};
    for (int64_t k = 0; k < p.depth; k += kHalfDepth) {
      pairs_of_rows(at, p.left_row, k, p.depth, count, v);
      if (sums != nullptr)
        sum += sum_rows(at + k * p.left_row, p.left_row, lesser(kHalfDepth, p.depth - k), count);
      transpose<float>(v);
      auto* to = reinterpret_cast<float*>(room + (tile * steps + k / kHalfDepth) * kHalfTile);
      for (int64_t i = 0; i < 16; ++i) store(to + 16 * i, v[i]);
    }
    if (sums != nullptr) store(sums + 16 * tile, sum);
  }
  return {room, room + steps * kHalfTile, 64, kHalfTile};
}

template <class T>
inline void half_outer(const HalfOuter<T>& p, int64_t begin, int64_t end, void* room) {
  const Tiles tiles;
  const int64_t steps = half_steps(p.depth);
  alignas(64) float block[kHalfBlock * kHalfBlock], sums[kHalfBlock];
  for (int64_t row = begin; row < end; row += kHalfBlock) {
    const int64_t rows = lesser(kHalfBlock, end - row);
    const LeftTiles left = turned_tiles(p, row, static_cast<Bf16*>(room), p.sums == nullptr ? nullptr : sums);
    if (p.sums != nullptr) copy_row(p.sums + row, sums, rows);
    for (int64_t column = 0; column < p.columns; column += kHalfBlock) {
      const Bf16* right = static_cast<const Bf16*>(p.right) + column / kHalfBlock * steps * kRightBlock;
      multiply_half(left, rows, right, steps, block);
      write_half_block(block, rows, lesser(kHalfBlock, p.columns - column), p.out + row * p.columns + column,
                       p.columns, [&](Vec<float> y, const float* out, int64_t /*u*/, auto at) {
                         return p.add ? y + at.get(out) : y;
                       });
    }
  }
}

template <class T>
constexpr HalfTyped<T> half_typed() {
  return {lay_rows<T>, half_product<T>, half_outer<T>};
}
constexpr HalfKernels half_set(const char* name) {
  return {half_typed<Bf16>(), half_typed<float>(), name, half_right_bytes, lay_columns, half_room_bytes};
}

}  // namespace fovea::FOVEA_ISA
