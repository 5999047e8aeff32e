// Scores that are no product: Σ_a e_a tanh(q_a + k_a) and Σ_a e_a tanh(q_a + k_a) sigmoid(q'_a + k'_a),
// without ever forming [Tq, Tk, A]. One instruction set; see simd.h.
//
// tanh(q + k) = 1 − 2 / (1 + exp(2q) exp(2k)): with the exponentials of rows and keys at hand, a pair costs a
// product, a reciprocal and a sum; and two reciprocals cost one and three products: 1 / x = y · (1 / xy). The
// error of tanh stays below 4e-7 in float. Where a number is too large for the product of so many
// exponentials (or the rows are too few for theirs to pay), exp(2(q + k)) is taken of each pair (`direct`).
#pragma once

#include "src/kernels/rows.h"
#include "src/kernels/simd.h"

namespace fovea::FOVEA_ISA {

/// Largest |2(q + k)| of a pair whose 1 + exp(2(q + k)) may meet another's in a product.
template <class T>
constexpr T kLargestExponent = sizeof(T) == 4 ? static_cast<T>(42) : static_cast<T>(340);

/// One side of the pairs, padded to whole vectors: rows of `width` numbers at `row` (tanh), and as many
/// behind them at `row + width` (gate). They are exponentials, or in direct mode the numbers themselves,
/// times 2 and −1.
template <class T>
struct PairSide {
  T* data;
  int64_t row;
};

/// Writes x [rows, A (or 2A)] as a side. Returns the largest |number| of an exponential, infinite where one
/// is no number.
template <class T, bool kGated, bool kDirect>
inline T fill_side(const T* x, int64_t x_row, int64_t rows, int64_t width, int64_t padded, PairSide<T> side) {
  Vec<T> most{}, odd{};  // squares; NaN where a number is infinite or none
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t half = 0; half < (kGated ? 2 : 1); ++half) {
      const T factor = half == 0 ? static_cast<T>(2) : static_cast<T>(-1);
      const T* from = x + r * x_row + half * width;
      T* to = side.data + r * side.row + half * padded;
      for (int64_t a = 0; a < padded; a += kLanes<T>) {
        const int64_t left = width - a;
        const Vec<T> value = factor * (left >= kLanes<T> ? load(from + a) : load_some(from + a, left));
        store(to + a, kDirect ? value : exp_inside<T>(value));
        most = at_least<T>(most, value * value);
        odd += value * 0;
      }
    }
  if (lanes_nan(odd) != 0) return -kLowest<T>;
  return __builtin_sqrt(max_lanes<T>(most));
}

/// 1 + exp(…) of one pair and one vector of features.
template <class T, bool kDirect>
inline Vec<T> pair_whole(Vec<T> q, Vec<T> k) {
  if constexpr (kDirect) return 1 + exp_limited<T>(q + k, 2 * kLargestExponent<T>);
  return q * k + 1;
}

/// e / x and e / y.
template <class T, bool kDirect>
inline void divide_both(Vec<T> e, Vec<T>& x, Vec<T>& y) {
  if constexpr (kDirect) {
    x = e * reciprocal(x), y = e * reciprocal(y);
  } else {
    const Vec<T> both = e * reciprocal(x * y), first = both * y;
    y = both * x, x = first;
  }
}

/// whole[r] ← e / whole[r], two rows at a time.
template <class T, bool kDirect, int R>
inline void divide_rows(Vec<T> e, Vec<T> (&whole)[R]) {
#pragma GCC unroll 8
  for (int r = 0; r + 2 <= R; r += 2) divide_both<T, kDirect>(e, whole[r], whole[r + 1]);
  if constexpr (R % 2 == 1) whole[R - 1] = e * reciprocal(whole[R - 1]);
}

/// out[i] ← the sum of sum[i]'s lanes: eight vectors become four with two of them in turn, then two, then
/// one.
template <class T>
inline void sums_of_eight(Vec<T>* sum, T* out) {
  if constexpr (kLanes<T> == 16) {
#pragma GCC unroll 4
    for (int half = 4; half > 0; half /= 2)
#pragma GCC unroll 4
      for (int i = 0; i < half; ++i)
        sum[i] = dealt<T, 0>(sum[i], sum[i + half]) + dealt<T, 8>(sum[i], sum[i + half]);
#pragma GCC unroll 8
    for (int i = 0; i < 8; ++i) out[i] = sum[0][i] + sum[0][i + 8];
  } else {
    for (int i = 0; i < 8; ++i) out[i] = sum_lanes<T>(sum[i]);
  }
}

/// Scores of R rows and K keys.
template <class T, bool kGated, bool kDirect, int R, int K>
inline void pair_block(PairSide<T> q, PairSide<T> k, const T* energy, int64_t padded, T constant, T* out,
                       int64_t out_row) {
  Vec<T> sum[R * K];
#pragma GCC unroll 8
  for (int n = 0; n < R * K; ++n) sum[n] = Vec<T>{};
  for (int64_t a = 0; a < padded; a += kLanes<T>) {
    const Vec<T> e = load(energy + a);
#pragma GCC unroll 8
    for (int j = 0; j < K; ++j) {
      const Vec<T> kv = load(k.data + j * k.row + a);
      Vec<T> whole[R];
#pragma GCC unroll 8
      for (int r = 0; r < R; ++r) whole[r] = pair_whole<T, kDirect>(load(q.data + r * q.row + a), kv);
      if constexpr (kGated) {
        const Vec<T> kg = load(k.data + j * k.row + padded + a);
#pragma GCC unroll 8
        for (int r = 0; r < R; ++r) {
          // e · tanh · gate, where tanh = 1 − 2 share.
          Vec<T> share = whole[r], gate = pair_whole<T, kDirect>(load(q.data + r * q.row + padded + a), kg);
          divide_both<T, kDirect>(all<T>(1), share, gate);
          sum[r * K + j] += e * (gate - 2 * share * gate);
        }
      } else {
        divide_rows<T, kDirect, R>(e, whole);
#pragma GCC unroll 8
        for (int r = 0; r < R; ++r) sum[r * K + j] += whole[r];
      }
    }
  }
  T total[R * K];
  if constexpr (R * K == 8)
    sums_of_eight<T>(sum, total);
  else
    for (int n = 0; n < R * K; ++n) total[n] = sum_lanes<T>(sum[n]);
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 8
    for (int j = 0; j < K; ++j)
      out[r * out_row + j] = kGated ? total[r * K + j] : constant - 2 * total[r * K + j];
}

template <class T, bool kGated, bool kDirect, int R>
inline void pair_rows(PairSide<T> q, PairSide<T> k, const T* energy, int64_t padded, T constant, T* out,
                      int64_t out_row, int64_t keys) {
  int64_t j = 0;
  for (; j + 2 <= keys; j += 2)
    pair_block<T, kGated, kDirect, R, 2>(q, {k.data + j * k.row, k.row}, energy, padded, constant, out + j,
                                         out_row);
  if (j < keys)
    pair_block<T, kGated, kDirect, R, 1>(q, {k.data + j * k.row, k.row}, energy, padded, constant, out + j,
                                         out_row);
}

/// Scores [rows, keys] of two sides; energy [padded], 0 behind A.
template <class T, bool kGated, bool kDirect>
inline void pair_scores(PairSide<T> q, PairSide<T> k, const T* energy, int64_t padded, int64_t rows,
                        int64_t keys, T* out, int64_t out_row) {
  T constant = 0;
  for (int64_t a = 0; a < padded; ++a) constant += energy[a];
  // Keys in blocks that stay in the first cache while the rows pass.
  const int64_t block = greater(8, 4096 / padded * 2);
  for (int64_t first = 0; first < keys; first += block) {
    const PairSide<T> some{k.data + first * k.row, k.row};
    const int64_t count = lesser(block, keys - first);
    int64_t r = 0;
    for (; r + 4 <= rows; r += 4)
      pair_rows<T, kGated, kDirect, 4>({q.data + r * q.row, q.row}, some, energy, padded, constant,
                                       out + r * out_row + first, out_row, count);
    for (; r + 2 <= rows; r += 2)
      pair_rows<T, kGated, kDirect, 2>({q.data + r * q.row, q.row}, some, energy, padded, constant,
                                       out + r * out_row + first, out_row, count);
    for (; r < rows; ++r)
      pair_rows<T, kGated, kDirect, 1>({q.data + r * q.row, q.row}, some, energy, padded, constant,
                                       out + r * out_row + first, out_row, count);
  }
}

/// What a backward pass adds up, each padded like its side: before the factors 4 e_a (tanh) and 2 e_a … that
/// are common to a column.
template <class T>
struct PairGradient {
  T* query;  // rows at query_row
  int64_t query_row;
  T* key;
  int64_t key_row;
  T* energy;  // [padded]: Σ dS · share, or of the gated product
};

/// R rows, all `keys`, one vector of features.
template <class T, bool kGated, bool kDirect, int R>
inline void pair_back_block(PairSide<T> q, PairSide<T> k, const T* grad, int64_t grad_row, int64_t keys,
                            int64_t padded, PairGradient<T> to) {
  Vec<T> qv[R], dq[R], qg[R], dg[R];
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r) {
    qv[r] = load(q.data + r * q.row);
    dq[r] = load(to.query + r * to.query_row);
    if constexpr (kGated) {
      qg[r] = load(q.data + r * q.row + padded);
      dg[r] = load(to.query + r * to.query_row + padded);
    }
  }
  Vec<T> de[2] = {load(to.energy), Vec<T>{}};  // of even rows and odd ones: neither waits for the other
  for (int64_t j = 0; j < keys; ++j) {
    T* dk_at = to.key + j * to.key_row;
    const Vec<T> kv = load(k.data + j * k.row);
    Vec<T> dk = load(dk_at), kg{}, dkg{};
    if constexpr (kGated) kg = load(k.data + j * k.row + padded), dkg = load(dk_at + padded);
    Vec<T> share[R];
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) share[r] = pair_whole<T, kDirect>(qv[r], kv);
    if constexpr (!kGated) divide_rows<T, kDirect, R>(all<T>(1), share);
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) {
      const Vec<T> ds = all<T>(grad[r * grad_row + j]);
      Vec<T> gate{};
      if constexpr (kGated) {
        gate = pair_whole<T, kDirect>(qg[r], kg);
        divide_both<T, kDirect>(all<T>(1), share[r], gate);
      }
      const Vec<T> slope = share[r] - share[r] * share[r];  // a quarter of 1 − tanh²
      if constexpr (kGated) {
        const Vec<T> moved = ds * gate, inner = moved * slope, tanh = 1 - 2 * share[r];
        const Vec<T> outer = moved * tanh;  // dS · tanh · sigmoid
        const Vec<T> gated = outer - outer * gate;
        dq[r] += inner, dk += inner;
        dg[r] += gated, dkg += gated;
        de[r % 2] += outer;
      } else {
        dq[r] = multiply_add<T>(ds, slope, dq[r]);
        dk = multiply_add<T>(ds, slope, dk);
        de[r % 2] += ds * share[r];
      }
    }
    store(dk_at, dk);
    if constexpr (kGated) store(dk_at + padded, dkg);
  }
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r) {
    store(to.query + r * to.query_row, dq[r]);
    if constexpr (kGated) store(to.query + r * to.query_row + padded, dg[r]);
  }
  store(to.energy, de[0] + de[1]);
}

/// Adds to `to` what dS = grad [rows, keys] makes of the pairs.
template <class T, bool kGated, bool kDirect>
inline void pair_backward(PairSide<T> q, PairSide<T> k, const T* grad, int64_t grad_row, int64_t rows,
                          int64_t keys, int64_t padded, PairGradient<T> to) {
  constexpr int64_t kKeys = 128;  // of a block, whose columns stay in the first cache
  for (int64_t first = 0; first < keys; first += kKeys) {
    const int64_t count = lesser(kKeys, keys - first);
    for (int64_t a = 0; a < padded; a += kLanes<T>) {
      const PairSide<T> some{k.data + first * k.row + a, k.row};
      const auto part = [&](int64_t r) {
        return PairGradient<T>{to.query + r * to.query_row + a, to.query_row, to.key + first * to.key_row + a,
                               to.key_row, to.energy + a};
      };
      int64_t r = 0;
      for (; r + 4 <= rows; r += 4)
        pair_back_block<T, kGated, kDirect, 4>({q.data + r * q.row + a, q.row}, some,
                                               grad + r * grad_row + first, grad_row, count, padded, part(r));
      for (; r + 2 <= rows; r += 2)
        pair_back_block<T, kGated, kDirect, 2>({q.data + r * q.row + a, q.row}, some,
                                               grad + r * grad_row + first, grad_row, count, padded, part(r));
      for (; r < rows; ++r)
        pair_back_block<T, kGated, kDirect, 1>({q.data + r * q.row + a, q.row}, some,
                                               grad + r * grad_row + first, grad_row, count, padded, part(r));
    }
  }
}

}  // namespace fovea::FOVEA_ISA
