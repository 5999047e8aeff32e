// Vectors of the offset j − i of a query and a key, beside keys (Shaw 2018, Dai 2019) or values (Shaw 2018):
// a block of rows meets those of a run of keys in one product, whose row i is then read i places further to
// the left. One instruction set; see simd.h.
#pragma once

#include "src/kernels/whole_rows.h"

namespace fovea::FOVEA_ISA {

/// The offsets `low` … of a block's rows and a run's keys, and where row i of the block finds that of the
/// run's first key among them: at `lead` − i.
struct Reach {
  int64_t low, count, lead;
  Reach(const RowBlock& block, const KeyRun& run)
      : low(run.begin - (block.end - 1)),
        count(run.end - run.begin + block.end - block.begin - 1),
        lead(block.end - 1 - block.begin) {}
};

/// The vectors of one side, of all offsets that a call has.
template <class T>
struct RelativeRows {
  RowsOf<const T> given;  // of offset 0, or null
  int64_t width = 0, padded = 0;
  int64_t low = 0, count = 0;  // offsets
  T *panels = nullptr, *copy = nullptr;
  T* sum = nullptr;      // backward: gradients [count, padded]
  RowsOf<const T> rows;  // in whole vectors, of offset `low`
  T* shifted = nullptr;  // room [kMostRows, row]
  int64_t row = 0;

  explicit operator bool() const { return given.data != nullptr; }

  /// Room for runs of at most `columns` keys; `as_panels` for `add_products`.
  void take(Scratch<T>& scratch, bool as_panels, bool backward, int64_t columns) {
    padded = round_up(width, kLanes<T>);
    row = round_up(columns + kMostRows + kPanel<T>, kPanel<T>) + kLanes<T>;
    shifted = scratch.take(kMostRows * row);
    if (as_panels) panels = scratch.take(round_up(count, kPanel<T>) * width);
    if (width % kLanes<T> != 0) copy = scratch.take(count * padded);
    if (backward) sum = scratch.take(count * padded);
  }

  void pack() {
    if (panels != nullptr) pack_panels(given.data + low * given.stride, given.stride, count, width, panels);
    rows = whole_rows(given, low, count, width, copy);
    if (sum != nullptr) clear(sum, count * padded);
  }

  const T* vector(int64_t offset) const { return rows.data + (offset - low) * rows.stride; }
  T* gradient(int64_t offset) { return sum + (offset - low) * padded; }

  /// out[i, j] += x_i · vector(offset of row i and the run's key j), x [rows, width].
  void add_products(const Left<T>& x, const RowBlock& block, const KeyRun& run, T* out, int64_t out_row) {
    const Reach reach(block, run);
    const int64_t first = (reach.low - low) / kPanel<T> * kPanel<T>, ahead = reach.low - low - first;
    const int64_t count_rows = block.end - block.begin;
    panel_product(x, panels + first * width, width, shifted, row, count_rows,
                  round_up(ahead + reach.count, kPanel<T>));
    for (int64_t i = 0; i < count_rows; ++i) {
      const T* from = shifted + i * row + ahead + reach.lead - i;
      T* to = out + i * out_row;
      for (int64_t j = 0; j < run.end - run.begin; ++j) to[j] += from[j];
    }
  }

  /// Numbers of a run's keys [rows, keys], each row at the places of its offsets.
  Left<T> by_offset(const T* x, int64_t x_row, const RowBlock& block, const KeyRun& run) {
    const Reach reach(block, run);
    const int64_t keys = run.end - run.begin;
    for (int64_t i = 0; i < block.end - block.begin; ++i) {
      T* to = shifted + i * row;
      const T* from = x + i * x_row;
      const int64_t begin = reach.lead - i;
      clear(to, begin);
      for (int64_t j = 0; j < keys; ++j) to[begin + j] = from[j];
      clear(to + begin + keys, reach.count - begin - keys);
    }
    return {shifted, row, 1};
  }

  /// out_i (+)= Σ_j x_ij vector(offset of row i and the run's key j); x as `by_offset` has it.
  void add_vectors(const Left<T>& x, const RowBlock& block, const KeyRun& run, T* out, bool add) const {
    const Reach reach(block, run);
    long_product(x, vector(reach.low), rows.stride, reach.count, out, padded, block.end - block.begin, padded,
                 add);
  }

  /// The vectors' gradients += Σ_i x_ij y_i, y [rows, padded].
  void add_gradients(const Left<T>& x, RowsOf<const T> y, const RowBlock& block, const KeyRun& run) {
    const Reach reach(block, run);
    product(Left<T>{x.a, 1, x.row}, y.data, y.stride, block.end - block.begin, gradient(reach.low), padded,
            reach.count, padded, true);
  }

  /// The gradients that were added up, 0 for all others of low_all … low_all + all − 1.
  void write(RowsOf<T> to, int64_t low_all, int64_t all) const {
    for (int64_t n = 0; n < all; ++n) {
      T* out = to.data + (low_all + n) * to.stride;
      const int64_t at = low_all + n - low;
      if (at >= 0 && at < count)
        write_row(sum + at * padded, static_cast<T>(1), out, width);
      else
        clear(out, width);
    }
  }
};

}  // namespace fovea::FOVEA_ISA
