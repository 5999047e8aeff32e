#include "models/attention/counter_dropout.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>

#include <cmath>
#include <mutex>

#include "src/base/random.h"

namespace fovea {

uint64_t draw_dropout_key() {
  auto generator = at::detail::getDefaultCPUGenerator();
  const std::lock_guard lock(generator.mutex());
  return at::check_generator<at::CPUGeneratorImpl>(generator)->random64();
}

Tensor dropout_mask(uint64_t key, double p, at::IntArrayRef sizes, const DropoutPlace& place, const torch::TensorOptions& options) {
  const int64_t heads = sizes[1], rows = sizes[2], keys = sizes[3];
  // Made on the CPU in float32 whatever the device: 0 and the scale are exact enough in every dtype, and the bits agree everywhere.
  Tensor mask = torch::empty(sizes, torch::kFloat32);
  auto* out = mask.data_ptr<float>();
  const auto kept = static_cast<float>(1.0 / (1.0 - p));
  const auto threshold = static_cast<uint64_t>(std::ldexp(p, 32));
  at::parallel_for(0, sizes[0] * heads * rows, 64, [&](int64_t begin, int64_t end) {
    for (int64_t line = begin; line < end; ++line) {
      const int64_t query = place.first_query + line % rows;
      const uint64_t row_key = hash_words({key, static_cast<uint64_t>(line / rows / heads), static_cast<uint64_t>(line / rows % heads), static_cast<uint64_t>(query)});
      for (int64_t k = 0; k < keys; ++k) out[line * keys + k] = (mix(row_key + static_cast<uint64_t>(place.first_key + k)) >> 32) < threshold ? 0.0f : kept;
    }
  });
  return mask.to(options);
}

}  // namespace fovea
