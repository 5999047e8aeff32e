// Step by step is the forced run: every decoding net, every kind of attention that decodes.
#include <ATen/Parallel.h>

#include <catch2/catch.hpp>

#include "src/decoding/decode.h"
#include "tests/contracts/net_cases.h"

using namespace fovea;
using namespace fovea::contracts;

namespace {

/// Of one task, or of both.
std::vector<NetCase> decoding_cases(const std::string& task = "") {
  std::vector<NetCase> cases = net_cases();
  for (const char* attention : {"luong-dot", "bahdanau", "location-aware", "luong-local-p", "none", "rope"})
    for (const char* net : {"rnn-seq2seq", "transformer-lm", "transformer-seq2seq"}) {
      const Json group = std::string(attention) == "rope" ? Json{{"name", "compose"}, {"position", "rope"}}
                                                          : Json{{"name", attention}};
      const std::string of = std::string(net) == "transformer-lm" ? "language-model" : "translation";
      Json model = {{"name", net}, {"width", 8}, {"layers", 2}, {"dropout", 0}, {"attention", group}};
      if (std::string(net) == "rnn-seq2seq") model["hidden"] = 8, model["input_feeding"] = true;
      cases.push_back({model.dump(), of, model});
    }
  // Slots of one block that carry a state, or do not, beside each other.
  for (const auto& [decoder, cross] :
       std::vector<std::pair<std::string, std::string>>{{"location-aware", "location-aware"},
                                                        {"location-aware", "multi-head"},
                                                        {"multi-head", "location-aware"},
                                                        {"none", "location-aware"},
                                                        {"linear", "none"}}) {
    const Json model = {{"name", "transformer-seq2seq"},
                        {"width", 8},
                        {"layers", 2},
                        {"dropout", 0},
                        {"decoder", {{"attention", decoder}}},
                        {"cross", {{"attention", cross}}}};
    cases.push_back({model.dump(), "translation", model});
  }
  std::erase_if(cases,
                [](const NetCase& one) { return one.task != "translation" && one.task != "language-model"; });
  if (!task.empty()) std::erase_if(cases, [&](const NetCase& one) { return one.task != task; });
  return cases;
}

/// The tokens a net consumes: the target it is forced along, or the text.
Tensor consumed(const NetCase& one, const Batch& batch) {
  if (one.task == "language-model") return batch.input("text").values;
  const Tensor target = batch.target("target").values;
  return target.slice(1, 0, target.size(1) - 1);
}

Tensor forced_logits(Net& net, const Batch& batch) {
  const ModelOutput output = net.forward(batch);
  const Tensor& features = output.values.at("features");
  return output.output->logits(features.flatten(0, 1))
      .unflatten(0, {features.size(0), features.size(1)});  // [B, T, V]
}

/// All rows equally long, so that no row of the forced run is padded.
Batch full_rows(const NetCase& one) {
  auto examples = small_examples(one.task);
  int64_t shortest = 1000;
  auto& field = one.task == "language-model" ? examples[0].inputs : examples[0].targets;
  const std::string name = field.begin()->first;
  const bool text = one.task == "language-model";
  for (Example& example : examples)
    shortest = std::min(shortest, (text ? example.inputs : example.targets).at(name).size(0));
  for (Example& example : examples)
    for (auto* fields : {&example.inputs, &example.targets})
      for (auto& [key, values] : *fields)
        if (text || key == name) values = values.slice(0, 0, shortest);
  return together(examples, small_tasks().at(one.task)->spec());
}

}  // namespace

TEST_CASE("token by token, with a growing memory, a net gives the logits of the forced run") {
  for (const NetCase& one : decoding_cases()) {
    INFO(one.label);
    torch::NoGradGuard no_gradient;
    const auto net = make(one);
    REQUIRE(net->steps() != nullptr);
    const Batch batch = full_rows(one);
    const Tensor tokens = consumed(one, batch), expected = forced_logits(*net, batch);
    StepState state = net->steps()->start(batch);
    for (int64_t t = 0; t < tokens.size(1); ++t) {
      const Tensor logits = net->steps()->step(tokens.select(1, t), state);
      // Double precision; products of one row may add in another order.
      CHECK((logits - expected.select(1, t)).abs().max().item<double>() <
            1e-10 * (1 + expected.abs().max().item<double>()));
    }
    CHECK(state.position == tokens.size(1));
  }
}

TEST_CASE("a state whose rows are reordered and repeated goes on as those rows do") {
  for (const NetCase& one : decoding_cases()) {
    INFO(one.label);
    torch::NoGradGuard no_gradient;
    const auto net = make(one);
    const Batch batch = full_rows(one);
    const Tensor tokens = consumed(one, batch), rows = torch::tensor({3, 1, 1, 4}, torch::kInt64);
    StepState plain = net->steps()->start(batch), beams = plain.select(rows);
    for (int64_t t = 0; t < tokens.size(1); ++t) {
      // Reordered anew halfway, as a beam search does after every token.
      if (t == 2) beams = plain.select(rows);
      const Tensor expected = net->steps()->step(tokens.select(1, t), plain).index_select(0, rows);
      const Tensor found = net->steps()->step(tokens.select(1, t).index_select(0, rows), beams);
      CHECK((found - expected).abs().max().item<double>() <
            1e-10 * (1 + expected.abs().max().item<double>()));
    }
  }
}

namespace {

/// A net's steps, with the weights of every attention kept by the tokens consumed so far. Those travel as one
/// more tensor of the state, so that they are reordered with it.
class Watched : public StepModel {
 public:
  explicit Watched(Net& net) : net_(net) {}
  StepState start(const Batch& batch) override {
    StepState state = net_.steps()->start(batch);
    state.tensors.push_back(
        torch::arange(batch.size()).unsqueeze(1));  // [B, 1 + t]: the row, then the tokens
    return state;
  }
  Tensor step(const Tensor& tokens, StepState& state, AttentionTrace*) override {
    const Tensor consumed = torch::cat({state.tensors.back(), tokens.unsqueeze(1)}, 1);
    state.tensors.pop_back();
    AttentionTrace trace(net_);
    Tensor logits = net_.steps()->step(tokens, state, &trace);
    state.tensors.push_back(consumed);
    for (int64_t row = 0; row < consumed.size(0); ++row) {
      const Tensor own = consumed[row].contiguous();
      auto& maps = seen[{own.data_ptr<int64_t>(), own.data_ptr<int64_t>() + own.numel()}];
      for (const TracedMap& map : trace.maps()) maps[map.path] = map.weights[row].select(1, 0);  // [H, Tk]
    }
    return logits;
  }
  std::map<std::vector<int64_t>, std::map<std::string, Tensor>> seen;

 private:
  Net& net_;
};

std::vector<int64_t> head(const std::vector<int64_t>& list, size_t n) {
  return {list.begin(), list.begin() + static_cast<int64_t>(n)};
}

}  // namespace

TEST_CASE("the weights of the cached steps of a beam search are those of one forced pass over its outputs") {
  size_t compared = 0;
  for (const NetCase& one : decoding_cases("translation")) {
    INFO(one.label);
    torch::NoGradGuard no_gradient;
    const auto net = make(one);
    const auto& task = small_tasks().at(one.task);
    const Batch batch = small_batch(one.task);
    Watched watched(*net);
    DecodingOptions options;
    options.method = "beam", options.beam = 4, options.best = 3;
    TokenLimits limits;
    limits.longest = 7;
    const Prediction prediction{.values = {}, .hypotheses = decode(watched, batch, options, limits)};
    for (size_t best = 0; best < 3; ++best) {
      Prediction nth;
      for (const auto& row : prediction.hypotheses) nth.hypotheses.push_back({row.at(best)});
      const Batch followed = task->follow(batch, nth);
      AttentionTrace trace(*net);
      net->forward(followed, &trace);
      for (int64_t row = 0; row < batch.size(); ++row) {
        std::vector<int64_t> consumed = {row, limits.begin};
        consumed.insert(consumed.end(), nth.sequence(row).begin(), nth.sequence(row).end());
        for (const TracedMap& map : trace.maps())
          for (size_t t = 0; t + 2 <= consumed.size(); ++t) {
            const auto& steps = watched.seen.at(head(consumed, t + 2));
            if (steps.count(map.path) == 0) continue;  // of the encoder
            const Tensor& step = steps.at(map.path);
            const Tensor forced = map.weights[row].select(1, static_cast<int64_t>(t));  // [H, Tk]
            CHECK(torch::allclose(forced.slice(1, 0, step.size(1)), step, 1e-6, 1e-6));
            CHECK(forced.slice(1, step.size(1)).abs().sum().item<double>() == 0);
            ++compared;
          }
      }
    }
  }
  CHECK(compared > 1000);
}

TEST_CASE("the log-probability of an output is what the forced pass gives it") {
  for (const NetCase& one : decoding_cases("translation")) {
    INFO(one.label);
    torch::NoGradGuard no_gradient;
    const auto net = make(one);
    const auto& task = small_tasks().at(one.task);
    const Batch batch = small_batch(one.task);
    for (const char* method : {"greedy", "beam", "sample"}) {
      DecodingOptions options;
      options.method = method;
      TokenLimits limits;
      limits.longest = 6;
      const Prediction prediction{.values = {}, .hypotheses = decode(*net->steps(), batch, options, limits)};
      const Batch followed = task->follow(batch, prediction);
      const char* wanted = net->forward(followed).output->copies() ? "target_copied" : "target";
      const Tensor next = followed.target(wanted).values.slice(1, 1), real = followed.target("target").real();
      const Tensor each =
          torch::log_softmax(forced_logits(*net, followed), -1).gather(2, next.unsqueeze(2)).squeeze(2);
      const Tensor sums = (real.defined() ? each * real.slice(1, 1) : each).sum(1);  // [B]
      for (int64_t row = 0; row < batch.size(); ++row) {
        const double found = prediction.hypotheses[static_cast<size_t>(row)][0].log_probability;
        CHECK(found == Approx(sums[row].item<double>()).epsilon(1e-9));
      }
    }
  }
}

TEST_CASE("a batch decodes as its rows do alone") {
  for (const char* name : {"rnn-seq2seq", "transformer-seq2seq"}) {
    const NetCase one = {name, "translation", {{"name", name}, {"width", 8}}};
    const auto net = make(one);
    const auto examples = small_examples("translation");
    const TaskSpec spec = small_tasks().at("translation")->spec();
    TokenLimits limits;
    limits.longest = 6;
    for (const char* method : {"greedy", "beam", "sample"}) {
      DecodingOptions options;
      options.method = method, options.best = options.method == "greedy" ? 1 : 3;
      const auto all = decode(*net->steps(), together(examples, spec), options, limits);
      for (size_t row = 0; row < examples.size(); ++row) {
        const auto alone = decode(*net->steps(), together({examples[row]}, spec), options, limits);
        REQUIRE(alone[0].size() == all[row].size());
        for (size_t i = 0; i < all[row].size(); ++i) {
          CHECK(alone[0][i].tokens == all[row][i].tokens);
          CHECK(alone[0][i].score == Approx(all[row][i].score));
        }
      }
    }
  }
}

TEST_CASE(
    "in float32, from packed weights, outputs are the same on any number of threads and as probable as "
    "forced") {
  for (const char* name : {"rnn-seq2seq", "transformer-seq2seq"}) {
    INFO(name);
    torch::NoGradGuard no_gradient;
    const auto net = make({name, "translation", {{"name", name}, {"width", 32}, {"dropout", 0}}});
    net->to(torch::kFloat32);
    auto examples = small_examples("translation");
    const size_t own = examples.size();
    for (size_t i = 0; examples.size() < 40; ++i) examples.push_back(Example(examples[i % own]));
    const auto& task = small_tasks().at("translation");
    const Batch batch = together(examples, task->spec());
    TokenLimits limits;
    limits.longest = 6;
    for (const char* method : {"greedy", "beam", "sample"}) {
      DecodingOptions options;
      options.method = method;
      std::vector<Prediction> predictions;
      const int before = at::get_num_threads();
      for (const int threads : {1, 2}) {
        at::set_num_threads(threads);
        predictions.push_back({.values = {}, .hypotheses = decode(*net->steps(), batch, options, limits)});
      }
      at::set_num_threads(before);
      const Batch followed = task->follow(batch, predictions[0]);
      if (net->forward(followed).output->copies()) continue;
      const Tensor next = followed.target("target").values.slice(1, 1),
                   real = followed.target("target").real();
      const Tensor each =
          torch::log_softmax(forced_logits(*net, followed), -1).gather(2, next.unsqueeze(2)).squeeze(2);
      const Tensor sums = (real.defined() ? each * real.slice(1, 1) : each).sum(1);  // [B]
      for (size_t row = 0; row < examples.size(); ++row) {
        const Hypothesis &one = predictions[0].hypotheses[row][0], &two = predictions[1].hypotheses[row][0];
        CHECK(one.tokens == two.tokens);
        CHECK(one.log_probability == two.log_probability);
        CHECK(one.log_probability == Approx(sums[static_cast<int64_t>(row)].item<double>()).margin(1e-3));
      }
    }
  }
}
