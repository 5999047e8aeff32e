// Step by step is the forced run: every decoding net, every kind of attention that decodes.
#include <catch2/catch.hpp>

#include "src/decoding/step_model.h"
#include "tests/contracts/net_cases.h"

using namespace fovea;
using namespace fovea::contracts;

namespace {

std::vector<NetCase> decoding_cases() {
  std::vector<NetCase> cases = net_cases();
  for (const char* attention : {"luong-dot", "bahdanau", "location-aware", "none", "rope"})
    for (const char* net : {"rnn-seq2seq", "transformer-lm", "transformer-seq2seq"}) {
      const Json group = std::string(attention) == "rope" ? Json{{"name", "compose"}, {"position", "rope"}}
                                                          : Json{{"name", attention}};
      const std::string task = std::string(net) == "transformer-lm" ? "language-model" : "translation";
      Json model = {{"name", net}, {"width", 8}, {"layers", 2}, {"dropout", 0}, {"attention", group}};
      if (std::string(net) == "rnn-seq2seq") model["hidden"] = 8, model["input_feeding"] = true;
      cases.push_back({model.dump(), task, model});
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

/// Answers tokens from a script, one row each.
class Scripted : public StepModel {
 public:
  explicit Scripted(std::vector<std::vector<int64_t>> script) : script_(std::move(script)) {}
  StepState start(const Batch&) override { return {}; }
  Tensor step(const Tensor& tokens, StepState& state) override {
    seen.push_back(tokens.clone());
    Tensor logits = torch::zeros({tokens.size(0), 9});
    for (size_t row = 0; row < script_.size(); ++row)
      logits[static_cast<int64_t>(row)][script_[row].at(static_cast<size_t>(state.position))] = 1;
    ++state.position;
    return logits;
  }
  std::vector<Tensor> seen;

 private:
  std::vector<std::vector<int64_t>> script_;
};

Batch rows(int64_t n) {
  Batch batch;
  batch.inputs["source"] = {torch::zeros({n, 1}, torch::kInt64), {}};
  batch.ids.resize(static_cast<size_t>(n));
  return batch;
}

}  // namespace

TEST_CASE("greedy decoding stops each row at its end token and all when every row has ended") {
  Scripted model({{5, 3, 6, 6, 6}, {4, 4, 3, 7, 7}});
  const auto decoded = decode_greedily(model, rows(2), {.begin = 2, .end = 3, .length = 5});
  CHECK(decoded == std::vector<std::vector<int64_t>>{{5}, {4, 4}});
  CHECK(model.seen.size() == 3);
  CHECK(torch::equal(model.seen[0], torch::tensor({2, 2})));
  CHECK(torch::equal(model.seen[1], torch::tensor({5, 4})));
}

TEST_CASE("greedy decoding of a row that never ends stops at the length asked for") {
  Scripted model({{5, 6, 7, 8}});
  CHECK(decode_greedily(model, rows(1), {.begin = 2, .end = 3, .length = 3}) ==
        std::vector<std::vector<int64_t>>{{5, 6, 7}});
}

TEST_CASE("a batch decodes greedily as its rows do alone") {
  const NetCase one = {"rnn-seq2seq", "translation", {{"name", "rnn-seq2seq"}, {"width", 8}, {"hidden", 8}}};
  const auto net = make(one);
  const auto examples = small_examples("translation");
  const TaskSpec spec = small_tasks().at("translation")->spec();
  const GreedyOptions options{.begin = 2, .end = 3, .length = 6};
  const auto all = decode_greedily(*net->steps(), together(examples, spec), options);
  for (size_t row = 0; row < examples.size(); ++row)
    CHECK(decode_greedily(*net->steps(), together({examples[row]}, spec), options)[0] == all[row]);
}
