#include "src/core/each_batch.h"

#include <algorithm>
#include <numeric>

#include "src/core/packed_products.h"
#include "src/core/parallel.h"

namespace fovea {

void each_batch(const std::vector<Batch>& batches, c10::function_ref<void(size_t)> job) {
  std::vector<size_t> order(batches.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return batches[a].numbers() > batches[b].numbers(); });
  side_by_side(static_cast<int64_t>(batches.size()), [&, store = PackedProducts::Kept::current()](int64_t i) {
    const PackedProducts::Kept shared(store);
    job(order[static_cast<size_t>(i)]);
  });
}

}  // namespace fovea
