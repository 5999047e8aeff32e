#include "src/core/packed_products.h"

#include <ATen/autocast_mode.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

#include "src/core/layer_products.h"
#include "src/core/parallel.h"
#include "src/kernels/kernel_sets.h"

namespace fovea {

/// Packed copies by the weight they are of, which is kept so that no other takes its place in memory.
struct PackedStore {
  struct Copy {
    Tensor weight, packed;
  };
  std::mutex mutex;
  std::map<const void*, Copy> copies;
};

namespace {

/// Multiply–accumulates that a thread takes at least: fewer are done before another has woken.
constexpr int64_t kLeastMacs = 1 << 20;

const ProductKernels& products() {
  return kernels<ProductKernels>();
}

constexpr int64_t kMostRoom = int64_t{1} << 23;  // bytes that a thread keeps

/// Where left sides were last laid out on this thread.
Tensor& left_room() {
  thread_local Tensor room;
  return room;
}

/// `matrix` [N, D] as right side: bytes.
Tensor pack_matrix(const Tensor& matrix) {
  const Tensor rows = matrix.contiguous();
  const int64_t outputs = rows.size(0), inputs = rows.size(1);
  const Tensor packed = torch::empty({products().right_bytes(outputs, inputs)}, torch::kUInt8);
  products().pack_right(rows.const_data_ptr<float>(), outputs, inputs, packed.data_ptr());
  return packed;
}

std::shared_ptr<PackedStore>& own_store() {
  thread_local std::shared_ptr<PackedStore> store;
  return store;
}

std::shared_ptr<PackedStore>& kept_store() {
  thread_local std::shared_ptr<PackedStore> store;
  return store;
}

/// The store that lies in the first of these places to hold one, or a new one.
std::shared_ptr<PackedStore> store_of(std::initializer_list<std::shared_ptr<PackedStore>> places) {
  for (const auto& store : places)
    if (store) return store;
  return std::make_shared<PackedStore>();
}

}  // namespace

PackedProducts::Placed::Placed(std::shared_ptr<PackedStore>& place, std::shared_ptr<PackedStore> store)
    : place_(place), before_(std::exchange(place, std::move(store))) {}
PackedProducts::Placed::~Placed() {
  place_ = before_;
}

PackedProducts::PackedProducts() : shared_(store_of({own_store(), kept_store()})) {}
PackedProducts::Kept::Kept() : placed_(kept_store(), store_of({kept_store()})) {}
PackedProducts::Kept::Kept(std::shared_ptr<PackedStore> store) : placed_(kept_store(), std::move(store)) {}
std::shared_ptr<PackedStore> PackedProducts::Kept::current() {
  return kept_store();
}
PackedProducts::Shared::Shared(std::shared_ptr<PackedStore> store) : placed_(own_store(), std::move(store)) {}

std::shared_ptr<PackedStore> PackedProducts::current() {
  return own_store();
}

bool packs(const Tensor& x, const Tensor& weight) {
  return own_store() != nullptr && !torch::GradMode::is_enabled() && x.device().is_cpu() &&
         x.scalar_type() == torch::kFloat32 && weight.scalar_type() == torch::kFloat32 &&
         weight.is_contiguous() && x.numel() > 0 && !at::autocast::is_autocast_enabled(at::kCPU);
}

Tensor packed(const Tensor& weight) {
  PackedStore& store = *own_store();
  const std::lock_guard<std::mutex> lock(store.mutex);
  PackedStore::Copy& copy = store.copies[weight.const_data_ptr()];
  if (copy.packed.defined() && copy.weight.sizes() == weight.sizes()) return copy.packed;
  copy.weight = weight;
  copy.packed = pack_matrix(weight);
  return copy.packed;
}

PackedRows::PackedRows(const Tensor& x) : rows_(x.numel() / x.size(-1)), inputs_(x.size(-1)) {
  const Tensor rows = x.contiguous();
  const int64_t bytes = products().left_bytes(rows_, inputs_);
  left_ = std::move(left_room());
  if (!left_.defined() || left_.numel() < bytes) left_ = torch::empty({bytes}, torch::kUInt8);
  products().pack_left(rows.const_data_ptr<float>(), inputs_, rows_, inputs_, /*coarse=*/false,
                       left_.data_ptr());
}

PackedRows::~PackedRows() {
  if (left_.numel() <= kMostRoom) left_room() = std::move(left_);
}

int64_t PackedRows::room() const {
  return (rows_ + kPackedRows - 1) / kPackedRows * kPackedRows;
}

void PackedRows::multiply(const Tensor& packed, int64_t outputs, const Tensor& bias, int64_t begin,
                          int64_t end, float* out, int64_t out_row) const {
  PackedProduct product;
  product.rows = rows_, product.inputs = inputs_, product.outputs = outputs;
  product.left = left_.const_data_ptr(), product.right = packed.const_data_ptr();
  product.bias = bias.defined() ? bias.const_data_ptr<float>() : nullptr;
  product.out = out - begin, product.out_row = out_row, product.spare = room() - rows_;
  products().multiply(product, begin, end);
}

CoarseMatrix::CoarseMatrix(const Tensor& matrix)
    : outputs_(matrix.size(0)), inputs_(matrix.size(1)), packed_(pack_matrix(matrix)) {}

void CoarseMatrix::lay(const float* x, int64_t row, int64_t rows, int64_t inputs, Tensor& room) {
  const int64_t bytes = products().left_bytes(rows, inputs);
  if (!room.defined() || room.numel() < bytes) room = torch::empty({bytes}, torch::kUInt8);
  products().pack_left(x, row, rows, inputs, /*coarse=*/true, room.data_ptr());
}

void CoarseMatrix::multiply(const Tensor& room, int64_t rows, const Tensor& bias, float* y, int64_t row,
                            bool add) const {
  PackedProduct product;
  product.rows = rows, product.inputs = inputs_, product.outputs = outputs_;
  product.left = room.const_data_ptr(), product.right = packed_.const_data_ptr();
  product.bias = bias.defined() ? bias.const_data_ptr<float>() : nullptr;
  product.out = y, product.out_row = row;
  product.add = add, product.coarse = true;
  products().multiply(product, 0, outputs_);
}

namespace {

/// x Wᵀ + b from rows x [.., D] that are laid out.
Tensor linear_of(const Tensor& x, const PackedRows& left, const LayerWeights& layer) {
  const Tensor right = packed(layer.weight);
  const int64_t outputs = layer.weight.size(0), groups = (outputs + kPackedColumns - 1) / kPackedColumns;
  std::vector<int64_t> sizes = x.sizes().vec();
  sizes.back() = outputs;
  const Tensor out = torch::empty({left.room(), outputs}, x.options());
  const int64_t macs = left.rows() * x.size(-1) * kPackedColumns;  // of a group
  parallel_parts(groups, std::max<int64_t>(1, kLeastMacs / macs), [&](int64_t first, int64_t last) {
    const int64_t begin = first * kPackedColumns;
    left.multiply(right, outputs, layer.bias, begin, std::min(outputs, last * kPackedColumns),
                  out.data_ptr<float>() + begin, outputs);
  });
  return out.resize_(sizes);
}

}  // namespace

Tensor packed_linear(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  return packs(x, weight) ? linear_of(x, PackedRows(x), {weight, bias}) : layer_linear(x, weight, bias);
}

std::pair<Tensor, Tensor> packed_linears(const Tensor& x, const LayerWeights& one, const LayerWeights& two) {
  if (!packs(x, one.weight) || !packs(x, two.weight)) return layer_linears(x, one, two);
  const PackedRows left(x);
  return {linear_of(x, left, one), linear_of(x, left, two)};
}

}  // namespace fovea
