// The passes of update_kernels.h, compiled once for each instruction set (simd.h).
#pragma once

#include "src/kernels/rows.h"
#include "src/kernels/update_kernels.h"

namespace fovea::FOVEA_ISA {

inline Vec<float> root(Vec<float> x) {
#if defined(__AVX512F__)
  return (Vec<float>)_mm512_sqrt_ps((__m512)x);
#elif defined(__AVX2__)
  return (Vec<float>)_mm256_sqrt_ps((__m256)x);
#else
  for (int i = 0; i < kLanes<float>; ++i) x[i] = __builtin_sqrtf(x[i]);
  return x;
#endif
}
inline Vec<double> root(Vec<double> x) {
#if defined(__AVX512F__)
  return (Vec<double>)_mm512_sqrt_pd((__m512d)x);
#elif defined(__AVX2__)
  return (Vec<double>)_mm256_sqrt_pd((__m256d)x);
#else
  for (int i = 0; i < kLanes<double>; ++i) x[i] = __builtin_sqrt(x[i]);
  return x;
#endif
}

template <class T>
inline void sgd_vector(const UpdateNumbers<T>& n, Vec<T>& x, Vec<T> g, Vec<T>& m) {
  g += n.decay * x;
  m = n.momentum * m + g;
  x -= n.rate * m;
}

template <class T, bool kDecoupled>
inline void adam_vector(const UpdateNumbers<T>& n, Vec<T>& x, Vec<T> g, Vec<T>& m, Vec<T>& v) {
  if (kDecoupled)
    x *= 1 - n.rate * n.decay;
  else
    g += n.decay * x;
  m += (1 - n.beta1) * (g - m);
  v = n.beta2 * v + (1 - n.beta2) * g * g;
  x -= n.rate / n.mean_share * (m / (root(v) / n.root_share + n.epsilon));
}

/// rule(x, g, m, v) for every number, a vector at a time.
template <class T, bool kGradient, class Rule>
inline void update_line(const UpdateNumbers<T>& n, T* x, const T* g, T* first, T* second, int64_t count,
                        const Rule& rule) {
  over_units<T>(count, [&](int64_t u, auto at) {
    Vec<T> a = at.get(x + u), b{}, m = at.get(first + u), v{};
    if (kGradient) b = at.get(g + u) / n.divisor;
    if (second != nullptr) v = at.get(second + u);
    rule(a, b, m, v);
    at.put(x + u, a), at.put(first + u, m);
    if (second != nullptr) at.put(second + u, v);
  });
}

template <class T, bool kGradient>
inline void update_with(const UpdateNumbers<T>& n, T* x, const T* g, T* first, T* second, int64_t count) {
  using V = Vec<T>;
  switch (n.rule) {
    case UpdateRule::kSgd:
      return update_line<T, kGradient>(n, x, g, first, nullptr, count,
                                       [&](V& a, V b, V& m, V&) { sgd_vector<T>(n, a, b, m); });
    case UpdateRule::kAdam:
      return update_line<T, kGradient>(n, x, g, first, second, count,
                                       [&](V& a, V b, V& m, V& v) { adam_vector<T, false>(n, a, b, m, v); });
    case UpdateRule::kAdamW:
      return update_line<T, kGradient>(n, x, g, first, second, count,
                                       [&](V& a, V b, V& m, V& v) { adam_vector<T, true>(n, a, b, m, v); });
  }
}

template <class T>
void update(const UpdateNumbers<T>& n, T* x, const T* g, T* first, T* second, int64_t count) {
  g != nullptr ? update_with<T, true>(n, x, g, first, second, count)
               : update_with<T, false>(n, x, g, first, second, count);
}

template <class T>
double squares(const T* x, int64_t count) {
  constexpr int64_t kSums = 4;
  Vec<T> sums[kSums] = {};
  int64_t i = 0;
  for (; i + kSums * kLanes<T> <= count; i += kSums * kLanes<T>)
    for (int64_t s = 0; s < kSums; ++s) {
      const Vec<T> v = load(x + i + s * kLanes<T>);
      sums[s] += v * v;
    }
  over_units<T>(count - i, [&](int64_t u, auto at) {
    const Vec<T> v = at.only(at.get(x + i + u));
    sums[0] += v * v;
  });
  double total = 0;
  for (int64_t s = 0; s < kSums; ++s) total += sum_lanes<T>(sums[s]);
  return total;
}

template <class T>
constexpr UpdateKernels<T> update_set(const char* name) {
  return {name, update<T>, squares<T>};
}

}  // namespace fovea::FOVEA_ISA
