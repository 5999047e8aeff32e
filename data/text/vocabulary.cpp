#include "data/text/vocabulary.h"

#include <algorithm>
#include <stdexcept>

#include "src/base/error.h"
#include "src/base/unicode.h"

namespace fovea {
namespace {

const std::vector<std::string>& special_tokens() {
  static const std::vector<std::string> specials = {"<pad>", "<unk>", "<bos>", "<eos>"};
  return specials;
}

/// `counts` without the specials, frequent first, equal counts by bytes.
std::vector<std::pair<std::string, int64_t>> ranked(const TokenCounts& counts) {
  std::vector<std::pair<std::string, int64_t>> order(counts.begin(), counts.end());
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  return order;
}

}  // namespace

void count_tokens(TokenCounts& counts, const std::vector<std::string>& tokens) {
  for (const std::string& token : tokens) ++counts[token];
}

Vocabulary::Vocabulary(const TokenCounts& counts, const VocabularyOptions& options) {
  specials_ = options.boundaries ? 4 : 2;
  if (options.size != 0 && options.size < specials_)
    throw ConfigError("vocabulary size must hold the special tokens; found " + std::to_string(options.size) +
                      "; expected at least " + std::to_string(specials_) + ", or 0 for no limit");
  for (int64_t i = 0; i < specials_; ++i) add(special_tokens()[static_cast<size_t>(i)]);
  for (const auto& [token, count] : ranked(counts)) {
    if (count < options.minimum_count || (options.size > 0 && size() >= options.size)) break;
    if (!contains(token)) add(token);
  }
}

void Vocabulary::add(const std::string& token) {
  ids_.emplace(token, size());
  tokens_->push_back(token);
}

int64_t Vocabulary::id(const std::string& token) const {
  const auto found = ids_.find(token);
  return found == ids_.end() ? kUnknown : found->second;
}

const std::string& Vocabulary::token(int64_t id) const {
  if (id < 0 || id >= size())
    throw std::out_of_range("[Vocabulary] id must be in 0…" + std::to_string(size() - 1) + "; found " +
                            std::to_string(id));
  return (*tokens_)[static_cast<size_t>(id)];
}

std::optional<int64_t> Vocabulary::bos() const {
  return specials_ == 4 ? std::optional<int64_t>(2) : std::nullopt;
}
std::optional<int64_t> Vocabulary::eos() const {
  return specials_ == 4 ? std::optional<int64_t>(3) : std::nullopt;
}

std::vector<int64_t> Vocabulary::ids(const std::vector<std::string>& tokens) const {
  std::vector<int64_t> result;
  result.reserve(tokens.size());
  for (const std::string& token : tokens) result.push_back(id(token));
  return result;
}

std::vector<std::string> Vocabulary::tokens(const std::vector<int64_t>& ids) const {
  std::vector<std::string> result;
  result.reserve(ids.size());
  for (int64_t id : ids) result.push_back(token(id));
  return result;
}

Json Vocabulary::to_json() const {
  return {{"format", 1}, {"specials", specials_}, {"tokens", *tokens_}};
}

Vocabulary Vocabulary::from_json(const Json& value, const std::string& where) {
  const auto require = [&](bool holds, const std::string& what) {
    if (!holds) throw CheckpointError(where + ": not a vocabulary; " + what);
  };
  require(value.is_object(), "found " + std::string(value.type_name()) + "; expected an object");
  for (const auto& [key, unused] : value.items())
    require(key == "format" || key == "specials" || key == "tokens",
            "found key \"" + key + "\"; expected format, specials, tokens");
  require(value.contains("format") && value["format"] == 1, "expected \"format\": 1");
  require(value.contains("specials") && value["specials"].is_number_integer() &&
              (value["specials"] == 2 || value["specials"] == 4),
          "expected \"specials\": 2 or 4");
  require(value.contains("tokens") && value["tokens"].is_array(), "expected \"tokens\": a list");
  Vocabulary vocabulary;
  vocabulary.specials_ = value["specials"].get<int64_t>();
  for (const Json& token : value["tokens"]) {
    const std::string place = "tokens[" + std::to_string(vocabulary.size()) + "]";
    require(token.is_string(),
            "found " + std::string(token.type_name()) + " as " + place + "; expected a string");
    const std::string& spelling = token.get_ref<const std::string&>();
    require(!first_invalid_utf8(spelling), place + " is not UTF-8");
    require(!vocabulary.contains(spelling),
            "\"" + spelling + "\" appears twice, the second time as " + place);
    vocabulary.add(spelling);
  }
  for (int64_t i = 0; i < vocabulary.specials_; ++i)
    require(i < vocabulary.size() && vocabulary.token(i) == special_tokens()[static_cast<size_t>(i)],
            "expected tokens[" + std::to_string(i) + "] to be " + special_tokens()[static_cast<size_t>(i)]);
  return vocabulary;
}

}  // namespace fovea
