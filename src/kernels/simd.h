// Vectors of one instruction set, from the compiler's vector types: this header is compiled once for each
// set, into a namespace of its own (FOVEA_ISA), with FOVEA_BYTES bytes a vector. Nothing here may come from
// the standard library: an inline function of it, compiled for a newer processor, could be linked for all.
#pragma once

#include <stdint.h>

#if defined(__AVX512F__) || defined(__AVX2__)
#include <immintrin.h>
#endif

namespace fovea::FOVEA_ISA {

template <class T>
struct Simd;
template <>
struct Simd<float> {
  typedef float V __attribute__((vector_size(FOVEA_BYTES)));
  typedef int32_t I __attribute__((vector_size(FOVEA_BYTES)));
};
template <>
struct Simd<double> {
  typedef double V __attribute__((vector_size(FOVEA_BYTES)));
  typedef int64_t I __attribute__((vector_size(FOVEA_BYTES)));
};
template <class T>
using Vec = typename Simd<T>::V;
template <class T>
using Bits = typename Simd<T>::I;

template <class T>
constexpr int64_t kLanes = FOVEA_BYTES / static_cast<int64_t>(sizeof(T));

constexpr int64_t lesser(int64_t a, int64_t b) {
  return a < b ? a : b;
}
constexpr int64_t greater(int64_t a, int64_t b) {
  return a < b ? b : a;
}
constexpr int64_t round_up(int64_t n, int64_t step) {
  return (n + step - 1) / step * step;
}

template <class T>
inline Vec<T> load(const T* p) {
  Vec<T> v;
  __builtin_memcpy(&v, p, sizeof(v));
  return v;
}
template <class T>
inline void store(T* p, Vec<T> v) {
  __builtin_memcpy(p, &v, sizeof(v));
}
/// x in every lane.
template <class T>
inline Vec<T> all(T x) {
  return x - Vec<T>{};
}
template <class T>
constexpr T kLowest = -static_cast<T>(__builtin_inf());

/// a · b + c, in one instruction where the set has one: for products that several sums take, which a compiler
/// would make once and add.
template <class T>
inline Vec<T> multiply_add(Vec<T> a, Vec<T> b, Vec<T> c) {
#if defined(__AVX512F__)
  if constexpr (sizeof(T) == 4) return (Vec<T>)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
  if constexpr (sizeof(T) == 8) return (Vec<T>)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c);
#elif defined(__FMA__)
  if constexpr (sizeof(T) == 4) return (Vec<T>)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
  if constexpr (sizeof(T) == 8) return (Vec<T>)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c);
#else
  return a * b + c;
#endif
}

/// Half of the lanes of a and b in turn, from lane F on: the lower half (F = 0) is a0 b0 a1 b1 …
template <class T, int F>
inline Vec<T> dealt(Vec<T> a, Vec<T> b) {
  if constexpr (kLanes<T> == 16)
    return __builtin_shufflevector(a, b, F, F + 16, F + 1, F + 17, F + 2, F + 18, F + 3, F + 19, F + 4,
                                   F + 20, F + 5, F + 21, F + 6, F + 22, F + 7, F + 23);
  if constexpr (kLanes<T> == 8)
    return __builtin_shufflevector(a, b, F, F + 8, F + 1, F + 9, F + 2, F + 10, F + 3, F + 11);
  if constexpr (kLanes<T> == 4) return __builtin_shufflevector(a, b, F, F + 4, F + 1, F + 5);
  if constexpr (kLanes<T> == 2) return __builtin_shufflevector(a, b, F, F + 2);
}

/// Where x or y is NaN, x.
template <class T>
inline Vec<T> at_least(Vec<T> x, Vec<T> y) {
  return x < y ? y : x;
}
template <class T>
inline Vec<T> at_most(Vec<T> x, Vec<T> y) {
  return x > y ? y : x;
}

/// One bit for each lane in which a > b.
inline uint32_t lanes_greater(Vec<float> a, Vec<float> b) {
#if defined(__AVX512F__)
  return _mm512_cmp_ps_mask((__m512)a, (__m512)b, _CMP_GT_OQ);
#elif defined(__AVX2__)
  return static_cast<uint32_t>(_mm256_movemask_ps(_mm256_cmp_ps((__m256)a, (__m256)b, _CMP_GT_OQ)));
#else
  uint32_t bits = 0;
  for (int i = 0; i < kLanes<float>; ++i) bits |= static_cast<uint32_t>(a[i] > b[i]) << i;
  return bits;
#endif
}
inline uint32_t lanes_greater(Vec<double> a, Vec<double> b) {
#if defined(__AVX512F__)
  return _mm512_cmp_pd_mask((__m512d)a, (__m512d)b, _CMP_GT_OQ);
#elif defined(__AVX2__)
  return static_cast<uint32_t>(_mm256_movemask_pd(_mm256_cmp_pd((__m256d)a, (__m256d)b, _CMP_GT_OQ)));
#else
  uint32_t bits = 0;
  for (int i = 0; i < kLanes<double>; ++i) bits |= static_cast<uint32_t>(a[i] > b[i]) << i;
  return bits;
#endif
}

/// The same for those of NaN.
inline uint32_t lanes_nan(Vec<float> x) {
#if defined(__AVX512F__)
  return _mm512_cmp_ps_mask((__m512)x, (__m512)x, _CMP_UNORD_Q);
#elif defined(__AVX2__)
  return static_cast<uint32_t>(_mm256_movemask_ps(_mm256_cmp_ps((__m256)x, (__m256)x, _CMP_UNORD_Q)));
#else
  uint32_t bits = 0;
  for (int i = 0; i < kLanes<float>; ++i) bits |= static_cast<uint32_t>(x[i] != x[i]) << i;
  return bits;
#endif
}
inline uint32_t lanes_nan(Vec<double> x) {
#if defined(__AVX512F__)
  return _mm512_cmp_pd_mask((__m512d)x, (__m512d)x, _CMP_UNORD_Q);
#elif defined(__AVX2__)
  return static_cast<uint32_t>(_mm256_movemask_pd(_mm256_cmp_pd((__m256d)x, (__m256d)x, _CMP_UNORD_Q)));
#else
  uint32_t bits = 0;
  for (int i = 0; i < kLanes<double>; ++i) bits |= static_cast<uint32_t>(x[i] != x[i]) << i;
  return bits;
#endif
}

/// Sum of the lanes: halves first, so that the order is fixed.
template <class T>
inline T sum_lanes(Vec<T> v) {
#if defined(__AVX512F__)
  if constexpr (sizeof(T) == 4) return _mm512_reduce_add_ps((__m512)v);
  if constexpr (sizeof(T) == 8) return _mm512_reduce_add_pd((__m512d)v);
#else
  T x[kLanes<T>];
  store(x, v);
  for (int64_t width = kLanes<T> / 2; width > 0; width /= 2)
    for (int64_t i = 0; i < width; ++i) x[i] += x[i + width];
  return x[0];
#endif
}

/// Of numbers none of which is NaN.
template <class T>
inline T max_lanes(Vec<T> v) {
#if defined(__AVX512F__)
  if constexpr (sizeof(T) == 4) return _mm512_reduce_max_ps((__m512)v);
  if constexpr (sizeof(T) == 8) return _mm512_reduce_max_pd((__m512d)v);
#endif
  T best = v[0];
  for (int i = 1; i < kLanes<T>; ++i) best = v[i] > best ? v[i] : best;
  return best;
}

/// s[begin … end − 1] ← x.
template <class T>
inline void fill_between(T* s, int64_t begin, int64_t end, T x) {
#if defined(__AVX512F__)
  if constexpr (sizeof(T) == 4) {
    for (; begin < end; begin += kLanes<T>) {
      const auto lanes = static_cast<__mmask16>((1U << lesser(kLanes<T>, end - begin)) - 1);
      _mm512_mask_storeu_ps(s + begin, lanes, (__m512)all<T>(x));
    }
    return;
  }
#endif
  for (; begin < end; ++begin) s[begin] = x;
}

/// 1 / d. On AVX-512 from a 14-bit estimate and one Newton step, which leaves 2⁻²³; d below 1e38.
inline Vec<float> reciprocal(Vec<float> d) {
#if defined(__AVX512F__)
  const Vec<float> r = (Vec<float>)_mm512_rcp14_ps((__m512)d);
  return r * (2.0f - d * r);
#else
  return 1.0f / d;
#endif
}
inline Vec<double> reciprocal(Vec<double> d) {
  return 1.0 / d;
}

/// Numbers of exp: x = n ln 2 + r, |r| ≤ ln 2 / 2, exp(r) by a polynomial, 2ⁿ through the exponent's bits.
template <class T>
struct ExpNumbers;
template <>
struct ExpNumbers<float> {
  static constexpr int kMantissa = 23;
  static constexpr float kRound = 12582912.0f;  // 1.5 · 2²³: adding it rounds to a whole number
  static constexpr float kLow = -87.0f, kHigh = 88.0f;
  static constexpr float kLn2High = 0.693359375f, kLn2Low = -2.12194440e-4f;
  // Taylor's terms: the first that is left out is below 6e-9.
  static constexpr int kTerms = 8;
};
template <>
struct ExpNumbers<double> {
  static constexpr int kMantissa = 52;
  static constexpr double kRound = 6755399441055744.0;  // 1.5 · 2⁵²
  static constexpr double kLow = -708.0, kHigh = 709.0;
  static constexpr double kLn2High = 0.693147180369123816490, kLn2Low = 1.90821492927058770002e-10;
  static constexpr int kTerms = 14;
};
/// 1 / n!
template <class T>
constexpr T inverse_factorial(int n) {
  double product = 1;
  for (int i = 2; i <= n; ++i) product *= i;
  return static_cast<T>(1.0 / product);
}

/// exp(x) for x between kLow and kHigh, NaN for NaN; relative error below 1.2e-7 (float), 3e-16 (double).
template <class T>
inline Vec<T> exp_inside(Vec<T> x) {
  using N = ExpNumbers<T>;
  const Vec<T> shifted = x * static_cast<T>(1.44269504088896340736) + N::kRound;
  const Vec<T> n = shifted - N::kRound;
  Vec<T> r = x - n * N::kLn2High;
  r = r - n * N::kLn2Low;
  Vec<T> p = all<T>(inverse_factorial<T>(N::kTerms - 1));
#pragma GCC unroll 16
  for (int i = N::kTerms - 2; i >= 0; --i) p = p * r + inverse_factorial<T>(i);
  return (Vec<T>)((Bits<T>)p + ((Bits<T>)shifted << N::kMantissa));
}

/// exp(x): 0 below kLow (where float has 1.6e-38 left), as for kHigh above it.
template <class T>
inline Vec<T> exp_of(Vec<T> x) {
  using N = ExpNumbers<T>;
  const Vec<T> y = exp_inside<T>(at_least<T>(at_most<T>(x, all<T>(N::kHigh)), all<T>(N::kLow)));
  return x < all<T>(N::kLow) ? Vec<T>{} : y;
}

/// exp(x) with x first brought between −limit and limit.
template <class T>
inline Vec<T> exp_limited(Vec<T> x, T limit) {
  return exp_inside<T>(at_least<T>(at_most<T>(x, all<T>(limit)), all<T>(-limit)));
}

}  // namespace fovea::FOVEA_ISA
