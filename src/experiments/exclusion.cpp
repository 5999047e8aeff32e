#include "src/experiments/exclusion.h"

#include <algorithm>
#include <vector>

#include "src/base/error.h"
#include "src/base/text.h"
#include "src/config/layers.h"

namespace fovea {
namespace {

using Condition = std::function<bool(const KeyLookup&)>;

const std::string kSigns = "=!<>&|()";

/// A sign, a word, a quoted text or a list, and where it begins.
struct Token {
  std::string text;
  size_t at = 0;
};

[[noreturn]] void fail(const std::string& text, size_t at, const std::string& expected) {
  throw ConfigError("--exclude: \"" + text + "\": expected " + expected +
                    (at < text.size() ? " at \"" + text.substr(at) + "\"" : " at its end"));
}

/// Where the quoted text or list that begins at `at` ends.
size_t closed(const std::string& text, size_t at) {
  const char end = text[at] == '[' ? ']' : text[at];
  const size_t found = text.find(end, at + 1);
  if (found == std::string::npos) fail(text, at, std::string(1, end));
  return found + 1;
}

std::vector<Token> tokens_of(const std::string& text) {
  static const std::vector<std::string> signs{"==", "!=", "<=", ">=", "&&", "||",
                                              "=",  "<",  ">",  "!",  "(",  ")"};
  std::vector<Token> tokens;
  for (size_t at = 0; at < text.size();) {
    if (text[at] == ' ' || text[at] == '\t') {
      ++at;
      continue;
    }
    const auto sign = std::find_if(signs.begin(), signs.end(),
                                   [&](const std::string& s) { return text.compare(at, s.size(), s) == 0; });
    size_t end = at;
    if (sign != signs.end())
      end = at + sign->size();
    else if (std::string("\"'[").find(text[at]) != std::string::npos)
      end = closed(text, at);
    else
      end = std::min(text.find_first_of(kSigns + " \t", at), text.size());
    if (end == at) fail(text, at, "a key, a value or a sign");
    tokens.push_back({text.substr(at, end - at), at});
    at = end;
  }
  return tokens;
}

/// A group stands for its name.
Json plain(const Json& value) {
  return value.is_object() && value.contains("name") ? value["name"] : value;
}

bool compares(const std::optional<Json>& found, const std::string& sign, const Json& wanted) {
  if (!found) return sign == "!=";
  const Json value = plain(*found);
  if (sign == "in") return std::find(wanted.begin(), wanted.end(), value) != wanted.end();
  if (sign == "==" || sign == "=") return value == wanted;
  if (sign == "!=") return value != wanted;
  if (!value.is_number() || !wanted.is_number()) return false;
  const double a = value.get<double>(), b = wanted.get<double>();
  return sign == "<" ? a < b : sign == "<=" ? a <= b : sign == ">" ? a > b : a >= b;
}

class Parser {
 public:
  Parser(const std::string& text, std::set<std::string>& keys)
      : text_(text), keys_(keys), tokens_(tokens_of(text)) {}

  Condition whole() {
    Condition condition = either();
    if (next_ < tokens_.size()) fail(text_, tokens_[next_].at, "and, or, or the end");
    return condition;
  }

 private:
  bool take(std::initializer_list<const char*> spellings) {
    for (const char* spelling : spellings)
      if (next_ < tokens_.size() && tokens_[next_].text == spelling) {
        ++next_;
        return true;
      }
    return false;
  }
  size_t place() const { return next_ < tokens_.size() ? tokens_[next_].at : text_.size(); }

  Condition either() {
    Condition left = both();
    while (take({"or", "||"}))
      left = [left, right = both()](const KeyLookup& lookup) { return left(lookup) || right(lookup); };
    return left;
  }
  Condition both() {
    Condition left = one();
    while (take({"and", "&&"}))
      left = [left, right = one()](const KeyLookup& lookup) { return left(lookup) && right(lookup); };
    return left;
  }
  Condition one() {
    if (take({"not", "!"})) return [inner = one()](const KeyLookup& lookup) { return !inner(lookup); };
    if (take({"("})) {
      Condition inner = either();
      if (!take({")"})) fail(text_, place(), ")");
      return inner;
    }
    return comparison();
  }
  Condition comparison() {
    const std::string key = word("a key such as model.attention");
    std::string sign;
    for (const char* each : {"==", "!=", "<=", ">=", "=", "<", ">", "in"})
      if (sign.empty() && take({each})) sign = each;
    if (sign.empty()) fail(text_, place(), "==, !=, <, <=, >, >= or in");
    const size_t at = place();
    const Json wanted = parse_value(word("a value"));
    if (sign == "in" && !wanted.is_array()) fail(text_, at, "a list such as [2,4]");
    keys_.insert(key);
    return [=](const KeyLookup& lookup) { return compares(lookup(key), sign, wanted); };
  }
  std::string word(const std::string& what) {
    if (next_ == tokens_.size() || kSigns.find(tokens_[next_].text[0]) != std::string::npos)
      fail(text_, place(), what);
    return tokens_[next_++].text;
  }

  const std::string& text_;
  std::set<std::string>& keys_;
  std::vector<Token> tokens_;
  size_t next_ = 0;
};

}  // namespace

Exclusion::Exclusion(const std::string& text) {
  if (!trim(text).empty()) condition_ = Parser(text, keys_).whole();
}

}  // namespace fovea
