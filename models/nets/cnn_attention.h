// Convolution stages, gates in them, then attention over the grid of the last stage (Hu 2018; Woo 2018; Wang
// 2018; Schlemper 2019; Xu 2015).
#pragma once

#include "models/layers/dropout.h"
#include "models/layers/gates.h"
#include "models/nets/text_options.h"

namespace fovea {

class CnnAttention : public Net {
 public:
  struct Options {
    std::vector<int64_t> channels = {32, 64, 128};
    int64_t convolutions = 2, pools = 2;
    std::string gate = "none", placement = "pooling", query = "learned", position = "none", init = "default";
    double dropout = 0.2;
    AttentionChoice attention{"bahdanau"};
    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit) {
      visit("channels", self.channels, "channels of each stage", at_least(1));
      visit("convolutions", self.convolutions, "3 × 3 convolutions of a stage", between(1, 8));
      visit("pools", self.pools, "stages that end with a 2 × 2 maximum", between(0, 6));
      visit("gate", self.gate,
            "at the end of each stage; attention-gate: the last stage gates the means of the others",
            one_of({"none", "se", "cbam", "non-local", "attention-gate"}));
      visit("placement", self.placement, "attention pools the grid, or refines it before a mean",
            one_of({"pooling", "residual"}));
      visit("query", self.query, "what asks when placement=pooling", one_of({"learned", "mean"}));
      visit("position", self.position, "added to the grid's cells", position_names());
      visit("init", self.init, "of the weight matrices: default, uniform(a), normal(s), xavier, kaiming");
      visit("dropout", self.dropout, "before the classes", between(0, 0.95));
      visit("attention", self.attention, "over the grid; none = the mean of the grid");
    }
  };

  CnnAttention(const Options& options, const TaskSpec& spec);
  /// Input image [B, C, Hi, Wi] → logits [B, classes].
  ModelOutput forward(const Batch& batch, AttentionTrace* trace) override;

 private:
  struct Stage {
    std::vector<torch::nn::Conv2d> convolutions;
    std::vector<torch::nn::GroupNorm> norms;
    SqueezeExcitation squeeze{nullptr};
    Cbam cbam{nullptr};
    NonLocal non_local{nullptr};
    AttentionGate gate{nullptr};  // by the last stage
    bool pool = false;
    double stride = 1;  // pixels from cell to cell, before the pool
  };
  void add_stage(size_t index, int64_t in, int64_t out, const Options& options);
  /// Each stage's cells before its pool, and the last after it: [B, C, Hi, Wi].
  std::vector<Tensor> convolve(Tensor x, AttentionTrace* trace);
  Tensor pooled(const Tensor& x, AttentionTrace* trace);

  std::vector<Stage> stages_;
  int64_t rows_ = 0, columns_ = 0;
  double stride_ = 1;
  PositionEmbedding position_{nullptr};
  AttentionPoolingLayer pooling_{nullptr};
  std::shared_ptr<Attention> residual_;
  torch::nn::Linear classes_{nullptr};
  Dropout dropout_{nullptr};
};

}  // namespace fovea
