#include "src/stats/bleu.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <stdexcept>

#include "src/base/error.h"
#include "src/base/text.h"
#include "src/base/unicode.h"
#include "src/stats/ngrams.h"

namespace fovea {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// ASCII signs that always stand alone: all but . , - ' and letters and digits.
bool stands_alone(char c) {
  const auto within = [c](char low, char high) { return c >= low && c <= high; };
  return within('{', '~') || within('[', '`') || within(' ', '&') || within('(', '+') || within(':', '@') ||
         c == '/';
}

/// Puts spaces around each non-overlapping pair of neighbours for which `meet` holds, as `around` says.
template <class Meet>
std::string separated(const std::string& text, Meet&& meet, bool before, bool between, bool after) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    if (i + 1 >= text.size() || !meet(text[i], text[i + 1])) {
      result += text[i];
      continue;
    }
    if (before) result += ' ';
    result += text[i];
    if (between) result += ' ';
    result += text[++i];
    if (after) result += ' ';
  }
  return result;
}

/// The rules that mteval-v13a and sacreBLEU's zh share; they look at bytes, since all they seek is ASCII.
std::vector<std::string> split_signs(const std::string& text) {
  const auto stop = [](char c) { return c == '.' || c == ','; };
  std::string line;
  for (char c : text) line += stands_alone(c) ? std::string{' ', c, ' '} : std::string(1, c);
  line = separated(line, [&](char a, char b) { return !is_digit(a) && stop(b); }, false, true, true);
  line = separated(line, [&](char a, char b) { return stop(a) && !is_digit(b); }, true, true, false);
  line = separated(line, [&](char a, char b) { return is_digit(a) && b == '-'; }, false, true, true);
  return words_between_spaces(line);
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

std::string unescaped(std::string text) {
  replace_all(text, "<skipped>", "");
  replace_all(text, "-\n", "");
  replace_all(text, "\n", " ");
  replace_all(text, "&quot;", "\"");
  replace_all(text, "&amp;", "&");
  replace_all(text, "&lt;", "<");
  replace_all(text, "&gt;", ">");
  return " " + text + " ";
}

/// What the zh tokenizer takes for a Chinese character. U+2001–U+2A6D are in it: its table spells the planes
/// beyond the first with four digits, which widens two ranges, and the scores that people compare with have
/// it.
bool is_chinese(char32_t c) {
  static const std::vector<std::pair<char32_t, char32_t>> ranges = {
      {0x3400, 0x4db5}, {0x4e00, 0x9fbb}, {0xf900, 0xfa2d}, {0xfa30, 0xfa6a}, {0xfa70, 0xfad9},
      {0x2001, 0x2a6d}, {0x2f81, 0x2fa1}, {0xff00, 0xffef}, {0x2e80, 0x2eff}, {0x3000, 0x303f},
      {0x31c0, 0x31ef}, {0x2f00, 0x2fdf}, {0x2ff0, 0x2fff}, {0x3100, 0x312f}, {0x31a0, 0x31bf},
      {0xfe10, 0xfe1f}, {0xfe30, 0xfe4f}, {0x2600, 0x26ff}, {0x2700, 0x27bf}, {0x3200, 0x32ff},
      {0x3300, 0x33ff}};
  return std::any_of(ranges.begin(), ranges.end(),
                     [c](const auto& range) { return c >= range.first && c <= range.second; });
}

std::vector<std::string> chinese_tokens(const std::string& text) {
  std::string line;
  for (const CodePoint& c : decode_utf8(text)) {
    const bool apart = is_chinese(c.value);
    if (apart) line += ' ';
    line += c.bytes;
    if (apart) line += ' ';
  }
  // No white space at either end: the rules on neighbours must not see any.
  const std::vector<std::string> words = words_between_spaces(line);
  if (words.empty()) return {};
  const size_t begin = line.find(words.front()), end = line.rfind(words.back()) + words.back().size();
  return split_signs(line.substr(begin, end - begin));
}

void require(const std::string& what, const std::string& name, const std::vector<std::string>& names) {
  if (std::find(names.begin(), names.end(), name) == names.end())
    throw ConfigError("unknown " + what + " \"" + name + "\"" + hint(name, names));
}

}  // namespace

const std::vector<std::string>& bleu_tokenizers() {
  static const std::vector<std::string> names = {"13a", "zh", "char", "none"};
  return names;
}

const std::vector<std::string>& bleu_smoothings() {
  static const std::vector<std::string> names = {"exp", "floor", "add-k", "none"};
  return names;
}

BleuCounts& BleuCounts::operator+=(const BleuCounts& other) {
  for (size_t n = 0; n < matches.size(); ++n) matches[n] += other.matches[n], totals[n] += other.totals[n];
  hypothesis += other.hypothesis, reference += other.reference;
  return *this;
}

std::vector<std::string> bleu_tokens(const std::string& text, const std::string& tokenizer) {
  require("tokenizer", tokenizer, bleu_tokenizers());
  if (tokenizer == "13a") return split_signs(unescaped(text));
  if (tokenizer == "zh") return chinese_tokens(text);
  if (tokenizer == "none") return words_between_spaces(text);
  std::vector<std::string> characters;
  for (const CodePoint& c : decode_utf8(text))
    if (!is_white_space(c.value)) characters.emplace_back(c.bytes);
  return characters;
}

BleuCounts bleu_counts(const std::string& hypothesis, const std::vector<std::string>& references,
                       const BleuOptions& options) {
  if (references.empty()) throw std::invalid_argument("[bleu_counts] expected a reference, found none");
  const auto tokens_of = [&](const std::string& text) {
    return bleu_tokens(options.lowercase ? lowercase(text) : text, options.tokenizer);
  };
  const auto found = tokens_of(hypothesis);
  std::vector<std::vector<std::string>> wanted;
  for (const std::string& reference : references) wanted.push_back(tokens_of(reference));
  BleuCounts counts;
  counts.hypothesis = static_cast<int64_t>(found.size());
  counts.reference = -1;
  for (const auto& tokens : wanted) {
    const auto length = static_cast<int64_t>(tokens.size());
    const int64_t gap = std::abs(length - counts.hypothesis);
    const int64_t best = std::abs(counts.reference - counts.hypothesis);
    if (counts.reference < 0 || gap < best || (gap == best && length < counts.reference))
      counts.reference = length;
  }
  for (size_t n = 0; n < 4; ++n) {
    Ngrams allowed;
    for (const auto& tokens : wanted)
      for (const auto& [gram, count] : count_ngrams(tokens, n + 1))
        allowed[gram] = std::max(allowed[gram], count);
    const Ngrams grams = count_ngrams(found, n + 1);
    counts.totals[n] = total_count(grams), counts.matches[n] = shared_count(grams, allowed);
  }
  return counts;
}

Bleu bleu(const BleuCounts& counts, const BleuOptions& options) {
  require("smoothing", options.smooth, bleu_smoothings());
  Bleu result;
  if (counts.hypothesis < counts.reference)
    result.brevity =
        counts.hypothesis > 0
            ? std::exp(1 - static_cast<double>(counts.reference) / static_cast<double>(counts.hypothesis))
            : 0;
  if (std::all_of(counts.matches.begin(), counts.matches.end(), [](int64_t n) { return n == 0; }))
    return result;
  const double value = options.smooth_value >= 0 ? options.smooth_value : options.smooth == "floor" ? 0.1 : 1;
  double halving = 1, logs = 0;
  size_t order = 4;
  bool zero = false;
  for (size_t n = 0; n < 4; ++n) {
    auto matches = static_cast<double>(counts.matches[n]), total = static_cast<double>(counts.totals[n]);
    if (options.smooth == "add-k" && n > 0) matches += value, total += value;
    if (total == 0) break;
    if (options.effective_order) order = n + 1;
    if (matches > 0)
      result.precisions[n] = 100 * matches / total;
    else if (options.smooth == "exp")
      result.precisions[n] = 100 / ((halving *= 2) * total);
    else if (options.smooth == "floor")
      result.precisions[n] = 100 * value / total;
  }
  for (size_t n = 0; n < order; ++n) {
    zero = zero || result.precisions[n] == 0;
    if (!zero) logs += std::log(result.precisions[n]);
  }
  result.score = zero ? 0 : result.brevity * std::exp(logs / static_cast<double>(order));
  return result;
}

std::string bleu_signature(const BleuOptions& options, int64_t references) {
  std::string smooth = options.smooth;
  if (smooth == "floor" || smooth == "add-k") {
    char number[16];
    std::snprintf(number, sizeof number, "[%.2f]",
                  options.smooth_value >= 0 ? options.smooth_value : (smooth == "floor" ? 0.1 : 1.0));
    smooth += number;
  }
  return "nrefs:" + std::to_string(references) + "|case:" + (options.lowercase ? "lc" : "mixed") +
         "|eff:" + (options.effective_order ? "yes" : "no") + "|tok:" + options.tokenizer +
         "|smooth:" + smooth + "|version:2.6.0";
}

}  // namespace fovea
