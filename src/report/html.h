// The report as one self-contained page: no network, no external file; readable, printable, light and dark.
#pragma once

#include <string>

#include "src/report/report.h"

namespace fovea {

/// How much of the maps goes onto the page; what is left out is said there.
struct PageOptions {
  std::string title = "Attention report";
  int64_t most_examples = 6;
  /// Layers per variant and example.
  int64_t most_layers = 4;
  /// Heads per layer, beside their mean.
  int64_t most_heads = 8;
  /// Variants with learning curves and maps, the best first.
  int64_t most_variants = 8;
};

/// Per task: a sentence, the table, an interval plot, learning curves, the attention maps of the variants on
/// the same examples and map scores. Maps come from RUN/maps of each variant's first finished run, scores
/// from all of its runs.
std::string report_html(const Report& report, const PageOptions& options = {});

}  // namespace fovea
