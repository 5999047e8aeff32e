// The products of float_kernels.h on AMX's tiles (half_tiles.h): x = x₁ + x₂ + x₃ in bfloat16, and x w = Σ xᵢ
// wⱼ over i + j ≤ 4, smallest first; what is left out is below 2⁻²² |x w| (Henry, Tang & Heinecke 2019,
// §III).
#pragma once

#include "src/kernels/float_kernels.h"
#include "src/kernels/half_tiles.h"

namespace fovea::FOVEA_ISA {

/// What belongs to 32 rows or columns and 32 numbers of the depth lies together: of each part two tiles.
/// Numbers k and k + 16 are beside each other.
constexpr int64_t kFloatUnit = 6 * kHalfTile;
/// Numbers of the depth that are added up in tiles before they are written, at most, and bytes of a right
/// side that stay in the second cache meanwhile.
constexpr int64_t kChunk = 512, kFloatPanel = int64_t{3} << 18;
constexpr int64_t kLine = 16;  // numbers of a cache line

/// x as the sum of three numbers of bfloat16, each in the upper half of a word: cut, rounded, and what is
/// left.
struct Thirds {
  Words first, second, third;
};
inline Thirds thirds(Vec<float> x) {
  constexpr uint32_t kUpper = 0xffff0000U;
  const Words first = (Words)x & kUpper;
  x -= (Vec<float>)first;
  const Words second = ((Words)x + 0x8000U) & kUpper;
  return {first, second, (Words)(x - (Vec<float>)second)};
}

/// The upper halves of a below those of b. (By this instruction: of operators the compiler makes a slower
/// one.)
inline Vec<float> pair(Words a, Words b) {
  constexpr int kOrAnd = 0xf8;  // first | second & third
  return (Vec<float>)_mm512_ternarylogic_epi32((__m512i)(a >> 16), (__m512i)b,
                                               _mm512_set1_epi32(static_cast<int>(0xffff0000U)), kOrAnd);
}

/// A row of a tile of each part, from the numbers k … k + 15 and k + 16 … k + 31.
inline void lay_thirds(Vec<float> near, Vec<float> far, Bf16* row) {
  const Thirds a = thirds(near), b = thirds(far);
  auto* to = reinterpret_cast<float*>(row);  // a pair each
  store(to, pair(a.first, b.first));
  store(to + kHalfTile, pair(a.second, b.second));
  store(to + 2 * kHalfTile, pair(a.third, b.third));
}

/// 16 × 16 numbers of which some are there, 0 for the others.
struct Square {
  const float* at;
  int64_t row, rows, columns;
  bool whole() const { return rows >= 16 && columns >= 16; }
  template <bool kWhole>
  Vec<float> get(int64_t i) const {
    if (kWhole) return load(at + i * row);
    return i < rows ? piece(at + i * row, columns) : Vec<float>{};
  }
};

/// `sum`, where not null, is of what turns.
template <bool kWhole>
inline void lay_square(const Square& near, const Square& far, bool turns, Bf16* to, Vec<float>* sum) {
  if (!turns) {
    for (int64_t i = 0; i < 16; ++i, to += kHalfDepth)
      lay_thirds(near.get<kWhole>(i), far.get<kWhole>(i), to);
    return;
  }
  Vec<float> a[16], b[16];
  for (int64_t i = 0; i < 16; ++i) a[i] = near.get<kWhole>(i);
  for (int64_t i = 0; i < 16; ++i) b[i] = far.get<kWhole>(i);
  if (sum != nullptr)
    for (int64_t i = 0; i < 16; ++i) *sum += a[i] + b[i];
  transpose<float>(a), transpose<float>(b);
  for (int64_t i = 0; i < 16; ++i, to += kHalfDepth) lay_thirds(a[i], b[i], to);
}

/// Rows or columns `outer` … of `width` and numbers k … of `depth`. Adds numbers up into sums [2] where not
/// null: for a left side that is not deep.
template <bool kLeft>
inline void lay_unit(const FloatSide& side, int64_t outer, int64_t width, int64_t k, int64_t depth, Bf16* to,
                     Vec<float>* sums) {
  for (int64_t half = 0; half < 2; ++half, to += kHalfTile) {
    const int64_t o = outer + 16 * half;
    Square near{side.numbers, side.row, 0, 0};
    if (o < width) {
      near.at += side.deep ? o * side.row + k : k * side.row + o;
      near.rows = side.deep ? width - o : depth - k, near.columns = side.deep ? depth - k : width - o;
    }
    Square far = near;
    far.at += side.deep ? 16 : 16 * side.row;
    (side.deep ? far.columns : far.rows) -= 16;
    Vec<float>* sum = sums == nullptr ? nullptr : sums + half;
    if (near.whole() && far.whole())
      lay_square<true>(near, far, side.deep != kLeft, to, sum);
    else
      lay_square<false>(near, far, side.deep != kLeft, to, sum);
  }
}

/// The next block of an answer, asked for a few cache lines at a time.
struct AnswerAhead {
  const float* at = nullptr;
  int64_t row = 0, lines = 0;  // `lines` at a time
  int64_t column = 0, rows = kFloatBlock;
  void fetch() {
    for (int64_t i = 0; i < lines && rows > 0; ++i) {
      __builtin_prefetch(at + column, 1, 3);
      column += kLine;
      if (column >= kFloatBlock) at += row, column = 0, --rows;
    }
  }
};

/// Some of the next rows of a deep left side, laid out between steps of tiles, which do not wait for it.
struct LeftAhead {
  const float* from = nullptr;
  int64_t row = 0, rows = 0;
  Bf16* to = nullptr;
  /// 32 numbers of each row.
  void lay(int64_t step) const {
    const float* near = from + step * kHalfDepth;
    Bf16* at = to + step * kFloatUnit;
    for (int64_t r = 0; r < rows; ++r, near += row, at += kHalfDepth)
      lay_thirds(load(near), load(near + 16), at);
  }
};

/// A block of an answer from `out` on, and what is done while it is made.
struct FloatBlock {
  float* out;
  int64_t row, rows, columns;
  const float* bias;  // of the block's columns, or null
  bool add;           // to what stands there
  LeftAhead ahead;
};

/// Adds to the tiles 0 … 3, [16 or 32, 32] of an answer. Tiles are loaded where the last product with what
/// they held has begun.
template <bool kTwo>
inline void add_thirds(const Bf16* left, const Bf16* right, int64_t steps, const FloatBlock& block) {
  constexpr int64_t kPart = 2 * kHalfTile;
  const auto then_left = [](const Bf16* next) {
    tile_product<0, 4, 6>(), tile_product<1, 4, 7>();
    tile_load<4>(next, 64);
    if (!kTwo) return;
    tile_product<2, 5, 6>(), tile_product<3, 5, 7>();
    tile_load<5>(next + kHalfTile, 64);
  };
  const auto then_right = [](const Bf16* next) {
    tile_product<0, 4, 6>();
    if (kTwo) tile_product<2, 5, 6>();
    tile_load<6>(next, 64);
    tile_product<1, 4, 7>();
    if (kTwo) tile_product<3, 5, 7>();
    tile_load<7>(next + kHalfTile, 64);
  };
  // The next block of the answer, to the right of this.
  constexpr int64_t kLines = kFloatBlock * kFloatBlock / kLine;
  AnswerAhead out{block.out + kFloatBlock, block.row, (kLines + steps - 1) / steps};
  tile_load<4>(left + 2 * kPart, 64), tile_load<6>(right, 64), tile_load<7>(right + kHalfTile, 64);
  if (kTwo) tile_load<5>(left + 2 * kPart + kHalfTile, 64);
  for (int64_t s = 0; s < steps; ++s) {
    then_left(left + kPart);
    block.ahead.lay(s);
    then_right(right + kPart);
    out.fetch();
    then_left(left);
    then_right(right + 2 * kPart);
    then_right(right);
    if (s + 1 < steps) left += kFloatUnit, right += kFloatUnit;
    then_left(left + 2 * kPart);
    tile_load<6>(right, 64), tile_load<7>(right + kHalfTile, 64);
  }
}

template <bool kTwo>
inline void add_block(const FloatBlock& b, const Bf16* left, const Bf16* right, int64_t steps) {
  const auto row = static_cast<uint64_t>(b.row) * sizeof(float);
  const float* start = b.add ? b.out : b.bias;
  if (start != nullptr) {
    const float* below = b.add ? start + 16 * b.row : start;
    const uint64_t from = b.add ? row : 0;  // the bias in every row
    tile_load<0>(start, from), tile_load<1>(start + 16, from);
    if (kTwo) tile_load<2>(below, from), tile_load<3>(below + 16, from);
  } else {
    tile_zero<0>(), tile_zero<1>();
    if (kTwo) tile_zero<2>(), tile_zero<3>();
  }
  add_thirds<kTwo>(left, right, steps, b);
  tile_store<0>(b.out, row), tile_store<1>(b.out + 16, row);
  if (kTwo) tile_store<2>(b.out + 16 * b.row, row), tile_store<3>(b.out + 16 * b.row + 16, row);
}

/// One that is not whole, through memory of a whole one.
inline void add_part_of_block(const FloatBlock& b, const Bf16* left, const Bf16* right, int64_t steps) {
  alignas(64) float whole[kFloatBlock * kFloatBlock] = {}, bias[kFloatBlock] = {};
  FloatBlock all = b;
  all.out = whole, all.row = kFloatBlock;
  if (b.bias != nullptr) copy_row(bias, b.bias, b.columns), all.bias = bias;
  if (b.add)
    for (int64_t r = 0; r < b.rows; ++r) copy_row(whole + r * kFloatBlock, b.out + r * b.row, b.columns);
  b.rows > 16 ? add_block<true>(all, left, right, steps) : add_block<false>(all, left, right, steps);
  for (int64_t r = 0; r < b.rows; ++r) copy_row(b.out + r * b.row, whole + r * kFloatBlock, b.columns);
}

/// Numbers of the depth in a chunk, all of them but the last of one length.
inline int64_t chunk_of(int64_t depth) {
  const int64_t chunks = (depth + kChunk - 1) / kChunk;
  return round_up((depth + chunks - 1) / chunks, kHalfDepth);
}
inline int64_t unit_bytes(int64_t units) {
  return units * kFloatUnit * static_cast<int64_t>(sizeof(Bf16));
}
/// Columns of a panel.
inline int64_t panel_columns(int64_t depth) {
  return greater(1, kFloatPanel / unit_bytes(half_steps(chunk_of(depth)))) * kFloatBlock;
}
inline int64_t float_room_bytes(const FloatProduct& p) {
  const int64_t columns = lesser(panel_columns(p.depth), round_up(p.columns, kFloatBlock));
  return unit_bytes((2 + columns / kFloatBlock) * half_steps(chunk_of(p.depth)));
}

/// Numbers k … depth − 1 of the depth, of columns first … end − 1, for a part's rows: those that are
/// multiplied and those that come next.
struct FloatPanel {
  int64_t k, depth, first, end;
  Bf16 *left, *next;
  const Bf16* right;
  int64_t steps() const { return half_steps(depth - k); }
  int64_t blocks() const { return (end - first + kFloatBlock - 1) / kFloatBlock; }
};

/// Of columns begin … end − 1.
inline void lay_right_blocks(const FloatProduct& p, int64_t begin, int64_t end, int64_t k, int64_t depth,
                             Bf16* to) {
  for (int64_t column = begin; column < end; column += kFloatBlock)
    for (int64_t i = k; i < depth; i += kHalfDepth, to += kFloatUnit)
      lay_unit<false>(p.right, column, p.columns, i, depth, to, nullptr);
}

inline int64_t float_right_bytes(const FloatProduct& p) {
  return unit_bytes(round_up(p.columns, kFloatBlock) / kFloatBlock * half_steps(p.depth));
}
/// Where units of a whole right side lie: those of a panel together, of these those of a chunk, of these
/// those of a block of columns.
inline int64_t right_place(const FloatProduct& p, int64_t column, int64_t k) {
  const int64_t width = panel_columns(p.depth), first = column / width * width,
                blocks = (lesser(p.columns, first + width) - first + kFloatBlock - 1) / kFloatBlock,
                chunk_end = lesser(p.depth, k + chunk_of(p.depth));
  return (first / kFloatBlock * half_steps(p.depth) + blocks * (k / kHalfDepth) +
          (column - first) / kFloatBlock * half_steps(chunk_end - k)) *
         kFloatUnit;
}
inline void lay_right(const FloatProduct& p, int64_t begin, int64_t end, void* laid) {
  const int64_t chunk = chunk_of(p.depth);
  for (int64_t column = begin; column < end; column += kFloatBlock)
    for (int64_t k = 0; k < p.depth; k += chunk)
      lay_right_blocks(p, column, column + 1, k, lesser(p.depth, k + chunk),
                       static_cast<Bf16*>(laid) + right_place(p, column, k));
}

inline void lay_left(const FloatProduct& p, const FloatPanel& panel, int64_t row, bool sums) {
  Vec<float> sum[2] = {};
  Bf16* to = panel.left;
  for (int64_t k = panel.k; k < panel.depth; k += kHalfDepth, to += kFloatUnit)
    lay_unit<true>(p.left, row, p.rows, k, panel.depth, to, sums ? sum : nullptr);
  if (!sums) return;
  for (int64_t r = 0; r < lesser(kFloatBlock, p.rows - row); ++r)
    p.sums[row + r] = sum[r / 16][r % 16] + (panel.k > 0 ? p.sums[row + r] : 0);
}

/// Whether the rows from `row` on are laid out ahead: where they and the depth are whole, and not so much is
/// multiplied with them that laying out does not count.
inline bool lays_ahead(const FloatProduct& p, const FloatPart& part, const FloatPanel& panel, int64_t row) {
  constexpr int64_t kMostBlocks = 4;
  return p.left.deep && row + kFloatBlock <= part.row_end && (panel.depth - panel.k) % kHalfDepth == 0 &&
         panel.blocks() <= kMostBlocks;
}

/// What a block lays out of the rows from `row` on.
inline LeftAhead share_ahead(const FloatProduct& p, const FloatPanel& panel, int64_t row, int64_t block) {
  const int64_t each = (kFloatBlock - 1) / panel.blocks() + 1, first = lesser(kFloatBlock, block * each);
  return {p.left.numbers + (row + first) * p.left.row + panel.k, p.left.row,
          lesser(each, kFloatBlock - first), panel.next + first * kHalfDepth};
}

inline void multiply_panel(const FloatProduct& p, const FloatPart& part, FloatPanel panel) {
  const int64_t steps = panel.steps();
  bool laid = false;
  for (int64_t row = part.row_begin; row < part.row_end; row += kFloatBlock) {
    if (!laid) lay_left(p, panel, row, p.sums != nullptr && panel.first == 0);
    laid = lays_ahead(p, part, panel, row + kFloatBlock);
    for (int64_t i = 0; i < panel.blocks(); ++i) {
      const int64_t column = panel.first + i * kFloatBlock;
      const Bf16* right = panel.right + i * steps * kFloatUnit;
      const FloatBlock block{p.out + row * p.out_row + column,
                             p.out_row,
                             lesser(kFloatBlock, part.row_end - row),
                             lesser(kFloatBlock, part.column_end - column),
                             p.bias == nullptr ? nullptr : p.bias + column,
                             p.add || panel.k > 0,
                             laid ? share_ahead(p, panel, row + kFloatBlock, i) : LeftAhead()};
      if (block.rows == kFloatBlock && block.columns == kFloatBlock)
        add_block<true>(block, panel.left, right, steps);
      else
        add_part_of_block(block, panel.left, right, steps);
    }
    if (!laid) continue;
    Bf16* const done = panel.left;
    panel.left = panel.next, panel.next = done;
  }
}

inline void float_product(const FloatProduct& p, const FloatPart& part, const void* laid, void* room) {
  const Tiles tiles;
  const int64_t chunk = chunk_of(p.depth), width = panel_columns(p.depth);
  auto* left = static_cast<Bf16*>(room);
  Bf16 *next = left + half_steps(chunk) * kFloatUnit, *own = next + half_steps(chunk) * kFloatUnit;
  for (int64_t first = part.column_begin, end = 0; first < part.column_end; first = end) {
    end = lesser(part.column_end, first / width * width + width);
    for (int64_t k = 0; k < p.depth; k += chunk) {
      FloatPanel panel{k, lesser(p.depth, k + chunk), first, end, left, next, own};
      if (laid == nullptr)
        lay_right_blocks(p, first, end, k, panel.depth, own);
      else
        panel.right = static_cast<const Bf16*>(laid) + right_place(p, first, k);
      multiply_panel(p, part, panel);
    }
  }
}

constexpr FloatKernels float_set(const char* name) {
  return {name, float_right_bytes, float_room_bytes, lay_right, float_product};
}

}  // namespace fovea::FOVEA_ISA
