// The next token: plain text in contiguous pieces, or sequences that ask for one thing (recall, induction,
// ListOps).
#pragma once

#include <array>

#include "data/tasks/common.h"
#include "data/text/tokenizer.h"
#include "data/text/vocabulary.h"
#include "src/config/fields.h"
#include "src/decoding/options.h"

namespace fovea {

class LanguageModel : public Task {
 public:
  struct Options {
    std::string source = "auto", generator = "recall", root, train, validation, test, encoding = "utf-8",
                tokenizer = "character", subwords = "unigram";
    double validation_fraction = 0.1, test_fraction = 0.1;
    int64_t split_seed = 0, data_seed = 0, vocabulary = 20000, minimum_count = 1, context = 64, limit = 0,
            batch = 64;
    int64_t examples = 20000, pairs = 4, queries = 0, symbols = 32, shortest = 0, test_longest = 0,
            slice = 10;
    bool lowercase = false, stream = false;
    DecodingOptions decoding;
    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit) {
      visit("source", self.source, "files, generated sequences, or files when they are named",
            one_of({"auto", "generated", "files"}));
      visit("generator", self.generator, "of the generated sequences",
            one_of({"recall", "induction", "list-ops"}));
      visit("root", self.root, "folder that relative file names start from");
      visit("train", self.train, "training text (.gz allowed)");
      visit("validation", self.validation, "validation text; absent = cut from the end of the training text");
      visit("test", self.test, "test text; absent = cut from the end of the training text");
      visit("encoding", self.encoding, "of the files", one_of({"utf-8", "latin-1"}));
      visit("tokenizer", self.tokenizer, "text to tokens", one_of(tokenizer_names()));
      visit("subwords", self.subwords, "of sentencepiece, whose pieces are task.vocabulary",
            one_of({"unigram", "bpe"}));
      visit("lowercase", self.lowercase, "lower-case the text first");
      visit("vocabulary", self.vocabulary, "most tokens kept; 0 = all", at_least(0));
      visit("minimum_count", self.minimum_count, "rarer tokens count as unknown", at_least(1));
      visit("context", self.context, "tokens the model sees at once", at_least(2));
      visit("stream", self.stream,
            "pieces in the order of the text, read in task.batch places at once, so that a net may remember "
            "the piece before");
      visit("limit", self.limit, "first N of the shuffled training pieces, of a stream the first; 0 = all",
            at_least(0));
      visit("batch", self.batch, "pieces in a batch", at_least(1));
      visit("validation_fraction", self.validation_fraction, "cut off where no file is named",
            between(0, 0.9));
      visit("test_fraction", self.test_fraction, "cut off where no file is named", between(0, 0.9));
      visit("split_seed", self.split_seed, "of the order that limit cuts", at_least(0));
      visit("data_seed", self.data_seed, "of the generated sequences", at_least(0));
      visit("examples", self.examples, "generated training sequences (at most 500 for validation and test)",
            at_least(3));
      visit("pairs", self.pairs, "of recall: key-value pairs of a sequence", at_least(1));
      visit("queries", self.queries, "of recall: keys asked for later; 0 = all of them", at_least(0));
      visit("symbols", self.symbols,
            "different tokens; of recall filler, then half keys and half values; not of list-ops",
            at_least(5));
      visit("shortest", self.shortest, "tokens of the shortest generated sequence; 0 = task.context",
            at_least(0));
      visit("test_longest", self.test_longest,
            "tokens of the longest generated test sequence; 0 = task.context, as in training", at_least(0));
      visit("slice", self.slice, "tokens of a slice of lengths that evaluate lists apart; 0 = none",
            at_least(0));
      visit("decoding", self.decoding,
            "how predict goes on after its input; longest 0 = task.context tokens after a text, else one");
    }
  };

  explicit LanguageModel(const Options& options);
  LanguageModel(const Options& options, const std::string& folder);

  TaskSpec spec() const override;
  std::shared_ptr<const ExampleSource> examples(Split split) const override;
  int64_t batch_size() const override { return options_.batch; }
  Example read(const std::string& input) const override;
  Example read_forced(const std::string& line) const override;
  Prediction forced(const Batch& batch, const ModelOutput& output) const override;
  Loss loss(const ModelOutput& output, const Batch& batch, const LossOptions& options) const override;
  Prediction predict(Net& net, const Batch& batch, const ModelOutput& output) const override;
  Prediction answer(Net& net, const Batch& batch, const ModelOutput& output) const override;
  std::vector<ExampleScore> measure(const Prediction& prediction, const ModelOutput& output,
                                    const Batch& batch) const override;
  Metrics metrics(const std::vector<ExampleScore>& scores) const override;
  Json details(const std::vector<ExampleScore>& scores) const override;
  Json show(const Prediction& prediction, const Batch& batch, int64_t row) const override;
  std::vector<std::string> labels(const Batch& batch, int64_t row, const std::string& field) const override;
  std::string primary_metric() const override { return files_ ? "loss" : "accuracy"; }
  bool higher_is_better() const override { return !files_; }
  Json data() const override;
  void save(const std::string& folder) const override;

  /// ids [T] and, for generated sequences, what each position has to predict (−1 = nothing) and where the
  /// answer stands.
  struct Item {
    std::vector<int64_t> text, next;
    std::vector<std::pair<int64_t, int64_t>> support;          // (query position, position of its value)
    std::vector<std::pair<size_t, std::string>> unknown = {};  // tokens beyond the vocabulary, as written
  };
  struct Splits {
    std::vector<Item> train, validation, test;
  };

 private:
  LanguageModel(const Options& options, Unfitted);
  Splits read_splits() const;
  Splits generate_splits() const;
  Splits split_files() const;
  int64_t longest() const;
  std::string file_text(const std::string& file) const;
  std::array<std::string, 3> cut_text() const;
  std::array<std::vector<std::string>, 3> cut_tokens() const;
  std::vector<Item> pieces(const std::vector<std::string>& tokens) const;
  Example make_example(const Item& item, bool notes) const;
  std::vector<std::string> input_tokens(const std::string& text) const;
  Example read_tokens(const std::vector<std::string>& tokens, size_t given) const;

  Options options_;
  bool files_;
  std::unique_ptr<Tokenizer> tokenizer_;
  std::unique_ptr<Vocabulary> vocabulary_;
  Lazy<std::array<std::vector<std::string>, 3>> parts_;  // training, validation, test tokens of task.train
  Lazy<Splits> splits_;
};

}  // namespace fovea
