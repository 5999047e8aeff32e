// Text to tokens: the two tokenizers that need no model, by word and by character.
#pragma once

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
};

struct TokenizerOptions {
  std::string kind = "word";  ///< word | character
  bool lowercase = false;
};

/// Throws ConfigError with the known names when `options.kind` is none of them.
///
/// `word` cuts at Unicode white space, then takes punctuation and symbols off the words: a run of one mark
/// (`...`, `--`) is one token. Kept inside a word: apostrophes and hyphens between letters or digits
/// (`don't`, `re-imagining`), points and commas between digits (`3.5`, `10,000`), the points of initials
/// (`U.S.`). Text already cut in the Penn Treebank's manner (`it 's`, `wo n't`, `-lrb-`) keeps its tokens.
/// Chinese and Japanese characters are a token each; Korean is cut at its spaces.
///
/// `character` gives one token per code point, white space included.
std::unique_ptr<Tokenizer> make_tokenizer(const TokenizerOptions& options);

}  // namespace fovea
