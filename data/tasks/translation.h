// A sequence from a sequence: parallel text, mails and their subjects, dialogues; or generated pairs whose
// alignment is known.
#pragma once

#include "data/tasks/common.h"
#include "data/text/tokenizer.h"
#include "data/text/vocabulary.h"
#include "src/config/fields.h"
#include "src/decoding/options.h"
#include "src/stats/bleu.h"

namespace fovea {

class Translation : public Task {
 public:
  struct Options {
    std::string source = "auto", form = "pairs", generator = "toy-language", root, train, validation, test,
                from = "source", to = "target";
    std::string train_alignment, validation_alignment, test_alignment;
    std::string separator, opening, source_column, target_column, encoding = "utf-8", tokenizer = "word",
                                                                  subwords = "unigram", bleu = "13a";
    double validation_fraction = 0.1, test_fraction = 0.1;
    int64_t alignment_base = 0, split_seed = 0, data_seed = 0, vocabulary = 8000, minimum_count = 1,
            limit = 0, batch = 64;
    int64_t examples = 4000, symbols = 26, shortest = 4, longest = 12, test_longest = 0, slice = 10,
            turns = 0, source_length = 0, target_length = 0;
    bool lowercase = false, joint = true, replace_unknown = false;
    DecodingOptions decoding;
    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit) {
      visit("source", self.source, "files, generated pairs, or files when they are named",
            one_of({"auto", "generated", "files"}));
      visit(
          "form", self.form,
          "what files hold: parallel text or columns, a folder of .subject files (AESLC; in a .tar.gz too), "
          "JSON lines of turns",
          one_of({"pairs", "subjects", "dialogues"}));
      visit("turns", self.turns, "of a dialogue: last turns of a context that are kept; 0 = all",
            at_least(0));
      visit("generator", self.generator, "of the generated pairs",
            one_of({"toy-language", "toy-idioms", "copy", "reverse", "sort"}));
      visit("root", self.root, "folder that relative file names start from");
      visit("train", self.train,
            "prefix of two line-aligned files, or one file of pairs; FILE.zip/NAME is inside a zip");
      visit("validation", self.validation, "the same for validation; absent = split off the training pairs");
      visit("test", self.test, "the same for test; absent = split off the training pairs");
      visit("from", self.from, "ending of the source file: PREFIX.from");
      visit("to", self.to, "ending of the target file: PREFIX.to");
      visit("separator", self.separator,
            "between source and target on each line of one file, such as \" ||| \"");
      visit("opening", self.opening, "what begins each of those lines and is dropped");
      visit("source_column", self.source_column, "of a TSV or JSONL file");
      visit("target_column", self.target_column, "of a TSV or JSONL file");
      visit("train_alignment", self.train_alignment,
            "gold links of task.train, a line a pair: i-j sure, ipj possible; for task.tokenizer=space");
      visit("validation_alignment", self.validation_alignment, "the same of task.validation");
      visit("test_alignment", self.test_alignment, "the same of task.test");
      visit("alignment_base", self.alignment_base, "number of the first token in them", between(0, 1));
      visit("encoding", self.encoding, "of the files", one_of({"utf-8", "latin-1"}));
      visit("tokenizer", self.tokenizer, "text to tokens", one_of(tokenizer_names()));
      visit("subwords", self.subwords, "of sentencepiece, whose pieces are task.vocabulary",
            one_of({"unigram", "bpe"}));
      visit("joint", self.joint, "whether sentencepiece learns one set of pieces for both sides");
      visit("bleu", self.bleu,
            "tokens that BLEU counts, as sacreBLEU names them; zh and char are ROUGE's too",
            one_of(bleu_tokenizers()));
      visit("lowercase", self.lowercase, "lower-case the text first");
      visit("source_length", self.source_length, "first tokens of a source that are kept; 0 = all",
            at_least(0));
      visit("target_length", self.target_length, "first tokens of a training target that are kept; 0 = all",
            at_least(0));
      visit("vocabulary", self.vocabulary, "most tokens kept on each side; 0 = all", at_least(0));
      visit("minimum_count", self.minimum_count, "rarer tokens count as unknown", at_least(1));
      visit("decoding", self.decoding, "how an output is chosen");
      visit("replace_unknown", self.replace_unknown,
            "an unknown token of an output becomes the source's that attention weighs most there (Luong "
            "2015b, §3.3)");
      visit("limit", self.limit, "first N of the shuffled training split; 0 = all", at_least(0));
      visit("batch", self.batch, "pairs in a batch", at_least(1));
      visit("validation_fraction", self.validation_fraction, "split off where no file is named",
            between(0, 0.9));
      visit("test_fraction", self.test_fraction, "split off where no file is named", between(0, 0.9));
      visit("split_seed", self.split_seed, "of the split and of the order that limit cuts", at_least(0));
      visit("data_seed", self.data_seed, "of the generated pairs", at_least(0));
      visit("examples", self.examples, "generated training pairs (at most 500 for validation and test)",
            at_least(3));
      visit("symbols", self.symbols, "different source tokens", at_least(2));
      visit("shortest", self.shortest, "tokens of the shortest generated source", at_least(1));
      visit("longest", self.longest, "tokens of the longest generated source", at_least(1));
      visit("test_longest", self.test_longest,
            "tokens of the longest generated test source; 0 = task.longest, as in training", at_least(0));
      visit("slice", self.slice, "tokens of a slice of source lengths that evaluate lists apart; 0 = none",
            at_least(0));
    }
  };

  explicit Translation(const Options& options) : Translation("translation", options) {}
  Translation(const Options& options, const std::string& folder)
      : Translation("translation", options, folder) {}

  TaskSpec spec() const override;
  std::shared_ptr<const ExampleSource> examples(Split split) const override;
  int64_t batch_size() const override { return options_.batch; }
  Example read(const std::string& input) const override;
  Example read_forced(const std::string& line) const override;
  Prediction forced(const Batch& batch, const ModelOutput& output) const override;
  Loss loss(const ModelOutput& output, const Batch& batch, const LossOptions& options) const override;
  Prediction predict(Net& net, const Batch& batch, const ModelOutput& output) const override;
  bool decodes() const override { return true; }
  bool aligns() const override;
  void check(Net& net) const override;
  Batch follow(const Batch& batch, const Prediction& prediction) const override;
  std::vector<ExampleScore> measure(const Prediction& prediction, const ModelOutput& output,
                                    const Batch& batch) const override;
  Metrics metrics(const std::vector<ExampleScore>& scores) const override;
  Json show(const Prediction& prediction, const Batch& batch, int64_t row) const override;
  std::vector<std::string> labels(const Batch& batch, int64_t row, const std::string& field) const override;
  Json details(const std::vector<ExampleScore>& scores) const override;
  /// BLEU; accuracy of whole sequences where the data are generated and can be had right.
  std::string primary_metric() const override { return files_ ? "bleu" : "accuracy"; }
  Json data() const override;
  void save(const std::string& folder) const override;

  /// One pair; `alignment` holds (source, target) token positions where they are known,
  /// `possible` those that may be linked.
  struct Item {
    std::vector<std::string> source, target;
    std::string text, reference;
    std::vector<std::pair<int64_t, int64_t>> alignment, possible = {};
    std::string where = {};  // file:line, of the alignment where there is one
  };
  struct Splits {
    std::vector<Item> train, validation, test;
  };

 protected:
  /// As a task called `name`.
  Translation(const std::string& name, const Options& options);
  Translation(const std::string& name, const Options& options, const std::string& folder);

  bool files_;

 private:
  Translation(const std::string& name, const Options& options, Unfitted);
  Splits read_splits() const;
  Splits generate_splits() const;
  Splits split_files() const;
  std::vector<Item> read_items(const std::string& name, const std::string& alignment) const;
  std::vector<Item> read_pairs(const std::string& name) const;
  int64_t longest_input() const;
  int64_t longest_output() const;
  std::vector<Item> tokenised(std::vector<Item> items, bool training) const;
  SplitIndices cut_parts(const std::vector<Item>& items, double validation, double test) const;
  void fit_tokenizers();
  std::vector<std::string> tokens(const std::vector<int64_t>& ids, const Json& note) const;
  void replace_unknown(Net& net, const Batch& batch, Prediction& prediction) const;
  Example make_example(const Item& item, bool notes) const;

  Options options_;
  std::string name_;  // of the task
  std::unique_ptr<Tokenizer> source_tokenizer_, target_tokenizer_;
  std::unique_ptr<Vocabulary> source_, target_;
  int64_t longest_source_ = 0, longest_target_ = 0;  // in training
  Lazy<Splits> texts_, splits_;                      // files as they are read; with their tokens
};

/// Mails and their subjects, or columns of texts and summaries; chosen by ROUGE-L.
class Summarisation : public Translation {
 public:
  struct Options : Translation::Options {
    Options() { form = "subjects"; }
  };
  explicit Summarisation(const Options& options) : Translation("summarisation", options) {}
  Summarisation(const Options& options, const std::string& folder)
      : Translation("summarisation", options, folder) {}
  std::string primary_metric() const override { return files_ ? "rougeL" : "accuracy"; }
};

/// What is answered to what was said, a dialogue in one part of the data only; chosen by the loss, for there
/// are many good answers.
class Dialogue : public Translation {
 public:
  struct Options : Translation::Options {
    Options() { form = "dialogues"; }
  };
  explicit Dialogue(const Options& options) : Translation("dialogue", options) {}
  Dialogue(const Options& options, const std::string& folder) : Translation("dialogue", options, folder) {}
  std::string primary_metric() const override { return "loss"; }
  bool higher_is_better() const override { return false; }
};

}  // namespace fovea
