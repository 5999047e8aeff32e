#include "data/generators/toy_language.h"

#include <array>
#include <set>

#include "data/generators/keys.h"
#include "src/base/error.h"

namespace fovea {
namespace {

enum WordClass { kDeterminer, kAdjective, kNoun, kVerb, kPreposition, kAdverb, kClasses };

constexpr int64_t kShortest = 5;  // determiner noun verb determiner noun
constexpr int64_t kLongest = 12;  // every optional word used

struct Entry {
  std::string source;
  std::vector<std::string> target;  ///< none, one or two words
};

using Lexicon = std::array<std::vector<Entry>, kClasses>;

/// A pronounceable word of two or three syllables that is not in `used` yet.
std::string invent(Random& random, const std::vector<std::string>& consonants,
                   const std::vector<std::string>& vowels, std::set<std::string>& used) {
  for (int64_t syllables = 2;; ++syllables)  // longer ones once the short ones run out
    for (int attempt = 0; attempt < 50; ++attempt) {
      std::string word;
      for (int64_t i = 0; i < syllables; ++i) word += random.pick(consonants) + random.pick(vowels);
      if (used.insert(word).second) return word;
    }
}

std::vector<std::string> translate(WordClass word_class, Random& random, std::set<std::string>& used) {
  static const std::vector<std::string> consonants = {"sh", "v", "z", "kr", "j", "th", "br", "gl", "f", "st"};
  static const std::vector<std::string> vowels = {"e", "i", "u", "ao", "ei"};
  if (word_class == kDeterminer) return {};
  const bool two = (word_class == kNoun || word_class == kVerb) && random.below(5) == 0;
  std::vector<std::string> words;
  for (int i = 0; i < (two ? 2 : 1); ++i) words.push_back(invent(random, consonants, vowels, used));
  return words;
}

/// The dictionary that `data_seed` stands for: nouns get a third of the words, verbs and adjectives a fifth
/// each.
Lexicon make_lexicon(const SequenceOptions& options) {
  static const std::vector<std::string> consonants = {"b", "d", "g", "k", "l", "m", "n", "p", "r", "s", "t"};
  static const std::vector<std::string> vowels = {"a", "e", "i", "o", "u"};
  static constexpr std::array<WordClass, 15> deal = {kDeterminer,  kNoun, kVerb,   kAdjective, kPreposition,
                                                     kAdverb,      kNoun, kVerb,   kAdjective, kNoun,
                                                     kPreposition, kNoun, kAdverb, kVerb,      kAdjective};
  Random random = world_random(Generator::kToyLanguage, options.data_seed);
  std::set<std::string> sources, targets;
  Lexicon lexicon;
  for (int64_t i = 0; i < options.vocabulary; ++i) {
    const WordClass word_class = deal[static_cast<size_t>(i) % deal.size()];
    std::string word = invent(random, consonants, vowels, sources);
    lexicon[word_class].push_back({std::move(word), translate(word_class, random, targets)});
  }
  return lexicon;
}

/// Collects a sentence: source words in order, then target words with the source word they come from.
class Writer {
 public:
  Writer(const Lexicon& lexicon, Random& random) : lexicon_(lexicon), random_(random) {}

  /// Adds a word of a class to the source; returns its place among the pending translations.
  size_t say(WordClass word_class) {
    const Entry& entry = random_.pick(lexicon_[word_class]);
    pair_.source.push_back(entry.source);
    said_.push_back(&entry);
    return said_.size() - 1;
  }
  void translate(size_t source) {
    for (const std::string& word : said_[source]->target) {
      pair_.alignment.emplace_back(static_cast<int64_t>(source), static_cast<int64_t>(pair_.target.size()));
      pair_.target.push_back(word);
    }
  }
  /// determiner [adjective] noun; the translation puts the adjective last.
  void noun_phrase(bool adjective) {
    say(kDeterminer);
    const size_t described = adjective ? say(kAdjective) : 0;
    translate(say(kNoun));
    if (adjective) translate(described);
  }
  AlignedPair take() { return std::move(pair_); }

 private:
  const Lexicon& lexicon_;
  Random& random_;
  AlignedPair pair_;
  std::vector<const Entry*> said_;
};

/// Which optional words a sentence has.
struct Plan {
  bool adverb, phrase, adjectives[3];
  int64_t length() const {
    return kShortest + adverb + adjectives[0] + adjectives[1] + (phrase ? 3 + adjectives[2] : 0);
  }
};

Plan draw_plan(Random& random, int64_t min_length, int64_t max_length) {
  for (;;) {
    const auto coin = [&] { return random.below(2) == 1; };
    const Plan plan{coin(), coin(), {coin(), coin(), coin()}};
    if (plan.length() >= min_length && plan.length() <= max_length) return plan;
  }
}

}  // namespace

AlignedPair toy_sentence(const SequenceOptions& options, int64_t split, int64_t index) {
  if (options.vocabulary < 12)
    throw ConfigError("a toy language needs a vocabulary of at least 12; found " +
                      std::to_string(options.vocabulary));
  if (options.max_length < kShortest || options.min_length > kLongest)
    throw ConfigError("a toy language has sentences of 5 to 12 words; found lengths " +
                      std::to_string(options.min_length) + " to " + std::to_string(options.max_length));
  const Lexicon lexicon = make_lexicon(options);
  Random random = example_random(Generator::kToyLanguage, options.data_seed, split, index);
  const Plan plan = draw_plan(random, options.min_length, options.max_length);
  Writer writer(lexicon, random);
  const size_t adverb = plan.adverb ? writer.say(kAdverb) : 0;
  writer.noun_phrase(plan.adjectives[0]);
  writer.translate(writer.say(kVerb));
  writer.noun_phrase(plan.adjectives[1]);
  if (plan.phrase) {
    writer.translate(writer.say(kPreposition));
    writer.noun_phrase(plan.adjectives[2]);
  }
  if (plan.adverb) writer.translate(adverb);
  return writer.take();
}

}  // namespace fovea
