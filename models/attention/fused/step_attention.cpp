#include "models/attention/fused/step_attention.h"

#include <ATen/record_function.h>

#include <algorithm>

#include "src/core/parallel.h"
#include "src/kernels/kernel_sets.h"

namespace fovea {
namespace {

/// Multiply–accumulates that a thread takes at least.
constexpr int64_t kLeastMacs = 1 << 18;

template <class T>
Strided<const T> strided(const Tensor& x) {
  return {static_cast<const T*>(x.const_data_ptr()), x.stride(0), x.stride(1), x.stride(2)};
}

/// Bool [B or 1, H or 1, 1, Tk] as bytes; null where undefined.
Strided<const uint8_t> bytes_of(const Tensor& mask) {
  if (!mask.defined()) return {};
  const auto over = [&](int64_t axis) { return mask.size(axis) == 1 ? 0 : mask.stride(axis); };
  return {static_cast<const uint8_t*>(mask.const_data_ptr()), over(0), over(1), mask.stride(3)};
}

template <class T>
void attend(const FusedCall& c, const Tensor& mask, const Tensor& padding, const Tensor& attended) {
  StepCall<T> call;
  call.heads = c.query.size(1), call.keys = c.key.size(2);
  call.width = c.query.size(3), call.value_width = c.value.size(3);
  call.query = strided<T>(c.query), call.key = strided<T>(c.key), call.value = strided<T>(c.value);
  call.key_group = call.heads / c.key.size(1), call.value_group = call.heads / c.value.size(1);
  if (c.key_rows.defined()) {
    const bool apart = c.key_rows.dim() == 2;
    call.rows = c.key_rows.const_data_ptr<int64_t>();
    call.rows_batch = apart ? call.keys : 1, call.rows_time = apart ? 1 : 0;
  }
  call.scale = static_cast<T>(c.scale), call.row = c.row.rule, call.number = c.row.number;
  if (c.bias.defined()) call.bias = c.bias.const_data_ptr<T>(), call.bias_head = c.bias.stride(0);
  call.mask = bytes_of(mask), call.padding = bytes_of(padding);
  call.attended = {attended.data_ptr<T>(), attended.stride(0), attended.stride(1), attended.stride(2)};
  const auto& kernels = fovea::kernels<StepKernels<T>>();
  const int64_t macs = call.heads * call.keys * (call.width + call.value_width);  // of a row
  parallel_parts(c.query.size(0), std::max<int64_t>(1, kLeastMacs / std::max<int64_t>(1, macs)),
                 [&](int64_t begin, int64_t end) {
                   const Tensor scratch = torch::empty({kernels.scratch(call)}, attended.options());
                   kernels.attend(call, begin, end, scratch.data_ptr<T>());
                 });
}

Tensor in_rows(const Tensor& x, torch::Dtype type) {
  const Tensor typed = x.to(type);
  return typed.stride(-1) == 1 || typed.size(-1) <= 1 ? typed : typed.contiguous();
}

}  // namespace

Tensor step_attention(const FusedCall& given) {
  FusedCall c = given;
  const int64_t batch = c.query.size(0), heads = c.query.size(1), keys = c.key.size(2),
                width = c.value.size(3);
  const std::vector<c10::IValue> counted = {c10::IValue(batch * heads * keys * (c.query.size(3) + width))};
  RECORD_FUNCTION("fovea::fused_attention", counted);
  const auto type = c.query.scalar_type() == torch::kFloat64 ? torch::kFloat64 : torch::kFloat32;
  c.query = in_rows(c.query, type), c.key = in_rows(c.key, type), c.value = in_rows(c.value, type);
  if (c.bias.defined()) c.bias = c.bias.to(type).contiguous();
  if (c.key_rows.defined()) c.key_rows = c.key_rows.contiguous();
  Tensor mask = c.mask.visible({c.first, {0, 1}, {0, keys}}, c.query.device());
  while (mask.defined() && mask.dim() < 4) mask = mask.unsqueeze(0);  // [B or 1, H or 1, 1, Tk]
  const Tensor padding =
      c.padding.defined() ? c.padding.unsqueeze(1).unsqueeze(1) : Tensor();  // [B, 1, 1, Tk]
  const Tensor attended = torch::empty({batch, 1, heads, width}, c.query.options()).transpose(1, 2);
  if (type == torch::kFloat64)
    attend<double>(c, mask, padding, attended);
  else
    attend<float>(c, mask, padding, attended);
  return attended.to(given.value.scalar_type());  // [B, H, 1, Dv]
}

}  // namespace fovea
