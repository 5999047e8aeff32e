#include "src/core/half_products.h"

#include <ATen/autocast_mode.h>

#include <algorithm>

#include "src/core/parallel.h"
#include "src/kernels/kernel_sets.h"

namespace fovea {
namespace {

/// Multiply–accumulates of a task at least: fewer are done before another thread has woken.
constexpr int64_t kLeastMacs = 1 << 22;
constexpr int64_t kLeastNumbers = 1 << 16;  // that a task lays out at least

const HalfKernels& half() {
  return kernels<HalfKernels>();
}
template <class T>
const HalfTyped<T>& typed() {
  return half();
}

/// body(T{}) for the numbers of x: bfloat16 or float.
template <class Body>
void with_numbers(const Tensor& x, Body body) {
  x.scalar_type() == torch::kBFloat16 ? body(Bf16{}) : body(float{});
}
template <class T>
const T* numbers(const Tensor& x) {
  return static_cast<const T*>(x.const_data_ptr());
}

/// parts(begin, end) of `count` rows or columns in blocks, whose work together is `work`.
template <class Parts>
void over_blocks(int64_t count, int64_t work, int64_t least, Parts parts) {
  const int64_t blocks = (count + kHalfBlock - 1) / kHalfBlock;
  parallel_tasks(
      blocks, std::max<int64_t>(1, least * blocks / std::max<int64_t>(1, work)),
      [&](int64_t begin, int64_t end) { parts(begin * kHalfBlock, std::min(count, end * kHalfBlock)); });
}

/// lay(begin, end) for the columns of a right side.
template <class Lay>
void lay_in_parts(int64_t depth, int64_t columns, Lay lay) {
  over_blocks(columns, depth * columns, kLeastNumbers, lay);
}

/// A right side [depth, columns] laid out by lay(begin, end, where).
template <class Lay>
Tensor laid(int64_t depth, int64_t columns, Lay lay) {
  const Tensor packed = torch::empty({half().right_bytes(depth, columns)}, torch::kUInt8);
  lay_in_parts(depth, columns, [&](int64_t begin, int64_t end) { lay(begin, end, packed.data_ptr()); });
  return packed;
}

Tensor room(int64_t depth) {
  return torch::empty({half().room_bytes(depth)}, torch::kUInt8);
}

Tensor multiplied(const Tensor& x, const Tensor& right, int64_t columns, const Tensor& bias) {
  const Tensor out = torch::empty({x.size(0), columns}, x.options());
  with_numbers(x, [&](auto t) {
    using T = decltype(t);
    HalfProduct<T> p;
    p.rows = x.size(0), p.columns = columns, p.depth = x.size(1);
    p.left = numbers<T>(x), p.left_row = x.stride(0), p.right = right.const_data_ptr();
    if (bias.defined()) p.bias = bias.const_data_ptr<float>();
    p.out = static_cast<T*>(out.data_ptr());
    over_blocks(p.rows, p.rows * p.columns * p.depth, kLeastMacs, [&](int64_t begin, int64_t end) {
      typed<T>().multiply(p, begin, end, room(p.depth).data_ptr());
    });
  });
  return out;
}

/// gᵀ times right sides beside each other; all but the last have a multiple of kHalfBlock columns.
void outer_of(const Tensor& g, const std::vector<Tensor>& sides, const Tensor& out, bool add,
              const Tensor& sums) {
  with_numbers(g, [&](auto t) {
    using T = decltype(t);
    HalfOuter<T> p;
    p.rows = g.size(1), p.columns = out.size(1), p.depth = g.size(0);
    const Tensor right = torch::empty({half().right_bytes(p.depth, p.columns)}, torch::kUInt8);
    int64_t at = 0;
    for (const Tensor& x : sides) {
      auto* to = right.data_ptr<uint8_t>() + (at > 0 ? half().right_bytes(p.depth, at) : 0);
      lay_in_parts(p.depth, x.size(1), [&](int64_t begin, int64_t end) {
        typed<T>().lay_rows(numbers<T>(x), x.stride(0), p.depth, x.size(1), to, begin, end);
      });
      at += x.size(1);
    }
    p.left = numbers<T>(g), p.left_row = g.stride(0), p.right = right.const_data_ptr();
    p.out = out.data_ptr<float>(), p.add = add;
    if (sums.defined()) p.sums = sums.data_ptr<float>();
    over_blocks(p.rows, p.rows * p.columns * p.depth, kLeastMacs, [&](int64_t begin, int64_t end) {
      typed<T>().outer(p, begin, end, room(p.depth).data_ptr());
    });
  });
}

}  // namespace

bool half_precision() {
  return at::autocast::is_autocast_enabled(at::kCPU) &&
         at::autocast::get_autocast_dtype(at::kCPU) == torch::kBFloat16;
}

bool has_half_products() {
  return half().name != nullptr;
}

Tensor half_product(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  const Tensor w = weight.contiguous(), b = bias.defined() ? bias.contiguous() : bias;
  const int64_t columns = w.size(0), depth = w.size(1);
  const Tensor right = laid(depth, columns, [&](int64_t begin, int64_t end, void* to) {
    half().lay_columns(w.const_data_ptr<float>(), depth, depth, columns, to, begin, end);
  });
  return multiplied(x, right, columns, b);
}

Tensor half_product_back(const Tensor& g, const Tensor& weight) {
  const Tensor w = weight.contiguous();
  const int64_t depth = w.size(0), columns = w.size(1);
  const Tensor right = laid(depth, columns, [&](int64_t begin, int64_t end, void* to) {
    typed<float>().lay_rows(w.const_data_ptr<float>(), columns, depth, columns, to, begin, end);
  });
  return multiplied(g, right, columns, {});
}

void half_outer(const Tensor& g, const Tensor& x, const Tensor& out, bool add, const Tensor& sums) {
  outer_of(g, {x}, out, add, sums);
}

std::pair<Tensor, Tensor> half_outers(const Tensor& g, const Tensor& x, const Tensor& y, const Tensor& sums) {
  const auto options = g.options().dtype(torch::kFloat32);
  if (x.size(1) % kHalfBlock == 0) {
    const Tensor made = torch::empty({g.size(1), x.size(1) + y.size(1)}, options);
    outer_of(g, {x, y}, made, false, sums);
    return {made.slice(1, 0, x.size(1)).contiguous(), made.slice(1, x.size(1)).contiguous()};
  }
  const Tensor of_x = torch::empty({g.size(1), x.size(1)}, options),
               of_y = torch::empty({g.size(1), y.size(1)}, options);
  half_outer(g, x, of_x, false, sums);
  half_outer(g, y, of_y, false, {});
  return {of_x, of_y};
}

}  // namespace fovea
