#include "apps/shared/session.h"

#include <ATen/Parallel.h>
#include <malloc.h>

#include "apps/plain/commit.h"
#include "data/tasks/registry.h"
#include "models/nets/registry.h"
#include "src/base/error.h"
#include "src/base/text.h"
#include "src/base/version.h"
#include "src/config/layers.h"
#include "src/train/checkpoint.h"
#include "src/train/precision.h"

namespace fovea {
namespace {

/// What a recipe may say beside task, model and train.
bool is_remark(const std::string& key) {
  return key == "description" || key == "reference" || key == "tune";
}

std::string required_name(const Json& tree, const std::string& group, const std::vector<std::string>& known) {
  const std::string name = tree.contains(group) ? group_name(tree[group], "") : "";
  if (name.empty()) throw ConfigError(group + ": no name given; expected one of " + join(known, ", "));
  return name;
}

void require_groups(const Json& tree) {
  for (const auto& [key, value] : tree.items())
    if (key != "task" && key != "model" && key != "train" && !is_remark(key))
      throw ConfigError(key + ": no such key" + hint(key, {"task", "model", "train"}));
}

/// Resolves as much of `tree` as can be: a later layer may still name its task or its model.
void check_layer(const Json& tree, const std::string& where) {
  try {
    require_groups(tree);
    for (const char* group : {"task", "model"})
      if (!tree.contains(group) || group_name(tree[group], "").empty()) return;
    resolve_tree(tree);
  } catch (const ConfigError& error) {
    throw ConfigError(where + ": " + error.what());
  }
}

/// Throws ConfigError where `asked` has other tokens than the task that a run was trained on.
void require_same_tokens(const Json& trained, const Json& asked) {
  for (const char* key : {"name", "tokenizer", "subwords", "joint", "vocabulary", "minimum_count"}) {
    const Json is = asked.value(key, Json()), was = trained.value(key, is);
    if (was == is) continue;
    throw ConfigError(std::string("task.") + key + ": a trained run keeps its tokens; expected " +
                      to_text(was) + ", found " + to_text(is));
  }
}

}  // namespace

Json resolve_tree(const Json& tree) {
  require_groups(tree);
  const TaskEntry& task = tasks().at(required_name(tree, "task", tasks().names()), "task");
  const NetEntry& net = nets().at(required_name(tree, "model", nets().names()), "model");
  const Json train = tree.contains("train") ? tree["train"] : Json::object();
  return {{"task", task.resolve(tree["task"])},
          {"model", net.resolve(tree["model"])},
          {"train", dump_fields(read_options<TrainOptions>(train, "train"))}};
}

Json resolve_config(const std::string& name, const Json& recipe, const std::vector<std::string>& files,
                    const std::vector<std::string>& overrides) {
  if (!recipe.is_object()) throw ConfigError(name + ": expected an object with task, model and train");
  Json tree = merge_layers(Json::object(), recipe);
  check_layer(tree, name);
  for (const std::string& file : files) {
    tree = merge_layers(tree, read_json(file));
    check_layer(tree, file);
  }
  return resolve_tree(merge_layers(tree, parse_overrides(overrides)));
}

TrainOptions train_options(const Json& config) {
  return read_options<TrainOptions>(config.at("train"), "train");
}

LoadedRun load_run(const std::string& path, const std::string& checkpoint,
                   const std::vector<std::string>& overrides, torch::Device device) {
  LoadedRun run{RunFolder(path), nullptr, nullptr};
  Json config = run.folder.config();
  if (!overrides.empty()) {
    const Json layer = parse_overrides(overrides);
    for (const auto& [key, value] : layer.items())
      if (key != "task") throw ConfigError(key + ": only task.* can be changed for a trained run");
    const Json trained = config.value("task", Json::object());
    config = resolve_tree(merge_layers(config, layer));
    require_same_tokens(trained, config["task"]);
  }
  if (!config.contains("task") || !config.contains("model"))
    throw CheckpointError(path + "/config.json: expected task and model");
  try {
    run.task = tasks()
                   .at(group_name(config["task"], ""), "task")
                   .load(config["task"], (run.folder.path() / "task").string());
    run.net = nets().at(group_name(config["model"], ""), "model").make(config["model"], run.task->spec());
  } catch (const ConfigError& error) {
    if (!overrides.empty()) throw;
    throw CheckpointError(path + "/config.json: " + error.what());
  }
  std::string warning;
  const Checkpoint found = run.folder.checkpoints().load_for_use(checkpoint, &warning);
  if (!warning.empty()) std::fprintf(stderr, "warning: %s\n", warning.c_str());
  keep_in_precision(*run.net, config.value("/train/precision"_json_pointer, std::string()));
  load_module(*run.net, found.model, path);
  run.step = found.step, run.fallback = !warning.empty();
  run.net->to(device);
  run.net->eval();
  return run;
}

Batch batch_of(const LoadedRun& run, const std::vector<Example>& examples, torch::Device device) {
  return in_precision_of(*run.net, collate(examples, run.task->spec())).to(device);
}

void require_same_data(const LoadedRun& run) {
  require_same_data(run.folder.path(), run.folder.manifest(), run.task->data());
}

Example example_of(const LoadedRun& run, const InputLine& line, bool forced) {
  try {
    Example example = forced ? run.task->read_forced(line.text) : run.task->read(line.text);
    example.id = line.index;
    return example;
  } catch (const DataError& error) {
    throw DataError(line.place + ": " + error.what());
  }
}

std::string text_encoding(const LoadedRun& run) {
  return run.folder.config()["task"].value("encoding", std::string("utf-8"));
}

torch::Device parse_device(const std::string& name) {
  if (name == "cpu") return torch::kCPU;
  if (name != "cuda") throw ConfigError("--device: expected cpu or cuda, found \"" + name + "\"");
  if (!torch::cuda::is_available())
    throw ConfigError("--device cuda: no CUDA device, or a LibTorch built without CUDA");
  return torch::kCUDA;
}

void prepare_torch(int64_t threads) {
  if (threads > 0) at::set_num_threads(static_cast<int>(threads));
  at::globalContext().setDeterministicAlgorithms(true, /*warn_only=*/false);
  // Deterministic mode also overwrites every fresh tensor, which only helps those who read memory they never
  // wrote.
  at::globalContext().setDeterministicFillUninitializedMemory(false);
  // Activations come and go by the megabyte: keep their pages instead of faulting them in again at every
  // step.
  ::mallopt(M_MMAP_THRESHOLD, 1 << 30);
  ::mallopt(M_TRIM_THRESHOLD, 1 << 30);
}

Json make_manifest(const std::vector<std::string>& argv, const std::string& recipe, uint64_t seed,
                   const std::string& device, const Json& data) {
  return {{"format", 1},
          {"argv", argv},
          {"recipe", recipe},
          {"seed", seed},
          {"device", device},
          {"threads", at::get_num_threads()},
          {"fovea", kVersion},
          {"commit", kCommit},
          {"libtorch", TORCH_VERSION},
          {"cpu", std::string(at::get_cpu_capability())},
          {"data", data}};
}

}  // namespace fovea
