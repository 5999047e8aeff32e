// Keys under train.*: how a run is trained, whatever the task and the net.
#pragma once

#include <string>
#include <vector>

#include "src/config/fields.h"

namespace fovea {

struct EarlyStoppingOptions {
  std::string metric;
  int64_t patience = 0;
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("metric", self.metric, "validation metric that chooses the checkpoint; empty = the task's own");
    visit("patience", self.patience, "validations without improvement before training stops; 0 = never",
          at_least(0));
  }
};

/// What src/train/guidance.h adds to the loss.
struct GuidanceOptions {
  double alignment = 0, coverage = 0, entropy = 0, sparsity = 0;
  std::vector<std::string> layers;
  std::vector<int64_t> heads;
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("alignment", self.alignment,
          "times −Σ g log w: weights w go where the task's truth g says (Chen 2016; Garg 2019, eq. 6)",
          at_least(0));
    visit("coverage", self.coverage,
          "times Σ min(w, Σ of w at earlier queries): do not look where you have looked (See 2017, eq. 13)",
          at_least(0));
    visit("entropy", self.entropy, "times −Σ w log w; above 0 sharpens, below 0 spreads");
    visit("sparsity", self.sparsity, "times 1 − Σ w²; above 0 sharpens, below 0 spreads");
    visit("layers", self.layers, "paths of the attentions, with * and ?; empty = all");
    visit("heads", self.heads, "numbers of the heads, from 0; empty = all");
  }
  bool any() const { return alignment != 0 || coverage != 0 || entropy != 0 || sparsity != 0; }
};

struct TrainOptions {
  int64_t epochs = 10;
  int64_t steps = 0;
  std::string optimizer = "adamw";
  double learning_rate = 1e-3;
  double weight_decay = 0.01;
  double momentum = 0.9;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  std::string schedule = "constant";
  int64_t warmup = 0;
  double decay = 0.1;
  int64_t decay_every = 0;
  double clip = 1.0;
  int64_t accumulation = 1, batch_tokens = 0;
  double label_smoothing = 0;
  double ema = 0;
  std::string precision = "float32";
  bool bucket = true;
  bool graphs = false;
  int64_t workers = 1;
  int64_t validate_every = 0;
  int64_t checkpoint_every = 0;
  int64_t log_every = 50;
  int64_t keep = 2;
  std::string from;
  std::vector<std::string> freeze;
  EarlyStoppingOptions early_stopping;
  GuidanceOptions guidance;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("epochs", self.epochs, "passes over the training split", at_least(0));
    visit("steps", self.steps, "updates; overrides epochs when above 0", at_least(0));
    visit("optimizer", self.optimizer, "update rule", one_of({"adamw", "adam", "sgd"}));
    visit("learning_rate", self.learning_rate, "peak step size", above(0));
    visit("weight_decay", self.weight_decay, "decoupled (adamw) or L2; never on biases, norms and embeddings",
          at_least(0));
    visit("momentum", self.momentum, "of sgd", between(0, 1));
    visit("beta1", self.beta1, "of adam: decay of the mean of gradients", between(0, 1));
    visit("beta2", self.beta2, "of adam: decay of the mean of their squares", between(0, 1));
    visit("epsilon", self.epsilon, "of adam: added to the root", above(0));
    visit("schedule", self.schedule, "of the learning rate after warm-up",
          one_of({"constant", "cosine", "linear", "inverse-sqrt", "step"}));
    visit("warmup", self.warmup, "updates over which the rate rises linearly from 0", at_least(0));
    visit("decay", self.decay, "of schedule step: factor every decay_every updates", between(0, 1));
    visit("decay_every", self.decay_every, "of schedule step: updates; 0 = a third of the run", at_least(0));
    visit("clip", self.clip, "largest norm of the whole gradient; 0 = no clipping", at_least(0));
    visit("accumulation", self.accumulation, "batches whose gradients make one update", at_least(1));
    visit("batch_tokens", self.batch_tokens,
          "tokens of a training batch, padding counted, where lengths are known; 0 = task.batch examples",
          at_least(0));
    visit("label_smoothing", self.label_smoothing, "probability spread over all classes", between(0, 1));
    visit("ema", self.ema, "decay of the moving average of weights that is validated and saved; 0 = none",
          between(0, 1));
    visit("precision", self.precision,
          "of the forward and backward pass, masters stay float32; float64 is for everything",
          one_of({"float32", "bf16", "float64"}));
    visit("bucket", self.bucket, "batches of similar length");
    visit("graphs", self.graphs,
          "elsewhere than on the CPU: record the steps of batches of one shape and have the device do them "
          "again by itself (CUDA graphs); changes no number");
    visit("workers", self.workers, "threads that make batches; changes no number", between(1, 64));
    visit("validate_every", self.validate_every, "updates; 0 = at the end of each epoch", at_least(0));
    visit("checkpoint_every", self.checkpoint_every, "updates; 0 = at each validation", at_least(0));
    visit("log_every", self.log_every, "updates between lines of metrics.jsonl", at_least(1));
    visit("keep", self.keep, "checkpoints kept besides the best", at_least(1));
    visit("from", self.from,
          "run folder whose best parameters training begins with, where name and shape are the same; rows of "
          "tokens go by the token");
    visit("freeze", self.freeze, "parameters that stay as they are: names, with * and ?");
    visit("early_stopping", self.early_stopping, "early stopping");
    visit("guidance", self.guidance, "losses on attention weights, added to the task's own");
  }
};

}  // namespace fovea
