#include "src/core/dropout_keys.h"

#include <ATen/CPUGeneratorImpl.h>

#include <mutex>
#include <utility>

#include "src/base/random.h"
#include "src/core/recording.h"

namespace fovea {
namespace {

DropoutKeys*& of_thread() {
  thread_local DropoutKeys* keys = nullptr;
  return keys;
}

constexpr int64_t kMostRecorded = 1024;  // keys of a step

RecordedKeys*& recorded() {
  thread_local RecordedKeys* keys = nullptr;
  return keys;
}

}  // namespace

DropoutKeys::DropoutKeys(uint64_t key) : key_(key), before_(std::exchange(of_thread(), this)) {}

DropoutKeys::~DropoutKeys() {
  of_thread() = before_;
}

uint64_t DropoutKeys::next() {
  return hash_words({key_, count_++});
}

uint64_t draw_dropout_key() {
  ask_host("a key of dropout");
  if (DropoutKeys* keys = of_thread()) return keys->next();
  auto generator = at::detail::getDefaultCPUGenerator();
  const std::lock_guard lock(generator.mutex());
  return at::check_generator<at::CPUGeneratorImpl>(generator)->random64();
}

Tensor DropoutKey::on(torch::Device device) const {
  return there.defined()
             ? there
             : torch::full({}, static_cast<int64_t>(bits), torch::dtype(torch::kInt64).device(device));
}

DropoutKey draw_dropout_key(torch::Device device) {
  RecordedKeys* keys = device.is_cpu() ? nullptr : recorded();
  return keys != nullptr ? DropoutKey(keys->next()) : DropoutKey(draw_dropout_key());
}

RecordedKeys::RecordedKeys(torch::Device device)
    : places_(torch::zeros({kMostRecorded}, torch::dtype(torch::kInt64).device(device))) {}

Tensor RecordedKeys::next() {
  if (given_ == kMostRecorded) ask_host("a key of dropout beyond the 1024th");
  return places_[given_++];
}

void RecordedKeys::draw() {
  if (given_ == 0) return;
  const Tensor keys = torch::empty({given_}, torch::kInt64);
  for (int64_t i = 0; i < given_; ++i) keys.data_ptr<int64_t>()[i] = static_cast<int64_t>(draw_dropout_key());
  places_.slice(0, 0, given_).copy_(moved(keys, places_.device()));
}

RecordedKeys::Given::Given(RecordedKeys& keys) {
  recorded() = &keys;
}

RecordedKeys::Given::~Given() {
  recorded() = nullptr;
}

}  // namespace fovea
