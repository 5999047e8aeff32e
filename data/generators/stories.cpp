#include "data/generators/stories.h"

#include <algorithm>
#include <stdexcept>

#include "data/generators/keys.h"
#include "src/base/text.h"

namespace fovea {
namespace {

/// One way to say where somebody is: words around P, the person, and L, the place.
const std::vector<std::string> kFacts = {
    "P is in the L .",
    "P went to the L an hour ago .",
    "In the L , quite alone , sits P .",
    "You will find P in the L .",
    "The L is where P reads a book .",
    "Today P has not left the L .",
};
const std::vector<std::string> kQuestions = {"Where is P ?", "In which place do I find P ?",
                                             "Do you know where P has gone ?"};
const std::vector<std::string> kPeople = {"Anna",  "Boris", "Clara", "David", "Emma",  "Felix",
                                          "Greta", "Hugo",  "Irene", "Jonas", "Karla", "Leo"};

/// `n` different ones of `names`, in random order.
std::vector<std::string> draw(std::vector<std::string> names, int64_t n, Random& random) {
  random.shuffle(names);
  names.resize(static_cast<size_t>(n));
  return names;
}

}  // namespace

const std::vector<std::string>& story_places() {
  static const std::vector<std::string> places = {"garden", "kitchen", "library",
                                                  "market", "station", "tower"};
  return places;
}

Story story(const StoryOptions& options, int64_t split, int64_t index) {
  if (options.facts < 1 || options.facts > static_cast<int64_t>(story_places().size()))
    throw std::invalid_argument("[story] facts must be 1 to 6; found " + std::to_string(options.facts));
  Random random = example_random(Generator::kStories, options.data_seed, split, index);
  const auto people = draw(kPeople, options.facts, random);
  const auto places = draw(story_places(), options.facts, random);
  const auto asked = static_cast<size_t>(random.below(options.facts));
  Story made;
  made.answer = places[asked];
  std::vector<std::string> words;
  for (size_t fact = 0; fact < people.size(); ++fact)
    for (const std::string& word : fovea::split(random.pick(kFacts), ' ')) {
      const bool name = word == "P" || word == "L";
      if (name && fact == asked) made.support.push_back(static_cast<int64_t>(words.size()));
      words.push_back(word == "P" ? people[fact] : word == "L" ? places[fact] : word);
    }
  made.text = join(words, " ");
  std::vector<std::string> question = fovea::split(random.pick(kQuestions), ' ');
  std::replace(question.begin(), question.end(), std::string("P"), people[asked]);
  made.question = join(question, " ");
  return made;
}

}  // namespace fovea
