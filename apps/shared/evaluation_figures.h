// The figures of a classifier's evaluation: confusion matrix, ROC curves, reliability.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "src/figures/figure.h"
#include "src/train/evaluate.h"

namespace fovea {

/// "confusion", "roc" and "reliability" with their figures, from what the task measured of each example
/// ("label", "predicted", "probabilities"); empty for tasks without classes. A class that no example has, or
/// all have, has no ROC curve. `provenance` stands in each.
std::vector<std::pair<std::string, Figure>> evaluation_figures(const Evaluation& evaluation,
                                                               const std::string& provenance);

/// Writes them into `folder` as RUN.SPLIT.NAME.EXT in `formats` (pdf, svg, png, tikz). Throws ConfigError for
/// a task without classes or a format that is none.
void write_evaluation_figures(const std::string& folder, const std::string& stem,
                              const std::vector<std::string>& formats, const Evaluation& evaluation,
                              const std::string& provenance);

}  // namespace fovea
