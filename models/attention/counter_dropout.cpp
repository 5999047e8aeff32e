#include "models/attention/counter_dropout.h"

#include <cmath>

#include "src/base/random.h"
#include "src/core/parallel.h"

namespace fovea {
namespace {

/// A weight falls when the upper 32 bits of its hash are below this.
uint64_t fall_below(double p) {
  return static_cast<uint64_t>(std::ldexp(p, 32));
}

/// Shared by the weights of one head.
uint64_t hash_head(uint64_t key, int64_t batch_row, int64_t head) {
  return hash_words({key, static_cast<uint64_t>(batch_row), static_cast<uint64_t>(head)});
}

/// Shared by the weights of one row: hash_words of the head's words and one more.
uint64_t hash_row(uint64_t key, int64_t batch_row, int64_t head, int64_t query) {
  return mix(hash_head(key, batch_row, head) ^ mix(static_cast<uint64_t>(query)));
}

/// 1 / (1 − p), in float whatever the dtype: the scale is then the same number everywhere.
float scale_of(double p) {
  return static_cast<float>(1.0 / (1.0 - p));
}

/// x >> bits as for unsigned words; int64 shifts bring in copies of the sign.
Tensor shifted(const Tensor& x, int64_t bits) {
  return torch::bitwise_and(torch::bitwise_right_shift(x, bits), (int64_t{1} << (64 - bits)) - 1);
}

/// mix() of src/base/random.h on the bits of int64, whose products and sums wrap as those of uint64 do.
Tensor mixed(Tensor x) {
  x = x + static_cast<int64_t>(0x9e3779b97f4a7c15ULL);
  x = (x ^ shifted(x, 30)) * static_cast<int64_t>(0xbf58476d1ce4e5b9ULL);
  x = (x ^ shifted(x, 27)) * static_cast<int64_t>(0x94d049bb133111ebULL);
  return x ^ shifted(x, 31);
}

/// hash_row for every [B, H, rows], as the bits of int64, made where the key is.
Tensor row_hashes(const Tensor& key, at::IntArrayRef sizes, int64_t first_query) {
  const auto numbers = [&](int64_t begin, int64_t count) {
    return mixed(torch::arange(begin, begin + count, key.options()));
  };
  Tensor hash = mixed(mixed(key) ^ static_cast<int64_t>(hash_words({})));
  hash = mixed(hash ^ numbers(0, sizes[0]).view({-1, 1, 1}));
  hash = mixed(hash ^ numbers(0, sizes[1]).view({-1, 1}));
  return mixed(hash ^ numbers(first_query, sizes[2]));
}

}  // namespace

DropoutRule dropout_rule(uint64_t key, double p, int64_t batch_row, int64_t head, int64_t first_query) {
  return {true, hash_head(key, batch_row, head), fall_below(p), scale_of(p), first_query};
}

Tensor dropout_mask(const DropoutKey& key, double p, at::IntArrayRef sizes, const DropoutPlace& place,
                    const torch::TensorOptions& options) {
  if (!options.device().is_cpu())
    return dropout_mask_by_tensors(key.on(options.device()), p, sizes, place, options);
  const int64_t heads = sizes[1], rows = sizes[2], keys = sizes[3];
  Tensor mask = torch::empty(sizes, torch::kFloat32);
  auto* out = mask.data_ptr<float>();
  const float scale = scale_of(p);
  const uint64_t threshold = fall_below(p);
  parallel_parts(sizes[0] * heads * rows, 64, [&](int64_t begin, int64_t end) {
    for (int64_t line = begin; line < end; ++line) {
      const uint64_t row =
          hash_row(key.bits, line / rows / heads, line / rows % heads, place.first_query + line % rows);
      for (int64_t k = 0; k < keys; ++k)
        out[line * keys + k] =
            (mix(row + static_cast<uint64_t>(place.first_key + k)) >> 32) < threshold ? 0.0f : scale;
    }
  });
  return mask.to(options);
}

Tensor dropout_mask_by_tensors(const Tensor& key, double p, at::IntArrayRef sizes, const DropoutPlace& place,
                               const torch::TensorOptions& options) {
  const Tensor rows = row_hashes(key, sizes, place.first_query).unsqueeze(-1);  // [B, H, rows, 1]
  const Tensor keys = torch::arange(place.first_key, place.first_key + sizes[3], rows.options());  // [keys]
  const Tensor kept =
      shifted(mixed(rows + keys), 32) >= static_cast<int64_t>(fall_below(p));  // [B, H, rows, keys]
  return (kept.to(torch::kFloat32) * scale_of(p)).to(options);
}

}  // namespace fovea
