// What decoding keeps, against counts by hand.
#include "src/train/state_size.h"

#include <catch2/catch.hpp>

#include "tests/contracts/net_cases.h"

using namespace fovea;
using namespace fovea::contracts;

namespace {

/// Bytes that `model` keeps of the first small example of `task`, in float64.
int64_t kept(const std::string& task, const Json& model) {
  const NetEntry& entry = nets().at(model["name"].get<std::string>(), "model");
  const auto net = make({model.dump(), task, entry.resolve(model)});
  net->train();
  const auto one = small_examples(task)[0];
  const int64_t bytes = state_bytes(*net, together({one}, small_tasks().at(task)->spec()));
  CHECK(net->is_training());
  return bytes;
}

int64_t tokens_of(const std::string& task, const std::string& target) {
  return small_examples(task)[0].targets.at(target).size(0);
}

}  // namespace

TEST_CASE("a language model keeps keys and values of every layer and token, fewer with shared heads") {
  const Json plain = {{"name", "transformer-lm"},
                      {"width", 8},
                      {"layers", 3},
                      {"attention", {{"name", "multi-head"}, {"heads", 4}}}};
  const int64_t tokens = tokens_of("language-model", "next");
  CHECK(kept("language-model", plain) == 3 * tokens * 2 * 8 * 8);
  Json shared = plain;
  shared["attention"]["kv_heads"] = 1;
  CHECK(kept("language-model", shared) == 3 * tokens * 2 * (8 / 4) * 8);
}

TEST_CASE("a recurrent decoder without attention keeps the same for any length") {
  const auto bytes = [](int64_t length) {
    const Json model = {
        {"name", "rnn-seq2seq"}, {"width", 8}, {"hidden", 8}, {"layers", 1}, {"attention", "none"}};
    const NetEntry& entry = nets().at("rnn-seq2seq", "model");
    const auto net = make({model.dump(), "translation", entry.resolve(model)});
    Example one = small_examples("translation")[0];
    one.targets.at("target") = one.targets.at("target").slice(0, 0, length).clone();
    return state_bytes(*net, together({one}, small_tasks().at("translation")->spec()));
  };
  CHECK(bytes(2) > 0);
  CHECK(bytes(2) == bytes(4));
}

TEST_CASE("a classifier keeps nothing from token to token") {
  CHECK(kept("text-classification", {{"name", "bilstm-attention"}, {"width", 8}, {"hidden", 8}}) == 0);
}
