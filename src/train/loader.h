// Batches in an order that depends on seed, epoch and index only, made ahead by worker threads.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "src/core/task.h"

namespace fovea {

struct LoaderOptions {
  int64_t batch = 32;
  int64_t workers = 1;  // threads that make batches; no number changes with it
  bool shuffle = false;
  bool bucket = true;  // batches of similar length (training only; ignored where lengths are unknown)
  int64_t tokens = 0;  // instead of `batch`: most tokens of a batch, padding counted (training only)
  uint64_t seed = 0;
  bool notes = false;
  int64_t rank = 0, ranks = 1;  // this process makes examples rank, rank + ranks, … of each batch
};

/// Which examples make which batch in one epoch, as many batches in each. The last, smaller batch is kept. A
/// batch of `tokens` holds examples of like length, at least one; it needs lengths. A source of streams says
/// itself what its batches are: later ones have the first rows of earlier ones, as far as the stretches
/// reach.
std::vector<std::vector<int64_t>> plan_batches(const ExampleSource& source, const LoaderOptions& options,
                                               int64_t epoch);

/// One epoch's batches from batch `first` on, in order.
class Loader {
 public:
  Loader(std::shared_ptr<const ExampleSource> source, TaskSpec spec, LoaderOptions options, int64_t epoch,
         int64_t first = 0);
  ~Loader();
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  /// The next batch, or nothing after the last. An error in a worker is thrown here.
  std::optional<Batch> next();
  int64_t batches() const { return static_cast<int64_t>(plan_.size()); }

 private:
  void work();
  Batch make(int64_t index) const;

  std::shared_ptr<const ExampleSource> source_;
  TaskSpec spec_;
  LoaderOptions options_;
  int64_t epoch_;
  std::vector<std::vector<int64_t>> plan_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<int64_t, Batch> ready_;
  std::exception_ptr error_;
  int64_t taken_, handed_out_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace fovea
