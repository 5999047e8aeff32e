// Image patches as tokens of a Transformer encoder → pooling → classes (Dosovitskiy 2021).
#pragma once

#include "models/layers/dropout.h"
#include "models/layers/transformer.h"
#include "models/nets/text_options.h"

namespace fovea {

class VisionTransformer : public Net {
 public:
  struct Options {
    int64_t patch = 4, width = 64, layers = 4, feed_forward = 0;
    double dropout = 0.1;
    std::string norm = "pre", position = "learned", pooling = "mean", init = "default";
    AttentionChoice attention{"multi-head"};
    PoolOptions pool;
    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit) {
      visit("patch", self.patch, "rows and columns of a patch, in pixels", at_least(1));
      visit("width", self.width, "model width D", at_least(1));
      visit("layers", self.layers, "encoder blocks", at_least(1));
      visit("feed_forward", self.feed_forward, "units inside a block; 0 = 4 · width", at_least(0));
      visit("dropout", self.dropout, "on tokens and on every residual branch", between(0, 0.95));
      visit("norm", self.norm, "normalise before or after each branch", one_of({"pre", "post"}));
      visit("position", self.position, "added to the patches", position_names());
      visit("pooling", self.pooling, "from patches to one vector", one_of({"attention", "mean"}));
      visit("init", self.init, "of the weight matrices: default, uniform(a), normal(s), xavier, kaiming");
      visit("attention", self.attention, "of every block; none = blocks without attention");
      visit("pool", self.pool, "the pooling slot");
    }
  };

  VisionTransformer(const Options& options, const TaskSpec& spec);
  /// Input image [B, C, Hi, Wi] → logits [B, classes]. Sizes that the patch does not divide are padded with 0
  /// on the right and below.
  ModelOutput forward(const Batch& batch, AttentionTrace* trace) override;

 private:
  int64_t patch_, rows_ = 0, columns_ = 0;
  torch::nn::Conv2d tokens_{nullptr};
  PositionEmbedding position_{nullptr};
  TransformerStack encoder_{nullptr};
  AttentionPoolingLayer pooling_{nullptr};
  torch::nn::Linear classes_{nullptr};
  Dropout dropout_{nullptr};
};

}  // namespace fovea
