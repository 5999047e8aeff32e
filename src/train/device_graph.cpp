#include "src/train/device_graph.h"

#if FOVEA_CUDA
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDACachingAllocator.h>
#endif

namespace fovea {
#if FOVEA_CUDA
namespace {

/// LibTorch 2.13 has CUDA graphs, but not behind the interface that it has for every device.
class CudaGraph : public at::GraphImplInterface {
 public:
  void capture_begin(at::MempoolId_t pool, at::GraphCaptureMode) override {
    // A recording has memory of its own, and cannot use what the steps before it left.
    c10::cuda::CUDACachingAllocator::emptyCache();
    // Whatever thread works for the recording: autograd's is another one.
    graph_.capture_begin(pool, cudaStreamCaptureModeGlobal);
  }
  void capture_end() override { graph_.capture_end(); }
  void instantiate() override { graph_.instantiate(); }
  void replay() override { graph_.replay(); }
  void reset() override { graph_.reset(); }
  at::MempoolId_t pool() const override { return graph_.pool(); }
  void enable_debug_mode() override { graph_.enable_debug_mode(); }
  void debug_dump(const std::string& path) override { graph_.debug_dump(path); }

 private:
  mutable at::cuda::CUDAGraph graph_;  // asking for its pool changes nothing, but is not const
};

}  // namespace
#endif

std::unique_ptr<at::GraphImplInterface> device_graph(torch::Device device) {
#if FOVEA_CUDA
  if (device.is_cuda()) return std::make_unique<CudaGraph>();
#endif
  if (device.is_cpu() || !at::has_graph_impl(device.type())) return nullptr;
  return at::create_graph_impl(device.type());
}

}  // namespace fovea
