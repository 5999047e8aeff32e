#include "data/tasks/text_pairs.h"

#include "data/generators/stories.h"

namespace fovea {
namespace {

LabelledTexts::Origin origin(const TextPairs::Options& options) {
  if (!options.train.empty() && options.second.empty())
    throw ConfigError("task.second: expected the columns of the second text, found none");
  LabelledTexts::Origin origin;
  origin.task = "text-pairs";
  origin.classes = story_places();
  origin.pairs = true;
  origin.second = options.second;
  const StoryOptions wanted{options.facts, static_cast<uint64_t>(options.data_seed)};
  origin.generate = [wanted](int64_t split, int64_t i) -> LabelledTexts::Item {
    const Story made = story(wanted, split, i);
    return {made.text, made.answer, "generated " + std::to_string(i), made.support, made.question};
  };
  return origin;
}

}  // namespace

TextPairs::TextPairs(const Options& options) : LabelledTexts(options, origin(options)) {}

TextPairs::TextPairs(const Options& options, const std::string& folder)
    : LabelledTexts(options, origin(options), folder) {}

}  // namespace fovea
