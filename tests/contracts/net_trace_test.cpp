// Contract of every net: a trace changes nothing, and what it holds are weights whose axes the task can
// label.
#include <catch2/catch.hpp>

#include "src/train/capture.h"
#include "tests/contracts/net_cases.h"

using namespace fovea;
using namespace fovea::contracts;

namespace {

const Attention* attention_at(const Net& net, const std::string& path) {
  for (const auto& item : net.named_modules("", false))
    if (item.key() == path) return dynamic_cast<const Attention*>(item.value().get());
  return nullptr;
}

bool same_output(const ModelOutput& a, const ModelOutput& b) {
  for (const auto& [name, values] : a.values)
    if (!torch::equal(values, b.values.at(name))) return false;
  return a.values.size() == b.values.size();
}

void check_axis(const MapAxis& axis, int64_t size) {
  if (axis.kind == "grid") {
    CHECK(axis.rows * axis.columns == size);
  } else if (axis.kind == "channels") {
    CHECK((axis.labels.empty() || axis.labels.size() == static_cast<size_t>(size)));  // columns have names
  } else {
    CHECK(axis.labels.size() == static_cast<size_t>(size));
  }
}

}  // namespace

TEST_CASE("a net with a trace answers what it answers without, byte for byte, in training too",
          "[contract]") {
  for (const NetCase& one : net_cases()) {
    INFO(one.label);
    NetCase dropping = one;
    if (dropping.model.contains("dropout")) dropping.model["dropout"] = 0.3;
    torch::NoGradGuard no_gradient;
    const auto net = make(dropping);
    net->train();
    const Batch batch = small_batch(one.task);
    torch::manual_seed(5);
    const ModelOutput plain = net->forward(batch);
    const Tensor drawn = torch::rand({3});
    torch::manual_seed(5);
    AttentionTrace trace(*net);
    const ModelOutput traced = net->forward(batch, &trace);
    CHECK(same_output(plain, traced));
    CHECK(torch::equal(torch::rand({3}), drawn));
  }
}

TEST_CASE("the rows of every traced map sum as its attention declares", "[contract]") {
  int64_t maps = 0;
  for (const NetCase& one : net_cases()) {
    INFO(one.label);
    torch::NoGradGuard no_gradient;
    const auto net = make(one);
    AttentionTrace trace(*net);
    net->forward(small_batch(one.task), &trace);
    for (const TracedMap& map : trace.maps()) {
      INFO(map.path);
      ++maps;
      CHECK(map.weights.isfinite().all().item<bool>());
      const Attention* attention = attention_at(*net, map.path);
      if (attention == nullptr) {  // a gate: each weight in 0 … 1
        CHECK((map.weights.min().item<double>() >= 0 && map.weights.max().item<double>() <= 1));
        continue;
      }
      const Tensor seeing = map.visible.any(-1).to(torch::kFloat64);  // [B, 1 or H, Tq]
      const Tensor sums = map.weights.sum(-1);                        // [B, H, Tq]
      if (attention->traits().row_sum == RowSum::kOne)
        CHECK((sums - seeing).abs().max().item<double>() < 1e-9);
      if (attention->traits().row_sum == RowSum::kAtMostOne)
        CHECK((sums - seeing).max().item<double>() < 1e-9);
      if (attention->traits().sign == Sign::kNonNegative) CHECK(map.weights.min().item<double>() >= 0);
      CHECK(map.weights.masked_select(~map.visible.expand_as(map.weights)).eq(0).all().item<bool>());
    }
  }
  CHECK(maps > 100);
}

TEST_CASE("every traced map becomes a record whose axes the task labels, cell by cell", "[contract]") {
  for (const NetCase& one : net_cases()) {
    INFO(one.label);
    torch::NoGradGuard no_gradient;
    const auto net = make(one);
    const Batch batch = small_batch(one.task);
    AttentionTrace trace(*net);
    net->forward(batch, &trace);
    for (int64_t row = 0; row < batch.size(); ++row)
      for (const MapRecord& record :
           map_records(trace.maps(), *small_tasks().at(one.task), batch, row, Json::object())) {
        INFO(record.path);
        CHECK_NOTHROW(check_map(record, record.path));
        CHECK(record.keys > 0);
        CHECK(record.queries > 0);
        check_axis(record.query, record.queries);
        check_axis(record.key, record.keys);
      }
  }
}

TEST_CASE("attentions in a net give maps, and none gives none", "[contract]") {
  for (const NetCase& one : net_cases()) {
    INFO(one.label);
    torch::NoGradGuard no_gradient;
    const auto net = make(one);
    int64_t listening = 0;
    for (const auto& module : net->modules(false))
      listening += dynamic_cast<const Attention*>(module.get()) != nullptr;
    AttentionTrace trace(*net);
    net->forward(small_batch(one.task), &trace);
    int64_t attended = 0;
    for (const TracedMap& map : trace.maps()) attended += attention_at(*net, map.path) != nullptr;
    CHECK(attended == listening);
  }
}
