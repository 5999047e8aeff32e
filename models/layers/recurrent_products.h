// The products of a recurrent layer: as LibTorch makes them, or with bfloat16's exactness, where the
// processor is quick at that, from and into float32.
#pragma once

#include "src/core/packed_products.h"

namespace fovea {

constexpr int64_t kLeastRows = 8;  // of a batch that a thread takes

/// [T, B, X] → [T·B, X].
inline Tensor rows_of(const Tensor& x) {
  return x.reshape({-1, x.size(-1)});
}

/// Rows that one thread takes through all steps, as no row asks another, with room for their products.
struct RowsPart {
  int64_t begin, end;
  Tensor room;
};

/// A part's rows of [T, B, X] at time t, or of [B, X]. No tensor: it is asked for thousands of times.
class PartRows {
 public:
  PartRows(const Tensor& x, int64_t t, const RowsPart& part)
      : of_(x), count_(part.end - part.begin), row_(x.stride(1)), at_(t * x.stride(0) + part.begin * row_) {}
  PartRows(const Tensor& x, const RowsPart& part)
      : of_(x), count_(part.end - part.begin), row_(x.stride(0)), at_(part.begin * row_) {}
  int64_t count() const { return count_; }
  int64_t row() const { return row_; }
  template <class T>
  T* data() const {
    return of_.data_ptr<T>() + at_;
  }
  Tensor tensor() const {
    return of_.as_strided({count_, of_.size(-1)}, {row_, of_.stride(-1)}, of_.storage_offset() + at_);
  }

 private:
  const Tensor& of_;
  int64_t count_, row_, at_;
};

/// Rows that one or more matrices multiply: laid out once, where that is needed.
struct StepRows {
  PartRows x;
  Tensor& room;
  bool laid = false;
};

/// W [N, D], which multiplies rows in every step.
class StepMatrix {
 public:
  StepMatrix(const Tensor& matrix, bool half);
  /// y += x Wᵀ.
  void add(const PartRows& y, StepRows& x) const;
  /// y = x Wᵀ + b; b may be undefined.
  void make(const PartRows& y, StepRows& x, const Tensor& bias) const;

 private:
  void multiply(const PartRows& y, StepRows& x, const Tensor& bias, bool add) const;

  Tensor transposed_;
  std::optional<CoarseMatrix> coarse_;
};

/// x Wᵀ + b: [T, B, D] → [T, B, G·H]. At once, or, with bfloat16's exactness, when a step asks for its own,
/// which is near then.
class InputGates {
 public:
  InputGates(const Tensor& x, const Tensor& weight, const Tensor& bias, bool half);
  const Tensor& gates() const { return gates_; }
  void make(int64_t t, RowsPart& part) const;

 private:
  Tensor x_, bias_, gates_;
  std::optional<StepMatrix> matrix_;
};

/// The gradient of x, from that of the gates [T, B, G·H]; likewise.
class InputGradient {
 public:
  InputGradient(const Tensor& x, const Tensor& weight, bool wanted, bool half);
  /// From the gradients of a step's gates.
  void make(int64_t t, const RowsPart& part, StepRows& slopes) const;
  /// [T, B, D], undefined where nobody wants it.
  Tensor whole(const Tensor& slopes) const;

 private:
  Tensor weight_, gradient_;
  bool wanted_;
  std::optional<StepMatrix> matrix_;
};

/// gᵀ x: [R, N], [R, D] → [N, D]. Σ of each column of g into `sums`, [N] or undefined.
Tensor weight_gradient(const Tensor& g, const Tensor& x, const Tensor& sums, bool half);
/// gᵀ x and gᵀ y.
std::pair<Tensor, Tensor> weight_gradients(const Tensor& g, const Tensor& x, const Tensor& y,
                                           const Tensor& sums, bool half);

}  // namespace fovea
