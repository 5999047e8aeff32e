#include "data/generators/sentences.h"

#include <algorithm>

#include "data/generators/keys.h"
#include "data/generators/phrasebook.h"
#include "data/text/tokenizer.h"
#include "src/base/error.h"
#include "src/base/text.h"

namespace fovea {
namespace {

const Phrasebook& phrasebook(const std::string& language) {
  for (const Phrasebook& book : phrasebooks())
    if (book.language == language) return book;
  throw ConfigError("unknown language \"" + language + "\"" + hint(language, sentence_languages()));
}

int64_t word_count(const std::string& text) {
  static const auto tokenizer = make_tokenizer({});
  return static_cast<int64_t>(tokenizer->tokens(text).size());
}

/// `pattern` with every `{slot}` replaced by a random filler.
std::string fill(const std::string& pattern, const Phrasebook& book, Random& random) {
  std::string text;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '{') {
      text += pattern[i];
      continue;
    }
    const size_t end = pattern.find('}', i);
    text += random.pick(book.fillers.at(pattern.substr(i + 1, end - i - 1)));
    i = end;
  }
  return text;
}

SentenceFrame draw_frame(const SentenceOptions& options, Random& random) {
  const Phrasebook& book = phrasebook(random.pick(options.languages));
  std::string text = fill(random.pick(book.openings), book, random);
  text += fill(random.pick(book.cores), book, random);
  text += fill(random.pick(book.closings), book, random);
  text += random.pick(book.endings);
  if (text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  const size_t slot = text.find('*');
  return {book.language, text.substr(0, slot), text.substr(slot + 1)};
}

}  // namespace

const std::vector<std::string>& sentence_labels() {
  static const std::vector<std::string> labels = {"positive", "negative", "neutral"};
  return labels;
}

const std::vector<std::string>& sentence_languages() {
  static const std::vector<std::string> languages = [] {
    std::vector<std::string> names;
    for (const Phrasebook& book : phrasebooks()) names.push_back(book.language);
    return names;
  }();
  return languages;
}

const std::vector<std::string>& decisive_words(const std::string& language, const std::string& label) {
  const auto& labels = sentence_labels();
  const auto found = std::find(labels.begin(), labels.end(), label);
  if (found == labels.end()) throw ConfigError("unknown class \"" + label + "\"" + hint(label, labels));
  return phrasebook(language).decisive[static_cast<size_t>(found - labels.begin())];
}

SentenceFrame sentence_frame(const SentenceOptions& options, int64_t split, int64_t index) {
  if (options.languages.empty())
    throw ConfigError("sentences need at least one language" + hint("", sentence_languages()));
  Random random = example_random(Generator::kSentences, options.data_seed, split, index);
  for (int attempt = 0; attempt < 1000; ++attempt) {
    SentenceFrame frame = draw_frame(options, random);
    const int64_t words = word_count(frame.before) + word_count(frame.after) +
                          word_count(phrasebook(frame.language).decisive[0][0]);  // as long in every class
    if (words >= options.min_words && words <= options.max_words) return frame;
  }
  throw ConfigError("no sentence has " + std::to_string(options.min_words) + " to " +
                    std::to_string(options.max_words) +
                    " words; expected a range that holds lengths between 6 and 20");
}

Sentence decisive_sentence(const SentenceOptions& options, int64_t split, int64_t index) {
  const SentenceFrame frame = sentence_frame(options, split, index);
  // A stream of its own: the frame's draws must not move the word's.
  Random random(mix(example_random(Generator::kSentences, options.data_seed, split, index).bits()));
  Sentence sentence;
  sentence.label = random.pick(sentence_labels());
  sentence.language = frame.language;
  const std::string& word = random.pick(decisive_words(frame.language, sentence.label));
  sentence.text = frame.before + word + frame.after;
  for (int64_t i = word_count(frame.before), end = i + word_count(word); i < end; ++i)
    sentence.decisive.push_back(i);
  return sentence;
}

}  // namespace fovea
