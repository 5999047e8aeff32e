// Time steps as tokens of a Transformer encoder → pooling → forecast: the plain Transformer that patches and
// linear maps are compared with (Zhou 2021; Zeng 2023).
#pragma once

#include "models/layers/dropout.h"
#include "models/layers/transformer.h"
#include "models/layers/window_scale.h"
#include "models/nets/text_options.h"

namespace fovea {

class SeriesTransformer : public Net {
 public:
  struct Options {
    int64_t width = 64, layers = 2, feed_forward = 0;
    double dropout = 0.1;
    std::string norm = "pre", position = "sinusoidal", pooling = "attention", normalise = "instance",
                init = "default";
    AttentionChoice attention{"multi-head"};
    PoolOptions pool{.query = "last", .attention = AttentionChoice("scaled-dot")};
    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit) {
      visit("width", self.width, "model width D", at_least(1));
      visit("layers", self.layers, "encoder blocks", at_least(1));
      visit("feed_forward", self.feed_forward, "units inside a block; 0 = 4 · width", at_least(0));
      visit("dropout", self.dropout, "on tokens and on every residual branch", between(0, 0.95));
      visit("norm", self.norm, "normalise before or after each branch", one_of({"pre", "post"}));
      visit("position", self.position, "added to the steps", position_names());
      visit("pooling", self.pooling, "from steps to one vector", one_of({"attention", "mean", "last"}));
      visit("normalise", self.normalise,
            "each window by its own mean and deviation (Kim 2022), its last value, or not", window_scales());
      visit("init", self.init, "of the weight matrices: default, uniform(a), normal(s), xavier, kaiming");
      visit("attention", self.attention, "between time steps; none = blocks without attention");
      visit("pool", self.pool, "the pooling slot");
    }
  };

  SeriesTransformer(const Options& options, const TaskSpec& spec);
  /// Input series [B, L, F] → forecast [B, horizon, F].
  ModelOutput forward(const Batch& batch, AttentionTrace* trace) override;

 private:
  std::string pooling_name_, normalise_;
  int64_t horizon_ = 0;
  torch::nn::Linear tokens_{nullptr}, head_{nullptr};
  PositionEmbedding position_{nullptr};
  TransformerStack encoder_{nullptr};
  AttentionPoolingLayer pooling_{nullptr};
  Dropout dropout_{nullptr};
};

}  // namespace fovea
