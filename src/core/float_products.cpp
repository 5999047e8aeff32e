#include "src/core/float_products.h"

#include <algorithm>

#include "src/core/parallel.h"
#include "src/kernels/kernel_sets.h"

namespace fovea {
namespace {

/// Multiply–accumulates, and numbers to be laid out, of a task at least: fewer are done before another thread
/// has woken.
constexpr int64_t kLeastMacs = 1 << 20, kLeastNumbers = 1 << 15;
/// Of a product that is cut along its depth: numbers of the depth in a piece at least, pieces and numbers of
/// the answer at most.
constexpr int64_t kLeastDepth = 256, kMostPieces = 8, kMostAnswer = 1 << 18;

const FloatKernels& floats() {
  return kernels<FloatKernels>();
}

/// `deep` where a row of the matrix belongs to a row, or column, of the answer.
FloatSide side(const Tensor& matrix, bool deep) {
  return {matrix.const_data_ptr<float>(), matrix.stride(0), deep};
}

Tensor bytes(int64_t count) {
  return torch::empty({count}, torch::kUInt8);
}

int64_t blocks_of(int64_t count) {
  return (count + kFloatBlock - 1) / kFloatBlock;
}

void multiply_part(const FloatProduct& p, const FloatPart& part, const void* laid) {
  floats().multiply(p, part, laid, bytes(floats().room_bytes(p)).data_ptr());
}

/// Tasks of some rows each; the right side is laid out once for all.
void multiply_rows(const FloatProduct& p) {
  const Tensor laid = bytes(floats().right_bytes(p));
  parallel_tasks(
      blocks_of(p.columns), kLeastNumbers / (kFloatBlock * p.depth), [&](int64_t begin, int64_t end) {
        floats().lay_right(p, begin * kFloatBlock, std::min(p.columns, end * kFloatBlock), laid.data_ptr());
      });
  parallel_tasks(blocks_of(p.rows), kLeastMacs / (kFloatBlock * p.depth * p.columns),
                 [&](int64_t begin, int64_t end) {
                   multiply_part(p, {begin * kFloatBlock, std::min(p.rows, end * kFloatBlock), 0, p.columns},
                                 laid.const_data_ptr());
                 });
}

/// Tasks of some columns each, which lay out their own.
void multiply_columns(const FloatProduct& p) {
  parallel_tasks(
      blocks_of(p.columns), kLeastMacs / (kFloatBlock * p.depth * p.rows), [&](int64_t begin, int64_t end) {
        multiply_part(p, {0, p.rows, begin * kFloatBlock, std::min(p.columns, end * kFloatBlock)}, nullptr);
      });
}

/// Numbers begin … of a side's depth.
FloatSide from(FloatSide side, int64_t begin) {
  side.numbers += begin * (side.deep ? 1 : side.row);
  return side;
}

/// The longer side of the answer is cut into tasks.
void multiply(const FloatProduct& p) {
  p.rows >= p.columns ? multiply_rows(p) : multiply_columns(p);
}

/// `answer` [pieces, rows, columns]: tasks of some of the depth each.
void multiply_pieces(const FloatProduct& p, const Tensor& answer) {
  const int64_t pieces = answer.size(0);
  const auto begin_of = [&](int64_t piece) { return piece * p.depth / pieces; };
  parallel_tasks(pieces, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      FloatProduct piece = p;
      piece.depth = begin_of(i + 1) - begin_of(i);
      piece.left = from(p.left, begin_of(i)), piece.right = from(p.right, begin_of(i));
      if (i > 0) piece.bias = nullptr;
      piece.out = p.out + i * p.rows * p.columns;
      multiply_part(piece, {0, p.rows, 0, p.columns}, nullptr);
    }
  });
}

/// x times a right side of `columns` columns, + b.
Tensor multiplied(const Tensor& x, const FloatSide& right, int64_t columns, const Tensor& bias) {
  FloatProduct p;
  p.rows = x.size(0), p.columns = columns, p.depth = x.size(1);
  p.left = side(x, true), p.right = right, p.out_row = columns;
  if (bias.defined()) p.bias = bias.const_data_ptr<float>();
  const bool deep = p.depth > 2 * std::max(p.rows, p.columns) && p.rows * p.columns <= kMostAnswer;
  const int64_t pieces = deep ? std::clamp<int64_t>(p.depth / kLeastDepth, 1, kMostPieces) : 1;
  const Tensor out = torch::empty({pieces, p.rows, p.columns}, x.options());
  p.out = out.data_ptr<float>();
  if (pieces > 1) {
    multiply_pieces(p, out);
    return out.sum(0);  // in their order
  }
  multiply(p);
  return out[0];
}

}  // namespace

bool has_float_products() {
  return floats().name != nullptr;
}

Tensor float_product(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  return multiplied(x, side(weight, true), weight.size(0), bias.defined() ? bias.contiguous() : bias);
}

Tensor float_product_back(const Tensor& g, const Tensor& weight) {
  return multiplied(g, side(weight, false), weight.size(1), {});
}

void float_outer(const Tensor& g, const Tensor& x, const Tensor& out, bool add, const Tensor& sums) {
  FloatProduct p;
  p.rows = g.size(1), p.columns = x.size(1), p.depth = g.size(0);
  p.left = side(g, false), p.right = side(x, false);
  p.out = out.data_ptr<float>(), p.out_row = out.stride(0), p.add = add;
  if (sums.defined()) p.sums = sums.data_ptr<float>();
  multiply(p);
}

}  // namespace fovea
