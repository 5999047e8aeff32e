// What the tasks share: where files are, which examples make which split, task/ folders.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "data/text/tokenizer.h"
#include "data/text/vocabulary.h"
#include "src/base/error.h"
#include "src/base/json.h"
#include "src/core/task.h"

namespace fovea {

/// Selects the constructor that a task's two public ones delegate to: nothing counted, nothing read yet.
struct Unfitted {};

/// `file` below `root` unless it is absolute or `root` is empty.
std::string under_root(const std::string& root, const std::string& file);

/// Which of `source=auto|generated|files` holds when a training file was named or not. Throws ConfigError for
/// files without one, also when only `others` (validation and test files) are named: they would be left
/// unread in silence.
bool uses_files(const std::string& source, bool files_named, const std::vector<std::string>& others = {});

/// Indices of one labelled set cut into three parts, stratified by label: `validation` and `test` are
/// fractions, 0 = no such part. Every label keeps an example to train on.
struct SplitIndices {
  std::vector<int64_t> train, validation, test;
};
SplitIndices split_stratified(const std::vector<int64_t>& labels, double validation, double test,
                              uint64_t seed);

/// Throws ConfigError unless the two fractions leave something to train on.
void require_fractions(double validation, double test);

/// {0 … n−1} shuffled by the split seed: the order that task.limit cuts.
std::vector<int64_t> shuffled(int64_t n, uint64_t seed);

/// The first `limit` of that order; all n where limit is 0 or beyond.
std::vector<int64_t> limited(int64_t n, int64_t limit, uint64_t seed);

constexpr int64_t kGeneratedTries = 50;  // draws for each example of a split before giving up

/// "… too few different inputs …"
ConfigError too_few_inputs(int64_t wanted);

/// The items at `indices`, in that order.
template <class Item>
std::vector<Item> chosen(const std::vector<Item>& items, const std::vector<int64_t>& indices) {
  std::vector<Item> result;
  for (int64_t index : indices) result.push_back(items[static_cast<size_t>(index)]);
  return result;
}

/// `n` generated items make(0), make(1), …, leaving out those whose `input` an earlier split has; theirs join
/// `earlier`. Throws ConfigError where the generator has too few different inputs for that.
template <class Make, class Input>
auto apart(int64_t n, std::set<std::string>& earlier, Make&& make, Input&& input) {
  std::vector<decltype(make(int64_t{0}))> items;
  std::vector<std::string> own;
  for (int64_t i = 0; static_cast<int64_t>(items.size()) < n; ++i) {
    if (i > kGeneratedTries * n) throw too_few_inputs(n);
    auto item = make(i);
    std::string key = input(item);
    if (earlier.count(key)) continue;
    items.push_back(std::move(item));
    own.push_back(std::move(key));
  }
  earlier.insert(own.begin(), own.end());
  return items;
}

/// {"file", "sha256"} of a data file or, for a folder, of the sorted list of its files' names
/// and hashes; x.zip/folder has the archive's.
Json fingerprint(const std::string& path);

/// {"examples": {"train", "validation", "test"}} of the three parts of `splits`.
template <class Splits>
Json split_sizes(const Splits& splits) {
  return {{"examples",
           {{"train", splits.train.size()},
            {"validation", splits.validation.size()},
            {"test", splits.test.size()}}}};
}

/// Adds to `data` the fingerprint of each file below `root`, by its name; empty ones are left out.
void add_fingerprints(Json& data, const std::string& root,
                      const std::vector<std::pair<std::string, std::string>>& files);

/// Writes and reads task/task.json. read throws CheckpointError.
void write_task_json(const std::string& folder, const Json& content);
Json read_task_json(const std::string& folder);

/// What task.vocabulary and task.minimum_count mean: a tokenizer that learnt has chosen its pieces itself.
VocabularyOptions vocabulary_options(const Tokenizer& tokenizer, int64_t size, int64_t minimum_count,
                                     bool boundaries);

/// Writes what `tokenizer` has learnt, if anything, as task/NAME, and its SHA-256 into `saved`, the content
/// of task.json. read gives it back; it throws CheckpointError where the file is absent, no model, or another
/// one.
void write_tokenizer(const std::string& folder, const std::string& name, const Tokenizer& tokenizer,
                     Json& saved);
void read_tokenizer(const std::string& folder, const std::string& name, Tokenizer& tokenizer,
                    const Json& saved);

/// Σ over examples of a number in their scores.
double sum_scores(const std::vector<ExampleScore>& scores, const std::string& name);

/// {"output"} of the best of `hypotheses` as `written`; with several, "outputs" too: each with its
/// "log_probability" and "score".
Json shown_outputs(const std::vector<Hypothesis>& hypotheses,
                   const std::function<std::string(const Hypothesis&)>& written);

/// An output that was given, `tokens` int64 [N], with log P of each and, where there is one, of the end:
/// `each` float64 [N or N + 1], both on the CPU.
Hypothesis forced_output(const Tensor& tokens, const Tensor& each);

/// What stands before and after the one tab of `line`. Throws DataError unless there is one.
std::pair<std::string, std::string> two_texts(const std::string& line);

/// An output that was given, `tokens` as they were written: {"output": `text`, "log_probability",
/// "tokens": [{"token", "log_probability"}, …]}.
Json shown_forced(const Hypothesis& forced, const std::string& text, const std::vector<std::string>& tokens);

/// `details` with "slices": the metrics of examples by their "length" in slices of `width` tokens, none of
/// which reaches across `trained`, the longest training length: [{"from", "to", "examples",
/// "beyond_training", "metrics"}, …]. As it is where `width` is 0 or there is only one slice.
Json with_length_slices(Json details, const std::vector<ExampleScore>& scores, int64_t width, int64_t trained,
                        const std::function<Metrics(const std::vector<ExampleScore>&)>& metrics);

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
