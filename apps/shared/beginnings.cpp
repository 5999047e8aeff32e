#include "apps/shared/beginnings.h"

#include <algorithm>
#include <cstdio>

#include "apps/shared/session.h"
#include "data/readers/word_vectors.h"
#include "models/layers/embedding.h"
#include "src/base/error.h"
#include "src/base/files.h"
#include "src/base/text.h"
#include "src/base/unicode.h"
#include "src/train/checkpoint.h"

namespace fovea {
namespace {

using Words = std::vector<std::string>;

std::string share(size_t part, size_t whole) {
  char text[64];
  std::snprintf(text, sizeof text, "%zu of %zu (%.1f %%)", part, whole,
                whole == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole));
  return text;
}

std::string load_vectors(TokenEmbeddingImpl& embedding, const std::string& path) {
  const Words& words = embedding.words();
  if (words.empty()) throw ConfigError("model.embedding.file: this task's tokens are no words");
  std::unordered_set<std::string> wanted(words.begin(), words.end());
  for (const std::string& word : words) wanted.insert(lowercase(word));
  const WordVectors vectors = read_word_vectors(embedding.file(), embedding.weight().size(1), wanted);
  if (vectors.empty())
    throw DataError(embedding.file() + ": no vector for any of the " + std::to_string(words.size()) +
                    " tokens; expected a word and " + std::to_string(embedding.weight().size(1)) +
                    " numbers on each line");
  torch::NoGradGuard no_gradient;
  size_t covered = 0;
  for (size_t id = 0; id < words.size(); ++id) {
    auto found = vectors.find(words[id]);
    if (found == vectors.end()) found = vectors.find(lowercase(words[id]));
    if (found == vectors.end()) continue;
    embedding.weight()[static_cast<int64_t>(id)].copy_(torch::tensor(found->second));
    ++covered;
  }
  return path + ": vectors of " + embedding.file() + " for " + share(covered, words.size()) +
         " tokens, sha256 " + sha256_file(embedding.file());
}

/// The words that the rows of parameter `name` stand for, by field: those of its own field where it is named
/// after one, as source_embedding is.
const Words* row_words(const std::string& name, const TaskSpec& spec) {
  if (name.rfind("classes", 0) == 0 && spec.targets.count("label") > 0)
    return spec.targets.at("label").words.get();
  if (name.find("embedding") == std::string::npos && name.rfind("output", 0) != 0) return nullptr;
  const Words* any = nullptr;
  for (const auto* fields : {&spec.targets, &spec.inputs})
    for (const auto& [field, what] : *fields) {
      if (!what.words) continue;
      if (name.rfind(field, 0) == 0) return what.words.get();
      if (any == nullptr) any = what.words.get();
    }
  return any;
}

/// Rows of `from` into the rows of `to` that stand for the same word; how many there were.
size_t copy_rows(const Tensor& to, const Words& words, const Tensor& from, const Words& earlier) {
  std::unordered_map<std::string, int64_t> places;
  for (size_t id = 0; id < earlier.size(); ++id) places.emplace(earlier[id], static_cast<int64_t>(id));
  size_t copied = 0;
  for (size_t id = 0; id < words.size(); ++id) {
    const auto found = places.find(words[id]);
    if (found == places.end()) continue;
    to[static_cast<int64_t>(id)].copy_(from[found->second]);
    ++copied;
  }
  return copied;
}

std::vector<std::string> take_parameters(Net& net, const TaskSpec& spec, const std::string& path) {
  const LoadedRun run = load_run(path, "", {}, torch::kCPU);
  const TaskSpec earlier = run.task->spec();
  const TensorMap theirs = module_tensors(*run.net);
  torch::NoGradGuard no_gradient;
  std::vector<std::string> remarks, left;
  size_t taken = 0, all = 0;
  for (const auto& [name, tensor] : module_tensors(net)) {
    ++all;
    const auto found = theirs.find(name);
    const Words *words = row_words(name, spec), *their_words = row_words(name, earlier);
    const bool rows = words != nullptr && their_words != nullptr && found != theirs.end() &&
                      tensor.dim() > 0 && tensor.dim() == found->second.dim() &&
                      tensor.sizes().slice(1) == found->second.sizes().slice(1) &&
                      tensor.size(0) == static_cast<int64_t>(words->size()) &&
                      found->second.size(0) == static_cast<int64_t>(their_words->size());
    if (rows && *words != *their_words) {
      remarks.push_back("train.from: " + name + ": rows of " +
                        share(copy_rows(tensor, *words, found->second, *their_words), words->size()) +
                        " tokens or classes");
    } else if (found != theirs.end() && tensor.sizes() == found->second.sizes()) {
      tensor.copy_(found->second);
    } else {
      left.push_back(name);
      continue;
    }
    ++taken;
  }
  if (taken == 0) throw ConfigError("train.from: " + path + " has no parameter that this net has");
  remarks.push_back("train.from: " + std::to_string(taken) + " of " + std::to_string(all) +
                    " parameters of " + path + " at step " + std::to_string(run.step) +
                    (left.empty() ? "" : "; left as they were: " + join(left, ", ")));
  return remarks;
}

}  // namespace

std::vector<std::string> begin(Net& net, const TaskSpec& spec, const TrainOptions& options) {
  std::vector<std::string> remarks;
  for (const auto& item : net.named_modules("", false))
    if (auto* embedding = dynamic_cast<TokenEmbeddingImpl*>(item.value().get());
        embedding != nullptr && !embedding->file().empty())
      remarks.push_back(load_vectors(*embedding, item.key()));
  if (!options.from.empty())
    for (std::string& remark : take_parameters(net, spec, options.from)) remarks.push_back(std::move(remark));
  return remarks;
}

}  // namespace fovea
