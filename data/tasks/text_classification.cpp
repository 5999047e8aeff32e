#include "data/tasks/text_classification.h"

#include "data/generators/sentences.h"

namespace fovea {
namespace {

LabelledTexts::Item parse_sentence(const std::string& sentence) {
  const size_t space = sentence.find(' ');
  if (space == std::string::npos || space == 0)
    throw ConfigError("task.sentences: expected \"label text\"; found \"" + sentence + "\"");
  return {sentence.substr(space + 1), sentence.substr(0, space), "task.sentences", {}};
}

LabelledTexts::Origin origin(const TextClassification::Options& options) {
  SentenceOptions wanted;
  wanted.data_seed = static_cast<uint64_t>(options.data_seed);
  if (!options.languages.empty()) wanted.languages = options.languages;
  LabelledTexts::Origin origin;
  origin.task = "text-classification";
  origin.classes = sentence_labels();
  origin.generate = [wanted](int64_t split, int64_t i) -> LabelledTexts::Item {
    const Sentence made = decisive_sentence(wanted, split, i);
    return {made.text, made.label, "generated " + std::to_string(i), made.decisive};
  };
  for (const std::string& sentence : options.sentences) origin.written.push_back(parse_sentence(sentence));
  return origin;
}

}  // namespace

TextClassification::TextClassification(const Options& options) : LabelledTexts(options, origin(options)) {}

TextClassification::TextClassification(const Options& options, const std::string& folder)
    : LabelledTexts(options, origin(options), folder) {}

}  // namespace fovea
