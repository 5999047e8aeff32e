// The loader: which examples make which batch depends on seed, epoch and index, and on nothing else.
#include "src/train/loader.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <numeric>
#include <set>

#include "src/base/error.h"
#include "src/base/random.h"

using namespace fovea;
using Catch::Matchers::Contains;

namespace {

/// Examples of length 1 … 40 whose values are the index and the key they were made with.
class Numbers : public ExampleSource {
 public:
  explicit Numbers(int64_t size, int64_t broken = -1, int64_t empty = -1, int64_t streams = 0)
      : size_(size), broken_(broken), empty_(empty), streams_(streams) {}
  int64_t streams() const override { return streams_; }
  int64_t size() const override { return size_; }
  int64_t length(int64_t index) const override {
    return index == empty_ ? 0 : 1 + static_cast<int64_t>(mix(static_cast<uint64_t>(index)) % 40);
  }
  Example get(int64_t index, uint64_t key, bool) const override {
    if (index == broken_) throw DataError("words.csv:7: expected two columns, found one");
    std::this_thread::sleep_for(std::chrono::microseconds(mix(key) % 200));  // workers finish in any order
    Example example;
    example.id = index;
    example.inputs["x"] = torch::full({length(index)}, index);
    example.inputs["key"] = torch::tensor(static_cast<int64_t>(key));
    return example;
  }

 private:
  int64_t size_, broken_, empty_, streams_;
};

const TaskSpec kSpec = {
    "numbers", {{"x", {.kind = "tokens", .padded = true, .pad = -1}}, {"key", {.kind = "label"}}}, {}};

LoaderOptions options(int64_t batch, int64_t workers = 1) {
  return {.batch = batch, .workers = workers, .shuffle = true, .bucket = true, .seed = 3};
}

std::vector<Batch> epoch_of(const LoaderOptions& options, int64_t epoch, int64_t first = 0,
                            int64_t size = 103) {
  Loader loader(std::make_shared<Numbers>(size), kSpec, options, epoch, first);
  std::vector<Batch> batches;
  while (auto batch = loader.next()) batches.push_back(std::move(*batch));
  return batches;
}

std::vector<std::vector<int64_t>> ids(const std::vector<Batch>& batches) {
  std::vector<std::vector<int64_t>> all;
  for (const Batch& batch : batches) all.push_back(batch.ids);
  return all;
}

std::vector<int64_t> sorted(const std::vector<std::vector<int64_t>>& plan) {
  std::vector<int64_t> all;
  for (const auto& batch : plan) all.insert(all.end(), batch.begin(), batch.end());
  std::sort(all.begin(), all.end());
  return all;
}

std::vector<int64_t> counting(int64_t n) {
  std::vector<int64_t> all(static_cast<size_t>(n));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

/// Positions that padding wastes, over an epoch.
int64_t wasted(const std::vector<std::vector<int64_t>>& plan, const Numbers& source) {
  int64_t waste = 0;
  for (const auto& batch : plan) {
    int64_t longest = 0, sum = 0;
    for (int64_t i : batch) longest = std::max(longest, source.length(i)), sum += source.length(i);
    waste += longest * static_cast<int64_t>(batch.size()) - sum;
  }
  return waste;
}

}  // namespace

TEST_CASE("batches, their order and their augmentation do not depend on the number of workers") {
  const std::vector<Batch> alone = epoch_of(options(8), 2);
  for (int64_t workers : {2, 7}) {
    INFO(workers << " workers");
    const std::vector<Batch> together = epoch_of(options(8, workers), 2);
    REQUIRE(ids(together) == ids(alone));
    for (size_t i = 0; i < alone.size(); ++i) {
      CHECK(torch::equal(together[i].input("x").values, alone[i].input("x").values));
      CHECK(torch::equal(together[i].input("key").values, alone[i].input("key").values));
    }
  }
}

TEST_CASE("the augmentation key of an example depends on seed, epoch and index only") {
  std::map<int64_t, int64_t> keys;
  for (const Batch& batch : epoch_of(options(8), 1))
    for (int64_t i = 0; i < batch.size(); ++i)
      keys[batch.ids[static_cast<size_t>(i)]] = batch.input("key").values[i].item<int64_t>();
  LoaderOptions other = options(5);
  other.shuffle = false;
  for (const Batch& batch : epoch_of(other, 1))
    for (int64_t i = 0; i < batch.size(); ++i)
      CHECK(batch.input("key").values[i].item<int64_t>() == keys.at(batch.ids[static_cast<size_t>(i)]));
  other.seed = 4;
  CHECK(epoch_of(other, 1)[0].input("key").values[0].item<int64_t>() != keys.at(0));
  CHECK(epoch_of(options(103), 2)[0].input("key").values[0].item<int64_t>() !=
        keys.at(epoch_of(options(103), 2)[0].ids[0]));
}

TEST_CASE("another epoch and another seed give another order, the same ones the same") {
  const Numbers source(103);
  LoaderOptions reseeded = options(8);
  reseeded.seed = 4;
  const auto plan = plan_batches(source, options(8), 0);
  CHECK(plan == plan_batches(source, options(8), 0));
  CHECK(plan != plan_batches(source, options(8), 1));
  CHECK(plan != plan_batches(source, reseeded, 0));
}

TEST_CASE("every example comes once an epoch and the last, smaller batch is kept") {
  const auto [size, batch] =
      GENERATE(std::pair<int64_t, int64_t>{103, 8}, std::pair<int64_t, int64_t>{104, 8},
               std::pair<int64_t, int64_t>{3, 8}, std::pair<int64_t, int64_t>{1, 1});
  const bool shuffle = GENERATE(true, false);
  LoaderOptions chosen = options(batch);
  chosen.shuffle = shuffle;
  const auto plan = plan_batches(Numbers(size), chosen, 0);
  CHECK(sorted(plan) == counting(size));
  CHECK(static_cast<int64_t>(plan.size()) == (size + batch - 1) / batch);
}

TEST_CASE("without shuffling examples come in their own order, bucketed or not") {
  LoaderOptions plain = options(8);
  plain.shuffle = false;
  CHECK(plan_batches(Numbers(20), plain, 0)[1] == std::vector<int64_t>{8, 9, 10, 11, 12, 13, 14, 15});
}

TEST_CASE("bucketing puts examples of similar length together") {
  const Numbers source(1003);
  LoaderOptions mixed = options(8);
  mixed.bucket = false;
  CHECK(wasted(plan_batches(source, options(8), 0), source) * 5 <
        wasted(plan_batches(source, mixed, 0), source));
}

TEST_CASE("bucketing does not put batches in the order of their lengths") {
  const Numbers source(400);
  const auto plan = plan_batches(source, options(8), 0);
  int64_t rises = 0;
  for (size_t i = 1; i < plan.size(); ++i)
    rises += source.length(plan[i][0]) >= source.length(plan[i - 1][0]) ? 1 : 0;
  CHECK(rises < 40);
}

TEST_CASE("an empty text that happens to come first does not turn bucketing off") {
  const int64_t first = Random(hash_words({3, 1, 0})).permutation(1003)[0];
  const Numbers source(1003, -1, first);
  LoaderOptions mixed = options(8);
  mixed.bucket = false;
  REQUIRE(plan_batches(source, mixed, 0)[0][0] == first);
  CHECK(wasted(plan_batches(source, options(8), 0), source) * 5 <
        wasted(plan_batches(source, mixed, 0), source));
}

TEST_CASE("an epoch that begins in its middle gives the same batches from there on") {
  const auto whole = ids(epoch_of(options(8, 2), 1)), rest = ids(epoch_of(options(8, 2), 1, 5));
  CHECK(rest == std::vector<std::vector<int64_t>>(whole.begin() + 5, whole.end()));
}

TEST_CASE("an error in a worker reaches the caller as it was thrown, whatever the number of workers") {
  const int64_t workers = GENERATE(1, 4);
  Loader loader(std::make_shared<Numbers>(50, 17), kSpec, options(4, workers), 0);
  const auto drain = [&] {
    while (loader.next()) {
    }
  };
  CHECK_THROWS_WITH(drain(), Contains("words.csv:7"));
  CHECK_THROWS_AS(loader.next(), DataError);
}

TEST_CASE("a loader that is left before its end stops its workers") {
  for (int trial = 0; trial < 20; ++trial) {
    Loader loader(std::make_shared<Numbers>(1000), kSpec, options(4, 3), 0);
    CHECK(loader.next()->size() == 4);
  }
}

TEST_CASE("an empty source gives no batch") {
  Loader loader(std::make_shared<Numbers>(0), kSpec, options(4), 0);
  CHECK_FALSE(loader.next().has_value());
}

TEST_CASE("batches within a budget of tokens hold every example once, as many batches in each epoch") {
  const Numbers source(500);
  LoaderOptions budget = options(8);
  budget.tokens = 160;
  const auto first = plan_batches(source, budget, 0);
  for (int64_t epoch : {0, 1, 5}) {
    const auto plan = plan_batches(source, budget, epoch);
    CHECK(plan.size() == first.size());
    CHECK(sorted(plan) == counting(500));
    for (const auto& batch : plan) {
      int64_t longest = 0;
      for (int64_t i : batch) longest = std::max(longest, source.length(i));
      CHECK((static_cast<int64_t>(batch.size()) * longest <= 160 || batch.size() == 1));
    }
    CHECK((epoch == 0) == (plan == first));
  }
  LoaderOptions examples = options(8);
  examples.bucket = false;
  CHECK(wasted(first, source) * 10 < wasted(plan_batches(source, examples, 0), source));
  budget.tokens = 7;  // less than most examples have
  CHECK(sorted(plan_batches(source, budget, 0)) == counting(500));
}

TEST_CASE("a stream is read in several places at once, each in order, whatever batch and seed say") {
  using Plan = std::vector<std::vector<int64_t>>;
  const auto plan = [](int64_t size, int64_t streams, int64_t epoch = 0) {
    LoaderOptions asked = options(7);
    asked.tokens = 50;
    return plan_batches(Numbers(size, -1, -1, streams), asked, epoch);
  };
  CHECK(plan(6, 2) == Plan{{0, 3}, {1, 4}, {2, 5}});
  CHECK(plan(7, 3) == Plan{{0, 3, 6}, {1, 4}, {2, 5}});  // the last stretch is shorter
  CHECK(plan(5, 4) == Plan{{0, 2, 4}, {1, 3}});
  CHECK(plan(2, 4) == Plan{{0, 1}});
  CHECK(plan(7, 3, 5) == plan(7, 3));
}
