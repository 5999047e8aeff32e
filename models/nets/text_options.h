// Fields that the text classifiers share.
#pragma once

#include "models/layers/attention_choice.h"
#include "models/layers/embedding.h"
#include "models/layers/init.h"
#include "models/layers/pooling.h"
#include "src/core/net.h"

namespace fovea {

/// Classes of the task's label; throws ConfigError when the task has none.
inline int64_t class_count(const TaskSpec& spec, const std::string& model) {
  return spec.target("label", model).vocabulary;
}

/// The axis of the tokens of input `field`.
inline TraceAxis token_axis(const std::string& field) {
  return {.kind = "tokens", .field = field};
}

}  // namespace fovea
