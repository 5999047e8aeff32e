// What the tasks share: where files are, which examples make which split, task/ folders.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "src/base/json.h"
#include "src/core/task.h"

namespace fovea {

/// `file` below `root` unless it is absolute or `root` is empty.
std::string under_root(const std::string& root, const std::string& file);

/// Which of `source=auto|generated|files` holds when `files` were named or not. Throws ConfigError for files without names.
bool uses_files(const std::string& source, bool files_named);

/// Indices of one labelled set cut into three parts, stratified by label: `validation` and `test` are fractions, 0 = no such part.
struct SplitIndices {
  std::vector<int64_t> train, validation, test;
};
SplitIndices split_stratified(const std::vector<int64_t>& labels, double validation, double test, uint64_t seed);

/// {0 … n−1} shuffled by the split seed: the order that task.limit cuts.
std::vector<int64_t> shuffled(int64_t n, uint64_t seed);

/// {"file", "sha256"} of a data file or, for a folder, of its sorted list of names and sizes.
Json fingerprint(const std::string& path);

/// Writes and reads task/task.json. read throws CheckpointError.
void write_task_json(const std::string& folder, const Json& content);
Json read_task_json(const std::string& folder);

/// Σ over examples of a number in their scores.
double sum_scores(const std::vector<ExampleScore>& scores, const std::string& name);

/// A value made once, on first use, from any thread.
template <class T>
class Lazy {
 public:
  explicit Lazy(std::function<T()> make) : make_(std::move(make)) {}
  const T& get() const {
    std::call_once(once_, [this] { value_ = std::make_unique<T>(make_()); });
    return *value_;
  }

 private:
  std::function<T()> make_;
  mutable std::once_flag once_;
  mutable std::unique_ptr<T> value_;
};

}  // namespace fovea
