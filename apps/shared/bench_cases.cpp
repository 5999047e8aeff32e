#include "apps/shared/bench_cases.h"

#include "models/nets/registry.h"

namespace fovea {
namespace {

FieldSpec tokens(int64_t vocabulary, int64_t length) {
  FieldSpec spec;
  spec.kind = "tokens", spec.vocabulary = vocabulary, spec.length = length;
  spec.padded = true, spec.begin = 1, spec.end = 2;
  return spec;
}

FieldSpec classes(int64_t count) {
  FieldSpec spec;
  spec.kind = "label", spec.vocabulary = count;
  return spec;
}

/// Ids from 3 on: 0 pads, 1 and 2 begin and end.
Field drawn(int64_t rows, int64_t length, int64_t vocabulary) {
  return {torch::randint(3, vocabulary, {rows, length}, torch::kInt64),
          torch::full({rows}, length, torch::kInt64)};
}

Batch sized(int64_t rows) {
  Batch batch;
  batch.ids.resize(static_cast<size_t>(rows));
  return batch;
}

BenchCase classifier() {
  BenchCase made{"bilstm-additive-classifier",
                 {{"name", "bilstm-attention"},
                  {"width", 64},
                  {"hidden", 64},
                  {"dense", 0},
                  {"dropout", 0},
                  {"query", "last"},
                  {"attention", "bahdanau"}},
                 {"bench", {{"text", tokens(20000, 50)}}, {{"label", classes(3)}}},
                 sized(64)};
  made.batch.inputs["text"] = drawn(64, 50, 20000);
  made.batch.targets["label"] = {torch::randint(3, {64}, torch::kInt64), {}};
  return made;
}

BenchCase seq2seq(const std::string& name, const Json& model) {
  constexpr int64_t kRows = 64, kLength = 20, kVocabulary = 8000;
  BenchCase made{
      name,
      model,
      {"bench", {{"source", tokens(kVocabulary, kLength)}}, {{"target", tokens(kVocabulary, kLength + 1)}}},
      sized(kRows)};
  made.batch.inputs["source"] = drawn(kRows, kLength, kVocabulary);
  made.batch.targets["target"] = drawn(kRows, kLength + 1, kVocabulary);  // 20 are read, 20 predicted
  return made;
}

BenchCase vision() {
  FieldSpec image;
  image.kind = "image", image.channels = 1, image.height = image.width = 28;
  BenchCase made{"vision-transformer",
                 {{"name", "vision-transformer"},
                  {"patch", 4},
                  {"width", 64},
                  {"layers", 4},
                  {"feed_forward", 256},
                  {"dropout", 0},
                  {"pooling", "mean"},
                  {"attention", {{"name", "multi-head"}, {"heads", 4}}}},
                 {"bench", {{"image", image}}, {{"label", classes(10)}}},
                 sized(128)};
  made.batch.inputs["image"] = {torch::rand({128, 1, 28, 28}), {}};
  made.batch.targets["label"] = {torch::randint(10, {128}, torch::kInt64), {}};
  return made;
}

BenchCase language() {
  BenchCase made{"transformer-lm",
                 {{"name", "transformer-lm"},
                  {"width", 128},
                  {"layers", 4},
                  {"feed_forward", 512},
                  {"dropout", 0},
                  {"attention", {{"name", "multi-head"}, {"heads", 4}}}},
                 {"bench", {{"text", tokens(65, 64)}}, {{"next", tokens(65, 64)}}},
                 sized(12)};
  made.batch.inputs["text"] = drawn(12, 64, 65);
  made.batch.targets["next"] = drawn(12, 64, 65);
  return made;
}

}  // namespace

std::shared_ptr<Net> BenchCase::make_net() const {
  const NetEntry& entry = nets().at(model["name"].get<std::string>(), "model");
  torch::manual_seed(2);
  return entry.make(entry.resolve(model), spec);
}

std::vector<BenchCase> bench_cases() {
  torch::manual_seed(1);
  const Json heads{{"name", "multi-head"}, {"heads", 4}};
  std::vector<BenchCase> cases = {classifier(),
                                  seq2seq("transformer-seq2seq", {{"name", "transformer-seq2seq"},
                                                                  {"width", 256},
                                                                  {"layers", 3},
                                                                  {"feed_forward", 512},
                                                                  {"dropout", 0},
                                                                  {"attention", heads}}),
                                  seq2seq("gru-bahdanau-seq2seq", {{"name", "rnn-seq2seq"},
                                                                   {"cell", "gru"},
                                                                   {"width", 256},
                                                                   {"hidden", 256},
                                                                   {"dropout", 0},
                                                                   {"attention", "bahdanau"}}),
                                  vision(), language()};
  for (BenchCase& one : cases) one.batch.complete = is_complete(one.batch);
  return cases;
}

}  // namespace fovea
