// The figures of a classifier's evaluation: confusion matrix, ROC curves, reliability.
#pragma once

#include <string>
#include <vector>

#include "src/train/evaluate.h"

namespace fovea {

/// Writes confusion matrix, ROC and reliability, from what the task measured of each example ("label",
/// "predicted", "probabilities"), into `folder` as STEM.confusion.EXT, STEM.roc.EXT and STEM.reliability.EXT
/// in `formats` (pdf, svg, png, tikz); `provenance` stands in each. A class that no example has, or all have,
/// has no ROC curve. Throws ConfigError for a task without classes or a format that is none.
void write_evaluation_figures(const std::string& folder, const std::string& stem,
                              const std::vector<std::string>& formats, const Evaluation& evaluation,
                              const std::string& provenance);

}  // namespace fovea
