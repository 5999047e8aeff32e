// One label a text.
#pragma once

#include "data/tasks/labelled_texts.h"

namespace fovea {

class TextClassification : public LabelledTexts {
 public:
  struct Options : LabelledTextOptions {
    std::vector<std::string> languages, sentences;
    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit) {
      LabelledTextOptions::fields(self, visit);
      visit("sentences", self.sentences,
            "examples written here, each \"label text\": all of them in every split, instead of files");
      visit("languages", self.languages, "of the generated sentences; empty = all");
    }
  };

  explicit TextClassification(const Options& options);
  TextClassification(const Options& options, const std::string& folder);
};

}  // namespace fovea
