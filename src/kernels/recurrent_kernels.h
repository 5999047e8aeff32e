// What one step of a recurrent cell does to its gates once the matrix products are made: LSTM (Hochreiter &
// Schmidhuber 1997, with Gers 2000's forget gate) and GRU (Cho 2014, with the reset gate inside, as in cuDNN
// and PyTorch), forward and backward. models/layers/recurrent_sequence makes layers of it.
#pragma once

#include <stdint.h>

namespace fovea {

/// What every step knows. Row b takes part in the step `time` when lengths is null or time < lengths[b];
/// otherwise its state stays as it is.
struct CellStep {
  int64_t hidden = 0;  // H
  int64_t time = 0;
  const int64_t* lengths = nullptr;  // [B]
};

/// i = σ(a_i), f = σ(a_f), g = tanh(a_g), o = σ(a_o); c = f c' + i g; h = o tanh(c).
template <class T>
struct LstmForward : CellStep {
  T* gates = nullptr;                                // [B, 4H], i f g o: a → its activation
  const T *h_before = nullptr, *c_before = nullptr;  // [B, H]
  T *h = nullptr, *c = nullptr;                      // [B, H]
};

template <class T>
struct LstmBackward : CellStep {
  const T* gates = nullptr;                   // activations [B, 4H]
  const T *c_before = nullptr, *c = nullptr;  // [B, H]
  const T* from = nullptr;                    // dL/dh of this step's output [B, H]
  T* dh =
      nullptr;  // [B, H]: dL/dh from later steps → what reaches h' past the gates (0 but for rows at rest)
  T* dc = nullptr;      // [B, H]: dL/dc → dL/dc'
  T* dgates = nullptr;  // [B, 4H]: dL/da
};

/// r = σ(x_r + u_r), z = σ(x_z + u_z), n = tanh(x_n + r u_n); h = (1 − z) n + z h'.
template <class T>
struct GruForward : CellStep {
  T* gates = nullptr;           // [B, 3H], r z n: x → its activation
  const T* inner = nullptr;     // [B, 3H]: u = U h' + b
  T* inner_new = nullptr;       // [B, H]: keeps u_n
  const T* h_before = nullptr;  // [B, H]
  T* h = nullptr;               // [B, H]
};

template <class T>
struct GruBackward : CellStep {
  const T* gates = nullptr;      // activations [B, 3H]
  const T* inner_new = nullptr;  // [B, H]
  const T* h_before = nullptr;   // [B, H]
  const T* from = nullptr;       // dL/dh of this step's output [B, H]
  T* dh = nullptr;               // [B, H]: dL/dh from later steps → what reaches h' past the products
  T* dgates = nullptr;           // [B, 3H]: dL/dx
  T* dinner = nullptr;           // [B, 3H]: dL/du
};

/// Each works on the rows begin … end − 1.
template <class T>
struct RecurrentKernels {
  const char* name;
  void (*lstm_forward)(const LstmForward<T>&, int64_t begin, int64_t end);
  void (*lstm_backward)(const LstmBackward<T>&, int64_t begin, int64_t end);
  void (*gru_forward)(const GruForward<T>&, int64_t begin, int64_t end);
  void (*gru_backward)(const GruBackward<T>&, int64_t begin, int64_t end);
};

}  // namespace fovea
