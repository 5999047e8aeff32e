// Short stories with a question: where somebody is, told by exactly one sentence, so that attention from the
// question has a truth.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace fovea {

struct StoryOptions {
  int64_t facts = 4;  ///< sentences, each about another person in another place; at most 6
  uint64_t data_seed = 0;
};

struct Story {
  std::string text, question;
  std::string answer;  ///< a place
  std::vector<int64_t>
      support;  ///< token indices, under the word tokenizer, of the person and the place asked for
};

/// The places: the answers there are.
const std::vector<std::string>& story_places();

/// Example `index` of `split`. People, places, wording and who is asked for are independent draws: a guess
/// from the story alone is right once in `facts`, from the question alone once in six.
Story story(const StoryOptions& options, int64_t split, int64_t index);

}  // namespace fovea
