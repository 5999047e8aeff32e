// Token ↔ id, built from the training split only.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "src/base/json.h"

namespace fovea {

/// How often each token occurs. Ordered by bytes, so that what is built from it never depends on a hash.
using TokenCounts = std::map<std::string, int64_t>;

/// Adds the tokens of one text to `counts`.
void count_tokens(TokenCounts& counts, const std::vector<std::string>& tokens);

struct VocabularyOptions {
  int64_t size = 0;           ///< at most so many entries, specials included; 0 = no limit
  int64_t minimum_count = 1;  ///< rarer tokens become `<unk>`
  bool boundaries = false;    ///< whether `<bos>` and `<eos>` follow the other specials
};

/// An immutable list of distinct tokens; a token's place is its id. `<pad>` is 0, `<unk>` is 1; with
/// boundaries
/// `<bos>` is 2 and `<eos>` is 3. The rest by falling count, equal counts by bytes. A data token that is
/// spelled like a special has the special's id.
class Vocabulary {
 public:
  static constexpr int64_t kPad = 0;
  static constexpr int64_t kUnknown = 1;

  /// Throws ConfigError when the options leave no room for the specials.
  Vocabulary(const TokenCounts& counts, const VocabularyOptions& options);
  /// Reads what to_json wrote; throws CheckpointError "where: …" on anything else.
  static Vocabulary from_json(const Json& value, const std::string& where);

  int64_t size() const { return static_cast<int64_t>(tokens_->size()); }
  /// The id of `token`, `kUnknown` when it is not listed.
  int64_t id(const std::string& token) const;
  bool contains(const std::string& token) const { return ids_.count(token) > 0; }
  /// The token of `id`; throws std::out_of_range unless 0 ≤ id < size().
  const std::string& token(int64_t id) const;
  /// Id of `<bos>` or `<eos>`; nothing without boundaries.
  std::optional<int64_t> bos() const;
  std::optional<int64_t> eos() const;
  bool is_special(int64_t id) const { return id >= 0 && id < specials_; }

  /// Every token, by id.
  std::shared_ptr<const std::vector<std::string>> words() const { return tokens_; }

  std::vector<int64_t> ids(const std::vector<std::string>& tokens) const;
  std::vector<std::string> tokens(const std::vector<int64_t>& ids) const;

  /// {"format": 1, "specials": n, "tokens": […]}.
  Json to_json() const;

 private:
  Vocabulary() = default;
  void add(const std::string& token);

  std::shared_ptr<std::vector<std::string>> tokens_ = std::make_shared<std::vector<std::string>>();
  std::unordered_map<std::string, int64_t> ids_;
  int64_t specials_ = 0;
};

}  // namespace fovea
