// Text to tokens: by word, space and character, which need no model, and by subwords, which are learnt.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace fovea {

/// Cuts text into tokens; the same text always gives the same tokens.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;
  /// The tokens of `text` after canonical composition (NFC); an empty text has none. Throws DataError when
  /// not UTF-8.
  virtual std::vector<std::string> tokens(const std::string& text) const = 0;
  /// Readable text of `tokens`. For words the spaces are a guess: one between any two tokens.
  virtual std::string text(const std::vector<std::string>& tokens) const = 0;

  /// Learns from the training texts, where there is anything to learn. Throws DataError.
  virtual void fit(const std::vector<std::string>& texts) {}
  /// What was learnt, as bytes; empty where nothing is.
  virtual std::string model() const { return ""; }
  /// Takes back what model() gave; `where` opens the CheckpointError of bytes that are none.
  virtual void load(const std::string& model, const std::string& where) {}
  /// Whether fit() or load() must come before the first text.
  virtual bool learns() const { return false; }
};

struct TokenizerOptions {
  std::string kind = "word";  ///< word | space | character | sentencepiece
  bool lowercase = false;
  std::string subwords = "unigram";  ///< of sentencepiece: unigram | bpe
  int64_t size = 8000;               ///< of sentencepiece: most pieces
};

/// The kinds there are.
std::vector<std::string> tokenizer_names();

/// Throws ConfigError with the known names when `options.kind` is none of them.
///
/// `word` cuts at Unicode white space, then takes punctuation and symbols off the words: a run of one mark
/// (`...`, `--`) is one token. Kept inside a word: apostrophes and hyphens between letters or digits
/// (`don't`, `re-imagining`), points and commas between digits (`3.5`, `10,000`), the points of initials
/// (`U.S.`). Text already cut in the Penn Treebank's manner (`it 's`, `wo n't`, `-lrb-`) keeps its tokens.
/// Chinese and Japanese characters are a token each; Korean is cut at its spaces.
///
/// `space` cuts at Unicode white space and nowhere else: for text that is tokenised already.
///
/// `character` gives one token per code point, white space included.
///
/// `sentencepiece` cuts into pieces of a model learnt from the training texts: unigram (Kudo 2018) or bpe
/// (Sennrich 2016); a piece that begins a word begins with `▁`.
std::unique_ptr<Tokenizer> make_tokenizer(const TokenizerOptions& options);

}  // namespace fovea
