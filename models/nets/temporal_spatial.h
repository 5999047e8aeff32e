// Attention over time and over the columns of a series: one axis after the other, or all pairs at once
// (factorised and joint space–time attention; Bertasius 2021, §3.3; Zhang & Yan 2023).
#pragma once

#include "models/layers/dropout.h"
#include "models/layers/transformer.h"
#include "models/layers/window_scale.h"
#include "models/nets/text_options.h"

namespace fovea {

class TemporalSpatial : public Net {
 public:
  struct Options {
    int64_t patch = 16, stride = 8, width = 32, layers = 2, feed_forward = 0;
    double dropout = 0.2;
    std::string mode = "factorised", norm = "pre", position = "learned", normalise = "instance",
                init = "default";
    AttentionChoice attention{"multi-head"}, across{"multi-head"};
    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit) {
      visit("patch", self.patch, "steps in a patch", at_least(1));
      visit("stride", self.stride, "steps between patches", at_least(1));
      visit("width", self.width, "model width D", at_least(1));
      visit("layers", self.layers, "blocks, or with mode=factorised pairs of blocks", at_least(1));
      visit("feed_forward", self.feed_forward, "units inside a block; 0 = 4 · width", at_least(0));
      visit("dropout", self.dropout, "on tokens and on every residual branch", between(0, 0.95));
      visit("mode", self.mode, "time and columns in turn, or every patch of every column at once",
            one_of({"factorised", "joint"}));
      visit("norm", self.norm, "normalise before or after each branch", one_of({"pre", "post"}));
      visit("position", self.position, "added to the patches", position_names());
      visit("normalise", self.normalise,
            "each window by its own mean and deviation (Kim 2022), its last value, or not", window_scales());
      visit("init", self.init, "of the weight matrices: default, uniform(a), normal(s), xavier, kaiming");
      visit("attention", self.attention,
            "over time, or with mode=joint over all; none = blocks without attention");
      visit("across", self.across, "over the columns when mode=factorised; none = columns stay apart");
    }
  };

  TemporalSpatial(const Options& options, const TaskSpec& spec);
  /// Input series [B, L, F] → forecast [B, horizon, F].
  ModelOutput forward(const Batch& batch, AttentionTrace* trace) override;

 private:
  /// One pair of blocks on x [B, F, P, D].
  Tensor factorised(Tensor x, size_t layer, AttentionTrace* trace);
  Tensor joint(const Tensor& x, size_t layer, AttentionTrace* trace);

  Options options_;
  int64_t patches_ = 0;
  torch::nn::Linear tokens_{nullptr}, head_{nullptr};
  PositionEmbedding position_{nullptr};
  Tensor columns_;  // one vector a column [F, D]
  std::vector<TransformerBlock> time_, across_;
  torch::nn::LayerNorm norm_{nullptr};
  Dropout dropout_{nullptr};
};

}  // namespace fovea
