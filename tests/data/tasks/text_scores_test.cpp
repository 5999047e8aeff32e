// Scores kept per example add up to those of the corpus.
#include "data/tasks/text_scores.h"

#include <catch2/catch.hpp>

#include "src/stats/chrf.h"
#include "src/stats/rouge.h"

using namespace fovea;

namespace {

const std::vector<std::pair<std::string, std::string>> kPairs = {
    {"the cat sat on the mat .", "The cat sat on a mat."},
    {"", "nothing was said"},
    {"a dog", "a dog"},
    {"我们 在 北京", "我们在北京。"}};

std::vector<ExampleScore> scored(const BleuOptions& options) {
  std::vector<ExampleScore> scores;
  for (const auto& [output, reference] : kPairs)
    scores.push_back({static_cast<int64_t>(scores.size()), text_scores(output, reference, options)});
  return scores;
}

}  // namespace

TEST_CASE("the metrics of examples put together are those of the corpus, in every tokenisation") {
  for (const std::string& tokenizer : bleu_tokenizers()) {
    INFO(tokenizer);
    BleuOptions options;
    options.tokenizer = tokenizer;
    BleuCounts words;
    ChrfCounts characters;
    for (const auto& [output, reference] : kPairs)
      words += bleu_counts(output, {reference}, options), characters += chrf_counts(output, {reference});
    const auto scores = scored(options);
    const Metrics metrics = text_metrics(scores, options);
    CHECK(metrics.at("bleu") == bleu(words, options).score);
    CHECK(metrics.at("bleu") > 0);
    CHECK(metrics.at("chrf") == chrf(characters));
    CHECK(text_details(scores, options)["bleu"]["signature"] == bleu_signature(options));
  }
}

TEST_CASE("ROUGE is the mean over examples, of characters where BLEU counts those") {
  const double words = rouge(rouge_words(kPairs[0].first), rouge_words(kPairs[0].second)).one;
  CHECK(text_metrics(scored({}), {}).at("rouge1") == Approx(100 * (words + 0 + 1 + 0) / 4));
  BleuOptions chinese;
  chinese.tokenizer = "zh";
  CHECK(scored(chinese)[3].values.at("rouge1").get<double>() ==
        Approx(2 * (5.0 / 5) * (5.0 / 6) / (1 + 5.0 / 6)));
}

TEST_CASE("error rates are edits a token of all references, in lower case where that is asked for") {
  BleuOptions lower;
  lower.lowercase = true;
  CHECK(text_metrics(scored({}), {}).at("wer") == Approx((4 + 3 + 0 + 3) / 12.0));
  CHECK(text_metrics(scored(lower), lower).at("wer") == Approx((3 + 3 + 0 + 3) / 12.0));
  // the→The, the→a, a blank and a point too many; all of "nothing was said"; 。 for two blanks.
  CHECK(text_metrics(scored({}), {}).at("cer") == Approx((1 + 3 + 1 + 16 + 0 + 3) / (21.0 + 16 + 5 + 6)));
  const Metrics none = text_metrics({{0, text_scores("a word", "", {})}}, {});
  CHECK(none.count("wer") + none.count("cer") == 0);
}
