#include "tests/device/other_device.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/EmptyTensor.h>
#include <ATen/autocast_mode.h>
#include <ATen/core/GraphImplInterface.h>
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

#include <functional>
#include <map>
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
thread_local bool inside = false;       // an operator, whose own copies are the pretence's
thread_local c10::StreamId stream = 0;  // the default one
/// What is being recorded, whatever thread works for it.
std::vector<std::function<void()>>* recording = nullptr;

class Inside {
 public:
  Inside() { inside = true; }
  ~Inside() { inside = before_; }

 private:
  bool before_ = inside;
};

bool records() {
  return recording != nullptr && !inside;
}

void count(const std::string& name) {
  if (inside) return;
  TORCH_CHECK(recording == nullptr, name, " waits, which a step that is recorded cannot");
  const std::lock_guard<std::mutex> lock(mutex);
  waited.push_back(name);
}

/// What was allocated while it was recorded, and what was made there: gone when the recording ends.
auto& of_recording = *new std::set<const void*>();
auto& made_there = *new std::vector<Tensor>();
/// What stood there before, as the recording uses it.
auto& from_before = *new std::vector<Tensor>();

bool made_now(const Tensor& x) {
  return of_recording.count(x.storage().data()) != 0;
}

void note_made(const std::vector<Tensor>& made) {
  for (const Tensor& x : made)
    if (x.defined() && x.is_floating_point() && made_now(x)) made_there.push_back(x);
}

/// Memory of the host that says it is the device's.
struct Memory : c10::Allocator {
  c10::DataPtr allocate(size_t bytes) override {
    void* data = c10::alloc_cpu(bytes);
    if (recording != nullptr) of_recording.insert(data);
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
    return c10::Stream(c10::Stream::UNSAFE, device(), stream);
  }
  c10::Stream getNewStream(c10::Device, int) const override {
    return c10::Stream(c10::Stream::UNSAFE, device(), stream + 1);
  }
  c10::Stream exchangeStream(c10::Stream next) const noexcept override {
    return c10::Stream(c10::Stream::UNSAFE, device(), std::exchange(stream, next.id()));
  }
  void synchronizeDevice(c10::DeviceIndex) const override { count("synchronize"); }
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
    std::remove_reference_t<decltype(under_way)> here;
    {
      const std::lock_guard<std::mutex> lock(mutex);
      std::swap(here, under_way);
    }
    // Without the lock: the last one to hold memory lets go of it.
    std::erase_if(here, [&](auto& copy) {
      auto& [when, to, numbers] = copy;
      if (when > until) return false;
      to.copy_(numbers);
      return true;
    });
    const std::lock_guard<std::mutex> lock(mutex);
    under_way.insert(under_way.begin(), here.begin(), here.end());
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

/// Without what autograd knows of it.
Tensor bare(const Tensor& x) {
  if (!x.defined()) return x;
  const Tensor same = x.detach();
  if (recording != nullptr && !x.device().is_cpu() && !made_now(x)) from_before.push_back(same);
  return same;
}
std::optional<Tensor> bare(const std::optional<Tensor>& x) {
  return x ? std::optional(bare(*x)) : x;
}
std::vector<c10::IValue> bare(const std::vector<c10::IValue>& values) {
  std::vector<c10::IValue> all;
  for (const c10::IValue& value : values) {
    all.push_back(value);
    if (value.isTensor()) all.back() = bare(value.toTensor());
    if (value.isTensorList()) {
      c10::List<Tensor> list;
      for (const Tensor& x : value.toTensorList()) list.push_back(bare(x));
      all.back() = list;
    }
    if (value.isOptionalTensorList()) {
      c10::List<std::optional<Tensor>> list;
      for (const std::optional<Tensor>& x : value.toOptionalTensorList()) list.push_back(bare(x));
      all.back() = list;
    }
  }
  return all;
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
  if (records()) {
    TORCH_CHECK(!set_out(to) && !set_out(from),
                "a copy of the host's memory, which may be gone when it is made");
    recording->push_back([to = bare(to), from = bare(from)] { on_host(to).copy_(on_host(from)); });
    if (!made_now(to)) return to;
  }
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
  TORCH_CHECK(!records(), "an operator that is recorded writes to a tensor of another size");
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

void run(const c10::OperatorHandle& op, torch::jit::Stack* stack) {
  const Inside operators;
  at::native::cpu_fallback(op, stack, /*error_on_views=*/true);
}

/// Tensors of values and of lists of them, as far as they are defined.
std::vector<Tensor> tensors_of(const std::vector<c10::IValue>& values) {
  std::vector<Tensor> all;
  for (const c10::IValue& value : values) {
    if (value.isTensor() && value.toTensor().defined()) all.push_back(value.toTensor());
    if (value.isTensorList())
      for (const Tensor& x : value.toTensorList()) all.push_back(x);
  }
  return all;
}

/// Puts numbers where others of the same making stand already.
void put(const std::vector<Tensor>& numbers, const std::vector<Tensor>& at) {
  const at::NoGradGuard no_gradient;
  TORCH_CHECK(numbers.size() == at.size(), "an operator that was recorded makes another number of tensors");
  for (size_t i = 0; i < at.size(); ++i)
    if (at[i].defined() && !at[i].is_alias_of(numbers[i])) on_host(at[i]).copy_(on_host(numbers[i]));
}

/// An operator that is recorded. It runs, for the shapes of what it makes, but what stood there before stays
/// as it was.
void record(const c10::OperatorHandle& op, torch::jit::Stack* stack) {
  const at::NoGradGuard no_gradient;
  const auto& arguments = op.schema().arguments();
  const std::vector<c10::IValue> inputs = bare(torch::jit::last(*stack, arguments.size()).vec());
  std::vector<c10::IValue> written;
  for (size_t i = 0; i < inputs.size(); ++i)
    if (arguments[i].alias_info() != nullptr && arguments[i].alias_info()->isWrite())
      written.push_back(inputs[i]);
  std::vector<std::pair<Tensor, Tensor>> before;
  for (const Tensor& x : tensors_of(written))
    if (!made_now(x)) before.emplace_back(x, on_host(x).clone());
  run(op, stack);
  const std::vector<Tensor> made =
      tensors_of(bare(torch::jit::last(*stack, op.schema().returns().size()).vec()));
  for (const auto& [x, numbers] : before) on_host(x).copy_(numbers);
  if (before.empty()) note_made(made);
  recording->push_back([op, inputs, made] {
    torch::jit::Stack again = inputs;
    run(op, &again);
    put(tensors_of(again), made);
  });
}

/// The device has a generator of its own.
void give_generator(const c10::OperatorHandle& op, torch::jit::Stack* stack) {
  const auto& arguments = op.schema().arguments();
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (*arguments[i].real_type() != *c10::OptionalType::create(c10::GeneratorType::get())) continue;
    c10::IValue& value = torch::jit::peek(*stack, i, arguments.size());
    if (value.isNone()) value = at::globalContext().defaultGenerator(device());
  }
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
  give_generator(op, stack);
  records() ? record(op, stack) : run(op, stack);
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

/// What `make` makes, now or, where it is recorded, whenever that is done again.
std::vector<Tensor> make(std::function<std::vector<Tensor>()> make) {
  const std::vector<Tensor> made = make();
  if (!records()) return made;
  std::vector<Tensor> at;
  for (const Tensor& x : made) at.push_back(bare(x));
  note_made(at);
  recording->push_back([make, at] { put(make(), at); });
  return made;
}

// What LibTorch's operators leave to a device altogether.

Tensor convolution(const Tensor& x, const Tensor& weight, const std::optional<Tensor>& bias,
                   c10::IntArrayRef stride, c10::IntArrayRef padding, c10::IntArrayRef dilation,
                   bool transposed, c10::IntArrayRef output_padding, int64_t groups) {
  return make([=, x = bare(x), weight = bare(weight), bias = bare(bias), stride = stride.vec(),
               padding = padding.vec(), dilation = dilation.vec(), more = output_padding.vec()] {
    return std::vector{here(at::convolution(on_host(x), on_host(weight), on_host(bias), stride, padding,
                                            dilation, transposed, more, groups))};
  })[0];
}
std::tuple<Tensor, Tensor, Tensor> convolution_backward(const Tensor& grad, const Tensor& x,
                                                        const Tensor& weight, c10::IntArrayRef stride,
                                                        c10::IntArrayRef padding, c10::IntArrayRef dilation,
                                                        bool transposed, c10::IntArrayRef output_padding,
                                                        int64_t groups, std::array<bool, 3> wanted) {
  const auto made = make([=, grad = bare(grad), x = bare(x), weight = bare(weight), stride = stride.vec(),
                          padding = padding.vec(), dilation = dilation.vec(), more = output_padding.vec()] {
    const auto [dx, dw, db] =
        at::convolution_backward(on_host(grad), on_host(x), on_host(weight), weight.size(0), stride, padding,
                                 dilation, transposed, more, groups, wanted);
    return std::vector{here(dx), here(dw), here(db)};
  });
  return {made[0], made[1], made[2]};
}

Tensor with_bias(const Tensor& gates, const std::optional<Tensor>& bias) {
  return bias && bias->defined() ? on_host(gates) + on_host(*bias) : on_host(gates).clone();
}

/// LSTM: gates i, f, g, o; the third answer keeps them.
std::tuple<Tensor, Tensor, Tensor> lstm_cell(const Tensor& x, const Tensor& h, const Tensor& cell,
                                             const std::optional<Tensor>& x_bias,
                                             const std::optional<Tensor>& h_bias) {
  const auto made =
      make([=, x = bare(x), h = bare(h), cell = bare(cell), x_bias = bare(x_bias), h_bias = bare(h_bias)] {
        const auto part = (with_bias(x, x_bias) + with_bias(h, h_bias)).chunk(4, 1);
        const Tensor i = part[0].sigmoid(), f = part[1].sigmoid(), g = part[2].tanh(), o = part[3].sigmoid();
        const Tensor next = f * on_host(cell) + i * g;
        return std::vector{here(o * next.tanh()), here(next), here(torch::cat({i, f, g, o}, 1))};
      });
  return {made[0], made[1], made[2]};
}
std::tuple<Tensor, Tensor, Tensor> lstm_cell_backward(const std::optional<Tensor>& of_output,
                                                      const std::optional<Tensor>& of_cell,
                                                      const Tensor& cell, const Tensor& next,
                                                      const Tensor& kept, bool bias) {
  const auto made = make([=, of_output = bare(of_output), of_cell = bare(of_cell), cell = bare(cell),
                          next = bare(next), kept = bare(kept)] {
    const auto part = on_host(kept).chunk(4, 1);
    const Tensor &i = part[0], &f = part[1], &g = part[2], &o = part[3], tanh = on_host(next).tanh();
    Tensor dh = torch::zeros_like(i), dc = torch::zeros_like(i);
    if (of_output && of_output->defined()) dh = on_host(*of_output);
    if (of_cell && of_cell->defined()) dc = on_host(*of_cell);
    dc = dc + dh * o * (1 - tanh * tanh);
    const Tensor gates = torch::cat({dc * g * i * (1 - i), dc * on_host(cell) * f * (1 - f),
                                     dc * i * (1 - g * g), dh * tanh * o * (1 - o)},
                                    1);
    return std::vector{here(gates), here(dc * f), bias ? here(gates.sum(0)) : Tensor()};
  });
  return {made[0], made[1], made[2]};
}

/// GRU: gates r, z, n; the second answer keeps r, z, n, h and what n takes of h.
std::tuple<Tensor, Tensor> gru_cell(const Tensor& x, const Tensor& h_gates, const Tensor& h,
                                    const std::optional<Tensor>& x_bias,
                                    const std::optional<Tensor>& h_bias) {
  const auto made = make(
      [=, x = bare(x), h_gates = bare(h_gates), h = bare(h), x_bias = bare(x_bias), h_bias = bare(h_bias)] {
        const auto from_x = with_bias(x, x_bias).chunk(3, 1), from_h = with_bias(h_gates, h_bias).chunk(3, 1);
        const Tensor r = (from_x[0] + from_h[0]).sigmoid(), z = (from_x[1] + from_h[1]).sigmoid(),
                     n = (from_x[2] + r * from_h[2]).tanh(), before = on_host(h);
        return std::vector{here(n + z * (before - n)), here(torch::cat({r, z, n, before, from_h[2]}, 1))};
      });
  return {made[0], made[1]};
}
std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor> gru_cell_backward(const Tensor& of_output,
                                                                     const Tensor& kept, bool bias) {
  const auto made = make([=, of_output = bare(of_output), kept = bare(kept)] {
    const auto part = on_host(kept).chunk(5, 1);
    const Tensor &r = part[0], &z = part[1], &n = part[2], &h = part[3], &taken = part[4],
                 dh = on_host(of_output);
    const Tensor dn = dh * (1 - z) * (1 - n * n), dz = dh * (h - n) * z * (1 - z),
                 dr = dn * taken * r * (1 - r);
    const Tensor x = torch::cat({dr, dz, dn}, 1), from_h = torch::cat({dr, dz, dn * r}, 1);
    return std::vector{here(x), here(from_h), here(dh * z), bias ? here(x.sum(0)) : Tensor(),
                       bias ? here(from_h.sum(0)) : Tensor()};
  });
  return {made[0], made[1], made[2], made[3], made[4]};
}

/// Its operator on the CPU draws from the CPU's generator.
std::tuple<Tensor, Tensor> dropout(const Tensor& x, double p, std::optional<bool>) {
  const Tensor kept = torch::empty_like(x, torch::kBool).bernoulli_(1 - p);
  return {x * kept * (1 / (1 - p)), kept};
}

/// What is recorded, and done again on memory that is the same.
class Graph : public at::GraphImplInterface {
 public:
  explicit Graph(const at::GraphImplArgs&) {}
  ~Graph() override {
    if (recording == &steps_) capture_end();
  }
  void capture_begin(c10::MempoolId_t, at::GraphCaptureMode) override {
    TORCH_CHECK(stream != 0, "the default stream is not recorded");
    TORCH_CHECK(recording == nullptr, "recorded already");
    generator_ = at::globalContext().defaultGenerator(device()).get_state();
    recording = &steps_;
  }
  void capture_end() final {
    recording = nullptr;
    for (const Tensor& x : made_there) on_host(x).fill_(NAN);
    for (const Tensor& x : from_before) users_[x.storage().unsafeGetStorageImpl()].push_back(x);
    made_there.clear(), from_before.clear(), of_recording.clear();
    at::Generator generator = at::globalContext().defaultGenerator(device());
    generator.set_state(generator_);
  }
  void instantiate() override {}
  void replay() override {
    const Inside operators;
    for (const auto& [storage, users] : users_)
      TORCH_CHECK(users[0].storage().use_count() > users.size(),
                  "a recording reads memory that nobody has any more");
    for (const auto& step : steps_) step();
  }
  void reset() override { steps_.clear(), users_.clear(); }
  c10::MempoolId_t pool() const override { return {0, 0}; }
  void enable_debug_mode() override {}
  void debug_dump(const std::string&) override {}

 private:
  std::vector<std::function<void()>> steps_;
  std::map<const void*, std::vector<Tensor>> users_;  // by memory that was there before
  Tensor generator_;
};

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

namespace at {
using OtherGraph = fovea::other::Graph;
REGISTER_GRAPH_IMPL(OTHER, OtherGraph)
}  // namespace at

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
  library.impl("native_dropout", dropout);
  library.impl("_thnn_fused_lstm_cell", lstm_cell);
  library.impl("_thnn_fused_lstm_cell_backward_impl", lstm_cell_backward);
  library.impl("_thnn_fused_gru_cell", gru_cell);
  library.impl("_thnn_fused_gru_cell_backward", gru_cell_backward);
}

TORCH_LIBRARY_IMPL(_, PrivateUse1, library) {
  library.fallback(torch::CppFunction::makeFromBoxedFunction<&fovea::other::by_host>());
}

// Mixed precision: what LibTorch casts for every device, and nothing else.
#define FOVEA_LOWER(...) KERNEL_PRIVATEUSEONE(__VA_ARGS__, lower_precision_fp)
#define FOVEA_WIDE(...) KERNEL_PRIVATEUSEONE(__VA_ARGS__, fp32)
#define FOVEA_WIDEST(...) KERNEL_PRIVATEUSEONE(__VA_ARGS__, promote)
TORCH_LIBRARY_IMPL(_, AutocastPrivateUse1, library) {
  library.fallback(torch::CppFunction::makeFallthrough());
}
TORCH_LIBRARY_IMPL(aten, AutocastPrivateUse1, m) {
  AT_FORALL_LOWER_PRECISION_FP(FOVEA_LOWER)
  AT_FORALL_FP32(FOVEA_WIDE)
  AT_FORALL_PROMOTE(FOVEA_WIDEST)
}
