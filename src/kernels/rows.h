// Rows of any length, a vector at a time; numbers of 16 bits widened on the way. One instruction set; see
// simd.h.
#pragma once

#include "src/kernels/bf16.h"
#include "src/kernels/simd.h"

namespace fovea::FOVEA_ISA {

/// The first `n` lanes; the others are 0.
template <class T>
inline Vec<T> load_some(const T* p, int64_t n) {
  Vec<T> v{};
  __builtin_memcpy(&v, p, static_cast<uint64_t>(n) * sizeof(T));
  return v;
}
template <class T>
inline void store_some(T* p, Vec<T> v, int64_t n) {
  __builtin_memcpy(p, &v, static_cast<uint64_t>(n) * sizeof(T));
}

typedef uint16_t Halves __attribute__((vector_size(FOVEA_BYTES / 2)));
typedef uint32_t Words __attribute__((vector_size(FOVEA_BYTES)));

/// bfloat16 is the upper half of a float.
inline Vec<float> widen(Halves x) {
  return (Vec<float>)(__builtin_convertvector(x, Words) << 16);
}
/// To the nearest, of two equally near the even one; NaN stays NaN.
inline Halves narrow(Vec<float> x) {
#if defined(__AVX512BF16__)
  // One instruction, for which numbers below 2⁻¹²⁶ are 0.
  return (Halves)_mm512_cvtneps_pbh((__m512)x);
#else
  const Words bits = (Words)x, rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
  return __builtin_convertvector((Words)(x == x ? (Bits<float>)rounded : (Bits<float>)Words{} + 0x7fc0),
                                 Halves);
#endif
}

/// Reads and writes whole vectors.
template <class T>
struct WholeVector {
  Vec<T> get(const T* p) const { return load(p); }
  void put(T* p, Vec<T> v) const { store(p, v); }
  Vec<float> get(const Bf16* p) const {
    Halves x;
    __builtin_memcpy(&x, p, sizeof(x));
    return widen(x);
  }
  void put(Bf16* p, Vec<float> v) const {
    const Halves x = narrow(v);
    __builtin_memcpy(p, &x, sizeof(x));
  }
  /// v where there are numbers of the row.
  Vec<T> only(Vec<T> v) const { return v; }
};

/// The first n numbers of one.
template <class T>
struct PartOfVector {
  int64_t n;
  Vec<T> get(const T* p) const { return load_some(p, n); }
  void put(T* p, Vec<T> v) const { store_some(p, v, n); }
  Vec<float> get(const Bf16* p) const {
    Halves x{};
    __builtin_memcpy(&x, p, static_cast<uint64_t>(n) * sizeof(Bf16));
    return widen(x);
  }
  void put(Bf16* p, Vec<float> v) const {
    const Halves x = narrow(v);
    __builtin_memcpy(p, &x, static_cast<uint64_t>(n) * sizeof(Bf16));
  }
  Vec<T> only(Vec<T> v) const {
    for (int64_t i = n; i < kLanes<T>; ++i) v[i] = 0;
    return v;
  }
};

/// body(place, access) for all numbers of a row, a vector at a time.
template <class T, class Body>
inline void over_units(int64_t count, const Body& body) {
  int64_t unit = 0;
  for (; unit + kLanes<T> <= count; unit += kLanes<T>) body(unit, WholeVector<T>{});
  if (unit < count) body(unit, PartOfVector<T>{count - unit});
}

template <class T>
inline void copy_row(T* to, const T* from, int64_t n) {
  __builtin_memcpy(to, from, static_cast<uint64_t>(n) * sizeof(T));
}
template <class T>
inline void clear_row(T* to, int64_t n) {
  __builtin_memset(to, 0, static_cast<uint64_t>(n) * sizeof(T));
}

}  // namespace fovea::FOVEA_ISA
