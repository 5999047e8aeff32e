#include "src/train/trainer.h"

#include <chrono>
#include <cmath>
#include <csignal>
#include <optional>

#include "src/base/error.h"
#include "src/base/random.h"
#include "src/base/text.h"
#include "src/base/version.h"
#include "src/config/layers.h"
#include "src/stats/json_numbers.h"
#include "src/stats/metric.h"
#include "src/train/autocast.h"
#include "src/train/gradient_sum.h"
#include "src/train/guidance.h"
#include "src/train/late_numbers.h"
#include "src/train/loader.h"
#include "src/train/macs.h"
#include "src/train/optimizer.h"
#include "src/train/peak_memory.h"
#include "src/train/precision.h"
#include "src/train/progress.h"
#include "src/train/ranks.h"
#include "src/train/shares.h"
#include "src/train/signals.h"
#include "src/train/state_size.h"
#include "src/train/step_graphs.h"
#include "src/train/trained.h"
#include "src/train/weight_average.h"

namespace fovea {

/// Where a run stands: all of it is in every checkpoint.
struct Trainer::Progressed {
  int64_t step = 0, batch = 0;         // updates and batches so far
  int64_t validated = -1, saved = -1;  // the steps this last happened at
  int64_t best_step = -1, stale = 0;   // validations since the best one
  double best = 0;
  double log_loss = 0, log_weight = 0;  // since the last line of metrics.jsonl
  int64_t logged = 0;
  bool stopped_early = false;
  int signal = 0;  // that some rank got
  Json best_metrics, last_metrics;
  double seconds = 0, examples = 0;  // cost, outside every comparison of bytes
  State carry;

  Json to_json() const {
    return {{"batch", batch},
            {"validated", validated},
            {"best_step", best_step},
            {"stale", stale},
            {"best", best},
            {"log_loss", log_loss},
            {"log_weight", log_weight},
            {"logged", logged},
            {"stopped_early", stopped_early},
            {"best_metrics", best_metrics},
            {"last_metrics", last_metrics}};
  }
  void from_json(const Json& json) {
    batch = json.at("batch"), validated = json.at("validated"), best_step = json.at("best_step"),
    stale = json.at("stale"), best = json.at("best");
    log_loss = json.at("log_loss"), log_weight = json.at("log_weight"), logged = json.at("logged"),
    stopped_early = json.at("stopped_early");
    best_metrics = json.at("best_metrics"), last_metrics = json.at("last_metrics");
  }
};

struct Trainer::Sums {
  Tensor loss, weight;  // scalars; undefined before the first batch
  double examples = 0;
  std::string culprit;  // what was not finite in this rank's share

  void add(const Tensor& more_loss, const Tensor& more_weight) {
    loss = loss.defined() ? loss + more_loss : more_loss;
    weight = weight.defined() ? weight + more_weight : more_weight;
  }
};

struct Trainer::Updated {
  int64_t step, epoch;  // the step is that of the weights before
  double examples;
  LateNumbers numbers;  // loss, weight, norm of the gradient
};

namespace {

constexpr uint64_t kStepStream = 11;
const std::string kCarried = "carry.", kTrained = "trained.";  // in a checkpoint's state
using Clock = std::chrono::steady_clock;

Json finite_metrics(const Metrics& metrics) {
  Json json = Json::object();
  for (const auto& [name, value] : metrics) json[name] = number_or_null(value);
  return json;
}

std::string metric_text(const Json& metrics) {
  std::string text;
  for (const auto& [name, value] : metrics.items()) {
    char number[40];
    if (value.is_number())
      std::snprintf(number, sizeof number, "  %s %.4f", name.c_str(), value.get<double>());
    if (value.is_number()) text += number;
  }
  return text;
}

TensorMap with_prefix(const TensorMap& tensors, const std::string& prefix) {
  TensorMap chosen;
  for (const auto& [name, tensor] : tensors)
    if (name.rfind(prefix, 0) == 0) chosen[name.substr(prefix.size())] = tensor;
  return chosen;
}

bool all_finite(const Tensor& tensor) {
  return !tensor.is_floating_point() || torch::isfinite(tensor).all().item<bool>();
}

}  // namespace

void seed_generators(std::initializer_list<uint64_t> words) {
  torch::manual_seed(hash_words(words));
}

std::string run_signature(const Json& config, const Json& manifest) {
  return "task:" + group_name(config.value("task", Json()), "?") +
         "|model:" + group_name(config.value("model", Json()), "?") + "|config:" + config_hash(config) +
         "|seed:" + std::to_string(manifest.value("seed", int64_t{0})) +
         "|threads:" + std::to_string(manifest.value("threads", int64_t{1})) +
         "|device:" + manifest.value("device", std::string("cpu")) + "|fovea:" + kVersion;
}

void require_trainable(Net& net, const Task& task, const TrainOptions& options) {
  if (task.examples(Split::kTrain)->size() == 0) throw DataError("split train: no examples");
  if (task.examples(Split::kValidation)->size() == 0)
    throw DataError("split validation: no examples; the checkpoint to keep is chosen on it");
  require_truth(task, options.guidance);
  task.check(net);
  freeze(net, options.freeze);
}

Trainer::Trainer(std::shared_ptr<Net> net, const Task& task, RunFolder run, TrainerSettings settings)
    : net_(std::move(net)),
      task_(task),
      run_(std::move(run)),
      settings_(std::move(settings)),
      at_(std::make_unique<Progressed>()) {
  source_ = task_.examples(Split::kTrain);
  require_trainable(*net_, task_, settings_.options);
  streams_ = source_->streams() > 0;
  if (streams_ && settings_.ranks)
    throw ConfigError("task.stream: a text that is read as a stream is trained on by one process");
  batches_per_epoch_ = static_cast<int64_t>(plan_batches(*source_, loading(), 0).size());
  const TrainOptions& o = settings_.options;
  total_steps_ =
      o.steps > 0 ? o.steps : (o.epochs * batches_per_epoch_ + o.accumulation - 1) / o.accumulation;
  optimizer_ = std::make_unique<Optimizer>(*net_, o);
  trained_ = trained_numbers(*net_);
}

Trainer::~Trainer() = default;

void Trainer::restore() {
  const auto checkpoint = run_.checkpoints().load_latest([this](const std::string& problem) {
    std::fprintf(stderr, "warning: %s; trying an older checkpoint\n", problem.c_str());
    run_.log("warning: " + problem);
  });
  if (!checkpoint) {
    if (!run_.checkpoints().empty())
      throw CheckpointError((run_.path() / "checkpoints").string() +
                            ": no checkpoint verifies; nothing to continue from");
    run_.cut_metrics(0);
    return;
  }
  const std::string where =
      (run_.path() / "checkpoints" / ("step-" + std::to_string(checkpoint->step))).string();
  load_module(*net_, checkpoint->model, where);
  optimizer_->load(checkpoint->optimizer, where);
  average_->load(with_prefix(checkpoint->state, kTrained), where);
  try {
    at_->from_json(checkpoint->progress);
    run_.cut_metrics(checkpoint->progress.at("metrics_length").get<int64_t>());
    at_->seconds = checkpoint->progress.at("cost").at("seconds").get<double>();
    at_->examples = checkpoint->progress.at("cost").at("examples").get<double>();
  } catch (const Json::exception&) {
    throw CheckpointError(where + "/MANIFEST.json: progress lacks a field this version needs");
  }
  at_->step = at_->saved = checkpoint->step;
  const TensorMap carried = with_prefix(checkpoint->state, kCarried);
  for (int64_t i = 0; carried.count(std::to_string(i)) > 0; ++i)
    at_->carry.push_back(carried.at(std::to_string(i)).to(settings_.device));
  run_.log("continued at step " + std::to_string(at_->step));
}

void Trainer::save(bool at_stop) {
  settle();
  if (settings_.ranks && !settings_.ranks->leads()) {
    at_->saved = at_->step;
    return;
  }
  Checkpoint checkpoint;
  checkpoint.step = at_->step, checkpoint.at_stop = at_stop;
  checkpoint.progress = at_->to_json();
  run_.sync_metrics();  // the checkpoint says how long they are: no power cut may leave them shorter
  checkpoint.progress["metrics_length"] = run_.metrics_length();
  checkpoint.progress["cost"] = {{"seconds", at_->seconds}, {"examples", at_->examples}};
  const WeightAverage::InUse averaged(*average_);
  checkpoint.model = module_tensors(*net_);
  checkpoint.optimizer = optimizer_->state();
  for (const auto& [name, tensor] : average_->trained()) checkpoint.state[kTrained + name] = tensor;
  for (size_t i = 0; i < at_->carry.size(); ++i)
    checkpoint.state[kCarried + std::to_string(i)] = at_->carry[i];
  run_.checkpoints().save(checkpoint, at_->best_step);
  run_.checkpoints().prune(settings_.options.keep, at_->best_step);
  at_->saved = at_->step;
  run_.write_state({{"status", "running"}, {"step", at_->step}, {"total_steps", total_steps_}});
}

bool Trainer::validation_due() const {
  if (at_->validated == at_->step) return false;
  if (at_->step == total_steps_) return true;
  if (settings_.options.validate_every > 0)
    return at_->step > 0 && at_->step % settings_.options.validate_every == 0;
  const int64_t epoch = epoch_of(at_->batch);
  return at_->batch > 0 && epoch_of(at_->batch - settings_.options.accumulation < 0
                                        ? 0
                                        : at_->batch - settings_.options.accumulation) < epoch;
}

bool Trainer::checkpoint_due() const {
  if (at_->saved == at_->step) return false;
  if (at_->step == total_steps_ || at_->stopped_early) return true;
  const int64_t every = settings_.options.checkpoint_every;
  return at_->validated == at_->step || (every > 0 && at_->step > 0 && at_->step % every == 0);
}

void Trainer::validate() {
  log_train_line(true);
  EvaluationOptions options;
  options.device = settings_.device;
  options.workers = settings_.options.workers;
  options.between = [this] { stop_if_asked(); };
  const Json metrics = [&] {
    const WeightAverage::InUse averaged(*average_);
    return finite_metrics(evaluate_split(*net_, task_, Split::kValidation, options).metrics);
  }();
  const EarlyStoppingOptions& stopping = settings_.options.early_stopping;
  const std::string metric = stopping.metric.empty() ? task_.primary_metric() : stopping.metric;
  if (!metrics.contains(metric)) {
    std::vector<std::string> names;
    for (const auto& [name, value] : metrics.items()) names.push_back(name);
    throw ConfigError("train.early_stopping.metric: no \"" + metric + "\"" + hint(metric, names));
  }
  const bool lower = stopping.metric.empty() ? !task_.higher_is_better() : lower_is_better(metric);
  const bool defined = metrics[metric].is_number();
  const double value = defined ? metrics[metric].get<double>() : 0;
  const bool first = at_->best_step < 0 ||
                     !at_->best_metrics.value(metric, Json()).is_number();  // the best so far was undefined
  const bool improved = defined && (first || (lower ? value < at_->best : value > at_->best));
  // Of equal ones the surer: where nothing is right yet, or everything, the loss still tells them apart.
  const auto loss = [](const Json& of) { return of.value("loss", Json()); };
  const bool surer = defined && !first && value == at_->best && loss(metrics).is_number() &&
                     loss(at_->best_metrics).is_number() && loss(metrics) < loss(at_->best_metrics);
  const bool better = improved || surer;
  at_->stale = improved ? 0 : at_->stale + 1;
  if (better || at_->best_step < 0)
    at_->best = value, at_->best_step = at_->step, at_->best_metrics = metrics;
  at_->last_metrics = metrics;
  at_->validated = at_->step;
  at_->saved = -1;  // a signal during this validation saved the step without its outcome
  at_->stopped_early = stopping.patience > 0 && at_->stale >= stopping.patience;
  Json line = metrics;
  line["step"] = at_->step, line["epoch"] = epoch_of(std::max<int64_t>(at_->batch - 1, 0)) + 1,
  line["split"] = "validation";
  run_.append_metrics(line);
  const std::string said = "step " + std::to_string(at_->step) + "  validation" + metric_text(metrics) +
                           (better ? "  (best)" : "");
  run_.log(said);
  progress_->note(said);
}

LoaderOptions Trainer::loading() const {
  const TrainOptions& o = settings_.options;
  LoaderOptions loading;
  loading.batch = task_.batch_size(), loading.tokens = o.batch_tokens;
  loading.workers = o.workers, loading.bucket = o.bucket, loading.shuffle = true;
  loading.seed = settings_.seed;
  loading.notes = o.guidance.alignment != 0;
  if (settings_.ranks) loading.rank = settings_.ranks->rank(), loading.ranks = settings_.ranks->size();
  return loading;
}

Batch Trainer::next_batch() {
  for (;;) {
    if (!loader_) {
      if (at_->batch % batches_per_epoch_ == 0) at_->carry.clear();  // an epoch begins where the text does
      loader_ = std::make_unique<Loader>(source_, task_.spec(), loading(), epoch_of(at_->batch),
                                         at_->batch % batches_per_epoch_);
    }
    if (auto batch = loader_->next()) {
      ++at_->batch;
      return std::move(*batch);
    }
    loader_.reset();
  }
}

/// What is not finite, the loss or what made it so; "" where it is, and elsewhere than on the CPU, where
/// `account` looks.
std::string Trainer::not_finite(const Tensor& loss, const ModelOutput& output) const {
  if (!settings_.device.is_cpu() || all_finite(loss)) return "";
  for (const auto& item : net_->named_parameters())
    if (!all_finite(item.value())) return "parameter " + item.key();
  std::string culprit = "the loss";
  for (const auto& [name, value] : output.values)
    if (!all_finite(value)) culprit = "output " + name;
  return culprit;
}

void Trainer::diverged(const std::string& culprit, int64_t step) {
  run_.write_state({{"status", "diverged"}, {"step", step}, {"total_steps", total_steps_}});
  throw DivergedError("step " + std::to_string(step + 1) + ": " + culprit +
                      " is not finite; the update was not made (try a smaller train.learning_rate)");
}

/// The loss of some examples, and what the net hands on from them.
ShareLoss Trainer::loss_of(const Batch& batch, State& carry) const {
  ModelOutput output;
  Loss loss;
  {
    const Autocast autocast(settings_.options.precision == "bf16", settings_.device);
    const GuidanceOptions& guidance = settings_.options.guidance;
    std::optional<AttentionTrace> trace;
    if (guidance.any()) trace.emplace(guided_trace(*net_, guidance));
    output = net_->forward(batch, trace ? &*trace : nullptr);
    loss = task_.loss(output, batch, {settings_.options.label_smoothing});
    if (trace)
      loss.sum =
          loss.sum + guidance_loss(guidance_terms(*trace, task_, batch, guidance), guidance) * loss.weight;
  }
  for (const Tensor& tensor : output.carry) carry.push_back(tensor.detach());
  return {loss.sum, loss.weight, not_finite(loss.sum, output)};
}

void Trainer::make_graphs() {
  const TrainOptions& o = settings_.options;
  if (!o.graphs) return;
  const auto say = [this](const std::string& what) {
    run_.log(what);
    progress_->note(what);
  };
  const char* against = settings_.device.is_cpu() ? "the CPU records nothing"
                        : settings_.ranks         ? "several processes train"
                        : o.accumulation > 1      ? "train.accumulation adds up gradients"
                        : o.guidance.any()        ? "train.guidance reads maps"
                                                  : nullptr;
  if (against == nullptr)
    graphs_ = std::make_unique<StepGraphs>(*net_, settings_.device, say);
  else
    say(std::string("train.graphs: batches run without a graph, as ") + against);
}

bool Trainer::backward_by_graph(const Batch& batch, Sums& sums) {
  if (!graphs_) return false;
  State carry;
  const auto loss = graphs_->backward(
      batch, [this](const Batch& part, State& own) { return loss_of(part, own); }, carry);
  if (!loss) return false;
  sums.add(loss->sum.to(torch::kFloat64), loss->weight);
  at_->carry = std::move(carry);
  return true;
}

void Trainer::backward(const Batch& batch, Sums& sums) {
  if (backward_by_graph(batch, sums)) return;
  // A loss on maps is a mean over all examples, and what a stream carries is one tensor.
  const bool apart = !streams_ && !settings_.options.guidance.any();
  State carry;
  const ShareLoss loss = backward_in_shares(
      *net_, batch, apart ? share_count(batch, trained_, settings_.device) : 1, [&](const Batch& part) {
        State own;
        ShareLoss of = loss_of(part, own);
        if (streams_) carry = std::move(own);
        return of;
      });
  // Other ranks learn of it by the sum.
  if (!loss.culprit.empty() && !settings_.ranks) diverged(loss.culprit, at_->step);
  if (!loss.culprit.empty()) sums.culprit = loss.culprit;
  sums.add(loss.sum.to(torch::kFloat64), loss.weight);
  at_->carry = std::move(carry);
}

/// Makes sums and gradients those of the whole batch.
void Trainer::add_ranks(Sums& sums) {
  if (!settings_.ranks) return;
  if (sums.culprit.empty() && sums.loss.defined() && !all_finite(sums.loss)) sums.culprit = "the loss";
  Tensor counts = torch::tensor(
      {sums.loss.defined() ? sums.loss.item<double>() : 0.0,
       sums.weight.defined() ? sums.weight.item<double>() : 0.0, sums.examples,
       SignalWatch::caught() == SIGINT ? 1.0 : 0.0, SignalWatch::caught() == SIGTERM ? 1.0 : 0.0},
      torch::kFloat64);
  settings_.ranks->sum(counts);
  sums.loss = moved(counts[0], settings_.device), sums.weight = moved(counts[1], settings_.device);
  sums.examples = counts[2].item<double>();
  at_->signal = counts[3].item<double>() > 0 ? SIGINT : counts[4].item<double>() > 0 ? SIGTERM : 0;
  if (!all_finite(counts[0]))
    diverged(sums.culprit.empty() ? "the loss of another rank" : sums.culprit, at_->step);
  sum_gradients(*net_, *settings_.ranks);
}

void Trainer::train_one_step() {
  const int64_t rank = settings_.ranks ? settings_.ranks->rank() : 0;
  seed_generators(
      {settings_.seed, kStepStream, static_cast<uint64_t>(at_->step), static_cast<uint64_t>(rank)});
  const auto began = Clock::now();
  optimizer_->zero_grad();
  Sums sums;
  for (int64_t i = 0; i < settings_.options.accumulation; ++i) {
    Batch batch = in_precision_of(*net_, next_batch()).to(settings_.device);
    batch.carry = first_rows(at_->carry, batch.size());
    sums.examples += static_cast<double>(batch.size());
    if (batch.size() > 0) backward(batch, sums);  // a small last batch has no share for every rank
  }
  add_ranks(sums);
  const Tensor norm = moved(optimizer_->gradient_norm(), settings_.device);
  const bool here = settings_.device.is_cpu();
  if (here && !all_finite(norm)) {
    std::string culprit = "the gradient";
    for (const auto& item : net_->named_parameters())
      if (item.value().grad().defined() && !all_finite(item.value().grad().to_dense()))
        culprit = "the gradient of " + item.key();
    diverged(culprit, at_->step);
  }
  optimizer_->step(learning_rate_at(settings_.options, at_->step, total_steps_),
                   gradient_divisor(norm, sums.weight, settings_.options.clip),
                   here ? Tensor() : ~torch::isfinite(sums.loss + norm));
  auto update =
      std::make_unique<Updated>(Updated{at_->step, epoch_of(std::max<int64_t>(at_->batch - 1, 0)) + 1,
                                        sums.examples, LateNumbers({sums.loss, sums.weight, norm})});
  average_->update(++at_->step);
  at_->examples += sums.examples;
  at_->seconds += std::chrono::duration<double>(Clock::now() - began).count();
  settle();  // of the update before: its numbers are there while the device still has this one to do
  last_ = std::move(update);
  if (here) settle();
  log_train_line(false);
}

void Trainer::settle() {
  const auto update = std::exchange(last_, nullptr);
  if (!update) return;
  const auto began = Clock::now();
  account(*update);
  at_->seconds += std::chrono::duration<double>(Clock::now() - began).count();
}

void Trainer::account(const Updated& update) {
  const std::vector<double> numbers = update.numbers.read();
  const double loss = numbers[0], weight = numbers[1];
  if (!std::isfinite(loss)) diverged("the loss", update.step);
  if (!std::isfinite(numbers[2])) diverged("the gradient", update.step);
  at_->log_loss += loss, at_->log_weight += weight;
  progress_->update(update.step + 1, update.epoch, loss / weight, static_cast<int64_t>(update.examples));
}

void Trainer::log_train_line(bool force) {
  if (!force && at_->step - at_->logged < settings_.options.log_every) return;
  settle();
  if (at_->log_weight == 0) return;
  run_.append_metrics(
      {{"step", at_->step},
       {"epoch", epoch_of(std::max<int64_t>(at_->batch - 1, 0)) + 1},
       {"split", "train"},
       {"loss", at_->log_loss / at_->log_weight},
       {"learning_rate",
        learning_rate_at(settings_.options, std::max<int64_t>(0, at_->step - 1), total_steps_)}});
  run_.append_timing({{"step", at_->step}, {"seconds", at_->seconds}, {"examples", at_->examples}});
  at_->logged = at_->step, at_->log_loss = at_->log_weight = 0;
}

/// The signal to stop at, or 0: several ranks stop at the same step, whichever of them got it.
int Trainer::signal() const {
  return settings_.ranks ? at_->signal : SignalWatch::caught();
}

void Trainer::stop_if_asked() {
  if (signal() == 0) return;
  if (at_->saved != at_->step) save(/*at_stop=*/true);
  run_.write_state({{"status", "interrupted"}, {"step", at_->step}, {"total_steps", total_steps_}});
  throw Interrupted(signal(), std::string("stopped by ") + (signal() == SIGINT ? "SIGINT" : "SIGTERM") +
                                  " while training; saved at step " + std::to_string(at_->step));
}

Batch Trainer::first_example() const {
  const Example first = source_->get(0, 0, true);
  return in_precision_of(*net_, collate({first}, task_.spec())).to(settings_.device);
}

Json Trainer::finish() {
  if (graphs_) run_.log("train.graphs: " + std::to_string(graphs_->replays()) + " batches by graphs");
  const Json& manifest = run_.manifest();
  const Batch first = first_example();
  const int64_t kept = state_bytes(*net_, first);
  Json result = {{"format", 1},
                 {"status", "finished"},
                 {"recipe", manifest.value("recipe", Json())},
                 {"seed", settings_.seed},
                 {"metrics", {{"validation", at_->best_metrics}}},
                 {"primary", task_.primary_metric()},
                 {"higher_is_better", task_.higher_is_better()},
                 {"best_step", at_->best_step},
                 {"last_step", at_->step},
                 {"stopped_early", at_->stopped_early},
                 {"parameters", parameter_count(*net_)},
                 {"macs", count_macs(*net_, task_, first)},
                 {"state_bytes", kept > 0 ? Json(kept) : Json()},
                 {"signature", run_signature(run_.config(), manifest)},
                 {"cost",
                  {{"seconds", at_->seconds},
                   {"samples_per_second", at_->seconds > 0 ? at_->examples / at_->seconds : 0.0},
                   {"peak_rss_bytes", peak_memory()}}}};
  run_.write_result(result);
  run_.write_state({{"status", "finished"}, {"step", at_->step}, {"total_steps", total_steps_}});
  return result;
}

Json Trainer::train() {
  net_->to(settings_.device);
  keep_in_precision(*net_, settings_.options.precision);
  net_->train();
  average_ = std::make_unique<WeightAverage>(*net_, settings_.options.ema);
  restore();
  progress_ = std::make_unique<Progress>(total_steps_, at_->step, settings_.quiet);
  run_.write_state({{"status", "running"}, {"step", at_->step}, {"total_steps", total_steps_}});
  make_graphs();
  for (;;) {
    if (validation_due()) validate();
    if (checkpoint_due()) save();
    if (at_->step >= total_steps_ || at_->stopped_early) return finish();
    stop_if_asked();
    train_one_step();
  }
}

}  // namespace fovea
