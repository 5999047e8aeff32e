#include "data/text/subwords.h"

#include <sentencepiece_processor.h>
#include <sentencepiece_trainer.h>

#include <algorithm>
#include <set>

#include "src/base/error.h"
#include "src/base/text.h"
#include "src/base/unicode.h"

namespace fovea {
namespace {

const std::string kLineEnd = "\n";  // a token of its own; the model sees lines

/// The library's own least for its longest text, in bytes.
constexpr size_t kLeastBytes = 10;

/// The last line of what the library says, which is the reason.
std::string reason(const sentencepiece::util::Status& status) {
  const std::string text = status.ToString();
  const size_t line = text.rfind('\n');
  return line == std::string::npos ? text : text.substr(line + 1);
}

/// The fewest pieces that `lines` allow: one for each character, for `▁` where a word begins, for the
/// unknown.
int64_t fewest_pieces(const std::vector<std::string>& lines) {
  std::set<std::string> characters;
  for (const std::string& line : lines)
    for (std::string& character : code_points(line)) characters.insert(std::move(character));
  characters.erase(" "), characters.insert("▁");
  return static_cast<int64_t>(characters.size()) + 1;
}

class SubwordTokenizer : public Tokenizer {
 public:
  explicit SubwordTokenizer(const TokenizerOptions& options) : options_(options) {
    if (options.size < 1)
      throw ConfigError("task.vocabulary: expected how many pieces sentencepiece is to learn, found 0");
    sentencepiece::SetMinLogLevel(3);
  }

  std::vector<std::string> tokens(const std::string& text) const override {
    require();
    std::vector<std::string> tokens;
    const std::vector<std::string> lines = split(clean(text), '\n');
    for (size_t i = 0; i < lines.size(); ++i) {
      if (i > 0) tokens.push_back(kLineEnd);
      std::vector<std::string> pieces;
      const auto status = processor_.Encode(lines[i], &pieces);
      if (!status.ok()) throw DataError("sentencepiece: " + reason(status));
      tokens.insert(tokens.end(), pieces.begin(), pieces.end());
    }
    return tokens;
  }

  std::string text(const std::vector<std::string>& tokens) const override {
    require();
    std::string text;
    for (auto begin = tokens.begin();; ++begin) {
      const auto end = std::find(begin, tokens.end(), kLineEnd);
      std::string line;
      const auto status = processor_.Decode(std::vector<std::string>(begin, end), &line);
      if (!status.ok()) throw DataError("sentencepiece: " + reason(status));
      text += line;
      if (end == tokens.end()) return text;
      text += kLineEnd;
      begin = end;
    }
  }

  void fit(const std::vector<std::string>& texts) override {
    std::vector<std::string> lines;
    size_t longest = kLeastBytes;
    for (const std::string& text : texts)
      for (std::string& line : split(clean(text), '\n')) {
        longest = std::max(longest, line.size());
        lines.push_back(std::move(line));
      }
    const auto blank = [](const std::string& line) { return words_between_spaces(line).empty(); };
    if (std::all_of(lines.begin(), lines.end(), blank))
      throw DataError("task.tokenizer: sentencepiece has nothing to learn from; found " +
                      std::to_string(texts.size()) + " empty texts");
    // One thread: sums over threads would depend on how many there are.
    std::string learnt;
    const auto status =
        sentencepiece::SentencePieceTrainer::Train({{"model_type", options_.subwords},
                                                    {"vocab_size", std::to_string(options_.size)},
                                                    {"hard_vocab_limit", "false"},
                                                    {"character_coverage", "1.0"},
                                                    {"normalization_rule_name", "identity"},
                                                    {"max_sentence_length", std::to_string(longest + 1)},
                                                    {"num_threads", "1"},
                                                    {"unk_id", "0"},
                                                    {"bos_id", "-1"},
                                                    {"eos_id", "-1"},
                                                    {"pad_id", "-1"},
                                                    {"minloglevel", "3"}},
                                                   lines, &learnt);
    if (!status.ok()) {
      const int64_t fewest = fewest_pieces(lines);
      throw DataError("task.tokenizer: sentencepiece cannot learn " + std::to_string(options_.size) +
                      " pieces from " + std::to_string(texts.size()) + " texts: " +
                      (options_.size < fewest
                           ? "each of their characters is one; expected task.vocabulary of at least " +
                                 std::to_string(fewest)
                           : reason(status)));
    }
    load(learnt, "sentencepiece");
  }

  void load(const std::string& model, const std::string& where) override {
    if (model.empty()) throw CheckpointError(where + ": expected a sentencepiece model; found an empty file");
    if (!processor_.LoadFromSerializedProto(model).ok())
      throw CheckpointError(where + ": expected a sentencepiece model; found other bytes, or a part of one");
    model_ = model;
  }

  std::string model() const override { return model_; }
  bool learns() const override { return true; }

 private:
  std::string clean(const std::string& text) const {
    return options_.lowercase ? lowercase(normalize(text)) : normalize(text);
  }
  void require() const {
    if (model_.empty()) throw std::logic_error("[SubwordTokenizer] nothing was learnt yet");
  }

  TokenizerOptions options_;
  sentencepiece::SentencePieceProcessor processor_;
  std::string model_;
};

}  // namespace

std::unique_ptr<Tokenizer> make_subword_tokenizer(const TokenizerOptions& options) {
  return std::make_unique<SubwordTokenizer>(options);
}

}  // namespace fovea
