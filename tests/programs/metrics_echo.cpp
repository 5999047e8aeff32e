// Reads JSON lines {"hypotheses", "references", options} and writes a line of every text metric for each. The
// Python test compares them with the reference packages.
#include <iostream>

#include "src/base/json.h"
#include "src/stats/alignment_error.h"
#include "src/stats/bleu.h"
#include "src/stats/chrf.h"
#include "src/stats/error_rate.h"
#include "src/stats/rouge.h"

using namespace fovea;

namespace {

Json scores(const Json& request) {
  BleuOptions options;
  options.tokenizer = request.at("tokenizer"), options.smooth = request.at("smooth");
  options.effective_order = request.at("effective_order"), options.lowercase = request.at("lowercase");
  BleuCounts corpus;
  ChrfCounts characters;
  Edits words, letters;
  Json rouges = Json::array();
  for (size_t i = 0; i < request.at("hypotheses").size(); ++i) {
    const std::string hypothesis = request["hypotheses"][i];
    const std::vector<std::string> references = request.at("references")[i];
    corpus += bleu_counts(hypothesis, references, options);
    characters += chrf_counts(hypothesis, references, options.lowercase);
    words += word_edits(hypothesis, references[0]);
    letters += character_edits(hypothesis, references[0]);
    const Rouge one = rouge(rouge_words(hypothesis), rouge_words(references[0]));
    rouges.push_back({one.one, one.two, one.longest});
  }
  const Bleu found = bleu(corpus, options);
  return {{"bleu", found.score},
          {"precisions", found.precisions},
          {"brevity", found.brevity},
          {"bleu_signature", bleu_signature(options, request["references"][0].size())},
          {"chrf", chrf(characters)},
          {"chrf_signature", chrf_signature(request["references"][0].size(), options.lowercase)},
          {"word_edits", words.edits},
          {"character_edits", letters.edits},
          {"rouge", rouges}};
}

}  // namespace

int main() {
  std::string line;
  while (std::getline(std::cin, line)) std::cout << scores(Json::parse(line)).dump() << "\n";
  return 0;
}
