// A trained classifier asked about single examples: what it answers, what its attention and its gradients
// say mattered, and what it answers when something is changed.
#pragma once

#include <string>
#include <vector>

#include "src/probe/erasure.h"

namespace fovea {

/// One example, read.
struct Subject {
  Example example;
  InputCells cells;
  std::vector<double> probabilities;  // [classes]
  int64_t answer = 0;                 // the largest of them, the first on ties
  std::vector<double> attention;      // per cell: mean over heads and over the queries that see a key
  std::vector<double> gradient;       // per cell: |Σ input · ∂ p(answer) / ∂ input|, the attention held fixed

  double probability() const { return probabilities[static_cast<size_t>(answer)]; }
};

/// Reads a net whose output is "logits" [B, classes] through one of its attentions.
class ClassifierProbe {
 public:
  /// `path`: the attention, with * and ?; empty = the last over an input that `example` gives. The net is put
  /// into evaluation mode. Throws ConfigError where the net is no classifier or has no such attention.
  ClassifierProbe(Net& net, const Task& task, const std::string& path, const Example& example,
                  torch::Device device);

  const std::string& path() const { return path_; }
  Attention& attention() const { return *attention_; }
  Net& net() const { return net_; }

  /// Reads one example. Empty texts have no cells.
  Subject read(const Example& example);

  /// Probabilities [N, classes] of variants of an example, float64 on the CPU, in batches.
  Tensor probabilities(const std::vector<Example>& examples);
  /// The same of one batch, with the graph where gradients are on, on the device.
  Tensor probabilities(const Batch& batch);
  Batch batch_of(const std::vector<Example>& examples) const;

 private:
  std::vector<double> gradient_of(const Subject& subject);

  Net& net_;
  const Task& task_;
  torch::Device device_;
  std::string path_;
  Attention* attention_ = nullptr;
};

}  // namespace fovea
