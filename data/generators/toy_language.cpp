#include "data/generators/toy_language.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <set>

#include "data/generators/keys.h"
#include "src/base/error.h"

namespace fovea {
namespace {

enum WordClass { kDeterminer, kAdjective, kNoun, kVerb, kPreposition, kAdverb, kClasses };

constexpr int64_t kShortest = 5;  // determiner noun verb determiner noun
constexpr int64_t kPlain = 12;    // every optional word used; longer ones have more prepositional phrases

struct Entry {
  std::string source;
  std::vector<std::string> target;  ///< none, one or two words
};

using Lexicon = std::array<std::vector<Entry>, kClasses>;

struct Language {
  Lexicon words;
  std::vector<std::vector<std::string>> idioms;  ///< by noun, with its adjective; none in plain toy-language

  /// The one adjective with which noun `noun` is an idiom.
  size_t idiomatic_adjective(size_t noun) const { return noun % words[kAdjective].size(); }
};

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
/// each. Its idioms come after it, so that both kinds have the same words.
Language make_language(const SequenceOptions& options) {
  static const std::vector<std::string> consonants = {"b", "d", "g", "k", "l", "m", "n", "p", "r", "s", "t"};
  static const std::vector<std::string> vowels = {"a", "e", "i", "o", "u"};
  static constexpr std::array<WordClass, 15> deal = {kDeterminer,  kNoun, kVerb,   kAdjective, kPreposition,
                                                     kAdverb,      kNoun, kVerb,   kAdjective, kNoun,
                                                     kPreposition, kNoun, kAdverb, kVerb,      kAdjective};
  Random random = world_random(Generator::kToyLanguage, options.data_seed);
  std::set<std::string> sources, targets;
  Language language;
  for (int64_t i = 0; i < options.vocabulary; ++i) {
    const WordClass word_class = deal[static_cast<size_t>(i) % deal.size()];
    std::string word = invent(random, consonants, vowels, sources);
    language.words[word_class].push_back({std::move(word), translate(word_class, random, targets)});
  }
  if (options.kind == "toy-idioms")
    for (size_t noun = 0; noun < language.words[kNoun].size(); ++noun)
      language.idioms.push_back(translate(kNoun, random, targets));
  return language;
}

/// Collects a sentence: source words in order, then target words with the source word they come from.
class Writer {
 public:
  Writer(const Language& language, Random& random) : language_(language), random_(random) {}

  /// Adds a word of a class to the source; returns its place among the pending translations.
  size_t say(WordClass word_class) { return say(random_.pick(language_.words[word_class])); }
  void translate(size_t source) { translate(said_[source]->target, {source}); }
  /// determiner [adjective] noun; the translation puts the adjective last. Of an idiom adjective and noun are
  /// translated as one, each target word from both.
  void noun_phrase(bool adjective) {
    say(kDeterminer);
    if (!adjective) return translate(say(kNoun));
    const size_t described = say(kAdjective);
    const bool wanted = !language_.idioms.empty() && random_.below(2) == 1;
    const size_t noun = wanted ? say(idiomatic_noun(described)) : say(kNoun);
    if (const auto* idiom = idiom_of(described, noun)) return translate(*idiom, {described, noun});
    translate(noun), translate(described);
  }
  AlignedPair take() { return std::move(pair_); }

 private:
  size_t say(const Entry& entry) {
    pair_.source.push_back(entry.source);
    said_.push_back(&entry);
    return said_.size() - 1;
  }
  void translate(const std::vector<std::string>& words, std::initializer_list<size_t> sources) {
    for (const std::string& word : words) {
      for (const size_t source : sources)
        pair_.alignment.emplace_back(static_cast<int64_t>(source), static_cast<int64_t>(pair_.target.size()));
      pair_.target.push_back(word);
    }
  }
  size_t number(WordClass word_class, size_t said) const {
    return static_cast<size_t>(said_[said] - language_.words[word_class].data());
  }
  /// One of the nouns that are idioms with what was said: there are at least as many nouns as adjectives.
  const Entry& idiomatic_noun(size_t adjective) {
    std::vector<size_t> nouns;
    for (size_t noun = 0; noun < language_.words[kNoun].size(); ++noun)
      if (language_.idiomatic_adjective(noun) == number(kAdjective, adjective)) nouns.push_back(noun);
    return language_.words[kNoun][random_.pick(nouns)];
  }
  const std::vector<std::string>* idiom_of(size_t adjective, size_t noun) const {
    if (language_.idioms.empty()) return nullptr;
    const size_t which = number(kNoun, noun);
    return language_.idiomatic_adjective(which) == number(kAdjective, adjective) ? &language_.idioms[which]
                                                                                 : nullptr;
  }

  const Language& language_;
  Random& random_;
  AlignedPair pair_;
  std::vector<const Entry*> said_;
};

/// Which optional words a sentence has.
struct Plan {
  bool adverb, phrase, adjectives[3];
  std::vector<bool> further = {};  ///< prepositional phrases after the first: whether with an adjective

  int64_t length() const {
    int64_t words = kShortest + adverb + adjectives[0] + adjectives[1] + (phrase ? 3 + adjectives[2] : 0);
    for (const bool adjective : further) words += 3 + adjective;
    return words;
  }
};

Plan draw_plan(Random& random, int64_t min_length, int64_t max_length) {
  for (;;) {
    const auto coin = [&] { return random.below(2) == 1; };
    Plan plan{coin(), coin(), {coin(), coin(), coin()}};
    if (max_length > kPlain) {
      const int64_t wanted = random.between(std::max(min_length, kShortest), max_length);
      while (plan.length() + 3 <= wanted) plan.further.push_back(coin());
    }
    if (plan.length() >= min_length && plan.length() <= max_length) return plan;
  }
}

}  // namespace

AlignedPair toy_sentence(const SequenceOptions& options, int64_t split, int64_t index) {
  if (options.vocabulary < 12)
    throw ConfigError("a toy language needs a vocabulary of at least 12; found " +
                      std::to_string(options.vocabulary));
  if (options.max_length < kShortest)
    throw ConfigError("a toy language has sentences of at least 5 words; found lengths " +
                      std::to_string(options.min_length) + " to " + std::to_string(options.max_length));
  const Language language = make_language(options);
  Random random = example_random(Generator::kToyLanguage, options.data_seed, split, index);
  const Plan plan = draw_plan(random, options.min_length, options.max_length);
  Writer writer(language, random);
  const size_t adverb = plan.adverb ? writer.say(kAdverb) : 0;
  writer.noun_phrase(plan.adjectives[0]);
  writer.translate(writer.say(kVerb));
  writer.noun_phrase(plan.adjectives[1]);
  const auto phrase = [&](bool adjective) {
    writer.translate(writer.say(kPreposition));
    writer.noun_phrase(adjective);
  };
  if (plan.phrase) phrase(plan.adjectives[2]);
  for (const bool adjective : plan.further) phrase(adjective);
  if (plan.adverb) writer.translate(adverb);
  return writer.take();
}

}  // namespace fovea
