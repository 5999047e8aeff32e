#include "apps/shared/plan.h"

#include <chrono>
#include <map>

#include "apps/shared/session.h"
#include "data/tasks/registry.h"
#include "models/nets/registry.h"
#include "src/base/error.h"
#include "src/config/layers.h"
#include "src/train/loader.h"
#include "src/train/macs.h"
#include "src/train/trainer.h"

namespace fovea {
namespace {

constexpr uint64_t kPlanStream = 14;
constexpr double kForwardShare = 1.0 / 3;  // of a step: the backward pass costs about two forward ones

/// Tasks by their resolved config, read when first asked for.
class Tasks {
 public:
  const Task& at(const Json& config) {
    auto& task = tasks_[to_text(config)];
    if (!task) task = tasks().at(group_name(config, ""), "task").make(config);
    return *task;
  }

 private:
  std::map<std::string, std::shared_ptr<Task>> tasks_;
};

Json resolved_group(const std::string& group, const Json& tree) {
  if (group == "train") return dump_fields(read_options<TrainOptions>(tree, "train"));
  const std::string name = group_name(tree, "");
  if (name.empty()) throw ConfigError(group + ": no name given");
  return group == "task" ? tasks().at(name, group).resolve(tree) : nets().at(name, group).resolve(tree);
}

std::shared_ptr<Net> built(const Json& config, const Task& task) {
  seed_generators({kPlanStream});
  return nets().at(group_name(config["model"], ""), "model").make(config["model"], task.spec());
}

Batch first_batch(const Task& task, int64_t examples) {
  const auto source = task.examples(Split::kTrain);
  std::vector<Example> chosen;
  for (int64_t i = 0; i < std::min(source->size(), examples); ++i) chosen.push_back(source->get(i, 0, false));
  return collate(chosen, task.spec());
}

/// Seconds of one step forward and backward; the first one warms up.
double step_seconds(Net& net, const Task& task) {
  const Batch batch = first_batch(task, task.batch_size());
  net.train();
  double seconds = 0;
  for (int i = 0; i < 2; ++i) {
    const auto began = std::chrono::steady_clock::now();
    const Loss loss = task.loss(net.forward(batch), batch, {});
    if (loss.sum.requires_grad()) loss.sum.backward();
    seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  }
  return seconds;
}

/// Sizes of a net; a combination that cannot be is told in `refused`.
CellSizes sizes_of(const Json& config, Tasks& tasks, bool estimate) {
  const Task& task = tasks.at(config["task"]);
  CellSizes sizes;
  sizes.tested = task.examples(Split::kTest)->size() > 0;
  try {
    const std::shared_ptr<Net> net = built(config, task);
    require_trainable(*net, task, train_options(config));
    sizes.parameters = parameter_count(*net);
    sizes.macs = count_macs(*net, first_batch(task, 1));
    if (estimate) sizes.step_seconds = step_seconds(*net, task);
  } catch (const ConfigError& error) {
    sizes.refused = error.what();
  }
  return sizes;
}

CellSizes parameters_of(const Json& config, Tasks& tasks) {
  CellSizes sizes;
  try {
    sizes.parameters = parameter_count(*built(config, tasks.at(config["task"])));
  } catch (const ConfigError& error) {
    sizes.refused = error.what();
  }
  return sizes;
}

/// Steps of the whole training, and a forward pass over the validation split after each epoch.
double seconds_of(const Json& config, const CellSizes& sizes, Tasks& tasks) {
  const TrainOptions options = train_options(config);
  const Task& task = tasks.at(config["task"]);
  const auto batches = [&](Split split) {
    const int64_t size = task.examples(split)->size();
    return static_cast<double>((size + task.batch_size() - 1) / task.batch_size());
  };
  const double epoch = batches(Split::kTrain);
  const double steps = options.steps > 0 ? static_cast<double>(options.steps * options.accumulation)
                                         : static_cast<double>(options.epochs) * epoch;
  const double passes = epoch > 0 ? steps / epoch : 0;
  return sizes.step_seconds * (steps + kForwardShare * passes * batches(Split::kValidation));
}

}  // namespace

int plan(const PlanRequest& request) {
  prepare_torch(request.request.threads);
  parse_device(request.request.device);
  Tasks read;
  Json files = Json::object();
  Resolving resolving;
  resolving.resolve = resolved_group;
  resolving.data = [&](const Json& task) {
    const Json data = read.at(task).data();
    files.update(file_marks(data));
    return data;
  };
  resolving.sizes = [&](const Json& config) { return sizes_of(config, read, request.estimate); };
  resolving.parameters = [&](const Json& config) { return parameters_of(config, read); };
  resolving.seconds = [&](const Json& config, const CellSizes& sizes) {
    return request.estimate ? seconds_of(config, sizes, read) : sizes.step_seconds;
  };
  *request.expansion = expand(request.request, resolving);
  *request.files = std::move(files);
  return 0;
}

}  // namespace fovea
