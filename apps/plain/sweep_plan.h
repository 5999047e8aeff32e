// What fovea-ablate asks the computing library: which cells a request stands for, and how large they are.
#pragma once

#include "src/experiments/expand.h"

namespace fovea {

struct PlanRequest {
  SweepRequest request;
  /// Whether to take the time of a step for each net.
  bool estimate = false;
  /// Filled in.
  Expansion* expansion = nullptr;
  Json* files = nullptr;  // see file_marks
};

/// Size and time of last change of every data file that the fingerprints `data` name: {"path": [bytes,
/// nanoseconds]}; null where there is none.
Json file_marks(const Json& data);

}  // namespace fovea
