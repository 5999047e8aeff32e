// Scores of written output against references, shared by the tasks that write: BLEU, chrF, ROUGE.
#pragma once

#include "src/core/task.h"
#include "src/stats/bleu.h"

namespace fovea {

/// What one output adds to a corpus' scores: {"output", "bleu": [matches, totals, lengths], "chrf": […],
/// "rouge1", "rouge2", "rougeL"}. ROUGE takes BLEU's tokens where those are zh or char.
Json text_scores(const std::string& output, const std::string& reference, const BleuOptions& options);

/// "bleu", "chrf", "rouge1", "rouge2", "rougeL" of the corpus, 0 … 100; "distinct1", "distinct2": different
/// words and pairs of words among all that the outputs have (Li 2016, §5.2).
Metrics text_metrics(const std::vector<ExampleScore>& scores, const BleuOptions& options);

/// {"bleu": {"precisions", "brevity", "signature"}, "chrf": {"signature"}}.
Json text_details(const std::vector<ExampleScore>& scores, const BleuOptions& options);

}  // namespace fovea
