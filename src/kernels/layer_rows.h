// The passes of layer_kernels.h, compiled once for each instruction set (simd.h).
#pragma once

#include "src/base/random.h"
#include "src/kernels/layer_kernels.h"
#include "src/kernels/rows.h"

namespace fovea::FOVEA_ISA {

template <class T, class U>
void norm(const NormRows<T, U>& n, int64_t begin, int64_t end) {
  const T share = T(1) / static_cast<T>(n.width);
  for (int64_t row = begin; row < end; ++row) {
    const T* x = n.x + row * n.width;
    U* out = n.out + row * n.width;
    Vec<T> sum{}, squares{};
    over_units<T>(n.width, [&](int64_t u, auto at) { sum += at.get(x + u); });
    const T mean = sum_lanes<T>(sum) * share;
    over_units<T>(n.width, [&](int64_t u, auto at) {
      const Vec<T> apart = at.only(at.get(x + u) - mean);
      squares += apart * apart;
    });
    const auto variance = static_cast<double>(sum_lanes<T>(squares) * share + n.epsilon);
    const T inverse = static_cast<T>(1 / __builtin_sqrt(variance));
    over_units<T>(n.width, [&](int64_t u, auto at) {
      at.put(out + u, (at.get(x + u) - mean) * inverse * at.get(n.gain + u) + at.get(n.shift + u));
    });
    n.stats[2 * row] = mean, n.stats[2 * row + 1] = inverse;
  }
}

template <class T, class U>
void norm_back(const NormRowsBack<T, U>& n, int64_t begin, int64_t end, T* gain_sum, T* shift_sum) {
  const T share = T(1) / static_cast<T>(n.width);
  clear_row(gain_sum, n.width), clear_row(shift_sum, n.width);
  for (int64_t row = begin; row < end; ++row) {
    const T *x = n.x + row * n.width, mean = n.stats[2 * row], inverse = n.stats[2 * row + 1];
    const U* from = n.from + row * n.width;
    const T* beside = n.beside == nullptr ? nullptr : n.beside + row * n.width;
    T* to = n.to + row * n.width;
    Vec<T> slopes{}, leans{};
    over_units<T>(n.width, [&](int64_t u, auto at) {
      const Vec<T> come = at.get(from + u), unit = (at.get(x + u) - mean) * inverse;
      const Vec<T> slope = come * at.get(n.gain + u);
      slopes += slope, leans += slope * unit;
      at.put(gain_sum + u, at.get(gain_sum + u) + come * unit);
      at.put(shift_sum + u, at.get(shift_sum + u) + come);
    });
    const T slope_mean = sum_lanes<T>(slopes) * share, lean_mean = sum_lanes<T>(leans) * share;
    over_units<T>(n.width, [&](int64_t u, auto at) {
      const Vec<T> unit = (at.get(x + u) - mean) * inverse;
      Vec<T> result = (at.get(from + u) * at.get(n.gain + u) - slope_mean - unit * lean_mean) * inverse;
      if (beside != nullptr) result += at.get(beside + u);
      at.put(to + u, result);
    });
  }
}

typedef uint64_t LongWords __attribute__((vector_size(FOVEA_BYTES)));

/// mix() of src/base/random.h in every lane.
inline LongWords mix_lanes(LongWords x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

inline uint32_t half_hash(const FallRule& rule, int64_t i) {
  const uint64_t hash = mix(rule.key + static_cast<uint64_t>(i / 2));
  return static_cast<uint32_t>(i % 2 == 0 ? hash : hash >> 32);
}

/// 1 or 0 times the scale for `kLanes` numbers from an even one on.
inline Vec<float> factors(const FallRule& rule, int64_t i) {
  LongWords count{};
  for (int64_t n = 0; n < FOVEA_BYTES / 8; ++n) count[n] = static_cast<uint64_t>(n);
  const Words hashes = (Words)mix_lanes(count + (rule.key + static_cast<uint64_t>(i / 2)));
  return hashes < rule.below ? Vec<float>{} : all(static_cast<float>(rule.scale));
}

/// Calls put(i, factor, access) for numbers begin … end − 1 of a line, in vectors where T is float.
template <class T, class Put>
inline void over_line(int64_t begin, int64_t end, const FallRule& rule, const Put& put) {
  const auto one = [&](int64_t i) {
    const T factor = half_hash(rule, i) < rule.below ? 0 : static_cast<T>(rule.scale);
    put(i, all<T>(factor), PartOfVector<T>{1});
  };
  int64_t i = begin;
  if (rule.below == 0) {
    const Vec<T> factor = all<T>(static_cast<T>(rule.scale));
    over_units<T>(end - begin, [&](int64_t u, auto at) { put(begin + u, factor, at); });
    return;
  }
  if (i % 2 == 1 && i < end) one(i++);
  if constexpr (sizeof(T) == sizeof(float))
    for (; i + kLanes<T> <= end; i += kLanes<T>) put(i, factors(rule, i), WholeVector<T>{});
  for (; i < end; ++i) one(i);
}

template <class T, class U>
void add(const T* x, const U* branch, T* out, int64_t begin, int64_t end, const FallRule& rule) {
  over_line<T>(begin, end, rule, [&](int64_t i, Vec<T> factor, auto at) {
    at.put(out + i, at.get(x + i) + at.get(branch + i) * factor);
  });
}

template <class T, class From, class To>
void part(const From* from, To* to, int64_t begin, int64_t end, const FallRule& rule) {
  over_line<T>(begin, end, rule,
               [&](int64_t i, Vec<T> factor, auto at) { at.put(to + i, at.get(from + i) * factor); });
}

/// Φ(x), and exp(−x² / 2) on the way: Φ(−|x|) = exp(−x² / 2) (a₁ t + … + a₅ t⁵) / 2 with t = 1 / (1 +
/// 0.3275911 |x| / √2) (Abramowitz & Stegun 1964, 7.1.26), off by 7.5e-8 at most.
inline Vec<float> normal_share(Vec<float> x, Vec<float>& bell) {
  const Vec<float> z = (x < 0 ? -x : x) * 0.70710678118654752f;
  bell = exp_of<float>(-z * z);
  const Vec<float> t = reciprocal(1 + 0.3275911f * z);
  Vec<float> p = t * 1.061405429f - 1.453152027f;
  p = p * t + 1.421413741f;
  p = p * t - 0.284496736f;
  p = p * t + 0.254829592f;
  const Vec<float> tail = p * t * bell * 0.5f;
  return x < 0 ? tail : 1 - tail;
}
inline Vec<double> normal_share(Vec<double> x, Vec<double>& bell) {
  bell = exp_of<double>(-x * x * 0.5);
  Vec<double> share;
  for (int i = 0; i < kLanes<double>; ++i) share[i] = 0.5 * __builtin_erfc(-x[i] * 0.70710678118654752440);
  return share;
}

template <class T, class U>
void gelu(const U* x, U* out, int64_t begin, int64_t end) {
  over_units<T>(end - begin, [&](int64_t u, auto at) {
    const Vec<T> v = at.get(x + begin + u);
    Vec<T> bell;
    at.put(out + begin + u, v * normal_share(v, bell));
  });
}

template <class T, class U>
void gelu_back(const U* x, const U* from, U* to, int64_t width, int64_t begin, int64_t end, T* sum) {
  constexpr T kHeight = static_cast<T>(0.39894228040143267794);  // 1 / √(2π)
  clear_row(sum, width);
  for (int64_t row = begin; row < end; ++row) {
    const int64_t start = row * width;
    over_units<T>(width, [&](int64_t u, auto at) {
      const Vec<T> v = at.get(x + start + u);
      Vec<T> bell;
      const Vec<T> share = normal_share(v, bell);
      const Vec<T> result = at.get(from + start + u) * (share + v * bell * kHeight);
      at.put(to + start + u, result);
      at.put(sum + u, at.get(sum + u) + result);
    });
  }
}

/// The largest number of a row and the sum of all.
template <class T, class Row>
inline void top_and_sum(int64_t width, const Row& row, T& top, T& sum) {
  Vec<T> tops = all<T>(kLowest<T>), sums{};
  int64_t u = 0;
  for (; u + kLanes<T> <= width; u += kLanes<T>) {
    const Vec<T> x = row(u, WholeVector<T>{});
    tops = at_least<T>(x, tops), sums += x;
  }
  top = kLowest<T>, sum = sum_lanes<T>(sums);
  for (int64_t i = 0; i < kLanes<T>; ++i) top = tops[i] > top ? tops[i] : top;
  for (; u < width; ++u) {
    const T x = row(u, PartOfVector<T>{1})[0];
    top = x > top ? x : top, sum += x;
  }
}

template <class T, class U>
double cross_entropy(const LossRows<T, U>& of, int64_t begin, int64_t end, T* sum) {
  const double even = of.smoothing / static_cast<double>(of.width), kept = 1 - of.smoothing;
  double loss = 0;
  if (sum != nullptr) clear_row(sum, of.width);
  for (int64_t r = begin; r < end; ++r) {
    U* logits = of.logits + r * of.width;
    const auto row = [&](int64_t u, auto at) {
      const Vec<T> x = at.get(logits + u);
      return of.bias == nullptr ? x : x + at.get(of.bias + u);
    };
    T top, whole;
    top_and_sum<T>(of.width, row, top, whole);
    Vec<T> weights{};
    over_units<T>(of.width, [&](int64_t u, auto at) { weights += at.only(exp_of<T>(row(u, at) - top)); });
    const double log_sum =
        static_cast<double>(top) + __builtin_log(static_cast<double>(sum_lanes<T>(weights)));
    const int64_t target = of.targets[r];
    const auto hit = static_cast<double>(row(target, PartOfVector<T>{1})[0]);
    loss -= kept * (hit - log_sum) + even * static_cast<double>(whole) - of.smoothing * log_sum;
    if (!of.slopes) continue;
    const T total = static_cast<T>(log_sum), share = static_cast<T>(even);
    over_units<T>(of.width, [&](int64_t u, auto at) {
      const Vec<T> slope = exp_of<T>(row(u, at) - total) - share;
      at.put(logits + u, slope);
      if (sum != nullptr) at.put(sum + u, at.get(sum + u) + slope);
    });
    const PartOfVector<T> one{1};
    one.put(logits + target, one.get(logits + target) - static_cast<T>(kept));
    if (sum != nullptr) sum[target] -= static_cast<T>(kept);
  }
  return loss;
}

template <class T, class From, class To>
void convert(const From* from, int64_t from_row, To* to, int64_t to_row, int64_t rows, int64_t width) {
  for (int64_t r = 0; r < rows; ++r, from += from_row, to += to_row)
    over_units<T>(width, [&](int64_t u, auto at) { at.put(to + u, at.get(from + u)); });
}

template <class T, class U>
constexpr LayerKernels<T, U> layer_set(const char* name) {
  return {name,       norm<T, U>,      norm_back<T, U>,     add<T, U>,        part<T, T, U>,   part<T, U, U>,
          gelu<T, U>, gelu_back<T, U>, cross_entropy<T, U>, convert<T, U, T>, convert<T, T, U>};
}

}  // namespace fovea::FOVEA_ISA
