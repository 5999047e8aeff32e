// What each head is worth to a trained net: by gradient, by taking it away, and how far all can be pruned
// (Michel 2019).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "src/train/evaluate.h"

namespace fovea {

/// One head of one attention.
struct HeadWorth {
  std::string path;
  int64_t head = 0;
  double gradient = 0;    // mean over examples of |∂ loss / ∂ ξ|, ξ the factor of the head's weights (Michel
                          // 2019, eq. 2)
  double importance = 0;  // that, divided by the layer's Euclidean norm (§4.1)
  double without = 0;     // the task's metric with this head alone taken away (§3.2)
};

struct PruningPoint {
  int64_t heads = 0;  // taken away so far
  double metric = 0;
};

struct ImportanceOptions {
  Split split = Split::kValidation;
  EvaluationOptions evaluation;
  bool ablate = true;   // `without` of each head: one evaluation a head
  int64_t points = 10;  // of the pruning curve
};

struct Importance {
  std::string metric;               // the task's own: what `without` and the curve are of
  double whole = 0;                 // of the net as it is
  std::vector<HeadWorth> heads;     // in the net's order
  std::vector<PruningPoint> curve;  // the least important heads first
};

/// Of every attention of `net` that the split's batches pass, but for those already pruned. Throws
/// ConfigError for a net without attention. The net comes out as it went in.
Importance head_importance(Net& net, const Task& task, const ImportanceOptions& options);

/// The `count` least important heads as "path:head,head" lists, the form of model.pruned.
std::vector<std::string> least_important(const std::vector<HeadWorth>& heads, int64_t count);

}  // namespace fovea
