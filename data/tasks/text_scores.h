// Scores of written output against references, shared by the tasks that write: BLEU, chrF, ROUGE, error
// rates.
#pragma once

#include "src/core/task.h"
#include "src/stats/bleu.h"

namespace fovea {

/// What one output adds to a corpus' scores: {"output", "bleu": [matches, totals, lengths], "chrf": […],
/// "rouge1", "rouge2", "rougeL", "wer": [edits, tokens of the reference], "cer": […]}. ROUGE takes BLEU's
/// tokens where those are zh or char.
Json text_scores(const std::string& output, const std::string& reference, const BleuOptions& options);

/// What the weights [Tq, S] of one example add to a corpus' alignment error rate against its truth [Tt + 1,
/// S], the end token's row last: each target token is linked to its first largest source token, in the step
/// that writes it ("alignment") and in the one that reads it ("alignment_input"; Chen 2020, §3): links found,
/// those possible, sure links, those found.
Json alignment_scores(const Tensor& weights, const Tensor& truth);

/// "aer", "alignment_precision", "alignment_recall" and "aer_input", 0 … 1, of the examples that have such
/// scores; empty where none has.
Metrics alignment_metrics(const std::vector<ExampleScore>& scores);

/// "bleu", "chrf", "rouge1", "rouge2", "rougeL" of the corpus, 0 … 100; "wer", "cer": edits a word or
/// character of the references, absent where they have none; "distinct1", "distinct2": different words and
/// pairs of words among all that the outputs have (Li 2016, §5.2).
Metrics text_metrics(const std::vector<ExampleScore>& scores, const BleuOptions& options);

/// {"bleu": {"precisions", "brevity", "signature"}, "chrf": {"signature"}}.
Json text_details(const std::vector<ExampleScore>& scores, const BleuOptions& options);

}  // namespace fovea
