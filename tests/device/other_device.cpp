#include "tests/device/other_device.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/EmptyTensor.h>
#include <ATen/detail/PrivateUse1HooksInterface.h>
#include <ATen/native/CPUFallback.h>
#include <ATen/ops/_reshape_alias_native.h>
#include <ATen/ops/as_strided_native.h>
#include <ATen/ops/resize_native.h>
#include <ATen/ops/set_native.h>
#include <ATen/ops/unfold_native.h>
#include <ATen/ops/view_native.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <c10/core/impl/alloc_cpu.h>
#include <torch/library.h>

#include <mutex>
#include <set>

namespace fovea::other {
namespace {

constexpr auto kType = c10::DeviceType::PrivateUse1;

std::mutex mutex;
std::vector<std::string> waited;
uintptr_t enqueued = 0, newest = 0;  // events and copies; the newest event
/// Copies to pinned memory: number, to, what. Beyond the last tensor.
auto& under_way = *new std::vector<std::tuple<uintptr_t, Tensor, Tensor>>();
thread_local bool inside = false;  // an operator, whose own copies are the pretence's

void count(const std::string& name) {
  if (inside) return;
  const std::lock_guard<std::mutex> lock(mutex);
  waited.push_back(name);
}

/// Memory of the host that says it is the device's.
struct Memory : c10::Allocator {
  c10::DataPtr allocate(size_t bytes) override {
    void* data = c10::alloc_cpu(bytes);
    return {data, data, &c10::free_cpu, device()};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &c10::free_cpu; }
  void copy_data(void* to, const void* from, size_t bytes) const override {
    default_copy_data(to, from, bytes);
  }
};
Memory memory;

/// Memory of the host that the device reads and writes by itself.
struct PinnedMemory : c10::Allocator {
  c10::DataPtr allocate(size_t bytes) override {
    void* data = c10::alloc_cpu(bytes);
    const std::lock_guard<std::mutex> lock(mutex);
    pinned().insert(data);
    return {data, data, &release, c10::Device(c10::kCPU)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &release; }
  void copy_data(void* to, const void* from, size_t bytes) const override {
    default_copy_data(to, from, bytes);
  }
  static bool holds(const void* data) {
    const std::lock_guard<std::mutex> lock(mutex);
    return pinned().count(data) != 0;
  }

 private:
  static void release(void* data) {
    {
      const std::lock_guard<std::mutex> lock(mutex);
      pinned().erase(data);
    }
    c10::free_cpu(data);
  }
  static std::set<const void*>& pinned() {
    static auto& all = *new std::set<const void*>();  // beyond the last tensor
    return all;
  }
};
PinnedMemory pinned_memory;

struct Guard : c10::impl::NoOpDeviceGuardImpl<kType> {
  c10::Device exchangeDevice(c10::Device) const override { return device(); }
  c10::Device getDevice() const override { return device(); }
  c10::Stream getStream(c10::Device) const noexcept override {
    return c10::Stream(c10::Stream::DEFAULT, device());
  }
  c10::Stream getNewStream(c10::Device, int) const override { return getStream(device()); }
  c10::Stream exchangeStream(c10::Stream) const noexcept override { return getStream(device()); }
  void record(void** event, const c10::Stream&, const c10::DeviceIndex, const c10::EventFlag) const override {
    const std::lock_guard<std::mutex> lock(mutex);
    *event = reinterpret_cast<void*>(++enqueued);
    newest = enqueued;
  }
  void block(void*, const c10::Stream&) const override {}
  bool queryEvent(void*) const override { return true; }
  /// What set out before the event arrives. Nothing is left to do behind the newest: who waits for it, waits.
  void synchronizeEvent(void* event) const override {
    const auto until = reinterpret_cast<uintptr_t>(event);
    if (until == newest) count("event");
    const std::lock_guard<std::mutex> lock(mutex);
    for (auto& [when, to, numbers] : under_way)
      if (when <= until) to.copy_(numbers);
    std::erase_if(under_way, [&](const auto& copy) { return std::get<0>(copy) <= until; });
  }
};
const c10::impl::DeviceGuardImplRegistrar registrar(kType, new Guard());

struct Hooks : at::PrivateUse1HooksInterface {
  bool isBuilt() const override { return true; }
  bool isAvailable() const override { return true; }
  bool hasPrimaryContext(c10::DeviceIndex) const override { return true; }
  c10::DeviceIndex deviceCount() const override { return 1; }
  c10::DeviceIndex getCurrentDevice() const override { return 0; }
  void setCurrentDevice(c10::DeviceIndex) const override {}
  c10::DeviceIndex exchangeDevice(c10::DeviceIndex) const override { return 0; }
  c10::DeviceIndex maybeExchangeDevice(c10::DeviceIndex) const override { return 0; }
  c10::Allocator* getPinnedMemoryAllocator() const override { return &pinned_memory; }
  bool isPinnedPtr(const void* data) const override { return PinnedMemory::holds(data); }
  const at::Generator& getDefaultGenerator(c10::DeviceIndex) const override {
    static const at::Generator generator = at::detail::createCPUGenerator();
    return generator;
  }
};
const bool hooked = [] {
  c10::register_privateuse1_backend("other");
  at::RegisterPrivateUse1HooksInterface(new Hooks());
  return true;
}();

torch::ScalarType type_of(std::optional<torch::ScalarType> type) {
  return type.value_or(torch::get_default_dtype_as_scalartype());
}

Tensor empty(c10::IntArrayRef size, std::optional<torch::ScalarType> type, std::optional<torch::Layout>,
             std::optional<torch::Device>, std::optional<bool>, std::optional<torch::MemoryFormat> format) {
  return Tensor(at::detail::empty_generic(size, &memory, c10::DispatchKeySet(c10::DispatchKey::PrivateUse1),
                                          type_of(type), format));
}

Tensor empty_strided(c10::IntArrayRef size, c10::IntArrayRef stride, std::optional<torch::ScalarType> type,
                     std::optional<torch::Layout>, std::optional<torch::Device>, std::optional<bool>) {
  return Tensor(at::detail::empty_strided_generic(
      size, stride, &memory, c10::DispatchKeySet(c10::DispatchKey::PrivateUse1), type_of(type)));
}

/// The same numbers as a tensor of the CPU.
Tensor on_host(const Tensor& x) {
  if (x.device().is_cpu()) return x;
  return torch::from_blob(x.storage().mutable_data_ptr().get() == nullptr ? nullptr : x.mutable_data_ptr(),
                          x.sizes(), x.strides(), x.options().device(torch::kCPU));
}

Tensor copy_from(const Tensor& from, const Tensor& to, bool non_blocking) {
  const auto set_out = [&](const Tensor& host) {
    return host.device().is_cpu() && non_blocking && PinnedMemory::holds(host.storage().data());
  };
  const auto waits_for = [&](const Tensor& host) {
    return host.device().is_cpu() && host.numel() > 0 && !set_out(host);
  };
  if (waits_for(to)) count("copy from the device");
  if (waits_for(from)) count("copy to the device");
  const at::NoGradGuard no_gradient;
  if (set_out(to)) {
    const std::lock_guard<std::mutex> lock(mutex);
    under_way.emplace_back(++enqueued, to, on_host(from).clone());
  } else {
    on_host(to).copy_(on_host(from));
  }
  return to;
}

Tensor copy_from_and_resize(const Tensor& from, const Tensor& to) {
  if (to.sizes() != from.sizes()) to.resize_(from.sizes());
  return copy_from(from, to, false);
}

c10::Scalar read_number(const Tensor& x) {
  count("item");
  return on_host(x).item();
}

const Tensor& resize(const Tensor& x, c10::IntArrayRef size, std::optional<torch::MemoryFormat> format) {
  return at::native::resize_(x, size, format);
}

/// Whether an operator's answer is as large as numbers of the device say, or is one of them.
bool depends_on_numbers(const std::string& name) {
  static const std::set<std::string> names = {
      "aten::nonzero",          "aten::masked_select",      "aten::_unique",
      "aten::_unique2",         "aten::unique_dim",         "aten::equal",
      "aten::bincount",         "aten::unique_consecutive", "aten::unique_dim_consecutive",
      "aten::repeat_interleave"};
  return names.count(name) != 0;
}

/// Any operator: the CPU's, over copies. Numbers without axes may be the host's.
void by_host(const c10::OperatorHandle& op, torch::jit::Stack* stack) {
  const std::string name = op.schema().name();
  const size_t inputs = op.schema().arguments().size();
  const auto check = [&](const Tensor& x) {
    TORCH_CHECK(!x.defined() || !x.device().is_cpu() || x.dim() == 0, name,
                ": expected all tensors on one device, found one on the CPU");
  };
  for (const c10::IValue& value : torch::jit::last(*stack, inputs)) {
    if (value.isTensor()) check(value.toTensor());
    if (value.isTensorList())
      for (const Tensor& x : value.toTensorList()) check(x);
    // Indices may be the host's, or masks: the host waits then.
    if (value.isOptionalTensorList())
      for (const std::optional<Tensor>& x : value.toOptionalTensorList())
        if (x && x->defined() && (x->device().is_cpu() || x->scalar_type() == torch::kBool)) count(name);
  }
  if (depends_on_numbers(name)) count(name);
  inside = true;
  try {
    at::native::cpu_fallback(op, stack, /*error_on_views=*/true);
  } catch (...) {
    inside = false;
    throw;
  }
  inside = false;
}

Tensor here(const Tensor& x) {
  if (!x.defined()) return x;
  const Tensor copy = torch::empty(x.sizes(), x.options().device(device()));
  on_host(copy).copy_(x);
  return copy;
}
std::optional<Tensor> on_host(const std::optional<Tensor>& x) {
  return x && x->defined() ? std::optional(on_host(*x)) : std::nullopt;
}

// What LibTorch's operators leave to a device altogether.

Tensor convolution(const Tensor& x, const Tensor& weight, const std::optional<Tensor>& bias,
                   c10::IntArrayRef stride, c10::IntArrayRef padding, c10::IntArrayRef dilation,
                   bool transposed, c10::IntArrayRef output_padding, int64_t groups) {
  return here(at::convolution(on_host(x), on_host(weight), on_host(bias), stride, padding, dilation,
                              transposed, output_padding, groups));
}
std::tuple<Tensor, Tensor, Tensor> convolution_backward(const Tensor& grad, const Tensor& x,
                                                        const Tensor& weight, c10::IntArrayRef stride,
                                                        c10::IntArrayRef padding, c10::IntArrayRef dilation,
                                                        bool transposed, c10::IntArrayRef output_padding,
                                                        int64_t groups, std::array<bool, 3> wanted) {
  const auto [dx, dw, db] =
      at::convolution_backward(on_host(grad), on_host(x), on_host(weight), weight.size(0), stride, padding,
                               dilation, transposed, output_padding, groups, wanted);
  return {here(dx), here(dw), here(db)};
}

Tensor with_bias(const Tensor& gates, const std::optional<Tensor>& bias) {
  return bias && bias->defined() ? on_host(gates) + on_host(*bias) : on_host(gates).clone();
}

/// LSTM: gates i, f, g, o; the third answer keeps them.
std::tuple<Tensor, Tensor, Tensor> lstm_cell(const Tensor& x, const Tensor& h, const Tensor& cell,
                                             const std::optional<Tensor>& x_bias,
                                             const std::optional<Tensor>& h_bias) {
  const auto part = (with_bias(x, x_bias) + with_bias(h, h_bias)).chunk(4, 1);
  const Tensor i = part[0].sigmoid(), f = part[1].sigmoid(), g = part[2].tanh(), o = part[3].sigmoid();
  const Tensor next = f * on_host(cell) + i * g;
  return {here(o * next.tanh()), here(next), here(torch::cat({i, f, g, o}, 1))};
}
std::tuple<Tensor, Tensor, Tensor> lstm_cell_backward(const std::optional<Tensor>& of_output,
                                                      const std::optional<Tensor>& of_cell,
                                                      const Tensor& cell, const Tensor& next,
                                                      const Tensor& kept, bool bias) {
  const auto part = on_host(kept).chunk(4, 1);
  const Tensor &i = part[0], &f = part[1], &g = part[2], &o = part[3], tanh = on_host(next).tanh();
  Tensor dh = torch::zeros_like(i), dc = torch::zeros_like(i);
  if (of_output && of_output->defined()) dh = on_host(*of_output);
  if (of_cell && of_cell->defined()) dc = on_host(*of_cell);
  dc = dc + dh * o * (1 - tanh * tanh);
  const Tensor gates = torch::cat(
      {dc * g * i * (1 - i), dc * on_host(cell) * f * (1 - f), dc * i * (1 - g * g), dh * tanh * o * (1 - o)},
      1);
  return {here(gates), here(dc * f), bias ? here(gates.sum(0)) : Tensor()};
}

/// GRU: gates r, z, n; the second answer keeps r, z, n, h and what n takes of h.
std::tuple<Tensor, Tensor> gru_cell(const Tensor& x, const Tensor& h_gates, const Tensor& h,
                                    const std::optional<Tensor>& x_bias,
                                    const std::optional<Tensor>& h_bias) {
  const auto from_x = with_bias(x, x_bias).chunk(3, 1), from_h = with_bias(h_gates, h_bias).chunk(3, 1);
  const Tensor r = (from_x[0] + from_h[0]).sigmoid(), z = (from_x[1] + from_h[1]).sigmoid(),
               n = (from_x[2] + r * from_h[2]).tanh(), before = on_host(h);
  return {here(n + z * (before - n)), here(torch::cat({r, z, n, before, from_h[2]}, 1))};
}
std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor> gru_cell_backward(const Tensor& of_output,
                                                                     const Tensor& kept, bool bias) {
  const auto part = on_host(kept).chunk(5, 1);
  const Tensor &r = part[0], &z = part[1], &n = part[2], &h = part[3], &taken = part[4],
               dh = on_host(of_output);
  const Tensor dn = dh * (1 - z) * (1 - n * n), dz = dh * (h - n) * z * (1 - z),
               dr = dn * taken * r * (1 - r);
  const Tensor x = torch::cat({dr, dz, dn}, 1), from_h = torch::cat({dr, dz, dn * r}, 1);
  return {here(x), here(from_h), here(dh * z), bias ? here(x.sum(0)) : Tensor(),
          bias ? here(from_h.sum(0)) : Tensor()};
}

}  // namespace

torch::Device device() {
  return torch::Device(kType, 0);
}

std::vector<std::string> waits() {
  const std::lock_guard<std::mutex> lock(mutex);
  return std::exchange(waited, {});
}

void move(const torch::nn::Module& module) {
  const auto take = [](const Tensor& tensor) {
    if (tensor.device() == device()) return;
    tensor.unsafeGetTensorImpl()->shallow_copy_from(tensor.detach().to(device()).getIntrusivePtr());
  };
  for (const Tensor& tensor : module.parameters()) take(tensor);
  for (const Tensor& tensor : module.buffers()) take(tensor);
  waits();
}

}  // namespace fovea::other

TORCH_LIBRARY_IMPL(aten, PrivateUse1, library) {
  using namespace fovea::other;
  library.impl("empty.memory_format", empty);
  library.impl("empty_strided", empty_strided);
  library.impl("as_strided", at::native::as_strided_tensorimpl);
  library.impl("view", at::native::view);
  library.impl("_reshape_alias", at::native::_reshape_alias);
  library.impl("unfold", at::native::unfold);
  library.impl("resize_", resize);
  library.impl("set_.source_Storage_storage_offset", at::native::set_storage_cpu_);
  library.impl("_copy_from", copy_from);
  library.impl("_copy_from_and_resize", copy_from_and_resize);
  library.impl("_local_scalar_dense", read_number);
  library.impl("convolution_overrideable", convolution);
  library.impl("convolution_backward_overrideable", convolution_backward);
  library.impl("_thnn_fused_lstm_cell", lstm_cell);
  library.impl("_thnn_fused_lstm_cell_backward_impl", lstm_cell_backward);
  library.impl("_thnn_fused_gru_cell", gru_cell);
  library.impl("_thnn_fused_gru_cell_backward", gru_cell_backward);
}

TORCH_LIBRARY_IMPL(_, PrivateUse1, library) {
  library.fallback(torch::CppFunction::makeFromBoxedFunction<&fovea::other::by_host>());
}
