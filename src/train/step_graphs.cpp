#include "src/train/step_graphs.h"

#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <torch/csrc/autograd/utils/grad_layout_contract.h>

#include "src/base/error.h"
#include "src/core/dropout_keys.h"
#include "src/core/recording.h"
#include "src/train/device_graph.h"
#include "src/train/trained.h"

namespace fovea {
namespace {

/// Batches of a shape that are run as ever, in which libraries of the device set themselves up; shapes that
/// are recorded, each with memory of its own.
constexpr int64_t kRunAsEver = 3;
constexpr int64_t kMostShapes = 4;

/// Calls visit(tensor) for each tensor of a batch that a step may read. All batches of a run have the same.
template <class B, class Visit>
void each_tensor(B& batch, Visit visit) {
  for (auto* fields : {&batch.inputs, &batch.targets})
    for (auto& [name, field] : *fields) visit(field.values);
  for (auto& tensor : batch.carry) visit(tensor);
}

std::string shapes_of(const Batch& batch) {
  std::string text;
  each_tensor(batch, [&](const Tensor& tensor) {
    text += std::string(torch::toString(tensor.scalar_type())) + " " + shape_text(tensor) + "; ";
  });
  return text;
}

/// Gradients in the layout of their parameters, each in memory of its own, as autograd keeps them in a
/// parameter and update rules expect them.
std::vector<Tensor> as_kept(std::vector<Tensor> gradients, const std::vector<Tensor>& parameters) {
  std::set<const void*> known;
  for (size_t i = 0; i < gradients.size(); ++i) {
    Tensor& gradient = gradients[i];
    if (!gradient.defined()) continue;
    const bool own = known.insert(gradient.storage().data()).second;
    if (!own || !torch::autograd::utils::obeys_layout_contract(gradient, parameters[i]))
      gradient = torch::autograd::utils::clone_obey_contract(gradient, parameters[i]).detach();
  }
  return gradients;
}

/// Ends what failed already, so that the device goes on.
void abandon(at::GraphImplInterface& graph) {
  try {
    graph.capture_end();
  } catch (const std::exception&) {  // says again what is known
  }
}

}  // namespace

/// A recording and what it stands on.
struct StepGraphs::Recorded {
  explicit Recorded(torch::Device device) : keys(device), graph(device_graph(device)) {}

  Batch batch;
  RecordedKeys keys;
  ShareLoss loss;
  State carry;
  std::vector<Tensor> gradients;                  // of each parameter, undefined where there is none
  std::unique_ptr<at::GraphImplInterface> graph;  // null where the device has none
};

struct StepGraphs::Shape {
  int64_t run = 0;  // batches that were run as ever
  std::unique_ptr<Recorded> recorded;
};

StepGraphs::StepGraphs(const torch::nn::Module& net, torch::Device device,
                       std::function<void(const std::string&)> say)
    : device_(device), say_(std::move(say)) {
  for (const auto& [name, parameter] : trained_parameters(net)) parameters_.push_back(parameter);
}

StepGraphs::~StepGraphs() = default;

void StepGraphs::refuse(const std::string& reason) {
  if (refused_.insert(reason).second) say_("train.graphs: batches run without a graph, as " + reason);
}

std::unique_ptr<StepGraphs::Recorded> StepGraphs::record(const Batch& batch, const LossOf& loss_of) {
  if (recorded_ == kMostShapes) {
    refuse("they come in more than " + std::to_string(kMostShapes) + " shapes");
    return nullptr;
  }
  auto made = std::make_unique<Recorded>(device_);
  if (!made->graph) {
    refuse("device " + device_.str() + " records nothing");
    return nullptr;
  }
  made->batch = batch;
  made->batch.host = nullptr, made->batch.notes.clear(), made->batch.truths.clear();
  each_tensor(made->batch, [](Tensor& tensor) { tensor = tensor.detach().clone(); });
  const c10::impl::VirtualGuardImpl guard(device_.type());
  guard.synchronizeDevice(guard.getDevice().index());
  const c10::StreamGuard aside(guard.getNewStream(device_));  // CUDA does not record its default stream
  const Recording recording;
  const RecordedKeys::Given given(made->keys);
  made->graph->capture_begin();
  try {
    made->loss = loss_of(made->batch, made->carry);
    if (made->loss.sum.requires_grad())
      made->gradients = as_kept(
          torch::autograd::grad({made->loss.sum}, parameters_, /*grad_outputs=*/{},
                                /*retain_graph=*/false, /*create_graph=*/false, /*allow_unused=*/true),
          parameters_);
    made->loss.sum = made->loss.sum.detach();
    made->graph->capture_end();
  } catch (const HostAsked& asked) {
    made->graph->capture_end();
    refuse(asked.what());
    return nullptr;
  } catch (const c10::Error& error) {
    abandon(*made->graph);
    throw ConfigError(std::string("train.graphs: the device cannot record a step of this net (") +
                      error.what_without_backtrace() + "); train without it");
  } catch (...) {
    abandon(*made->graph);
    throw;
  }
  ++recorded_;
  return made;
}

std::optional<ShareLoss> StepGraphs::backward(const Batch& batch, const LossOf& loss_of, State& carry) {
  if (!batch.complete) {
    refuse("rows are padded or labels left out");
    return std::nullopt;
  }
  Shape& shape = shapes_[shapes_of(batch)];
  if (!shape.recorded) {
    if (closed_ || shape.run++ < kRunAsEver) return std::nullopt;
    shape.recorded = record(batch, loss_of);
    closed_ = !shape.recorded;
    if (closed_) return std::nullopt;
  }
  Recorded& one = *shape.recorded;
  const torch::NoGradGuard no_gradient;
  std::vector<Tensor> numbers;
  each_tensor(batch, [&](const Tensor& tensor) { numbers.push_back(tensor); });
  size_t i = 0;
  each_tensor(one.batch, [&](const Tensor& tensor) { tensor.copy_(numbers[i++]); });
  one.keys.draw();
  one.graph->replay();
  ++replays_;
  for (i = 0; i < one.gradients.size(); ++i) parameters_[i].mutable_grad() = one.gradients[i];
  carry = one.carry;
  return one.loss;
}

}  // namespace fovea
