// Sentences in five languages whose class hangs on exactly one word, so that attention over words has a
// truth.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace fovea {

struct SentenceOptions {
  std::vector<std::string> languages = {"en", "de", "fr", "es", "zh"};  ///< each example picks one
  uint64_t data_seed = 0;
  int64_t min_words = 6;  ///< tokens of the word tokenizer, punctuation included
  int64_t max_words = 20;
};

struct Sentence {
  std::string text;
  std::string label;              ///< positive, negative or neutral
  std::vector<int64_t> decisive;  ///< token indices, under the word tokenizer, of the decisive word
  std::string language;
};

/// A sentence without its decisive word; it is drawn without knowing the class.
struct SentenceFrame {
  std::string language, before, after;
};

/// The classes and the languages there are.
const std::vector<std::string>& sentence_labels();
const std::vector<std::string>& sentence_languages();

/// The decisive words of a class in a language. Throws ConfigError with the known names.
const std::vector<std::string>& decisive_words(const std::string& language, const std::string& label);

/// The frame of example `index` of `split`. Throws ConfigError for options that cannot be, here and below.
SentenceFrame sentence_frame(const SentenceOptions& options, int64_t split, int64_t index);

/// Example `index` of `split`: text = before + decisive word + after. Class, word and frame are independent
/// draws, so nothing but the decisive word tells the class.
Sentence decisive_sentence(const SentenceOptions& options, int64_t split, int64_t index);

}  // namespace fovea
