#include "src/core/each_batch.h"

#include <atomic>
#include <catch2/catch.hpp>

#include "src/core/packed_products.h"
#include "tests/support/threads.h"

using namespace fovea;

namespace {

/// Batches whose inputs have so many numbers.
std::vector<Batch> of_sizes(const std::vector<int64_t>& sizes) {
  std::vector<Batch> batches(sizes.size());
  for (size_t i = 0; i < sizes.size(); ++i) batches[i].inputs["x"].values = torch::zeros({sizes[i]});
  return batches;
}

}  // namespace

TEST_CASE("each batch is taken once, the largest first, by a thread that has no other") {
  const auto batches = of_sizes({3, 9, 1, 9, 5, 7});
  std::vector<size_t> order;
  {
    const Threads one(1);
    each_batch(batches, [&](size_t i) { order.push_back(i); });
  }
  CHECK(order == std::vector<size_t>{1, 3, 5, 4, 0, 2});
  const Threads three(3);
  std::vector<std::atomic<int>> visits(batches.size());
  std::atomic<bool> by_itself{true}, kept{true};
  const PackedProducts::Kept store;
  each_batch(batches, [&, own = PackedProducts::Kept::current()](size_t i) {
    ++visits[i];
    by_itself = by_itself && at::get_num_threads() == 1;
    kept = kept && PackedProducts::Kept::current() == own;
  });
  for (const auto& count : visits) CHECK(count == 1);
  CHECK(by_itself);
  CHECK(kept);
  CHECK(at::get_num_threads() == 3);
  int threads = 0;
  each_batch(of_sizes({4}), [&](size_t) { threads = at::get_num_threads(); });
  CHECK(threads == 3);  // a single one has them all
  each_batch({}, [](size_t) { FAIL("there is none"); });
}
