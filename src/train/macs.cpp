#include "src/train/macs.h"

#include <ATen/record_function.h>

#include <atomic>
#include <cstring>

#include "src/train/evaluation_mode.h"

namespace fovea {
namespace {

std::atomic<int64_t> counted{0};  // by any thread that works for the pass

using Sizes = c10::IntArrayRef;

Sizes sizes(const c10::IValue& value) {
  return value.toTensor().sizes();
}

int64_t product(Sizes shape) {
  return c10::multiply_integers(shape);
}

/// Each operator below computes by itself: none calls another of them.
int64_t macs_of(const char* name, c10::ArrayRef<const c10::IValue> in) {
  const auto is = [&](const char* other) { return std::strcmp(name, other) == 0; };
  if (is("aten::mm") || is("aten::bmm")) return product(sizes(in[0])) * sizes(in[1]).back();
  if (is("aten::addmm") || is("aten::addmm_") || is("aten::baddbmm"))
    return product(sizes(in[1])) * sizes(in[2]).back();
  if (is("aten::mv") || is("aten::dot")) return product(sizes(in[0]));
  if (is("aten::addmv")) return product(sizes(in[1]));
  if (is("aten::_scaled_dot_product_flash_attention_for_cpu")) {
    const Sizes query = sizes(in[0]), key = sizes(in[1]);  // [B, H, T, Dh]
    return 2 * product(query) * key[2];
  }
  if (is("fovea::fused_attention")) return in[0].toInt();  // says itself how many
  if (is("aten::mkldnn_rnn_layer")) {
    const Sizes input = sizes(in[0]);  // [T, B, D]
    return input[0] * input[1] * (product(sizes(in[1])) + product(sizes(in[2])));
  }
  return 0;
}

/// A convolution's cost needs what it returns: this is what one output element costs, kept from start to end.
struct PerOutput : at::ObserverContext {
  explicit PerOutput(int64_t macs) : macs(macs) {}
  int64_t macs;
};

std::unique_ptr<at::ObserverContext> begin(const at::RecordFunction& f) {
  const auto in = f.inputs();
  counted += macs_of(f.name(), in);
  if (std::strcmp(f.name(), "aten::convolution") != 0) return nullptr;
  return std::make_unique<PerOutput>(product(sizes(in[1]).slice(1)));  // weight [Co, Ci / groups, …]
}

void end(const at::RecordFunction& f, at::ObserverContext* context) {
  if (context != nullptr) counted += static_cast<PerOutput*>(context)->macs * product(sizes(f.outputs()[0]));
}

/// Counts as long as it lives.
class Counting {
 public:
  Counting()
      : handle_(at::addThreadLocalCallback(at::RecordFunctionCallback(begin, end)
                                               .needsInputs(true)
                                               .needsOutputs(true)
                                               .scopes({at::RecordScope::FUNCTION}))) {}
  ~Counting() { at::removeCallback(handle_); }
  Counting(const Counting&) = delete;
  Counting& operator=(const Counting&) = delete;

 private:
  at::CallbackHandle handle_;
};

}  // namespace

int64_t count_macs(const std::function<void()>& work) {
  counted = 0;
  const Counting counting;
  work();
  return counted;
}

int64_t count_macs(Net& net, const Task& task, const Batch& batch) {
  const torch::NoGradGuard no_gradient;
  const EvaluationMode evaluation(net);
  return count_macs([&] { task.loss(net.forward(batch), batch, {}); });
}

}  // namespace fovea
