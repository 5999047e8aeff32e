// Losses on attention weights: their values by hand, their gradients, and that training with them moves the
// maps.
#include "src/train/guidance.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "models/nets/registry.h"
#include "src/base/error.h"
#include "src/train/capture.h"
#include "tests/support/small_tasks.h"

using namespace fovea;

namespace {

std::shared_ptr<Net> make_net(const Json& group, const Task& task) {
  torch::manual_seed(3);
  const NetEntry& entry = nets().at(group["name"], "model");
  return entry.make(entry.resolve(group), task.spec());
}

Batch batch_of(const Task& task, int64_t n) {
  std::vector<Example> examples;
  for (int64_t i = 0; i < n; ++i) examples.push_back(task.examples(Split::kTrain)->get(i, 0, true));
  return collate(examples, task.spec());
}

const Json kReverse = {{"name", "rnn-seq2seq"},
                       {"width", 16},
                       {"hidden", 16},
                       {"dropout", 0},
                       {"attention", {{"name", "luong-general"}}}};

std::shared_ptr<Task> reverse_task() {
  return make_task(with(small_task("translation"), "generator", "reverse"));
}

struct Means {
  double gold = 0, entropy = 0, repeated = 0;
};

/// Of the decoder's map over the rows of a batch: mass on the truth, entropy of a row, mass where an earlier
/// query had looked.
Means means(Net& net, const Task& task, const Batch& batch) {
  torch::NoGradGuard no_gradient;
  AttentionTrace trace(net);
  net.forward(batch, &trace);
  Means sum;
  double rows = 0, gold_rows = 0;
  for (int64_t row = 0; row < batch.size(); ++row)
    for (const MapRecord& record : map_records(trace.maps(), task, batch, row, Json::object())) {
      std::vector<double> seen(static_cast<size_t>(record.keys), 0);
      for (int64_t q = 0; q < record.queries; ++q, ++rows) {
        bool known = false;
        for (int64_t k = 0; k < record.keys; ++k) {
          const double w = record.weight(0, q, k);
          if (w > 0) sum.entropy -= w * std::log(w);
          sum.repeated += std::min(w, seen[static_cast<size_t>(k)]);
          seen[static_cast<size_t>(k)] += w;
          if (record.truth[static_cast<size_t>(q * record.keys + k)] != 0) sum.gold += w, known = true;
        }
        gold_rows += known;
      }
    }
  return {sum.gold / gold_rows, sum.entropy / rows, sum.repeated / rows};
}

/// Means before and after `steps` updates with nothing but `options`.
std::pair<Means, Means> moved(const GuidanceOptions& options, int steps = 60) {
  const auto task = reverse_task();
  const auto net = make_net(kReverse, *task);
  const Batch batch = batch_of(*task, 12);
  const Means before = means(*net, *task, batch);
  torch::optim::Adam adam(net->parameters(), torch::optim::AdamOptions(0.02));
  for (int step = 0; step < steps; ++step) {
    AttentionTrace trace = guided_trace(*net, options);
    net->forward(batch, &trace);
    adam.zero_grad();
    guidance_loss(guidance_terms(trace, *task, batch, options), options).backward();
    adam.step();
  }
  return {before, means(*net, *task, batch)};
}

}  // namespace

TEST_CASE("each term of a loss on weights has the value of its formula") {
  const auto task = reverse_task();
  const auto net = make_net(kReverse, *task);
  const Batch batch = batch_of(*task, 5);
  GuidanceOptions options;
  options.alignment = 1, options.coverage = 2, options.entropy = 3, options.sparsity = 4;
  AttentionTrace trace = guided_trace(*net, options);
  net->forward(batch, &trace);
  REQUIRE(trace.maps().size() == 1);
  const auto terms = guidance_terms(trace, *task, batch, options);
  double alignment = 0, coverage = 0, entropy = 0, sparsity = 0, rows = 0;
  const Tensor weights = trace.maps()[0].weights.detach();
  for (int64_t b = 0; b < batch.size(); ++b) {
    const int64_t n = batch.input("source").lengths[b].item<int64_t>();
    for (int64_t i = 0; i <= n; ++i, ++rows) {  // n target tokens and the end
      double squares = 0;
      for (int64_t j = 0; j < n; ++j) {
        const double w = weights[b][0][i][j].item<double>();
        if (i + j == n - 1) alignment -= std::log(w + 1e-6);
        double before = 0;
        for (int64_t e = 0; e < i; ++e) before += weights[b][0][e][j].item<double>();
        coverage += std::min(w, before);
        entropy -= w * std::log(w + 1e-6);
        squares += w * w;
      }
      sparsity += 1 - squares;
    }
  }
  CHECK(terms.at("alignment").item<double>() == Approx(alignment / rows).epsilon(1e-4));
  CHECK(terms.at("coverage").item<double>() == Approx(coverage / rows).epsilon(1e-4));
  CHECK(terms.at("entropy").item<double>() == Approx(entropy / rows).epsilon(1e-4));
  CHECK(terms.at("sparsity").item<double>() == Approx(sparsity / rows).epsilon(1e-4));
  CHECK(guidance_loss(terms, options).item<double>() ==
        Approx((alignment + 2 * coverage + 3 * entropy + 4 * sparsity) / rows).epsilon(1e-4));
}

TEST_CASE(
    "a trace for a loss gives the weights of a plain one, changes no output, and lets the gradient through") {
  for (const char* name : {"rnn-seq2seq", "transformer-seq2seq"}) {
    const auto task = reverse_task();
    const Json group = {{"name", name}, {"width", 8}};
    const auto net = make_net(group, *task);
    const Batch batch = batch_of(*task, 4);
    GuidanceOptions options;
    options.entropy = 1;
    AttentionTrace guided = guided_trace(*net, options), plain(*net);
    torch::manual_seed(5);
    const Tensor with_trace = net->forward(batch, &guided).values.at("features");
    torch::manual_seed(5);
    const Tensor without = net->forward(batch, &plain).values.at("features");
    CHECK(torch::equal(with_trace, without));
    REQUIRE(guided.maps().size() == plain.maps().size());
    for (size_t i = 0; i < plain.maps().size(); ++i) {
      // Made by the plain arithmetic and by a fused pass: the same but for rounding.
      CHECK(torch::allclose(guided.maps()[i].weights.detach(), plain.maps()[i].weights, 1e-5, 1e-6));
      CHECK(guided.maps()[i].weights.requires_grad());
      CHECK_FALSE(plain.maps()[i].weights.requires_grad());
    }
  }
}

TEST_CASE("each loss on weights moves the map as it should") {
  GuidanceOptions options;
  options.alignment = 1;
  const auto aligned = moved(options);
  CHECK(aligned.first.gold < 0.4);
  CHECK(aligned.second.gold > 0.9);
  options = {};
  options.coverage = 1;
  const auto covered = moved(options);
  CHECK(covered.second.repeated < 0.75 * covered.first.repeated);
  options = {};
  options.entropy = 1;
  const auto sharp = moved(options);
  CHECK(sharp.second.entropy < 0.2 * sharp.first.entropy);
  options.entropy = -1;
  const auto spread = moved(options);
  CHECK(spread.second.entropy > spread.first.entropy);
  options = {};
  options.sparsity = 1;
  const auto sparse = moved(options);
  CHECK(sparse.second.entropy < 0.2 * sparse.first.entropy);
}

TEST_CASE("a loss on weights touches only the layers and heads it names") {
  const auto task = reverse_task();
  const Json group = {
      {"name", "transformer-seq2seq"}, {"width", 8}, {"attention", {{"name", "multi-head"}, {"heads", 2}}}};
  const auto net = make_net(group, *task);
  const Batch batch = batch_of(*task, 4);
  GuidanceOptions options;
  options.alignment = 1, options.layers = {"decoder.1.cross"}, options.heads = {1};
  AttentionTrace trace = guided_trace(*net, options);
  net->forward(batch, &trace);
  REQUIRE(trace.maps().size() == 1);
  CHECK(trace.maps()[0].path == "decoder.1.cross");
  CHECK(trace.maps()[0].weights.size(1) == 1);
  guidance_loss(guidance_terms(trace, *task, batch, options), options).backward();
  for (const auto& item : net->named_parameters()) {
    const Tensor& grad = item.value().grad();
    const bool reached = grad.defined() && grad.to_dense().abs().sum().item<double>() > 0;
    if (item.key().rfind("decoder.1.cross.value", 0) == 0 || item.key().rfind("output", 0) == 0)
      CHECK_FALSE(reached);
    if (item.key() == "source_embedding.embedding.weight") CHECK(reached);
  }
  options.layers = {"no.such.layer"};
  AttentionTrace empty = guided_trace(*net, options);
  net->forward(batch, &empty);
  CHECK_THROWS_AS(guidance_terms(empty, *task, batch, options), ConfigError);
}

TEST_CASE("alignment is refused where the task knows none") {
  GuidanceOptions options;
  options.alignment = 1;
  CHECK_NOTHROW(require_truth(*reverse_task(), options));
  CHECK_NOTHROW(require_truth(*make_task(small_task("image-classification")), options));
  const auto task = make_task({{"name", "text-classification"}, {"sentences", {"good fine", "bad poor"}}});
  CHECK_THROWS_AS(require_truth(*task, options), ConfigError);
  options.alignment = 0;
  CHECK_NOTHROW(require_truth(*task, options));
}
