// score = u · tanh(W_k k + b): one trained query for every example (Yang 2016, eq. 5–6; Zhou 2016).
#pragma once

#include "models/attention/scorers/additive.h"

namespace fovea {

class LearnedQueryScorer : public Scorer {
 public:
  struct Options {
    int64_t width = 0;
    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit) {
      visit("width", self.width, "width A of the trained query; 0 = the key's width", at_least(0));
    }
  };
  LearnedQueryScorer(const AxisShape& shape, const Options& options) {
    const int64_t width = options.width > 0 ? options.width : shape.key_width;
    key_ = register_module("key", Weight(scorer_parameter(per_head(shape, {width, shape.key_width}),
                                                          shape.key_width)));                 // [A, Dk]
    bias_ = register_parameter("bias", torch::zeros(per_head(shape, {width})));               // [A]
    query_ = register_parameter("query", scorer_parameter(per_head(shape, {width}), width));  // [A]
  }
  Tensor map_query(const Tensor& q) override {
    const Tensor u = query_.dim() == 2 ? query_.unsqueeze(1) : query_;    // [H, 1, A] or [A]
    return u.expand({q.size(0), q.size(1), q.size(2), query_.size(-1)});  // [B, H, Tq, A]
  }
  Tensor map_key(const Tensor& k) override {
    return torch::tanh(map_heads(k, key_->weight) + over_time(bias_));
  }  // [B, H, Tk, A]
  bool maps_keys() const override { return true; }
  Traits traits() const override { return {.uses_query = false}; }

 private:
  Weight key_{nullptr};
  Tensor bias_, query_;
};

}  // namespace fovea
