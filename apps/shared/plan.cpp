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

/// A task that has been read, and how many batches it has.
struct ReadTask {
  std::shared_ptr<Task> task;
  double training = 0, validation = 0;  // batches
  bool tested = false;                  // whether there are test examples
};

ReadTask read_task(const Json& config) {
  ReadTask read{tasks().at(group_name(config, ""), "task").make(config), 0, 0, false};
  const auto batches = [&](Split split) {
    const int64_t size = read.task->examples(split)->size();
    return static_cast<double>((size + read.task->batch_size() - 1) / read.task->batch_size());
  };
  read.training = batches(Split::kTrain), read.validation = batches(Split::kValidation);
  read.tested = read.task->examples(Split::kTest)->size() > 0;
  return read;
}

/// Tasks by their resolved config, read when first asked for.
class Tasks {
 public:
  const ReadTask& at(const Json& config) {
    ReadTask& known = known_[to_text(config)];
    if (!known.task) known = read_task(config);
    return known;
  }

 private:
  std::map<std::string, ReadTask> known_;
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

Batch batch_of(const Task& task, const std::vector<int64_t>& indices) {
  const auto source = task.examples(Split::kTrain);
  std::vector<Example> examples;
  for (const int64_t index : indices) examples.push_back(source->get(index, 0, false));
  return collate(examples, task.spec());
}

/// Seconds of a step forward and backward: the mean of three batches of an epoch, after one that warms up.
double step_seconds(Net& net, const Task& task, const TrainOptions& options) {
  LoaderOptions loading;
  loading.batch = task.batch_size(), loading.tokens = options.batch_tokens;
  loading.bucket = options.bucket, loading.shuffle = true;
  const auto plan = plan_batches(*task.examples(Split::kTrain), loading, 0);
  net.train();
  double seconds = 0;
  for (const size_t quarter : {0, 1, 2, 3}) {
    const Batch batch = batch_of(task, plan[plan.size() * quarter / 4]);
    const auto began = std::chrono::steady_clock::now();
    const Loss loss = task.loss(net.forward(batch), batch, {});
    if (loss.sum.requires_grad()) loss.sum.backward();
    if (quarter > 0)
      seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count() / 3;
  }
  return seconds;
}

/// Sizes of a net; a combination that cannot be is told in `refused`.
CellSizes sizes_of(const Json& config, Tasks& tasks, bool estimate) {
  const ReadTask& read = tasks.at(config["task"]);
  const Task& task = *read.task;
  CellSizes sizes;
  sizes.tested = read.tested;
  try {
    const std::shared_ptr<Net> net = built(config, task);
    require_trainable(*net, task, train_options(config));
    sizes.parameters = parameter_count(*net);
    sizes.macs = count_macs(*net, task, batch_of(task, {0}));
    if (estimate) sizes.step_seconds = step_seconds(*net, task, train_options(config));
  } catch (const ConfigError& error) {
    sizes.refused = error.what();
  }
  return sizes;
}

CellSizes parameters_of(const Json& config, Tasks& tasks) {
  CellSizes sizes;
  try {
    sizes.parameters = parameter_count(*built(config, *tasks.at(config["task"]).task));
  } catch (const ConfigError& error) {
    sizes.refused = error.what();
  }
  return sizes;
}

/// Steps of the whole training, and a forward pass over the validation split after each epoch.
double seconds_of(const Json& config, const CellSizes& sizes, Tasks& tasks) {
  const TrainOptions options = train_options(config);
  const ReadTask& task = tasks.at(config["task"]);
  const double steps = options.steps > 0 ? static_cast<double>(options.steps * options.accumulation)
                                         : static_cast<double>(options.epochs) * task.training;
  const double passes = task.training > 0 ? steps / task.training : 0;
  return sizes.step_seconds * (steps + kForwardShare * passes * task.validation);
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
    const Json data = read.at(task).task->data();
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
