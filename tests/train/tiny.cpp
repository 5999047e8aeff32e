#include "tests/train/tiny.h"

#include <ATen/Parallel.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <csignal>

#include "src/base/error.h"
#include "src/base/random.h"
#include "src/base/text.h"

namespace fovea {
namespace {

class TinySource : public ExampleSource {
 public:
  TinySource(int64_t size, uint64_t key, int64_t streams) : size_(size), key_(key), streams_(streams) {}
  int64_t streams() const override { return streams_; }
  int64_t size() const override { return size_; }
  Example get(int64_t index, uint64_t key, bool) const override {
    Random random(hash_words({key_, static_cast<uint64_t>(index)})), noise(key);
    Tensor x = torch::empty({3});
    for (int64_t i = 0; i < 3; ++i) x[i] = random.normal() + 0.01 * noise.uniform();
    Example example;
    example.id = index;
    example.inputs["x"] = x;
    example.targets["y"] = x.argmax();
    return example;
  }

 private:
  int64_t size_;
  uint64_t key_;
  int64_t streams_;
};

}  // namespace

TaskSpec TinyTask::spec() const {
  return {"tiny", {{"x", {.kind = "values", .channels = 3}}}, {{"y", {.kind = "label", .vocabulary = 3}}}};
}

std::shared_ptr<const ExampleSource> TinyTask::examples(Split split) const {
  return std::make_shared<TinySource>(split == Split::kTrain ? 25 : 11, static_cast<uint64_t>(split),
                                      split == Split::kTrain ? batch_ : 4);
}

Loss TinyTask::loss(const ModelOutput& output, const Batch& batch, const LossOptions& options) const {
  if (doors_.loss && torch::GradMode::is_enabled()) doors_.loss(++losses_);
  return cross_entropy(output.values.at("logits"), batch.target("y").values, options.label_smoothing);
}

Prediction TinyTask::predict(Net&, const Batch&, const ModelOutput& output) const {
  return {{{"probabilities", output.values.at("logits").softmax(-1)}}, {}};
}

std::vector<ExampleScore> TinyTask::measure(const Prediction& prediction, const ModelOutput&,
                                            const Batch& batch) const {
  if (doors_.measure) doors_.measure(++measures_);
  const Tensor right = prediction.values.at("probabilities").argmax(-1) == batch.target("y").values;
  std::vector<ExampleScore> scores;
  for (int64_t i = 0; i < batch.size(); ++i)
    scores.push_back({batch.ids[static_cast<size_t>(i)], {{"right", right[i].item<bool>()}}});
  return scores;
}

Metrics TinyTask::metrics(const std::vector<ExampleScore>& scores) const {
  if (doors_.score) {
    const double score = doors_.score(++scores_);
    return {{"accuracy", score}, {"loss", doors_.loss_score ? doors_.loss_score(scores_) : score}};
  }
  double right = 0;
  for (const ExampleScore& score : scores) right += score.values["right"].get<bool>() ? 1 : 0;
  return {{"accuracy", right / static_cast<double>(scores.size())}};
}

TinyNet::TinyNet(uint64_t seed, double dropout) : dropout_(dropout) {
  seed_generators({seed});
  hidden_ = register_module("hidden", torch::nn::Linear(3, 8));
  classes_ = register_module("classes", torch::nn::Linear(8, 3));
}

ModelOutput TinyNet::forward(const Batch& batch, AttentionTrace*) {
  const Tensor before = batch.carry.empty() ? torch::zeros({8}) : batch.carry[0];  // [B, 8]
  const Tensor x = torch::tanh(hidden_(batch.input("x").values) + 0.1 * before);   // [B, 8]
  const Tensor logits = classes_(torch::dropout(x, dropout_, is_training()));      // [B, 3]
  return {.values = {{"logits", logits}}, .output = nullptr, .carry = {x.to(torch::kFloat32)}};
}

RunFolder TinyRun::open() const {
  const RunIdentity identity{{{"train", dump_fields(options)}}, {{"seed", seed}, {"threads", 1}}};
  return RunFolder::open_or_create(folder, identity, [](const std::filesystem::path&) {});
}

Json TinyRun::train() const {
  const TinyTask task(doors);
  return Trainer(std::make_shared<TinyNet>(seed, dropout), task, open(),
                 {options, seed, torch::kCPU, /*quiet=*/true})
      .train();
}

TrainOptions tiny_options(int64_t steps) {
  TrainOptions options;
  options.steps = steps;
  options.log_every = 1;
  options.learning_rate = 0.02;
  return options;
}

std::vector<double> values(const TinyRun& run, const std::string& split, const std::string& key) {
  std::vector<double> found;
  for (const std::string& text : fovea::split(trim(read_file(run.folder / "metrics.jsonl")), '\n')) {
    const Json line = parse_json(text, "metrics.jsonl");
    if (line["split"] == split)
      found.push_back(line[key].is_number() ? line[key].get<double>() : std::nan(""));
  }
  return found;
}

std::map<std::string, std::string> lasting_bytes(const TinyRun& run) {
  std::map<std::string, std::string> bytes = {{"metrics.jsonl", read_file(run.folder / "metrics.jsonl")}};
  Json result = run.open().result();
  result.erase("cost");
  bytes["result.json"] = result.dump();
  for (const char* pointer : {"LATEST", "BEST"})
    bytes[pointer] = read_file(run.folder / "checkpoints" / pointer);
  for (int64_t step : run.checkpoints().steps())
    for (const char* part : {"model", "optimizer", "state"}) {
      const std::string name = "step-" + std::to_string(step) + "/" + part + ".safetensors";
      bytes[name] = read_file(run.folder / "checkpoints" / name);
    }
  return bytes;
}

int in_child(const std::function<void()>& action, int signal, int64_t microseconds) {
  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const SignalWatch watch;
    at::set_num_threads(1);  // the pool's threads stayed in the parent
    if (::write(ready[1], "x", 1) != 1) ::_exit(99);
    ::_exit(static_cast<int>(code_of(action)));
  }
  char byte = 0;
  REQUIRE(::read(ready[0], &byte, 1) == 1);
  ::close(ready[0]);
  ::close(ready[1]);
  ::usleep(static_cast<useconds_t>(microseconds));
  ::kill(child, signal);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

ExitCode code_of(const std::function<void()>& action, std::string* message) {
  try {
    action();
    return ExitCode::kOk;
  } catch (const Error& error) {
    if (message != nullptr) *message = error.what();
    return error.code();
  } catch (const std::exception& error) {
    if (message != nullptr) *message = error.what();
    return ExitCode::kFailure;
  }
}

}  // namespace fovea
