// Keys under train.*: how a run is trained, whatever the task and the net.
#pragma once

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
  int64_t accumulation = 1;
  double label_smoothing = 0;
  double ema = 0;
  std::string precision = "float32";
  bool bucket = true;
  int64_t workers = 1;
  int64_t validate_every = 0;
  int64_t checkpoint_every = 0;
  int64_t log_every = 50;
  int64_t keep = 2;
  EarlyStoppingOptions early_stopping;

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
    visit("label_smoothing", self.label_smoothing, "probability spread over all classes", between(0, 1));
    visit("ema", self.ema, "decay of the moving average of weights that is validated and saved; 0 = none",
          between(0, 1));
    visit("precision", self.precision, "of the forward and backward pass; masters stay float32",
          one_of({"float32", "bf16"}));
    visit("bucket", self.bucket, "batches of similar length");
    visit("workers", self.workers, "threads that make batches; changes no number", between(1, 64));
    visit("validate_every", self.validate_every, "updates; 0 = at the end of each epoch", at_least(0));
    visit("checkpoint_every", self.checkpoint_every, "updates; 0 = at each validation", at_least(0));
    visit("log_every", self.log_every, "updates between lines of metrics.jsonl", at_least(1));
    visit("keep", self.keep, "checkpoints kept besides the best", at_least(1));
    visit("early_stopping", self.early_stopping, "early stopping");
  }
};

}  // namespace fovea
