#include "apps/shared/train.h"

#include <chrono>
#include <filesystem>
#include <iostream>
#include <optional>

#include "apps/plain/recipes.h"
#include "apps/shared/beginnings.h"
#include "apps/shared/launched_ranks.h"
#include "apps/shared/session.h"
#include "data/tasks/registry.h"
#include "models/attention/composed.h"
#include "models/nets/registry.h"
#include "src/base/error.h"
#include "src/config/layers.h"
#include "src/train/signals.h"
#include "src/train/trainer.h"

namespace fovea {
namespace {

constexpr uint64_t kInitStream = 12, kDryStream = 13;

std::shared_ptr<Net> make_net(const Json& config, const Task& task, uint64_t seed) {
  seed_generators({seed, kInitStream});
  return nets().at(group_name(config["model"], ""), "model").make(config["model"], task.spec());
}

/// One step forward and backward on the first batch: sizes and time, nothing written.
int dry_run(const Json& config, const Task& task, Net& net, const TrainRequest& request,
            torch::Device device) {
  using Clock = std::chrono::steady_clock;
  seed_generators({static_cast<uint64_t>(request.seed), kDryStream});
  const TrainOptions options = train_options(config);
  const std::vector<std::string> remarks = begin(net, task.spec(), options);
  require_trainable(net, task, options);
  const auto source = task.examples(Split::kTrain);
  std::vector<Example> examples;
  for (int64_t i = 0; i < std::min(source->size(), task.batch_size()); ++i)
    examples.push_back(source->get(i, 0, false));
  const Batch batch = collate(examples, task.spec()).to(device);
  net.to(device);
  net.train();
  const auto began = Clock::now();
  const Loss loss = task.loss(net.forward(batch), batch, {});
  if (loss.sum.requires_grad()) loss.sum.backward();
  const double seconds = std::chrono::duration<double>(Clock::now() - began).count();
  if (!torch::isfinite(loss.sum).all().item<bool>()) throw DivergedError("step 1: the loss is not finite");
  std::cout << "task        " << group_name(config["task"], "") << ": " << source->size() << " training, "
            << task.examples(Split::kValidation)->size() << " validation, "
            << task.examples(Split::kTest)->size() << " test examples, batch " << batch.size() << "\n"
            << "model       " << group_name(config["model"], "") << ": " << parameter_count(net)
            << " parameters\n"
            << "first loss  " << (loss.sum / loss.weight).item<double>() << "\n"
            << "first step  " << seconds << " s forward and backward\n"
            << "config      " << config_hash(config) << "\n";
  for (const std::string& remark : remarks) std::cout << remark << "\n";
  return 0;
}

void print_result(const RunFolder& run, const Json& result) {
  std::cout << run.path().string() << "\n";
  for (const auto& [split, metrics] : result["metrics"].items())
    for (const auto& [name, value] : metrics.items())
      std::cout << "  " << split << " " << name << " " << value << "\n";
}

}  // namespace

int train(const TrainRequest& request) {
  const SignalWatch signals;
  const Json config =
      resolve_config(request.recipe, read_recipe(request.recipe), request.files, request.overrides);
  if (request.print_config) {
    std::cout << to_text(config, 2) << "\n";
    return 0;
  }
  prepare_torch(request.threads);
  const torch::Device device = parse_device(request.device);
  const auto seed = static_cast<uint64_t>(request.seed);
  const std::string recipe = recipe_name(request.recipe);
  const std::filesystem::path out =
      request.out.empty()
          ? std::filesystem::path("runs") / recipe / (config_hash(config) + "-seed" + std::to_string(seed))
          : std::filesystem::path(request.out);

  const std::shared_ptr<Task> task = tasks().at(group_name(config["task"], ""), "task").make(config["task"]);
  SignalWatch::check("reading data; nothing to save yet");
  const std::shared_ptr<Net> net = make_net(config, *task, seed);
  SignalWatch::check("building the model; nothing to save yet");
  if (request.verbose) std::cerr << engine_lines(*net);
  if (request.dry_run) return dry_run(config, *task, *net, request, device);

  // A run that has saved nothing yet begins here; what is wrong with its beginning leaves no folder behind.
  std::vector<std::string> remarks;
  if (CheckpointStore(out / "checkpoints").empty())
    remarks = begin(*net, task->spec(), train_options(config));
  require_trainable(*net, *task, train_options(config));
  Json manifest = make_manifest(request.argv, recipe, seed, request.device, task->data());
  const std::shared_ptr<Ranks> ranks = launched_ranks(static_cast<double>(request.rank_seconds));
  const bool leads = !ranks || ranks->leads();
  if (ranks) manifest["ranks"] = ranks->size();
  if (!remarks.empty()) manifest["began_with"] = remarks;
  const RunIdentity identity{config, std::move(manifest)};
  if (!leads) ranks->meet();  // when the folder is there
  RunFolder run = RunFolder::open_or_create(
      out, identity, [&](const std::filesystem::path& folder) { task->save(folder.string()); });
  std::optional<RunLock> lock;
  const bool finished = run.finished();
  if (leads && !finished) lock.emplace(run.path());
  if (!leads) run.only_read();
  if (ranks && leads) ranks->meet();
  if (finished) {
    if (leads) print_result(run, run.result());
    return 0;
  }
  // The bits of a run depend on its thread count: one that began with another keeps it.
  const int64_t threads = run.manifest().value("threads", int64_t{0});
  if (request.threads == 0 && threads > 0) prepare_torch(threads);
  for (const std::string& remark : remarks) {
    run.log(remark);
    if (!request.quiet && leads) std::fprintf(stderr, "%s\n", remark.c_str());
  }
  Trainer trainer(net, *task, run, {train_options(config), seed, device, request.quiet || !leads, ranks});
  const Json result = trainer.train();
  if (leads) print_result(run, result);
  return 0;
}

}  // namespace fovea
