// Several processes that train one net, each on its share of every batch: sums over all of them, by c10d's
// Gloo.
#pragma once

#include <memory>
#include <string>

#include "src/core/tensor.h"

namespace fovea {

struct RanksOptions {
  int64_t rank = 0, size = 1;  // 0 ≤ rank < size
  std::string address;         // where rank 0 is met
  int64_t port = 0;
  bool agent = false;    // whether a launcher keeps the meeting point (torchrun), not rank 0
  double seconds = 600;  // how long a rank waits for the others
};

class Ranks {
 public:
  virtual ~Ranks() = default;
  virtual int64_t rank() const = 0;
  virtual int64_t size() const = 0;
  /// The one that writes.
  bool leads() const { return rank() == 0; }
  /// Adds up `values`, of one shape and dtype everywhere, in place; every rank gets the same bits. Throws
  /// Error with the ranks that are missing when one has ended or does not answer in time.
  virtual void sum(Tensor& values) = 0;
  /// Returns when all ranks are here.
  void meet();
};

/// Joins the others. Throws Error that names a rank which does not come in time, and where this build has no
/// c10d.
std::shared_ptr<Ranks> join_ranks(const RanksOptions& options);

}  // namespace fovea
