#include "src/core/dropout_keys.h"

#include <ATen/CPUGeneratorImpl.h>

#include <mutex>
#include <utility>

#include "src/base/random.h"

namespace fovea {
namespace {

DropoutKeys*& of_thread() {
  thread_local DropoutKeys* keys = nullptr;
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
  if (DropoutKeys* keys = of_thread()) return keys->next();
  auto generator = at::detail::getDefaultCPUGenerator();
  const std::lock_guard lock(generator.mutex());
  return at::check_generator<at::CPUGeneratorImpl>(generator)->random64();
}

}  // namespace fovea
