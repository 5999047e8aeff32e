// The steps of recurrent_kernels.h, compiled once for each instruction set (simd.h).
#pragma once

#include "src/kernels/recurrent_kernels.h"
#include "src/kernels/rows.h"

namespace fovea::FOVEA_ISA {

/// 1 / (1 + exp(−x)); beyond ±80 as there.
template <class T>
inline Vec<T> sigmoid(Vec<T> x) {
  return reciprocal(1 + exp_limited<T>(-x, 80));
}

/// 1 − 2 / (1 + exp(2x)); beyond ±20 it is ±1 to the last bit.
template <class T>
inline Vec<T> tanh_of(Vec<T> x) {
  return 1 - 2 * reciprocal(1 + exp_limited<T>(2 * x, 40));
}

inline bool rests(const CellStep& step, int64_t row) {
  return step.lengths != nullptr && step.time >= step.lengths[row];
}

/// A row at rest: what came for this step's output goes on to the state before.
template <class T>
inline void pass_on(T* dh, const T* from, int64_t hidden) {
  over_units<T>(hidden, [&](int64_t u, auto at) { at.put(dh + u, at.get(dh + u) + at.get(from + u)); });
}

template <class T>
void lstm_forward(const LstmForward<T>& step, int64_t begin, int64_t end) {
  const int64_t n = step.hidden;
  for (int64_t row = begin; row < end; ++row) {
    T *i = step.gates + row * 4 * n, *f = i + n, *g = f + n, *o = g + n;
    T *h = step.h + row * n, *c = step.c + row * n;
    const T* c_before = step.c_before + row * n;
    if (rests(step, row)) {
      copy_row(h, step.h_before + row * n, n);
      copy_row(c, c_before, n);
      continue;
    }
    over_units<T>(n, [&](int64_t u, auto at) {
      const Vec<T> in = sigmoid<T>(at.get(i + u)), forget = sigmoid<T>(at.get(f + u));
      const Vec<T> cell = tanh_of<T>(at.get(g + u)), out = sigmoid<T>(at.get(o + u));
      const Vec<T> now = forget * at.get(c_before + u) + in * cell;
      at.put(i + u, in), at.put(f + u, forget), at.put(g + u, cell), at.put(o + u, out);
      at.put(c + u, now);
      at.put(h + u, out * tanh_of<T>(now));
    });
  }
}

template <class T>
void lstm_backward(const LstmBackward<T>& step, int64_t begin, int64_t end) {
  const int64_t n = step.hidden;
  for (int64_t row = begin; row < end; ++row) {
    const T *i = step.gates + row * 4 * n, *f = i + n, *g = f + n, *o = g + n;
    T *di = step.dgates + row * 4 * n, *df = di + n, *dg = df + n, *d_out = dg + n;
    T *dh = step.dh + row * n, *dc = step.dc + row * n;
    const T *from = step.from + row * n, *c = step.c + row * n, *c_before = step.c_before + row * n;
    if (rests(step, row)) {
      pass_on(dh, from, n);
      clear_row(di, 4 * n);
      continue;
    }
    over_units<T>(n, [&](int64_t u, auto at) {
      const Vec<T> in = at.get(i + u), forget = at.get(f + u), cell = at.get(g + u), out = at.get(o + u);
      const Vec<T> bent = tanh_of<T>(at.get(c + u)), whole = at.get(dh + u) + at.get(from + u);
      const Vec<T> now = at.get(dc + u) + whole * out * (1 - bent * bent);  // dL/dc
      at.put(d_out + u, whole * bent * out * (1 - out));
      at.put(di + u, now * cell * in * (1 - in));
      at.put(df + u, now * at.get(c_before + u) * forget * (1 - forget));
      at.put(dg + u, now * in * (1 - cell * cell));
      at.put(dc + u, now * forget);
      at.put(dh + u, Vec<T>{});
    });
  }
}

template <class T>
void gru_forward(const GruForward<T>& step, int64_t begin, int64_t end) {
  const int64_t n = step.hidden;
  for (int64_t row = begin; row < end; ++row) {
    T *r = step.gates + row * 3 * n, *z = r + n, *fresh = z + n;
    const T *inner_r = step.inner + row * 3 * n, *inner_z = inner_r + n, *inner_n = inner_z + n;
    T *h = step.h + row * n, *kept = step.inner_new + row * n;
    const T* h_before = step.h_before + row * n;
    copy_row(kept, inner_n, n);
    if (rests(step, row)) {
      copy_row(h, h_before, n);
      continue;
    }
    over_units<T>(n, [&](int64_t u, auto at) {
      const Vec<T> reset = sigmoid<T>(at.get(r + u) + at.get(inner_r + u));
      const Vec<T> update = sigmoid<T>(at.get(z + u) + at.get(inner_z + u));
      const Vec<T> candidate = tanh_of<T>(at.get(fresh + u) + reset * at.get(inner_n + u));
      at.put(r + u, reset), at.put(z + u, update), at.put(fresh + u, candidate);
      at.put(h + u, candidate + update * (at.get(h_before + u) - candidate));
    });
  }
}

template <class T>
void gru_backward(const GruBackward<T>& step, int64_t begin, int64_t end) {
  const int64_t n = step.hidden;
  for (int64_t row = begin; row < end; ++row) {
    const T *r = step.gates + row * 3 * n, *z = r + n, *fresh = z + n;
    const T *kept = step.inner_new + row * n, *h_before = step.h_before + row * n,
            *from = step.from + row * n;
    T *dr = step.dgates + row * 3 * n, *dz = dr + n, *dn = dz + n;
    T *inner_r = step.dinner + row * 3 * n, *inner_z = inner_r + n, *inner_n = inner_z + n;
    T* dh = step.dh + row * n;
    if (rests(step, row)) {
      pass_on(dh, from, n);
      clear_row(dr, 3 * n);
      clear_row(inner_r, 3 * n);
      continue;
    }
    over_units<T>(n, [&](int64_t u, auto at) {
      const Vec<T> reset = at.get(r + u), update = at.get(z + u), candidate = at.get(fresh + u);
      const Vec<T> whole = at.get(dh + u) + at.get(from + u);
      const Vec<T> of_new = whole * (1 - update) * (1 - candidate * candidate);
      const Vec<T> of_reset = of_new * at.get(kept + u) * reset * (1 - reset);
      const Vec<T> of_update = whole * (at.get(h_before + u) - candidate) * update * (1 - update);
      at.put(dr + u, of_reset), at.put(dz + u, of_update), at.put(dn + u, of_new);
      at.put(inner_r + u, of_reset), at.put(inner_z + u, of_update), at.put(inner_n + u, of_new * reset);
      at.put(dh + u, whole * update);
    });
  }
}

template <class T>
constexpr RecurrentKernels<T> recurrent_set(const char* name) {
  return {name, lstm_forward<T>, lstm_backward<T>, gru_forward<T>, gru_backward<T>};
}

}  // namespace fovea::FOVEA_ISA
