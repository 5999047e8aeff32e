// Evaluation for a while.
#pragma once

#include "src/core/net.h"

namespace fovea {

/// Switches a net to evaluation, and back to the mode it was in when this ends.
class EvaluationMode {
 public:
  explicit EvaluationMode(Net& net) : net_(net), was_training_(net.is_training()) { net_.eval(); }
  ~EvaluationMode() { net_.train(was_training_); }
  EvaluationMode(const EvaluationMode&) = delete;
  EvaluationMode& operator=(const EvaluationMode&) = delete;

 private:
  Net& net_;
  bool was_training_;
};

}  // namespace fovea
