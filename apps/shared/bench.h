// What fovea-bench does: one file a kind (bench_kernels.cpp, …), and what they share.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "src/base/json.h"

namespace fovea {

struct BenchRequest {
  std::string kind;  // kernels, goals, train, decode, maps
  std::string format = "text";
  std::vector<std::string> only;
  std::vector<int64_t> lengths = {64, 256, 1024, 4096, 16384};
  double seconds = 4;                   // of one run of a case
  std::string precision;                // of a step: float32, bf16, or empty for both (train)
  std::string save;                     // folder for weights and batches (train, decode), or empty
  bool operators = false;               // where the time goes (train, decode)
  std::string run;                      // trained run that decodes its test sources (decode), or empty
  int64_t sentences = 256, batch = 64;  // of them, and of a batch
  int64_t runs = 7, threads = 0;
};

/// Prints what the kind measures. Exit code of the program. Throws ConfigError for a kind that is not there.
int bench(const BenchRequest& request);

/// The cases of one kind, an object each with at least "name"; those left out have "skipped" with the reason.
Json bench_kernels(const BenchRequest& request);
Json bench_goals(const BenchRequest& request);
Json bench_maps(const BenchRequest& request);
Json bench_train(const BenchRequest& request);
Json bench_decode(const BenchRequest& request);

/// Whether a case of this name is asked for.
bool wanted(const BenchRequest& request, const std::string& name);

/// Median milliseconds of `runs` calls after one that is not counted: by the clock on the wall, and of all
/// processors together, which other work on the machine disturbs less (on one thread both are the same
/// otherwise).
struct Milliseconds {
  double wall = 0, processor = 0;
  double to_first = 1;  // by the clock, to what was called first in the same run: median of the quotients
};
Milliseconds median_milliseconds(int64_t runs, const std::function<void()>& work);
/// The same of several, one after the other in each of the `runs`, so that what disturbs one disturbs all.
std::vector<Milliseconds> medians_in_turn(int64_t runs, const std::vector<std::function<void()>>& works);

/// Milliseconds of one of `runs` calls in each operator, the longest first, with calls of it; those below a
/// hundredth of all together.
Json operators_of(int64_t runs, const std::function<void()>& work);

/// The most bytes of tensors that stood at once during `work`, beyond what stood before.
int64_t peak_tensor_bytes(const std::function<void()>& work);

}  // namespace fovea
