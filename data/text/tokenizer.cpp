#include "data/text/tokenizer.h"

#include <utf8proc.h>

#include "data/text/subwords.h"
#include "src/base/error.h"
#include "src/base/text.h"
#include "src/base/unicode.h"

namespace fovea {
namespace {

enum class Kind { kSpace, kWord, kMark, kIdeograph, kExtend };

bool is_ideograph(char32_t c) {
  return (c >= 0x3400 && c <= 0x9FFF) || (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x20000 && c <= 0x3FFFD) ||
         (c >= 0x3005 && c <= 0x3007) || (c >= 0x3041 && c <= 0x30FF && c != 0x30A0 && c != 0x30FB) ||
         (c >= 0x31F0 && c <= 0x31FF) || (c >= 0xFF66 && c <= 0xFF9D);
}

Kind kind_of(char32_t c) {
  if (c == '_') return Kind::kWord;
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(c))) {
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
    case UTF8PROC_CATEGORY_CC:
      return Kind::kSpace;
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_CF:
      return Kind::kExtend;
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
      return is_ideograph(c) ? Kind::kIdeograph : Kind::kWord;
    default:
      return Kind::kMark;
  }
}

bool is_digit(char32_t c) {
  return utf8proc_category(static_cast<utf8proc_int32_t>(c)) == UTF8PROC_CATEGORY_ND;
}
bool is_apostrophe(char32_t c) {
  return c == '\'' || c == 0x2019;
}
bool is_hyphen(char32_t c) {
  return c == '-' || c == 0x2010 || c == 0x2011;
}

/// One white-space-delimited piece of text and the rules that cut it.
class Piece {
 public:
  explicit Piece(std::vector<CodePoint> points) : points_(std::move(points)) {
    kinds_.reserve(points_.size());
    for (const CodePoint& point : points_) kinds_.push_back(kind_of(point.value));
    if (!kinds_.empty() && kinds_[0] == Kind::kExtend) kinds_[0] = Kind::kWord;
    for (size_t i = 1; i < kinds_.size();
         ++i)  // a mark over a letter, or a joiner, belongs to what it follows
      if (kinds_[i] == Kind::kExtend && kinds_[i - 1] == Kind::kWord) kinds_[i] = Kind::kWord;
  }

  void cut_into(std::vector<std::string>& tokens) const {
    if (is_clitic() || is_bracket_name()) return tokens.push_back(bytes(0, points_.size()));
    for (size_t begin = 0; begin < points_.size();) {
      const size_t end = token_end(begin);
      tokens.push_back(bytes(begin, end));
      begin = end;
    }
  }

 private:
  bool word_at(size_t i) const { return i < kinds_.size() && kinds_[i] == Kind::kWord; }
  char32_t value(size_t i) const { return points_[i].value; }

  std::string bytes(size_t begin, size_t end) const {
    std::string text;
    for (size_t i = begin; i < end; ++i) text += points_[i].bytes;
    return text;
  }

  size_t token_end(size_t begin) const {
    if (kinds_[begin] == Kind::kWord) return word_end(begin);
    size_t end = begin + 1;
    if (kinds_[begin] == Kind::kMark)
      while (end < points_.size() && value(end) == value(begin)) ++end;
    while (end < points_.size() && kinds_[end] == Kind::kExtend) ++end;
    return end;
  }

  size_t word_end(size_t begin) const {
    if (const size_t end = initials_end(begin)) return end;
    size_t end = begin + 1;
    while (word_at(end) || joins(end)) ++end;
    return end;
  }

  /// Whether the mark at `i` stands inside a word: don't, re-imagining, 3.5, 10,000.
  bool joins(size_t i) const {
    if (!word_at(i - 1) || !word_at(i + 1)) return false;
    if (is_apostrophe(value(i)) || is_hyphen(value(i))) return true;
    return (value(i) == '.' || value(i) == ',') && is_digit(value(i - 1)) && is_digit(value(i + 1));
  }

  /// End of two or more initials with their points (U.S.), 0 when there are none.
  size_t initials_end(size_t begin) const {
    size_t end = begin;
    while (word_at(end) && !is_digit(value(end)) && end + 1 < points_.size() && value(end + 1) == '.')
      end += 2;
    return end >= begin + 4 && !word_at(end) ? end : 0;
  }

  /// 's, 're, n't apart from their word, as the Penn Treebank writes them.
  bool is_clitic() const {
    return points_.size() >= 2 && points_.size() <= 3 && is_apostrophe(value(0)) && word_at(1) &&
           (points_.size() == 2 || word_at(2));
  }

  /// -lrb-, -rrb-, -lsb- …: the Penn Treebank's names of brackets.
  bool is_bracket_name() const {
    const std::string name = points_.size() == 5 ? lowercase(bytes(0, 5)) : std::string();
    return name.size() == 5 && name[0] == '-' && name.substr(3) == "b-" &&
           (name[1] == 'l' || name[1] == 'r') && (name[2] == 'r' || name[2] == 'c' || name[2] == 's');
  }

  std::vector<CodePoint> points_;
  std::vector<Kind> kinds_;
};

/// The stretches of `text` between white space; they point into it.
std::vector<std::vector<CodePoint>> between_spaces(const std::string& text) {
  std::vector<std::vector<CodePoint>> pieces;
  bool open = false;
  for (const CodePoint& point : decode_utf8(text)) {
    const bool space = kind_of(point.value) == Kind::kSpace;
    if (!space && !open) pieces.emplace_back();
    if (!space) pieces.back().push_back(point);
    open = !space;
  }
  return pieces;
}

std::string cleaned(const std::string& text, bool lower) {
  return lower ? lowercase(normalize(text)) : normalize(text);
}

class WordTokenizer : public Tokenizer {
 public:
  explicit WordTokenizer(bool lower) : lower_(lower) {}

  std::vector<std::string> tokens(const std::string& raw) const override {
    const std::string text = cleaned(raw, lower_);
    std::vector<std::string> tokens;
    for (std::vector<CodePoint>& piece : between_spaces(text)) Piece(std::move(piece)).cut_into(tokens);
    return tokens;
  }
  std::string text(const std::vector<std::string>& tokens) const override { return join(tokens, " "); }

 private:
  bool lower_;
};

class SpaceTokenizer : public Tokenizer {
 public:
  explicit SpaceTokenizer(bool lower) : lower_(lower) {}

  std::vector<std::string> tokens(const std::string& raw) const override {
    const std::string text = cleaned(raw, lower_);
    std::vector<std::string> tokens;
    for (const std::vector<CodePoint>& piece : between_spaces(text)) {
      tokens.emplace_back();
      for (const CodePoint& point : piece) tokens.back() += point.bytes;
    }
    return tokens;
  }
  std::string text(const std::vector<std::string>& tokens) const override { return join(tokens, " "); }

 private:
  bool lower_;
};

class CharacterTokenizer : public Tokenizer {
 public:
  explicit CharacterTokenizer(bool lower) : lower_(lower) {}
  std::vector<std::string> tokens(const std::string& text) const override {
    return code_points(cleaned(text, lower_));
  }
  std::string text(const std::vector<std::string>& tokens) const override { return join(tokens, ""); }

 private:
  bool lower_;
};

}  // namespace

std::vector<std::string> tokenizer_names() {
  return {"word", "space", "character", "sentencepiece"};
}

std::unique_ptr<Tokenizer> make_tokenizer(const TokenizerOptions& options) {
  if (options.kind == "word") return std::make_unique<WordTokenizer>(options.lowercase);
  if (options.kind == "space") return std::make_unique<SpaceTokenizer>(options.lowercase);
  if (options.kind == "character") return std::make_unique<CharacterTokenizer>(options.lowercase);
  if (options.kind == "sentencepiece") return make_subword_tokenizer(options);
  throw ConfigError("unknown tokenizer \"" + options.kind + "\"" + hint(options.kind, tokenizer_names()));
}

}  // namespace fovea
