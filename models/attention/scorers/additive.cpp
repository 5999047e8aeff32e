#include "models/attention/scorers/additive.h"

namespace fovea {

AdditiveScorer::AdditiveScorer(const AxisShape& shape, const Options& options)
    : width_(options.width > 0 ? options.width : shape.query_width) {
  query_ = register_module("query", Weight(scorer_parameter(per_head(shape, {width_, shape.query_width}),
                                                            shape.query_width)));  // [A, Dq]
  key_ = register_module("key", Weight(scorer_parameter(per_head(shape, {width_, shape.key_width}),
                                                        shape.key_width)));     // [A, Dk]
  bias_ = register_parameter("bias", torch::zeros(per_head(shape, {width_})));  // [A]
  energy_ = register_module("energy", Weight(scorer_parameter(per_head(shape, {width_}), width_)));  // [A]
}

}  // namespace fovea
