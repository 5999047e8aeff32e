// From a trace to records: what is padded is cut, and known truth arrives in the map's own cells.
#include "src/train/capture.h"

#include <catch2/catch.hpp>

#include "tests/contracts/net_cases.h"

using namespace fovea;
using namespace fovea::contracts;

namespace {

std::vector<MapRecord> records(const std::string& net, const std::string& task, int64_t row,
                               const Json& more = Json::object()) {
  NetCase one{net, task, {{"name", net}}};
  one.model.update(more);
  torch::NoGradGuard no_gradient;
  const auto made = make(one);
  const Batch batch = small_batch(task);
  AttentionTrace trace(*made);
  made->forward(batch, &trace);
  return map_records(trace.maps(), *small_tasks().at(task), batch, row, {{"run", "r"}});
}

}  // namespace

TEST_CASE("a record is cut to its row's own tokens and carries its layer and provenance") {
  const auto examples = small_examples("text-classification");
  for (int64_t row = 0; row < 5; ++row) {
    const MapRecord record = records("attention-pooling", "text-classification", row).at(0);
    CHECK(record.keys == examples[static_cast<size_t>(row)].length);
    CHECK(record.queries == 1);
    CHECK(record.key.labels ==
          examples[static_cast<size_t>(row)].note.at("tokens").get<std::vector<std::string>>());
    CHECK(record.path == "pooling.attention");
    CHECK(record.provenance == Json{{"run", "r"}, {"layer", "pooling.attention"}});
  }
}

TEST_CASE("decisive words, alignments and answers are the truth of a map over their tokens") {
  const Example text = small_examples("text-classification")[1], pair = small_examples("translation")[1],
                recall = small_examples("language-model")[4];
  const MapRecord pooled = records("attention-pooling", "text-classification", 1).at(0);
  for (int64_t k = 0; k < pooled.keys; ++k) CHECK(pooled.gold(0, k) == text.truth.at("text")[k].item<bool>());
  const MapRecord aligned = records("rnn-seq2seq", "translation", 1).at(0);
  REQUIRE(aligned.queries == pair.targets.at("target").numel() - 1);
  for (int64_t q = 0; q < aligned.queries; ++q)
    for (int64_t k = 0; k < aligned.keys; ++k)
      CHECK(aligned.gold(q, k) == pair.truth.at("source")[q][k].item<bool>());
  const MapRecord self = records("transformer-lm", "language-model", 4).at(0);
  for (int64_t q = 0; q < self.queries; ++q)
    for (int64_t k = 0; k < self.keys; ++k)
      CHECK(self.gold(q, k) == recall.truth.at("text")[q][k].item<bool>());
}

TEST_CASE("an object's mask becomes the cells of a grid that it covers") {
  const Example image = small_examples("image-classification")[0];
  const MapRecord record =
      records("cnn-attention", "image-classification", 0).at(0);  // two pools: cells of 4 × 4
  REQUIRE(record.keys == 36);
  const Tensor share =
      torch::avg_pool2d(image.truth.at("image").to(torch::kFloat32).unsqueeze(0), 4, 4).flatten();
  int64_t marked = 0;
  for (int64_t k = 0; k < 36; ++k) {
    if (share[k].item<double>() >= 0.25) CHECK(record.gold(0, k));
    if (share[k].item<double>() == 0) CHECK(!record.gold(0, k));
    marked += record.gold(0, k);
  }
  CHECK(marked > 0);
}

TEST_CASE("patches give a map for each column, and no truth of single steps") {
  for (const int64_t stride : {1, 4}) {
    const auto list =
        records("patch-series", "series-forecast", 2, {{"patch", 8}, {"stride", stride}, {"layers", 1}});
    REQUIRE(list.size() == 3);
    for (size_t column = 0; column < 3; ++column) {
      CHECK(list[column].path == "encoder.0.self." + std::to_string(column));
      CHECK(list[column].truth.empty());
    }
  }
}

TEST_CASE("an empty text gives a record without keys, not a failure") {
  const auto task = small_tasks().at("text-classification");
  torch::NoGradGuard no_gradient;
  const auto net = make({"", "text-classification", {{"name", "attention-pooling"}}});
  const Batch batch = together({task->read(""), task->read("good morning")}, task->spec());
  AttentionTrace trace(*net);
  net->forward(batch, &trace);
  CHECK(map_records(trace.maps(), *task, batch, 0, Json::object()).at(0).keys == 0);
  CHECK(map_records(trace.maps(), *task, batch, 1, Json::object()).at(0).keys == 2);
}
