#include "data/tasks/common.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>

#include "src/base/error.h"
#include "src/base/files.h"
#include "src/base/random.h"
#include "src/stats/json_numbers.h"

namespace fovea {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kSplitStream = 21, kLimitStream = 22;

}  // namespace

std::string under_root(const std::string& root, const std::string& file) {
  if (file.empty() || root.empty() || fs::path(file).is_absolute()) return file;
  return (fs::path(root) / file).string();
}

bool uses_files(const std::string& source, bool files_named, const std::vector<std::string>& others) {
  if (source == "files" && !files_named)
    throw ConfigError("task.source: files needs a file; name task.train (or task.file)");
  for (const std::string& other : others)
    if (source == "auto" && !files_named && !other.empty())
      throw ConfigError("task.train: names no file to train on; found " + other + " alone");
  return source == "files" || (source == "auto" && files_named);
}

void require_fractions(double validation, double test) {
  if (validation + test >= 1)
    throw ConfigError(
        "task.validation_fraction and task.test_fraction must leave something to train on; found " +
        Json(validation).dump() + " and " + Json(test).dump());
}

SplitIndices split_stratified(const std::vector<int64_t>& labels, double validation, double test,
                              uint64_t seed) {
  require_fractions(validation, test);
  std::map<int64_t, std::vector<int64_t>> by_label;
  for (size_t i = 0; i < labels.size(); ++i) by_label[labels[i]].push_back(static_cast<int64_t>(i));
  SplitIndices split;
  for (auto& [label, indices] : by_label) {
    Random(hash_words({seed, kSplitStream, static_cast<uint64_t>(label)})).shuffle(indices);
    const auto n = static_cast<double>(indices.size());
    // Every label keeps an example to train on, however few it has.
    const int64_t most = static_cast<int64_t>(indices.size()) - 1;
    const int64_t n_test = std::min<int64_t>(std::llround(n * test), most);
    const int64_t n_validation = std::min<int64_t>(std::llround(n * validation), most - n_test);
    const auto begin = indices.begin();
    split.test.insert(split.test.end(), begin, begin + n_test);
    split.validation.insert(split.validation.end(), begin + n_test, begin + n_test + n_validation);
    split.train.insert(split.train.end(), begin + n_test + n_validation, indices.end());
  }
  for (auto* part : {&split.train, &split.validation, &split.test}) std::sort(part->begin(), part->end());
  return split;
}

std::vector<int64_t> shuffled(int64_t n, uint64_t seed) {
  return Random(hash_words({seed, kLimitStream})).permutation(n);
}

std::vector<int64_t> limited(int64_t n, int64_t limit, uint64_t seed) {
  std::vector<int64_t> order = shuffled(n, seed);
  if (limit > 0 && limit < n) order.resize(static_cast<size_t>(limit));
  return order;
}

ConfigError too_few_inputs(int64_t wanted) {
  return ConfigError(
      "task: the generator has too few different inputs to keep " + std::to_string(wanted) +
      " of a split apart from the earlier ones; choose fewer task.examples, or longer or more varied ones");
}

Json fingerprint(const std::string& path) {
  if (!fs::is_directory(path)) {
    fs::path file = path;  // x.zip/folder is in x.zip
    while (!fs::exists(file) && file.has_relative_path()) file = file.parent_path();
    return {{"file", path}, {"sha256", sha256_file(fs::is_regular_file(file) ? file : fs::path(path))}};
  }
  std::vector<std::string> entries;
  for (const auto& entry : fs::recursive_directory_iterator(path))
    if (entry.is_regular_file())
      entries.push_back(fs::relative(entry.path(), path).string() + " " + sha256_file(entry.path()) + "\n");
  std::sort(entries.begin(), entries.end());
  std::string listing;
  for (const std::string& entry : entries) listing += entry;
  return {{"file", path}, {"sha256", sha256(listing)}};
}

void add_fingerprints(Json& data, const std::string& root,
                      const std::vector<std::pair<std::string, std::string>>& files) {
  for (const auto& [name, file] : files)
    if (!file.empty()) data[name] = fingerprint(under_root(root, file));
}

void write_task_json(const std::string& folder, const Json& content) {
  write_file_synced(fs::path(folder) / "task.json", to_text(content, 1) + "\n");
}

Json read_task_json(const std::string& folder) {
  try {
    const Json content = read_json((fs::path(folder) / "task.json").string());
    if (!content.is_object() || content.value("format", 0) != 1)
      throw CheckpointError(folder + "/task.json: not a task of format 1");
    return content;
  } catch (const ConfigError& error) {
    throw CheckpointError(error.what());
  } catch (const Json::exception&) {
    throw CheckpointError(folder + "/task.json: not a task of format 1");
  }
}

VocabularyOptions vocabulary_options(const Tokenizer& tokenizer, int64_t size, int64_t minimum_count,
                                     bool boundaries) {
  return {tokenizer.learns() ? 0 : size, minimum_count, boundaries};
}

void write_tokenizer(const std::string& folder, const std::string& name, const Tokenizer& tokenizer,
                     Json& saved) {
  if (!tokenizer.learns()) return;
  write_file_synced(fs::path(folder) / name, tokenizer.model());
  saved["tokenizers"][name] = sha256(tokenizer.model());
}

void read_tokenizer(const std::string& folder, const std::string& name, Tokenizer& tokenizer,
                    const Json& saved) {
  if (!tokenizer.learns()) return;
  const fs::path path = fs::path(folder) / name;
  if (!fs::exists(path)) throw CheckpointError(path.string() + ": absent; the run's tokenizer was learnt");
  const std::string model = read_file(path);
  tokenizer.load(model, path.string());
  // Runs from before task.json told them are taken as they are.
  const bool told = saved.contains("tokenizers") && saved["tokenizers"].contains(name);
  if (told && saved["tokenizers"][name] != sha256(model))
    throw CheckpointError(path.string() +
                          ": does not fit the run; found another model than its vocabulary was made with");
}

double sum_scores(const std::vector<ExampleScore>& scores, const std::string& name) {
  double sum = 0;
  for (const ExampleScore& score : scores) sum += score.values.at(name).get<double>();
  return sum;
}

Json shown_outputs(const std::vector<Hypothesis>& hypotheses,
                   const std::function<std::string(const Hypothesis&)>& written) {
  Json shown = {{"output", written(hypotheses.at(0))}};
  for (size_t i = 0; i < hypotheses.size() && hypotheses.size() > 1; ++i)
    shown["outputs"].push_back({{"output", written(hypotheses[i])},
                                {"log_probability", hypotheses[i].log_probability},
                                {"score", hypotheses[i].score}});
  return shown;
}

std::pair<std::string, std::string> two_texts(const std::string& line) {
  const auto tabs = std::count(line.begin(), line.end(), '\t');
  if (tabs != 1)
    throw DataError("expected two texts with one tab between them; found " +
                    (tabs == 0 ? "no tab" : std::to_string(tabs) + " tabs"));
  const size_t tab = line.find('\t');
  return {line.substr(0, tab), line.substr(tab + 1)};
}

Hypothesis forced_output(const Tensor& tokens, const Tensor& each) {
  const Tensor ids = tokens.contiguous(), own = each.contiguous();
  Hypothesis forced{{ids.data_ptr<int64_t>(), ids.data_ptr<int64_t>() + ids.numel()}};
  forced.by_token.assign(own.data_ptr<double>(), own.data_ptr<double>() + own.numel());
  forced.score = forced.log_probability = own.sum().item<double>();
  return forced;
}

Json shown_forced(const Hypothesis& forced, const std::string& text, const std::vector<std::string>& tokens) {
  Json shown = {{"output", text}, {"log_probability", forced.log_probability}, {"tokens", Json::array()}};
  for (size_t i = 0; i < forced.by_token.size(); ++i)
    shown["tokens"].push_back({{"token", tokens.at(i)}, {"log_probability", forced.by_token[i]}});
  return shown;
}

Json with_length_slices(Json details, const std::vector<ExampleScore>& scores, int64_t width, int64_t trained,
                        const std::function<Metrics(const std::vector<ExampleScore>&)>& metrics) {
  if (width <= 0) return details;
  // By the largest length of each slice.
  std::map<int64_t, std::vector<ExampleScore>> slices;
  for (const ExampleScore& score : scores) {
    const auto length = std::max<int64_t>(1, score.values.at("length").get<int64_t>());
    const int64_t last = (length + width - 1) / width * width;
    slices[length <= trained ? std::min(last, trained) : last].push_back(score);
  }
  if (slices.size() < 2) return details;
  for (const auto& [last, some] : slices) {
    const int64_t even = (last - 1) / width * width;
    const int64_t first = (last > trained ? std::max(even, trained) : even) + 1;
    Json one = {{"from", first},
                {"to", last},
                {"examples", some.size()},
                {"beyond_training", last > trained},
                {"metrics", Json::object()}};
    for (const auto& [name, value] : metrics(some)) one["metrics"][name] = number_or_null(value);
    details["slices"].push_back(std::move(one));
  }
  return details;
}

}  // namespace fovea
