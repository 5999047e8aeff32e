#include "src/train/loader.h"

#include <algorithm>

#include "src/base/random.h"

namespace fovea {
namespace {

constexpr int64_t kPoolBatches = 50;    // batches whose examples are sorted by length together
constexpr int64_t kAheadPerWorker = 3;  // batches a worker may be ahead of the trainer

constexpr uint64_t kOrder = 1, kBatchOrder = 2, kAugment = 3;  // what a random stream is for

/// Batches of at most `tokens` tokens. Sorted by length the cuts depend on the lengths alone: their number is
/// that of every epoch.
std::vector<std::vector<int64_t>> within_budget(const ExampleSource& source, std::vector<int64_t> order,
                                                int64_t tokens) {
  std::stable_sort(order.begin(), order.end(),
                   [&](int64_t a, int64_t b) { return source.length(a) < source.length(b); });
  std::vector<std::vector<int64_t>> plan;
  for (const int64_t index : order) {
    const int64_t longest = std::max<int64_t>(1, source.length(index));
    if (plan.empty() || (static_cast<int64_t>(plan.back().size()) + 1) * longest > tokens)
      plan.emplace_back();
    plan.back().push_back(index);
  }
  return plan;
}

/// Piece t of each of `streams` stretches of 0 … n−1; the last ones are shorter.
std::vector<std::vector<int64_t>> side_by_side(int64_t n, int64_t streams) {
  const int64_t stretch = (n + streams - 1) / streams;
  std::vector<std::vector<int64_t>> plan(static_cast<size_t>(stretch));
  for (int64_t index = 0; index < n; ++index) plan[static_cast<size_t>(index % stretch)].push_back(index);
  return plan;
}

}  // namespace

std::vector<std::vector<int64_t>> plan_batches(const ExampleSource& source, const LoaderOptions& options,
                                               int64_t epoch) {
  const int64_t n = source.size();
  if (source.streams() > 0) return side_by_side(n, source.streams());
  std::vector<int64_t> order(static_cast<size_t>(n));
  std::iota(order.begin(), order.end(), int64_t{0});
  const auto key = [&](uint64_t purpose) {
    return hash_words({options.seed, purpose, static_cast<uint64_t>(epoch)});
  };
  if (options.shuffle) Random(key(kOrder)).shuffle(order);
  const bool has_lengths =
      options.shuffle &&  // who does not shuffle asks for none: some sources read all examples for them
      std::any_of(order.begin(), order.end(), [&](int64_t i) { return source.length(i) > 0; });
  const bool bucket = options.bucket && has_lengths;
  if (options.tokens > 0 && has_lengths) {
    auto plan = within_budget(source, std::move(order), options.tokens);
    Random(key(kBatchOrder)).shuffle(plan);
    return plan;
  }
  if (bucket) {
    const int64_t pool = options.batch * kPoolBatches;
    for (int64_t begin = 0; begin < n; begin += pool)
      std::stable_sort(order.begin() + begin, order.begin() + std::min(begin + pool, n),
                       [&](int64_t a, int64_t b) { return source.length(a) < source.length(b); });
  }
  std::vector<std::vector<int64_t>> plan;
  for (int64_t begin = 0; begin < n; begin += options.batch)
    plan.emplace_back(order.begin() + begin, order.begin() + std::min(begin + options.batch, n));
  if (bucket) Random(key(kBatchOrder)).shuffle(plan);
  return plan;
}

Loader::Loader(std::shared_ptr<const ExampleSource> source, TaskSpec spec, LoaderOptions options,
               int64_t epoch, int64_t first)
    : source_(std::move(source)),
      spec_(std::move(spec)),
      options_(options),
      epoch_(epoch),
      plan_(plan_batches(*source_, options, epoch)),
      taken_(first),
      handed_out_(first) {
  for (int64_t i = 0; i < std::max<int64_t>(1, options_.workers); ++i)
    threads_.emplace_back([this] { work(); });
}

Loader::~Loader() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

Batch Loader::make(int64_t index) const {
  std::vector<Example> examples;
  const std::vector<int64_t>& whole = plan_[static_cast<size_t>(index)];
  for (size_t at = static_cast<size_t>(options_.rank); at < whole.size();
       at += static_cast<size_t>(options_.ranks)) {
    const int64_t i = whole[at];
    const uint64_t key =
        hash_words({options_.seed, kAugment, static_cast<uint64_t>(epoch_), static_cast<uint64_t>(i)});
    examples.push_back(source_->get(i, key, options_.notes));
  }
  return collate(examples, spec_);
}

void Loader::work() {
  const int64_t ahead = kAheadPerWorker * static_cast<int64_t>(std::max<int64_t>(1, options_.workers));
  for (;;) {
    int64_t index = 0;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(
          lock, [&] { return stopping_ || error_ || taken_ >= batches() || taken_ < handed_out_ + ahead; });
      if (stopping_ || error_ || taken_ >= batches()) return;
      index = taken_++;
    }
    try {
      Batch batch = make(index);
      std::lock_guard lock(mutex_);
      ready_.emplace(index, std::move(batch));
    } catch (...) {
      std::lock_guard lock(mutex_);
      error_ = std::current_exception();
    }
    changed_.notify_all();
  }
}

std::optional<Batch> Loader::next() {
  std::unique_lock lock(mutex_);
  if (handed_out_ >= batches()) return {};
  changed_.wait(lock, [&] { return error_ || ready_.count(handed_out_) > 0; });
  if (error_) std::rethrow_exception(error_);
  Batch batch = std::move(ready_.extract(handed_out_).mapped());
  ++handed_out_;
  changed_.notify_all();
  return batch;
}

}  // namespace fovea
