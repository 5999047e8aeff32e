// Each column cut into overlapping patches, which are the tokens of a Transformer encoder; linear head (Nie
// 2023, §3).
#pragma once

#include "models/layers/dropout.h"
#include "models/layers/transformer.h"
#include "models/layers/window_scale.h"
#include "models/nets/text_options.h"

namespace fovea {

class PatchSeries : public Net {
 public:
  struct Options {
    int64_t patch = 16, stride = 8, width = 16, layers = 3, feed_forward = 128;
    double dropout = 0.3, head_dropout = 0;
    std::string norm = "post", position = "learned", normalise = "instance", init = "default";
    AttentionChoice attention{"multi-head"};
    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit) {
      visit("patch", self.patch, "steps in a patch", at_least(1));
      visit("stride", self.stride, "steps between patches", at_least(1));
      visit("width", self.width, "model width D", at_least(1));
      visit("layers", self.layers, "encoder blocks", at_least(1));
      visit("feed_forward", self.feed_forward, "units inside a block; 0 = 4 · width", at_least(0));
      visit("dropout", self.dropout, "on tokens and on every residual branch", between(0, 0.95));
      visit("head_dropout", self.head_dropout, "before the linear head", between(0, 0.95));
      visit("norm", self.norm, "normalise before or after each branch", one_of({"pre", "post"}));
      visit("position", self.position, "added to the patches", position_names());
      visit("normalise", self.normalise,
            "each window by its own mean and deviation (Kim 2022), its last value, or not", window_scales());
      visit("init", self.init, "of the weight matrices: default, uniform(a), normal(s), xavier, kaiming");
      visit("attention", self.attention,
            "between the patches of one column; none = blocks without attention");
    }
  };

  PatchSeries(const Options& options, const TaskSpec& spec);
  /// Input series [B, L, F] → forecast [B, horizon, F]; columns are folded into the batch.
  ModelOutput forward(const Batch& batch, AttentionTrace* trace) override;

 private:
  Options options_;
  int64_t patches_ = 0;
  torch::nn::Linear tokens_{nullptr}, head_{nullptr};
  PositionEmbedding position_{nullptr};
  TransformerStack encoder_{nullptr};
  Dropout dropout_{nullptr}, head_dropout_{nullptr};
};

}  // namespace fovea
