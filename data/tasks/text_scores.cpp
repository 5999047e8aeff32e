#include "data/tasks/text_scores.h"

#include <set>

#include "data/tasks/common.h"
#include "src/base/text.h"
#include "src/base/unicode.h"
#include "src/stats/alignment_error.h"
#include "src/stats/chrf.h"
#include "src/stats/error_rate.h"
#include "src/stats/ngrams.h"
#include "src/stats/rouge.h"

namespace fovea {
namespace {

BleuCounts corpus_bleu(const std::vector<ExampleScore>& scores) {
  BleuCounts sum;
  for (const ExampleScore& score : scores) {
    const auto numbers = score.values.at("bleu").get<std::vector<int64_t>>();
    for (size_t n = 0; n < 4; ++n) sum.matches[n] += numbers.at(n), sum.totals[n] += numbers.at(n + 4);
    sum.hypothesis += numbers.at(8), sum.reference += numbers.at(9);
  }
  return sum;
}

ChrfCounts corpus_chrf(const std::vector<ExampleScore>& scores) {
  ChrfCounts sum;
  constexpr size_t kOrder = ChrfCounts::kOrder;
  for (const ExampleScore& score : scores) {
    const auto numbers = score.values.at("chrf").get<std::vector<int64_t>>();
    for (size_t n = 0; n < kOrder; ++n) {
      sum.hypothesis[n] += numbers.at(n), sum.reference[n] += numbers.at(n + kOrder);
      sum.matches[n] += numbers.at(n + 2 * kOrder);
    }
  }
  return sum;
}

/// Different runs of `order` words among all of them (Li 2016, §5.2).
double distinct(const std::vector<ExampleScore>& scores, size_t order) {
  std::set<std::vector<std::string>> different;
  int64_t all = 0;
  for (const ExampleScore& score : scores)
    for (const auto& [gram, count] :
         count_ngrams(split(score.values.at("output").get<std::string>(), ' '), order))
      different.insert(gram), all += count;
  return all == 0 ? 0 : static_cast<double>(different.size()) / static_cast<double>(all);
}

/// Links of the target tokens to the first largest of rows `shift` … of `weights`.
Json links_json(const Tensor& weights, const Tensor& truth, int64_t shift) {
  const int64_t targets = truth.size(0) - 1, places = truth.size(1);
  if (targets == 0 || places == 0) return {0, 0, 0, 0};
  const Tensor best = weights.slice(0, shift, shift + targets).slice(1, 0, places).argmax(1).contiguous(),
               cells = truth.to(torch::kUInt8).contiguous();  // 1 a sure link, 2 a possible one
  Links found;
  GoldLinks gold;
  for (int64_t target = 0; target < targets; ++target) {
    found.insert({best.data_ptr<int64_t>()[target], target});
    for (int64_t source = 0; source < places; ++source) {
      const uint8_t kind = cells.data_ptr<uint8_t>()[target * places + source];
      if (kind == 1) gold.sure.insert({source, target});
      if (kind != 0) gold.possible.insert({source, target});
    }
  }
  const AlignmentCounts counts = count_links(found, gold);
  return {counts.found, counts.found_possible, counts.sure, counts.found_sure};
}

AlignmentCounts corpus_links(const std::vector<ExampleScore>& scores, const char* name) {
  AlignmentCounts sum;
  for (const ExampleScore& score : scores) {
    if (!score.values.contains(name)) continue;
    const auto numbers = score.values[name].get<std::vector<int64_t>>();
    sum += {numbers.at(0), numbers.at(1), numbers.at(2), numbers.at(3)};
  }
  return sum;
}

std::vector<int64_t> edits_json(const Edits& edits) {
  return {edits.edits, edits.reference};
}

/// The error rate of the corpus; nothing where its references have no token.
void add_error_rate(Metrics& metrics, const std::vector<ExampleScore>& scores, const char* name) {
  Edits sum;
  for (const ExampleScore& score : scores) {
    const auto numbers = score.values.at(name).get<std::vector<int64_t>>();
    sum += {numbers.at(0), numbers.at(1)};
  }
  if (sum.reference > 0) metrics[name] = sum.rate();
}

}  // namespace

Json alignment_scores(const Tensor& weights, const Tensor& truth) {
  return {{"alignment", links_json(weights, truth, 0)}, {"alignment_input", links_json(weights, truth, 1)}};
}

Metrics alignment_metrics(const std::vector<ExampleScore>& scores) {
  const AlignmentCounts written = corpus_links(scores, "alignment"),
                        read = corpus_links(scores, "alignment_input");
  if (written.found == 0) return {};
  return {{"aer", written.aer()},
          {"alignment_precision", written.precision()},
          {"alignment_recall", written.recall()},
          {"aer_input", read.aer()}};
}

Json text_scores(const std::string& output, const std::string& reference, const BleuOptions& options) {
  const BleuCounts bleu = bleu_counts(output, {reference}, options);
  std::vector<int64_t> words(bleu.matches.begin(), bleu.matches.end());
  words.insert(words.end(), bleu.totals.begin(), bleu.totals.end());
  words.insert(words.end(), {bleu.hypothesis, bleu.reference});
  const ChrfCounts chrf = chrf_counts(output, {reference}, options.lowercase);
  std::vector<int64_t> characters;
  for (const auto* part : {&chrf.hypothesis, &chrf.reference, &chrf.matches})
    characters.insert(characters.end(), part->begin(), part->end());
  const bool own_tokens = options.tokenizer == "zh" || options.tokenizer == "char";
  const auto tokens = [&](const std::string& text) {
    return own_tokens ? bleu_tokens(text, options.tokenizer) : rouge_words(text);
  };
  const Rouge overlap = rouge(tokens(output), tokens(reference));
  const auto cased = [&](const std::string& text) { return options.lowercase ? lowercase(text) : text; };
  const std::string written = cased(output), wanted = cased(reference);
  return {{"output", output},
          {"bleu", words},
          {"chrf", characters},
          {"rouge1", overlap.one},
          {"rouge2", overlap.two},
          {"rougeL", overlap.longest},
          {"wer", edits_json(word_edits(written, wanted))},
          {"cer", edits_json(character_edits(written, wanted))}};
}

Metrics text_metrics(const std::vector<ExampleScore>& scores, const BleuOptions& options) {
  Metrics metrics = {{"bleu", bleu(corpus_bleu(scores), options).score}, {"chrf", chrf(corpus_chrf(scores))}};
  for (const char* name : {"rouge1", "rouge2", "rougeL"})
    metrics[name] = 100 * sum_scores(scores, name) / static_cast<double>(scores.size());
  for (const char* name : {"wer", "cer"}) add_error_rate(metrics, scores, name);
  metrics["distinct1"] = distinct(scores, 1), metrics["distinct2"] = distinct(scores, 2);
  return metrics;
}

Json text_details(const std::vector<ExampleScore>& scores, const BleuOptions& options) {
  const Bleu found = bleu(corpus_bleu(scores), options);
  return {{"bleu",
           {{"precisions", found.precisions},
            {"brevity", found.brevity},
            {"signature", bleu_signature(options)}}},
          {"chrf", {{"signature", chrf_signature(1, options.lowercase)}}}};
}

}  // namespace fovea
