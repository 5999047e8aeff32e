// Weights laid out for the many small products of decoding (src/kernels/product_kernels.h), for as long as
// somebody says that they stay as they are.
#pragma once

#include <memory>

#include "src/core/layer_products.h"
#include "src/core/tensor.h"

namespace fovea {

struct PackedStore;

/// While one of these lives, weights do not change, and layers that ask below answer without gradients from
/// packed copies of them: quicker where the same weights meet few rows again and again, as in decoding. On
/// AMX such products are less exact than float32 by some 1e-5. One inside another shares its copies, and so
/// do those that follow each other while a `Kept` lives.
class PackedProducts {
  /// A store in one of this thread's places, where what was there before comes back at the end.
  class Placed {
   public:
    Placed(std::shared_ptr<PackedStore>& place, std::shared_ptr<PackedStore> store);
    ~Placed();
    Placed(const Placed&) = delete;
    Placed& operator=(const Placed&) = delete;

   private:
    std::shared_ptr<PackedStore>& place_;
    std::shared_ptr<PackedStore> before_;
  };

 public:
  PackedProducts();

  /// What this thread may use, null where nobody said so; another thread uses it with `Shared`.
  static std::shared_ptr<PackedStore> current();

  /// While one of these lives on this thread, weights do not change between one PackedProducts and the next
  /// either. By itself it lets nobody use copies.
  class Kept {
   public:
    Kept();
    /// The copies that `current()` gave to another thread, which outlives this.
    explicit Kept(std::shared_ptr<PackedStore> store);
    /// What the innermost of this thread keeps, null without one.
    static std::shared_ptr<PackedStore> current();

   private:
    Placed placed_;
  };

  /// Lets this thread use the copies of another, which outlives it.
  class Shared {
   public:
    explicit Shared(std::shared_ptr<PackedStore> store);

   private:
    Placed placed_;
  };

 private:
  Shared shared_;
};

/// Whether a product of x with `weight` is made from a packed copy: where PackedProducts live, for float32 on
/// the CPU and without gradients or autocast.
bool packs(const Tensor& x, const Tensor& weight);

/// `weight` [N, D], packed: bytes. Where `packs` says so.
Tensor packed(const Tensor& weight);

/// Rows of x [.., D] as left sides of such products, in room that a thread keeps for the next: of one layer
/// after the other it is still in a near cache.
class PackedRows {
 public:
  explicit PackedRows(const Tensor& x);
  ~PackedRows();
  PackedRows(const PackedRows&) = delete;
  PackedRows& operator=(const PackedRows&) = delete;
  int64_t rows() const { return rows_; }
  /// Rows that an answer needs room for: those behind the last are written too.
  int64_t room() const;
  /// Columns begin … end − 1 of x Wᵀ + b into out, whose rows are out_row apart; begin is a multiple of
  /// kPackedColumns. On this thread.
  void multiply(const Tensor& packed, int64_t outputs, const Tensor& bias, int64_t begin, int64_t end,
                float* out, int64_t out_row) const;

 private:
  int64_t rows_, inputs_;
  Tensor left_;
};

/// A matrix W [N, D], float32 on the CPU, that multiplies rows again and again: where `has_half_products`
/// (half_products.h) as bfloat16 would, else as float32. On the calling thread.
class CoarseMatrix {
 public:
  explicit CoarseMatrix(const Tensor& matrix);
  int64_t inputs() const { return inputs_; }
  /// Lays out x [R, D], whose rows begin `row` numbers apart, as the left side of any matrix of D columns, in
  /// `room`, which a thread keeps from call to call.
  static void lay(const float* x, int64_t row, int64_t rows, int64_t inputs, Tensor& room);
  /// y [R, N] = x Wᵀ + b, or y += that, with b [N] or undefined, x laid out in `room` and rows of y `row`
  /// apart.
  void multiply(const Tensor& room, int64_t rows, const Tensor& bias, float* y, int64_t row, bool add) const;

 private:
  int64_t outputs_, inputs_;
  Tensor packed_;
};

/// x Wᵀ + b: [.., D] → [.., N], from a packed copy where `packs` says so, else by `layer_linear`
/// (layer_products.h). `bias` may be undefined.
Tensor packed_linear(const Tensor& x, const Tensor& weight, const Tensor& bias);
/// The same of two layers, by `layer_linears` where packed copies do not answer.
std::pair<Tensor, Tensor> packed_linears(const Tensor& x, const LayerWeights& one, const LayerWeights& two);

}  // namespace fovea
