// One label a pair of texts: entailment, paraphrase, a question about a story.
#pragma once

#include "data/tasks/labelled_texts.h"

namespace fovea {

class TextPairs : public LabelledTexts {
 public:
  struct Options : LabelledTextOptions {
    std::vector<std::string> second;
    int64_t facts = 4;
    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit) {
      LabelledTextOptions::fields(self, visit);
      visit("second", self.second, "columns joined into the second text; names, or numbers from 0");
      visit("facts", self.facts, "sentences of a generated story", between(1, 6));
    }
  };

  explicit TextPairs(const Options& options);
  TextPairs(const Options& options, const std::string& folder);
};

}  // namespace fovea
