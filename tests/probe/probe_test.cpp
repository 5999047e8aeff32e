// Experiments on classifiers, against what can be worked out by hand.
#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>

#include "models/nets/registry.h"
#include "src/base/error.h"
#include "src/probe/faithfulness.h"
#include "src/probe/gradient_maps.h"
#include "src/probe/pruning.h"
#include "tests/support/small_tasks.h"

using namespace fovea;

namespace {

struct Trained {
  std::shared_ptr<Task> task;
  std::shared_ptr<Net> net;

  Example example(int64_t i) const { return task->examples(Split::kTest)->get(i, 0, false); }
};

/// An untrained net in float64, far from chance: its weights are drawn wide.
Trained made(const std::string& task, Json model, double gain = 3) {
  Trained trained{make_task(small_task(task)), nullptr};
  torch::manual_seed(5);
  const NetEntry& entry = nets().at(model["name"].get<std::string>());
  trained.net = entry.make(entry.resolve(model), trained.task->spec());
  torch::NoGradGuard no_gradient;
  for (Tensor& parameter : trained.net->parameters()) parameter.mul_(gain);
  trained.net->to(torch::kFloat64);
  trained.net->eval();
  return trained;
}

Trained text_net(const std::string& attention) {
  return made("text-classification",
              {{"name", "bilstm-attention"}, {"width", 8}, {"hidden", 6}, {"attention", attention}});
}

Trained image_net() {
  return made("image-classification",
              {{"name", "cnn-attention"}, {"channels", {8, 8}}, {"attention", "bahdanau"}}, 1.5);
}

ClassifierProbe probe_of(const Trained& trained) {
  return {*trained.net, *trained.task, "", trained.example(0), torch::kCPU};
}

}  // namespace

TEST_CASE("tokens are left out and pixels blanked where a cell is erased") {
  Example text;
  text.inputs["text"] = torch::tensor({4, 5, 6, 7}, torch::kInt64);
  text.length = 4;
  const InputCells tokens{"text", {.kind = "tokens", .field = "text"}, 4};
  const Example left = without(text, tokens, {false, true, true, false});
  CHECK(torch::equal(left.inputs.at("text"), torch::tensor({4, 7}, torch::kInt64)));
  CHECK(left.length == 2);
  CHECK(torch::equal(cut(text, tokens, {2, 0, 1, 3}, 2, true).inputs.at("text"),
                     torch::tensor({4, 6}, torch::kInt64)));
  CHECK(torch::equal(cut(text, tokens, {2, 0, 1, 3}, 2, false).inputs.at("text"),
                     torch::tensor({5, 7}, torch::kInt64)));
  CHECK(cut(text, tokens, {2, 0, 1, 3}, 4, false).inputs.at("text").numel() == 0);
  CHECK_THROWS(without(text, tokens, {true}));

  Example image;
  image.inputs["image"] = torch::ones({2, 4, 6});
  const InputCells grid{"image", {.kind = "grid", .rows = 2, .columns = 3, .stride = 2, .field = "image"}, 6};
  const Tensor blank = without(image, grid, {false, false, true, false, false, false}).inputs.at("image");
  CHECK(blank.sum().item<float>() == 2 * (24 - 4));
  CHECK(blank.slice(1, 0, 2).slice(2, 4, 6).abs().sum().item<float>() == 0);
  CHECK(image.inputs["image"].sum().item<float>() == 48);  // the original stays
}

TEST_CASE("a subject's attention is that of its map, and its gradient that of scaling a token's vector") {
  const Trained trained = text_net("bahdanau");
  ClassifierProbe probe = probe_of(trained);
  for (int64_t i = 0; i < 3; ++i) {
    const Subject subject = probe.read(trained.example(i));
    REQUIRE(subject.cells.count == subject.example.inputs.at("text").size(0));
    CHECK(std::accumulate(subject.attention.begin(), subject.attention.end(), 0.0) == Approx(1).margin(1e-9));
    CHECK(std::accumulate(subject.probabilities.begin(), subject.probabilities.end(), 0.0) ==
          Approx(1).margin(1e-9));
    // d p / d s at s = 1 of token t's vector times s, with the attention as it was.
    const Batch batch = probe.batch_of({subject.example});
    Tensor own;
    {
      const Editing editing(probe.attention(), [&own](const Tensor& weights, const Tensor&) {
        own = weights.detach();
        return weights;
      });
      probe.probabilities(batch);
    }
    const Editing held(probe.attention(), [&own](const Tensor&, const Tensor&) { return own; });
    const auto scaled = [&](int64_t token, double factor) {
      std::vector<std::unique_ptr<Editing>> editings;
      for (const auto& module : trained.net->modules(false))
        if (auto* embedding = dynamic_cast<InputEmbedding*>(module.get()))
          editings.push_back(std::make_unique<Editing>(*embedding, [&](const Tensor& values, const Tensor&) {
            Tensor changed = values.clone();
            changed.select(1, token).mul_(factor);
            return changed;
          }));
      torch::NoGradGuard no_gradient;
      return probe.probabilities(batch)[0][subject.answer].item<double>();
    };
    constexpr double kStep = 1e-5;
    for (int64_t token = 0; token < subject.cells.count; ++token) {
      const double numeric = (scaled(token, 1 + kStep) - scaled(token, 1 - kStep)) / (2 * kStep);
      CHECK(subject.gradient[static_cast<size_t>(token)] == Approx(std::abs(numeric)).margin(1e-8));
    }
  }
}

TEST_CASE("an image's gradient of a cell is that of scaling its pixels") {
  const Trained trained = image_net();
  Example example = trained.example(0);
  example.inputs.at("image") = example.inputs.at("image").to(torch::kFloat64);
  ClassifierProbe probe(*trained.net, *trained.task, "", example, torch::kCPU);
  const Subject subject = probe.read(example);
  REQUIRE(subject.cells.count == subject.cells.axis.rows * subject.cells.axis.columns);
  Tensor own;
  {
    const Editing editing(probe.attention(), [&own](const Tensor& weights, const Tensor&) {
      own = weights.detach();
      return weights;
    });
    probe.probabilities(probe.batch_of({example}));
  }
  const Editing held(probe.attention(), [&own](const Tensor&, const Tensor&) { return own; });
  const auto stride = static_cast<int64_t>(subject.cells.axis.stride);
  torch::NoGradGuard no_gradient;
  for (const int64_t cell : {int64_t{0}, subject.cells.count / 2, subject.cells.count - 1}) {
    const int64_t row = cell / subject.cells.axis.columns * stride,
                  column = cell % subject.cells.axis.columns * stride;
    const auto scaled = [&](double factor) {
      Example changed = example;
      Tensor& pixels = changed.inputs.at("image");
      pixels = pixels.clone();
      pixels.slice(1, row, row + stride).slice(2, column, column + stride).mul_(factor);
      return probe.probabilities(probe.batch_of({changed}))[0][subject.answer].item<double>();
    };
    const double numeric = (scaled(1 + 1e-5) - scaled(1 - 1e-5)) / 2e-5;
    CHECK(subject.gradient[static_cast<size_t>(cell)] == Approx(std::abs(numeric)).margin(1e-7));
  }
}

TEST_CASE("shuffling uniform weights moves no answer, and weights that do not matter have a far adversary") {
  const Trained uniform = text_net("uniform");
  ClassifierProbe probe = probe_of(uniform);
  const Subject subject = probe.read(uniform.example(0));
  CHECK(permutation_distance(probe, subject, 20, 1) == Approx(0).margin(1e-12));

  const Trained trained = text_net("bahdanau");
  ClassifierProbe other = probe_of(trained);
  const Subject read = other.read(trained.example(0));
  const double moved = permutation_distance(other, read, 50, 1);
  CHECK(moved > 0);
  CHECK(moved == permutation_distance(other, read, 50, 1));  // the seed decides
  // Any answer is allowed: the divergence from these weights comes near the one of disjoint weights.
  AdversaryOptions any;
  any.epsilon = 1;
  const double far = adversarial_divergence(other, read, any, 1);
  CHECK(far > 0.4);
  CHECK(far <= std::log(2.0) + 1e-12);
  // None but the same answer is allowed: less.
  AdversaryOptions none;
  none.epsilon = 1e-7;
  CHECK(adversarial_divergence(other, read, none, 1) < far);
}

TEST_CASE("what is cut by an order is what the order says, share by share") {
  const Trained trained = text_net("bahdanau");
  ClassifierProbe probe = probe_of(trained);
  FaithfulnessOptions options;
  options.permutations = 5, options.adversary.steps = 5;
  options.shares = {0.5};
  options.curve_steps = 2;
  const Example example = trained.example(1);
  const Subject subject = probe.read(example);
  const Json result = faithfulness(probe, example, options);
  std::vector<int64_t> order(static_cast<size_t>(subject.cells.count));
  std::iota(order.begin(), order.end(), int64_t{0});
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    return subject.attention[static_cast<size_t>(a)] > subject.attention[static_cast<size_t>(b)];
  });
  const auto answer_of = [&](int64_t first, int64_t last) {
    std::vector<int64_t> kept(order.begin() + first, order.begin() + last);
    std::sort(kept.begin(), kept.end());
    Example part = example;
    part.inputs.at("text") = example.inputs.at("text").index_select(0, torch::tensor(kept, torch::kInt64));
    torch::NoGradGuard no_gradient;
    return probe.probabilities(probe.batch_of({part}))[0][subject.answer].item<double>();
  };
  const int64_t all = subject.cells.count, half = (all + 1) / 2,
                middle = std::lround(0.5 * static_cast<double>(all));
  const Json& row = result["orders"]["attention"];
  CHECK(row["comprehensiveness"].get<double>() ==
        Approx((subject.probability() - answer_of(half, all)) / 2).margin(1e-12));
  CHECK(row["sufficiency"].get<double>() ==
        Approx((subject.probability() - answer_of(0, half)) / 2).margin(1e-12));
  const double whole = answer_of(0, all), nothing = answer_of(0, 0);
  CHECK(row["deletion"]["area"].get<double>() ==
        Approx((whole + 2 * answer_of(middle, all) + nothing) / 4).margin(1e-12));
  CHECK(row["insertion"]["area"].get<double>() ==
        Approx((nothing + 2 * answer_of(0, middle) + whole) / 4).margin(1e-12));
}

TEST_CASE("a text of one token defines no ranking, and the summary counts it") {
  const Trained trained = text_net("bahdanau");
  ClassifierProbe probe = probe_of(trained);
  FaithfulnessOptions options;
  options.permutations = 3, options.adversary.steps = 2;
  Example one = trained.example(0);
  one.inputs.at("text") = one.inputs.at("text").slice(0, 0, 1);
  Example none = one;
  none.inputs.at("text") = one.inputs.at("text").slice(0, 0, 0);
  const std::vector<Json> results{faithfulness(probe, one, options), faithfulness(probe, none, options),
                                  faithfulness(probe, trained.example(1), options)};
  const Json summary = summarise_faithfulness(results, options);
  CHECK(summary["n"] == 3);
  CHECK(summary["scores"]["kendall_gradient"]["n"] == 1);
  CHECK(summary["scores"]["kendall_gradient"]["undefined"] == 2);
  CHECK(summary["orders"]["attention"]["comprehensiveness"]["undefined"] == 2);
  CHECK(summary["orders"]["random"]["curves"]["deletion"].size() == 11);
}

TEST_CASE("what has no classes or no attention over its input is refused with one sentence") {
  const Trained none = text_net("none");
  CHECK_THROWS_WITH(probe_of(none), "this model has no attention over the input");
  const Trained text = text_net("bahdanau");
  CHECK_THROWS_WITH(ClassifierProbe(*text.net, *text.task, "encoder.*", text.example(0), torch::kCPU),
                    "no attention over the input matches encoder.*");
  const Trained writer =
      made("translation", {{"name", "rnn-seq2seq"}, {"width", 8}, {"hidden", 8}, {"attention", "luong-dot"}});
  CHECK_THROWS_AS(probe_of(writer), ConfigError);
}

TEST_CASE("gradient × attention is the slope of log p in a weight times the weight") {
  for (const Json& model :
       {Json{{"name", "bilstm-attention"}, {"width", 8}, {"hidden", 6}, {"attention", "bahdanau"}},
        Json{{"name", "transformer-classifier"},
             {"width", 8},
             {"layers", 2},
             {"feed_forward", 12},
             {"dropout", 0},
             {"attention", {{"name", "multi-head"}, {"heads", 2}}}}}) {
    const Trained trained = made("text-classification", model, 1.5);
    const Batch batch = collate({trained.example(0)}, trained.task->spec());
    AttentionTrace trace(*trained.net);
    const auto answer = trained.net->forward(batch, &trace).values.at("logits")[0].argmax().item<int64_t>();
    const auto maps = gradient_maps(*trained.net, *trained.task, batch, trace.maps());
    REQUIRE(maps.size() == trace.maps().size());
    for (size_t i = 0; i < maps.size(); ++i) {
      const TracedMap& map = trace.maps()[i];
      CHECK(maps[i].path == map.path + ".gradient");
      Attention* attention = nullptr;
      for (const AttentionPlace& place : attentions_of(*trained.net))
        if (place.path == map.path) attention = place.attention;
      REQUIRE(attention);
      const int64_t head = map.weights.size(1) - 1, q = map.weights.size(2) - 1;
      for (int64_t k = 0; k < map.weights.size(3); ++k) {
        const auto moved = [&](double step) {
          const Editing editing(*attention, [&](const Tensor& weights, const Tensor&) {
            Tensor changed = weights.clone();
            changed[0][head][q][k] += step;
            return changed;
          });
          torch::NoGradGuard no_gradient;
          return torch::log_softmax(trained.net->forward(batch).values.at("logits"), -1)[0][answer]
              .item<double>();
        };
        const double slope = (moved(1e-5) - moved(-1e-5)) / 2e-5;
        CHECK(maps[i].weights[0][head][q][k].item<double>() ==
              Approx(slope * map.weights[0][head][q][k].item<double>()).margin(1e-8));
      }
    }
  }
}
