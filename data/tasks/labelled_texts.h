// What tasks with a label a text, or a label a pair of texts, share: files, splits, tokens, vocabulary.
#pragma once

#include "data/tasks/classification.h"
#include "data/text/tokenizer.h"
#include "data/text/vocabulary.h"
#include "src/config/fields.h"

namespace fovea {

struct LabelledTextOptions {
  std::string source = "auto", root, train, validation, test;
  std::string format = "auto", header = "auto", encoding = "utf-8", label, tokenizer = "word",
              subwords = "unigram";
  std::vector<std::string> text;
  double validation_fraction = 0.1, test_fraction = 0.1, token_drop = 0;
  int64_t split_seed = 0, data_seed = 0, vocabulary = 20000, minimum_count = 1, length = 0, limit = 0,
          batch = 32, examples = 2000;
  bool lowercase = false;
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("source", self.source, "files, generated examples, or files when they are named",
          one_of({"auto", "generated", "files"}));
    visit("root", self.root, "folder that relative file names start from");
    visit("train", self.train, "training file or folder per class (.gz allowed)");
    visit("validation", self.validation, "validation file; absent = split off the training file");
    visit("test", self.test, "test file; absent = split off the training file");
    visit("format", self.format, "of the files",
          one_of({"auto", "csv", "tsv", "jsonl", "label-first", "folder"}));
    visit("header", self.header, "whether CSV and TSV files begin with column names",
          one_of({"auto", "true", "false"}));
    visit("encoding", self.encoding, "of the files", one_of({"utf-8", "latin-1"}));
    visit("text", self.text, "columns joined into the text; names, or numbers from 0");
    visit("label", self.label, "column of the label");
    visit("tokenizer", self.tokenizer, "text to tokens", one_of(tokenizer_names()));
    visit("subwords", self.subwords, "of sentencepiece, whose pieces are task.vocabulary",
          one_of({"unigram", "bpe"}));
    visit("lowercase", self.lowercase, "lower-case the text first");
    visit("vocabulary", self.vocabulary, "most tokens kept, by count in the training split; 0 = all",
          at_least(0));
    visit("minimum_count", self.minimum_count, "rarer tokens count as unknown", at_least(1));
    visit("length", self.length, "tokens kept of each text; 0 = all", at_least(0));
    visit("token_drop", self.token_drop, "training tokens read as unknown, a new draw each epoch",
          between(0, 0.9));
    visit("limit", self.limit, "first N of the shuffled training split; 0 = all", at_least(0));
    visit("batch", self.batch, "examples in a batch", at_least(1));
    visit("validation_fraction", self.validation_fraction, "split off where no file is named",
          between(0, 0.9));
    visit("test_fraction", self.test_fraction, "split off where no file is named", between(0, 0.9));
    visit("split_seed", self.split_seed, "of the split and of the order that limit cuts", at_least(0));
    visit("data_seed", self.data_seed, "of the generated examples", at_least(0));
    visit("examples", self.examples,
          "generated training examples (a quarter as many for validation and test)", at_least(3));
  }
};

class LabelledTexts : public ClassificationTask {
 public:
  /// One example of a split, with the positions of its decisive words in the first text where they are known.
  struct Item {
    std::string text, label, where;
    std::vector<int64_t> decisive;
    std::string second = {};
  };
  struct Splits {
    std::vector<Item> train, validation, test;
    std::vector<std::string> classes;  // of all training examples, before task.limit
  };
  /// Where a task's examples come from besides files.
  struct Origin {
    std::string task;                                            // its name
    std::function<Item(int64_t split, int64_t index)> generate;  // one built-in example
    std::vector<std::string> classes;                            // of the built-in examples
    std::vector<Item> written = {};                              // all of them in every split, instead
    bool pairs = false;                                          // each example has a second text,
    std::vector<std::string> second = {};                        // joined from these columns
  };

  TaskSpec spec() const override;
  std::shared_ptr<const ExampleSource> examples(Split split) const override;
  int64_t batch_size() const override { return options_.batch; }
  Example read(const std::string& input) const override;
  std::vector<std::string> labels(const Batch& batch, int64_t row, const std::string& field) const override;
  Json data() const override;
  void save(const std::string& folder) const override;
  const std::vector<std::string>& classes() const override { return classes_; }

 protected:
  LabelledTexts(const LabelledTextOptions& options, Origin origin);
  LabelledTexts(const LabelledTextOptions& options, Origin origin, const std::string& folder);

 private:
  LabelledTexts(const LabelledTextOptions& options, Origin origin, Unfitted);
  Splits read_splits() const;
  Splits generate_splits() const;
  Splits split_files() const;
  std::vector<std::string> tokens(const std::string& text) const;
  /// Ids of `tokens` [T]; `key` seeds token_drop, and 0 drops nothing.
  Tensor ids(const std::vector<std::string>& tokens, uint64_t key) const;
  Example make_example(const Item& item, uint64_t key, bool notes) const;

  LabelledTextOptions options_;
  Origin origin_;
  bool files_;
  std::unique_ptr<Tokenizer> tokenizer_;
  std::unique_ptr<Vocabulary> vocabulary_;
  std::vector<std::string> classes_;
  int64_t longest_ = 0;
  Lazy<Splits> splits_;
};

}  // namespace fovea
