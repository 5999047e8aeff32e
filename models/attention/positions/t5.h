// A trained bias per head and bucket of j − i: exact for small distances, logarithmic up to 128 (Raffel 2020,
// §2.1).
#pragma once

#include "models/attention/positions/position.h"
#include "src/config/fields.h"

namespace fovea {

class T5Position : public Position {
 public:
  struct Options {
    int64_t buckets = 32;
    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit) {
      visit("buckets", self.buckets, "different biases of a head", at_least(4));
    }
  };
  T5Position(const AxisShape& shape, const Options& options);
  Tensor bias(const Tensor& relative, const Tensor& query_positions, const Tensor& key_positions) override;

  Tensor by_distance(const Tensor& back) override;
  bool distance_only() const override { return true; }

  /// Bucket of i − j, int64 as given: half of the buckets for later keys unless one-directional, where those
  /// count as 0.
  Tensor bucket(const Tensor& back) const;

 private:
  int64_t buckets_;
  bool one_directional_;
  Tensor bias_;  // [buckets, H]
};

}  // namespace fovea
