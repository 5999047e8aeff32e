#include "apps/shared/doctor.h"

#include <ATen/Parallel.h>
#include <unistd.h>

#include <filesystem>
#include <iostream>

#include "models/attention/options.h"
#include "models/attention/registry.h"
#include "src/base/version.h"
#include "src/core/safetensors.h"
#include "src/train/checkpoint.h"

namespace fovea {
namespace {

void require(bool holds, const char* what) {
  if (!holds) throw std::runtime_error(what);
}

void test_attention() {
  torch::manual_seed(1);
  AttentionShape shape;
  shape.query_width = shape.key_width = shape.value_width = shape.width = 8;
  const auto attention = make_attention(resolve_attention("multi-head", "attention"), shape, "attention");
  const Tensor x = torch::randn({2, 5, 8});
  Call call;
  call.want = Want::kWeights;
  const AttentionOutput output = attention->forward(x, x, x, {}, call);
  require(torch::allclose(output.weights.sum(-1), torch::ones({2, attention->heads(), 5}), 1e-5, 1e-5),
          "rows of weights do not sum to 1");
}

void test_safetensors() {
  const TensorMap map = {{"a", torch::arange(6).view({2, 3})}};
  require(torch::equal(decode_safetensors(encode_safetensors(map), "memory").at("a"), map.at("a")),
          "a tensor changed on its way through the format");
}

void test_checkpoint() {
  const auto folder = std::filesystem::temp_directory_path() / ("fovea-doctor-" + std::to_string(::getpid()));
  CheckpointStore store(folder);
  Checkpoint checkpoint;
  checkpoint.step = 1;
  checkpoint.model = {{"w", torch::ones({3})}};
  store.save(checkpoint, 1);
  const bool same = torch::equal(store.load("BEST").model.at("w"), checkpoint.model.at("w"));
  std::filesystem::remove_all(folder);
  require(same, "a checkpoint does not read back");
}

/// An error inside LibTorch must arrive as an exception: a clashing library would end the process instead.
void test_errors() {
  try {
    torch::ones({2, 3}).matmul(torch::ones({2, 3}));
  } catch (const std::exception&) {
    return;
  }
  throw std::runtime_error("a wrong product threw nothing");
}

bool run(const char* name, void (*test)()) {
  try {
    test();
    std::cout << "ok      " << name << "\n";
    return true;
  } catch (const std::exception& error) {
    std::cout << "FAILED  " << name << ": " << std::string(error.what()).substr(0, 200) << "\n";
    return false;
  }
}

}  // namespace

int doctor() {
  std::cout << "fovea     " << kVersion << "\nlibtorch  " << TORCH_VERSION << "\nthreads   "
            << at::get_num_threads() << "\nCPU       " << at::get_cpu_capability() << "\nCUDA      "
            << (torch::cuda::is_available() ? "available" : "none") << "\n\n";
  bool good = run("attention: rows of weights sum to 1", test_attention);
  good = run("files: a tensor reads back", test_safetensors) && good;
  good = run("checkpoints: one reads back", test_checkpoint) && good;
  good = run("errors inside LibTorch can be caught", test_errors) && good;
  return good ? 0 : 1;
}

}  // namespace fovea
