// BLEU (Papineni 2002) with sacreBLEU's tokenisations, smoothing and signature (Post 2018).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace fovea {

struct BleuOptions {
  std::string tokenizer = "13a";  ///< 13a, zh, char, none
  std::string smooth = "exp";     ///< exp, floor, add-k, none
  double smooth_value = -1;       ///< of floor (0.1 when negative) and add-k (1 when negative)
  bool lowercase = false;         ///< compare lower-cased texts
  bool effective_order = false;   ///< leave out orders longer than the text: for scores of single sentences
};

/// Names that BleuOptions::tokenizer and ::smooth may have.
const std::vector<std::string>& bleu_tokenizers();
const std::vector<std::string>& bleu_smoothings();

/// What one hypothesis adds to a corpus' score; adding two gives that of both.
struct BleuCounts {
  std::array<int64_t, 4> matches{}, totals{};  ///< n-grams of 1 to 4 tokens
  int64_t hypothesis = 0, reference = 0;       ///< tokens
  BleuCounts& operator+=(const BleuCounts& other);
};

/// `text` as BLEU counts it. Throws ConfigError for an unknown tokenizer, DataError when not UTF-8.
std::vector<std::string> bleu_tokens(const std::string& text, const std::string& tokenizer);

/// Matches against one or more references: each n-gram counts as often as in the reference that has it most,
/// and the reference nearest in length counts (the shorter of two). Throws std::invalid_argument without a
/// reference.
BleuCounts bleu_counts(const std::string& hypothesis, const std::vector<std::string>& references,
                       const BleuOptions& options = {});

struct Bleu {
  double score = 0;                    ///< 0 … 100
  std::array<double, 4> precisions{};  ///< 0 … 100, smoothed
  double brevity = 1;
};

/// The score of what was counted.
Bleu bleu(const BleuCounts& counts, const BleuOptions& options = {});

/// "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:…": the version of sacreBLEU whose figures these
/// are.
std::string bleu_signature(const BleuOptions& options, int64_t references = 1);

}  // namespace fovea
