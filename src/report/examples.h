// What a run says of each example of a split, and two variants compared on it.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "src/report/report.h"

namespace fovea {

/// Values of one metric by example id; empty where a run has none. The runs read so far are kept.
class ExampleValues {
 public:
  /// `metric` "accuracy" is an example's "correct"; others go by their own name (loss, mse, mae).
  ExampleValues(std::string split, const std::string& metric);

  /// Throws CheckpointError for a line that is no JSON object.
  const std::map<int64_t, double>& of(const Run& run);

  /// Bytes of the files that comparing all variants of `task` would read.
  static uintmax_t bytes(const TaskReport& task);

 private:
  std::string split_, key_;
  std::map<std::string, std::map<int64_t, double>> known_;
};

/// Paired by example: each example's mean difference over the seeds that both have, by approximate
/// randomisation; for values of 0 and 1 McNemar's test of each seed beside it. Nothing where the runs were
/// not scored on the same examples.
std::optional<ByExample> compared_by_example(const Variant& variant, const Variant& baseline,
                                             ExampleValues& values);

}  // namespace fovea
