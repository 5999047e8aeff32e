// Packed products of every instruction set that this machine has, against loops in double.
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <vector>

#include "tests/kernels/sets.h"

using namespace fovea;

namespace {

struct Freed {
  void operator()(void* memory) const { std::free(memory); }
};
using Memory = std::unique_ptr<void, Freed>;

Memory aligned(int64_t bytes) {
  return Memory(std::aligned_alloc(64, static_cast<size_t>(bytes)));
}

/// x Wᵀ + b with rows of y `out_row` apart; what lies between stays −1.
std::vector<float> product(const ProductKernels& kernels, const std::vector<float>& x,
                           const std::vector<float>& w, const float* bias, PackedProduct p) {
  const Memory right = aligned(kernels.right_bytes(p.outputs, p.inputs));
  const Memory left = aligned(kernels.left_bytes(p.rows, p.inputs));
  kernels.pack_right(w.data(), p.outputs, p.inputs, right.get());
  kernels.pack_left(x.data(), p.inputs, p.rows, p.inputs, p.coarse, left.get());
  std::vector<float> y(static_cast<size_t>((p.rows + p.spare) * p.out_row), -1);
  p.left = left.get(), p.right = right.get(), p.bias = bias, p.out = y.data();
  // In two parts, as two threads would.
  const int64_t half = p.outputs / 2 / kPackedColumns * kPackedColumns;
  kernels.multiply(p, 0, half);
  kernels.multiply(p, half, p.outputs);
  return y;
}

}  // namespace

TEST_CASE("a packed product is the product, whatever its sizes, and writes nothing beside it") {
  const std::vector<std::array<int64_t, 3>> shapes = {
      {1, 1, 1},    {1, 256, 70}, {3, 40, 33},   {16, 32, 32}, {17, 31, 96},
      {33, 64, 64}, {47, 32, 40}, {65, 100, 64}, {200, 16, 7}, {105, 4100, 40}};  // in turns of fewer rows
  for (const ProductKernels* kernels : kernel_sets())
    for (const auto& [rows, inputs, outputs] : shapes) {
      INFO(kernels->name << " " << rows << " x " << inputs << " x " << outputs);
      const auto x = drawn<float>(1, rows * inputs), w = drawn<float>(2, outputs * inputs),
                 b = drawn<float>(3, outputs);
      const double allowed = std::string(kernels->name) == "amx" ? 2e-5 : 1e-6;
      const int64_t out_row = outputs + 5;
      for (const auto& [with_bias, spare] : {std::pair(true, int64_t{0}),
                                             {false, 0},
                                             {true, 15},
                                             {false, kPackedRows - 1 - (rows - 1) % kPackedRows}}) {
        const auto y = product(*kernels, x, w, with_bias ? b.data() : nullptr,
                               {rows, inputs, outputs, {}, {}, {}, {}, out_row, spare});
        bool right = true, beside = true;
        for (int64_t r = 0; r < rows; ++r)
          for (int64_t n = 0; n < out_row; ++n) {
            const float found = y[static_cast<size_t>(r * out_row + n)];
            if (n >= outputs) {
              beside = beside && found == -1;
              continue;
            }
            double sum = 0, sizes = 1e-3;
            for (int64_t k = 0; k < inputs; ++k) {
              const double one = static_cast<double>(x[static_cast<size_t>(r * inputs + k)]) *
                                 static_cast<double>(w[static_cast<size_t>(n * inputs + k)]);
              sum += one, sizes += std::abs(one);
            }
            if (with_bias) sum += static_cast<double>(b[static_cast<size_t>(n)]);
            right = right && std::abs(static_cast<double>(found) - sum) < allowed * sizes;
          }
        CHECK(right);
        CHECK(beside);
      }
    }
}

TEST_CASE("a row of a packed product is the same beside any others") {
  constexpr int64_t kInputs = 96, kOutputs = 64;
  const auto w = drawn<float>(4, kOutputs * kInputs), x = drawn<float>(5, 50 * kInputs);
  for (const ProductKernels* kernels : kernel_sets()) {
    INFO(kernels->name);
    const auto all = product(*kernels, x, w, nullptr, {50, kInputs, kOutputs, {}, {}, {}, {}, kOutputs});
    for (const int64_t r : {0, 11, 12, 31, 32, 49}) {
      const std::vector<float> own(x.begin() + r * kInputs, x.begin() + (r + 1) * kInputs);
      const auto alone = product(*kernels, own, w, nullptr, {1, kInputs, kOutputs, {}, {}, {}, {}, kOutputs});
      CHECK(std::equal(alone.begin(), alone.end(), all.begin() + r * kOutputs));
    }
  }
}

TEST_CASE("a product is added to what is there, and a coarse one is bfloat16's") {
  constexpr int64_t kRows = 37, kInputs = 70, kOutputs = 45;
  const auto x = drawn<float>(6, kRows * kInputs), w = drawn<float>(7, kOutputs * kInputs),
             b = drawn<float>(8, kOutputs);
  for (const ProductKernels* kernels : kernel_sets()) {
    INFO(kernels->name);
    PackedProduct p{kRows, kInputs, kOutputs, {}, {}, {}, {}, kOutputs};
    const auto once = product(*kernels, x, w, b.data(), p);
    p.add = true;
    const auto onto = product(*kernels, x, w, b.data(), p);  // onto −1
    p.add = false, p.coarse = true;
    const auto coarse = product(*kernels, x, w, b.data(), p);
    double added = 0, rough = 0;
    for (size_t i = 0; i < once.size(); ++i) {
      added = std::max(added, static_cast<double>(std::abs(onto[i] + 1 - once[i])));
      rough = std::max(rough, static_cast<double>(std::abs(coarse[i] - once[i])));
    }
    CHECK(added < 1e-5);
    // 70 products of order 1, each with two roundings to 8 bits.
    CHECK(rough < 0.2);
    CHECK((rough > 1e-3) == (std::string(kernels->name) == "amx"));
  }
}
