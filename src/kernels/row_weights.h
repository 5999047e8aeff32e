// From a row of scores to weights, and back: each rule on a row of whole vectors in which −inf stands where
// nothing is visible. One instruction set; see simd.h.
#pragma once

#include "src/kernels/simd.h"

namespace fovea::FOVEA_ISA {

/// What the weights of a row are made with: softmax's are exp((s − shift) / temperature) · scale.
template <class T>
struct RowNumbers {
  T shift, scale;
};

/// What each lane has largest; returns the largest of all, NaN if there is one.
template <class T>
inline T lane_maxima(const T* s, int64_t n, Vec<T>& best) {
  uint32_t odd = 0;
  best = all<T>(kLowest<T>);
  for (int64_t i = 0; i < n; i += kLanes<T>) {
    const Vec<T> x = load(s + i);
    best = x > best ? x : best;
    odd |= lanes_nan(x);
  }
  return odd != 0 ? static_cast<T>(__builtin_nan("")) : max_lanes<T>(best);
}

/// The largest number; NaN if there is one.
template <class T>
inline T largest_of(const T* s, int64_t n) {
  Vec<T> best;
  return lane_maxima(s, n, best);
}

template <class T>
inline T sum_of(const T* s, int64_t n) {
  Vec<T> sum{};
  for (int64_t i = 0; i < n; i += kLanes<T>) sum += load(s + i);
  return sum_lanes<T>(sum);
}

template <class T>
inline T dot_of(const T* a, const T* b, int64_t n) {
  Vec<T> sum{};
  for (int64_t i = 0; i < n; i += kLanes<T>) sum += load(a + i) * load(b + i);
  return sum_lanes<T>(sum);
}

template <class T>
inline void scale_row(T* s, int64_t n, T factor) {
  for (int64_t i = 0; i < n; i += kLanes<T>) store(s + i, load(s + i) * factor);
}

/// exp(x) as exp_of, for numbers of which none is above 0.
template <class T>
inline Vec<T> exp_below(Vec<T> x) {
  const Vec<T> low = all<T>(ExpNumbers<T>::kLow);
  const Vec<T> y = exp_inside<T>(at_least<T>(x, low));
  return x < low ? Vec<T>{} : y;
}

/// A row of N vectors that stands in registers.
template <class T, int N>
struct FewVectors {
  Vec<T> v[N];
  explicit FewVectors(const T* s) {
    for (int i = 0; i < N; ++i) v[i] = load(s + i * kLanes<T>);
  }
  void put(T* s) const {
    for (int i = 0; i < N; ++i) store(s + i * kLanes<T>, v[i]);
  }
};

template <int N>
struct Count {
  static constexpr int value = N;
};

/// f(Count<N>{}) where a row of n numbers has that few vectors; false, and nothing is done, where it has
/// more.
template <class T, class F>
inline bool with_few_vectors(int64_t n, const F& f) {
#if defined(__AVX512F__)
  if (n == 4 * kLanes<T>) return f(Count<4>{}), true;
  if (n == 2 * kLanes<T>) return f(Count<2>{}), true;
#endif
  (void)n, (void)f;
  return false;
}

/// s ← exp((s − shift) · factor), shift the largest; the numbers hold what is left to multiply with. `one`: a
/// further score of 0 takes its share (softmax-one).
template <class T>
inline RowNumbers<T> exponentials(T* s, int64_t n, T factor, bool one) {
  T shift = largest_of(s, n);
  if (one && shift < 0) shift = 0;
  if (shift == kLowest<T>) {
    for (int64_t i = 0; i < n; ++i) s[i] = 0;
    return {0, 0};
  }
  Vec<T> sum{};
  const bool few = with_few_vectors<T>(n, [&](auto count) {
    FewVectors<T, decltype(count)::value> x(s);
    for (Vec<T>& e : x.v) e = exp_below<T>((e - shift) * factor), sum += e;
    x.put(s);
  });
  for (int64_t i = few ? n : 0; i < n; i += kLanes<T>) {
    const Vec<T> e = exp_below<T>((load(s + i) - shift) * factor);
    store(s + i, e);
    sum += e;
  }
  T total = sum_lanes<T>(sum);
  if (one) total += exp_of<T>(all<T>(-shift * factor))[0];
  return {shift, 1 / total};
}

/// s ← the weights, from numbers that are known.
template <class T>
inline void exponentials_again(T* s, int64_t n, T factor, RowNumbers<T> numbers) {
  for (int64_t i = 0; i < n; i += kLanes<T>)
    store(s + i, exp_below<T>((load(s + i) - numbers.shift) * factor) * numbers.scale);
}

template <class T>
inline void sigmoid_row(T* s, int64_t n) {
  for (int64_t i = 0; i < n; i += kLanes<T>) {
    const Vec<T> x = load(s + i);
    const Vec<T> y = 1 / (1 + exp_of<T>(-x));
    store(s + i, x < all<T>(ExpNumbers<T>::kLow) ? Vec<T>{} : y);
  }
}

/// s ← s / Σ s; returns 1 / Σ s, 0 where the sum vanishes.
template <class T>
inline RowNumbers<T> sum_row(T* s, int64_t n) {
  Vec<T> sum{};
  for (int64_t i = 0; i < n; i += kLanes<T>) {
    const Vec<T> x = load(s + i);
    const Vec<T> seen = x == all<T>(kLowest<T>) ? Vec<T>{} : x;
    store(s + i, seen);
    sum += seen;
  }
  const T total = sum_lanes<T>(sum), size = total < 0 ? -total : total;
  const T scale = size < static_cast<T>(1e-12) ? 0 : 1 / total;
  scale_row(s, n, scale);
  return {0, scale};
}

template <class T>
inline void uniform_row(T* s, int64_t n) {
  Vec<T> count{};
  for (int64_t i = 0; i < n; i += kLanes<T>) {
    const Vec<T> seen = load(s + i) == all<T>(kLowest<T>) ? Vec<T>{} : all<T>(1);
    store(s + i, seen);
    count += seen;
  }
  const T total = sum_lanes<T>(count);
  if (total > 0) scale_row(s, n, 1 / total);
}

/// g ← p (g − Σ p g) · factor: the gradient of softmax's scores from that of its weights.
template <class T>
inline void softmax_backward(const T* p, T* g, int64_t n, T factor) {
  const T mean = dot_of(p, g, n);
  for (int64_t i = 0; i < n; i += kLanes<T>) store(g + i, load(p + i) * (load(g + i) - mean) * factor);
}

/// Both of these: s ← the weights, g, the gradient of the weights, ← that of the scores.
template <class T>
inline void softmax_again_and_backward(T* s, T* g, int64_t n, T factor, RowNumbers<T> numbers) {
  const bool few = with_few_vectors<T>(n, [&](auto count) {
    FewVectors<T, decltype(count)::value> p(s), slope(g);
    Vec<T> sum{};
    for (int i = 0; i < count.value; ++i) {
      p.v[i] = exp_below<T>((p.v[i] - numbers.shift) * factor) * numbers.scale;
      sum += p.v[i] * slope.v[i];
    }
    p.put(s);
    const T mean = sum_lanes<T>(sum);
    for (int i = 0; i < count.value; ++i) slope.v[i] = p.v[i] * (slope.v[i] - mean) * factor;
    slope.put(g);
  });
  if (few) return;
  exponentials_again(s, n, factor, numbers);
  softmax_backward(s, g, n, factor);
}

template <class T>
inline void sigmoid_backward(const T* p, T* g, int64_t n) {
  for (int64_t i = 0; i < n; i += kLanes<T>) {
    const Vec<T> a = load(p + i);
    store(g + i, a * (1 - a) * load(g + i));
  }
}

/// As if every key were visible; hidden ones are to be set to 0.
template <class T>
inline void sum_backward(const T* p, T* g, int64_t n, T scale) {
  const T mean = dot_of(p, g, n);
  for (int64_t i = 0; i < n; i += kLanes<T>) store(g + i, (load(g + i) - mean) * scale);
}

/// The few columns of a row that keep a weight, in rising order.
template <class T>
struct Support {
  int32_t* column;
  T* weight;
  int64_t count = 0;
};

/// Columns above `limit`, and their numbers.
template <class T>
inline void gather_above(const T* s, int64_t n, T limit, Support<T>& found) {
  found.count = 0;
  for (int64_t i = 0; i < n; i += kLanes<T>)
    for (uint32_t bits = lanes_greater(load(s + i), all<T>(limit)); bits != 0; bits &= bits - 1) {
      const int64_t at = i + __builtin_ctz(bits);
      found.column[found.count] = static_cast<int32_t>(at);
      found.weight[found.count++] = s[at];
    }
}

/// A row of which one score is NaN has NaN weights: the support is one of them.
template <class T>
inline bool strange_or_empty(T largest, Support<T>& found) {
  found.count = 0;
  if (largest == kLowest<T>) return true;
  if (largest == largest) return false;
  found.column[0] = 0, found.weight[0] = largest, found.count = 1;
  return true;
}

/// Keeps what has a positive weight.
template <class T>
inline void keep_positive(Support<T>& found) {
  int64_t kept = 0;
  for (int64_t i = 0; i < found.count; ++i)
    if (found.weight[i] > 0) {
      found.column[kept] = found.column[i];
      found.weight[kept++] = found.weight[i];
    }
  found.count = kept;
}

/// max(s − τ, 0) with Σ = 1. The threshold rises from below (Michelot 1986): each step takes that of the
/// numbers still above it, until none is left behind.
template <class T>
inline void sparsemax_row(const T* s, int64_t n, Support<T>& found) {
  const T top = largest_of(s, n);
  if (strange_or_empty(top, found)) return;
  gather_above(s, n, top - 1, found);
  T threshold = -1;
  // Rounding could make it fall again: no more steps than there are numbers to leave behind.
  int64_t before = 0;
  for (int64_t step = 0; step <= found.count; ++step) {
    int64_t count = 0;
    T sum = 0;
    for (int64_t i = 0; i < found.count; ++i) {
      const T z = found.weight[i] - top;
      if (z > threshold || z == 0) sum += z, ++count;
    }
    threshold = (sum - 1) / static_cast<T>(count);
    if (count == before) break;
    before = count;
  }
  for (int64_t i = 0; i < found.count; ++i) found.weight[i] = found.weight[i] - top - threshold;
  keep_positive(found);
}

/// max(s / 2 − τ, 0)² with Σ = 1. Newton's method on Σ max(z − τ, 0)² = 1 from below, where it never steps
/// too far; at the end τ in closed form from the support, as Peters (2019) has it.
template <class T>
inline void entmax15_row(const T* s, int64_t n, Support<T>& found) {
  const T top = largest_of(s, n);
  if (strange_or_empty(top, found)) return;
  gather_above(s, n, top - 2, found);
  T threshold = -1;
  for (int step = 0; step < 40; ++step) {
    T squares = 0, sum = 0;
    int64_t kept = 0;  // what the rising threshold has left behind does not come back
    for (int64_t i = 0; i < found.count; ++i) {
      const T over = (found.weight[i] - top) / 2 - threshold;
      if (!(over > 0)) continue;
      squares += over * over, sum += over;
      found.weight[kept] = found.weight[i], found.column[kept++] = found.column[i];
    }
    found.count = kept;
    const T next = threshold + (squares - 1) / (2 * sum);
    if (!(next > threshold)) break;
    threshold = next;
  }
  T sum = 0, squares = 0, count = 0;
  for (int64_t i = 0; i < found.count; ++i) {
    const T z = (found.weight[i] - top) / 2;
    if (z > threshold || z == 0) sum += z, squares += z * z, count += 1;
  }
  const T mean = sum / count, rest = (1 - (squares - sum * mean)) / count;
  threshold =
      mean - (rest > 0 ? static_cast<T>(__builtin_sqrt(static_cast<double>(rest))) : static_cast<T>(0));
  for (int64_t i = 0; i < found.count; ++i) {
    const T over = (found.weight[i] - top) / 2 - threshold;
    found.weight[i] = over > 0 ? over * over : 0;
  }
  keep_positive(found);
}

/// The k-th largest of the lanes, k ≤ kLanes.
template <class T>
inline T kth_lane(Vec<T> lanes, int64_t k) {
  T least = -kLowest<T>;
  for (int lane = 0; lane < kLanes<T>; ++lane) {
    const T x = lanes[lane];
    const bool among = __builtin_popcount(lanes_greater(lanes, all<T>(x))) < k;
    least = among && x < least ? x : least;
  }
  return least;
}

/// The k largest of a support, of equal ones the first: each counts how many go before it, so nothing is
/// guessed by the processor. Room for whole vectors behind the weights, and as much in `copy`.
template <class T>
inline void keep_largest(Support<T>& found, int64_t k, T* copy) {
  const int64_t whole = round_up(found.count, kLanes<T>);
  for (int64_t i = 0; i < whole; ++i) copy[i] = i < found.count ? found.weight[i] : kLowest<T>;
  int64_t kept = 0;
  for (int64_t i = 0; i < found.count; ++i) {
    const Vec<T> x = all<T>(copy[i]);
    int64_t before = 0;
    for (int64_t j = 0; j < whole; j += kLanes<T>) {
      const Vec<T> other = load(copy + j);
      const int64_t earlier = i - j < 0 ? 0 : i - j < kLanes<T> ? i - j : kLanes<T>;
      const uint32_t greater = lanes_greater(other, x);
      const uint32_t equal = ~(greater | lanes_greater(x, other)) & ((uint32_t{1} << earlier) - 1);
      before += __builtin_popcount(greater | equal);
    }
    found.weight[kept] = copy[i], found.column[kept] = found.column[i];
    kept += before < k ? 1 : 0;
  }
  found.count = kept;
}

/// Weights in proportion to exp(score − top), Σ = 1; room for whole vectors behind them.
template <class T>
inline void softmax_support(Support<T>& found, T top) {
  const int64_t whole = round_up(found.count, kLanes<T>);
  for (int64_t i = found.count; i < whole; ++i) found.weight[i] = kLowest<T>;
  Vec<T> sum{};
  for (int64_t i = 0; i < whole; i += kLanes<T>) {
    const Vec<T> e = exp_of<T>(load(found.weight + i) - top);
    store(found.weight + i, e);
    sum += e;
  }
  const T scale = 1 / sum_lanes<T>(sum);
  for (int64_t i = 0; i < found.count; ++i) found.weight[i] *= scale;
}

/// Puts a score in its place among the k largest so far, sorted from the largest down; the last one may fall
/// out.
template <class T>
inline void insert(Support<T>& found, int64_t k, T score, int64_t column) {
  if (found.count == k && !(score > found.weight[k - 1])) return;
  int64_t place = found.count < k ? found.count++ : k - 1;
  for (; place > 0 && found.weight[place - 1] < score; --place) {
    found.weight[place] = found.weight[place - 1];
    found.column[place] = found.column[place - 1];
  }
  found.weight[place] = score, found.column[place] = static_cast<int32_t>(column);
}

/// softmax over the k largest; of equal ones the lower column. `copy`: room for a row.
template <class T>
inline void top_k_row(const T* s, int64_t n, int64_t k, Support<T>& found, T* copy) {
  Vec<T> maxima;
  const T top = lane_maxima(s, n, maxima);
  if (strange_or_empty(top, found)) return;
  // As much is reached by k lanes, so nothing below it is among the k largest.
  const T reached = k <= kLanes<T> ? kth_lane<T>(maxima, k) : kLowest<T>;
  if (reached > kLowest<T>) {
    for (int64_t i = 0; i < n; i += kLanes<T>) {
      constexpr uint32_t kAll = (uint32_t{1} << kLanes<T>)-1;
      for (uint32_t bits = ~lanes_greater(all<T>(reached), load(s + i)) & kAll; bits != 0; bits &= bits - 1) {
        const int64_t at = i + __builtin_ctz(bits);
        found.weight[found.count] = s[at], found.column[found.count++] = static_cast<int32_t>(at);
      }
    }
    // Many: as good as all are equal, where comparing each with each would be slow.
    if (found.count > 8 * k) found.count = 0;
    if (found.count > k) keep_largest(found, k, copy);
  }
  if (found.count == 0) {
    T limit = kLowest<T>;
    for (int64_t i = 0; i < n; i += kLanes<T>) {
      for (uint32_t bits = lanes_greater(load(s + i), all<T>(limit)); bits != 0; bits &= bits - 1) {
        const int64_t at = i + __builtin_ctz(bits);
        insert(found, k, s[at], at);
      }
      if (found.count == k) limit = found.weight[k - 1];
    }
  }
  softmax_support(found, top);
}

/// 1 on the largest; of equal ones the lower column.
template <class T>
inline void hard_row(const T* s, int64_t n, Support<T>& found) {
  const T top = largest_of(s, n);
  if (strange_or_empty(top, found)) return;
  int64_t at = 0;
  while (s[at] != top) ++at;
  found.column[0] = static_cast<int32_t>(at), found.weight[0] = 1, found.count = 1;
}

/// g ← gradient of the scores of a support from that of its weights: for sparsemax g − mean g, for entmax15
/// √p (g − Σ √p g / Σ √p), for top-k softmax's.
template <class T>
inline void sparsemax_backward(const Support<T>& of, T* g) {
  T sum = 0;
  for (int64_t i = 0; i < of.count; ++i) sum += g[i];
  for (int64_t i = 0; i < of.count; ++i) g[i] -= sum / static_cast<T>(of.count);
}
/// Leaves the roots of the weights in their place.
template <class T>
inline void entmax15_backward(Support<T>& of, T* g) {
  T sum = 0, total = 0;
  for (int64_t i = 0; i < of.count; ++i) {
    T& root = of.weight[i];
    root = static_cast<T>(__builtin_sqrt(static_cast<double>(root)));
    sum += root * g[i], total += root;
  }
  for (int64_t i = 0; i < of.count; ++i) g[i] = of.weight[i] * (g[i] - sum / total);
}
template <class T>
inline void top_k_backward(const Support<T>& of, T* g) {
  T mean = 0;
  for (int64_t i = 0; i < of.count; ++i) mean += of.weight[i] * g[i];
  for (int64_t i = 0; i < of.count; ++i) g[i] = of.weight[i] * (g[i] - mean);
}

}  // namespace fovea::FOVEA_ISA
