// Products on AMX's tiles of bfloat16, with each number of a float as the sum of two of them: x w ≈ x₁ w₁ +
// x₁ w₂ + x₂ w₁ (Henry, Tang & Heinecke 2019, §III). Everything else is AVX-512's.
#define FOVEA_ISA amx
#define FOVEA_BYTES 64
#include "src/kernels/float_tiles.h"
#include "src/kernels/kernel_sets.h"
#include "src/kernels/layer_rows.h"
#include "src/kernels/packed_rows.h"

namespace fovea {

const KernelSet& avx512_set();

namespace amx {

/// A tile: 16 rows of 32 numbers, of the right side pairs of rows of W beside each other. What belongs to 32
/// inputs lies together: of the left 16 rows' first and second parts, of the right those of 32 outputs.
constexpr int64_t kTile = kHalfTile, kDepth = kHalfDepth, kLeftStep = 2 * kTile, kRightStep = 4 * kTile;

inline int64_t right_bytes(int64_t outputs, int64_t inputs) {
  return round_up(outputs, kPackedColumns) / kPackedColumns * half_steps(inputs) * kRightStep *
         static_cast<int64_t>(sizeof(Bf16));
}
inline int64_t left_bytes(int64_t rows, int64_t inputs) {
  return round_up(rows, 16) / 16 * half_steps(inputs) * kLeftStep * static_cast<int64_t>(sizeof(Bf16));
}

/// x as the sum of two numbers of bfloat16, up to 2⁻¹⁷ |x|.
struct Halved {
  Halves first, second;
};
inline Halved halved(Vec<float> x) {
  const Halves first = narrow(x);
  return {first, narrow(x - widen(first))};
}

/// 32 numbers of a row from `column` on, as 16 pairs of their first and of their second parts.
inline void split_pairs(const float* row, int64_t column, int64_t width, uint32_t* first, uint32_t* second) {
  for (int64_t half = 0; half < 2; ++half) {
    const Halved x =
        halved(piece(row + column + half * kLanes<float>, width - column - half * kLanes<float>));
    __builtin_memcpy(first + 8 * half, &x.first, sizeof(x.first));
    __builtin_memcpy(second + 8 * half, &x.second, sizeof(x.second));
  }
}

inline void pack_right_tiles(const float* w, int64_t outputs, int64_t inputs, void* packed) {
  auto* to = static_cast<uint32_t*>(packed);  // a pair of inputs each
  const int64_t steps = half_steps(inputs);
  for (int64_t output = 0; output < round_up(outputs, kPackedColumns); ++output)
    for (int64_t s = 0; s < steps; ++s) {
      uint32_t first[16] = {}, second[16] = {};
      if (output < outputs) split_pairs(w + output * inputs, s * kDepth, inputs, first, second);
      uint32_t* tile = to + (output / kPackedColumns * steps + s) * (kRightStep / 2) +
                       output % kPackedColumns / 16 * (kTile / 2) + output % 16;
      for (int64_t pair = 0; pair < 16; ++pair)
        tile[pair * 16] = first[pair], tile[kTile + pair * 16] = second[pair];
    }
}

inline void pack_left_tiles(const float* x, int64_t x_row, int64_t rows, int64_t inputs, bool coarse,
                            void* packed) {
  auto* to = static_cast<uint16_t*>(packed);
  const int64_t steps = half_steps(inputs);
  for (int64_t r = 0; r < round_up(rows, 16); ++r)
    for (int64_t k = 0; k < steps * kDepth; k += kLanes<float>) {
      const Vec<float> numbers = r < rows ? piece(x + r * x_row + k, inputs - k) : Vec<float>{};
      uint16_t* tile = to + (r / 16 * steps + k / kDepth) * kLeftStep + r % 16 * 32 + k % kDepth;
      if (coarse) {
        const Halves first = narrow(numbers);
        __builtin_memcpy(tile, &first, sizeof(first));
        continue;
      }
      const Halved both = halved(numbers);
      __builtin_memcpy(tile, &both.first, sizeof(both.first));
      __builtin_memcpy(tile + kTile, &both.second, sizeof(both.second));
    }
}

/// Adds to the tiles 0 and 1, which are [16, 32] of the answer: left and right point to what belongs to its
/// rows and columns.
template <bool kCoarse>
inline void multiply_upper(const uint16_t* left, const uint16_t* right, int64_t steps) {
  const auto add = [] { tile_product<0, 4, 6>(), tile_product<1, 4, 7>(); };
  for (int64_t s = 0; s < steps; ++s, left += kLeftStep, right += kRightStep) {
    if (!kCoarse) {
      tile_load<6>(right + 2 * kTile, 64), tile_load<7>(right + 3 * kTile, 64);
      tile_load<4>(left, 64);
      add();
    }
    tile_load<6>(right, 64), tile_load<7>(right + kTile, 64);
    if (kCoarse) tile_load<4>(left, 64);
    add();
    if (kCoarse) continue;
    tile_load<4>(left + kTile, 64);
    add();
  }
}

/// The same for the tiles 0 … 3, which are [32, 32], in the same order. Others are loaded where the last
/// product with what they held has begun.
template <bool kCoarse>
inline void multiply_both(const uint16_t* left, const uint16_t* right, int64_t steps) {
  const int64_t below = steps * kLeftStep;
  constexpr int64_t kBegin = kCoarse ? 0 : 2 * kTile;  // of the right parts
  tile_load<4>(left, 64), tile_load<5>(left + below, 64);
  tile_load<6>(right + kBegin, 64), tile_load<7>(right + kBegin + kTile, 64);
  const auto then_left = [&](const uint16_t* next) {
    tile_product<0, 4, 6>(), tile_product<1, 4, 7>();
    tile_load<4>(next, 64);
    tile_product<2, 5, 6>(), tile_product<3, 5, 7>();
    tile_load<5>(next + below, 64);
  };
  for (int64_t s = 1; s <= steps; ++s) {
    if (!kCoarse) {
      tile_product<0, 4, 6>(), tile_product<2, 5, 6>();
      tile_load<6>(right, 64);
      tile_product<1, 4, 7>(), tile_product<3, 5, 7>();
      tile_load<7>(right + kTile, 64);
      then_left(left + kTile);
    }
    if (s < steps) left += kLeftStep, right += kRightStep;
    then_left(left);
    tile_load<6>(right + kBegin, 64), tile_load<7>(right + kBegin + kTile, 64);
  }
}

/// Rows of numbers, so many bytes apart.
template <class T>
struct Rows {
  T* at;
  uint64_t row;
  Rows below() const { return {at + 16 * (row / sizeof(float)), row}; }
};

/// Into `out`, from `start` on (0 where it is null); the rows from the 17th on only where there are `two`
/// tiles of them.
template <bool kCoarse>
inline void multiply_tiles(bool two, const uint16_t* left, const uint16_t* right, int64_t steps,
                           const Rows<const float>& start, const Rows<float>& out) {
  if (start.at == nullptr) {
    tile_zero<0>(), tile_zero<1>(), tile_zero<2>(), tile_zero<3>();
  } else {
    const float* below = start.below().at;
    tile_load<0>(start.at, start.row), tile_load<1>(start.at + 16, start.row);
    if (two) tile_load<2>(below, start.row), tile_load<3>(below + 16, start.row);
  }
  two ? multiply_both<kCoarse>(left, right, steps) : multiply_upper<kCoarse>(left, right, steps);
  float* below = out.below().at;
  tile_store<0>(out.at, out.row), tile_store<1>(out.at + 16, out.row);
  if (two) tile_store<2>(below, out.row), tile_store<3>(below + 16, out.row);
}

constexpr uint64_t bytes_of(int64_t numbers) {
  return static_cast<uint64_t>(numbers) * sizeof(float);
}

/// What whole tiles from `out` on, in columns `column` …, begin with.
inline Rows<const float> start_of(const PackedProduct& p, const Rows<float>& out, int64_t column) {
  if (p.add) return {out.at, out.row};
  return {p.bias == nullptr ? nullptr : p.bias + column, 0};  // the bias in every row
}

/// A block of which less than whole tiles are there; numbers are what they would be in whole ones.
struct PartOfBlock {
  alignas(64) float numbers[32 * kPackedColumns] = {};
  PartOfBlock(const PackedProduct& p, const Rows<float>& out, int64_t column, int64_t rows, int64_t columns) {
    for (int64_t r = 0; r < rows; ++r) {
      float* row = numbers + r * kPackedColumns;
      if (p.add) copy_row(row, out.at + r * p.out_row, columns);
      if (p.bias != nullptr)
        for (int64_t c = 0; c < columns; ++c) row[c] += p.bias[column + c];
    }
  }
  Rows<float> all() { return {numbers, bytes_of(kPackedColumns)}; }
};

/// Bytes of a left side that the second cache holds beside the right one: more rows take turns.
constexpr int64_t kNearLeft = 1 << 19;

/// [rows, columns] of the answer from `row`, `column` on: at most 32 each.
template <bool kCoarse>
inline void multiply_block(const PackedProduct& p, int64_t row, int64_t rows, int64_t column,
                           int64_t columns) {
  const int64_t steps = half_steps(p.inputs);
  const uint16_t* right =
      static_cast<const uint16_t*>(p.right) + column / kPackedColumns * steps * kRightStep;
  const uint16_t* left = static_cast<const uint16_t*>(p.left) + row / 16 * steps * kLeftStep;
  const Rows<float> out{p.out + row * p.out_row + column, bytes_of(p.out_row)};
  const bool whole = row + round_up(rows, kPackedRows) <= p.rows + p.spare;
  if (whole && columns == kPackedColumns && (!p.add || p.bias == nullptr)) {
    multiply_tiles<kCoarse>(rows > 16, left, right, steps, start_of(p, out, column), out);
    return;
  }
  PartOfBlock block(p, out, column, rows, columns);
  const Rows<float> all = block.all();
  multiply_tiles<kCoarse>(rows > 16, left, right, steps, {all.at, all.row}, all);
  for (int64_t r = 0; r < rows; ++r) copy_row(out.at + r * p.out_row, all.at + r * kPackedColumns, columns);
}

template <bool kCoarse>
inline void multiply_with(const PackedProduct& p, int64_t begin, int64_t end) {
  const Tiles tiles;
  const int64_t turn = 32 + kNearLeft / left_bytes(32, p.inputs) * 32;
  for (int64_t first = 0; first < p.rows; first += turn)
    for (int64_t column = begin; column < end; column += kPackedColumns)
      for (int64_t row = first; row < lesser(first + turn, p.rows); row += 32)
        multiply_block<kCoarse>(p, row, lesser(32, p.rows - row), column,
                                lesser(kPackedColumns, end - column));
}

inline void multiply(const PackedProduct& p, int64_t begin, int64_t end) {
  p.coarse ? multiply_with<true>(p, begin, end) : multiply_with<false>(p, begin, end);
}

}  // namespace amx

const KernelSet& amx_set() {
  static const KernelSet kSet = [] {
    KernelSet set = avx512_set();
    static_cast<ProductKernels&>(set) = {
        "amx", amx::right_bytes, amx::left_bytes, amx::pack_right_tiles, amx::pack_left_tiles, amx::multiply};
    // Which has an instruction of its own for rounding to bfloat16.
    static_cast<LayerKernels<float, Bf16>&>(set) = amx::layer_set<float, Bf16>("amx");
    static_cast<HalfKernels&>(set) = amx::half_set("amx");
    static_cast<FloatKernels&>(set) = amx::float_set("amx");
    return set;
  }();
  return kSet;
}

}  // namespace fovea
