#include "src/probe/adversary.h"

#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <limits>

namespace fovea {
namespace {

/// Total variation distance of distributions [N, classes] from one: [N].
Tensor moved_by(const Tensor& p, const Tensor& q) {
  return 0.5 * (p - q).abs().sum(-1);
}

Tensor answer_of(const Subject& subject, const torch::TensorOptions& options) {
  return torch::tensor(subject.probabilities, torch::kFloat64).to(options.device());  // [classes]
}

torch::Generator seeded(uint64_t seed) {
  return at::make_generator<at::CPUGeneratorImpl>(seed);
}

Tensor all_visible(const Tensor& weights, const Tensor& visible) {
  return visible.defined() ? visible.expand_as(weights) : torch::ones_like(weights, torch::kBool);
}

/// Rows of `weights` shuffled among their visible cells.
Tensor shuffled(const Tensor& weights, const Tensor& visible, torch::Generator generator) {
  const Tensor seen = all_visible(weights, visible);
  const Tensor keys =
      torch::rand(weights.sizes(), generator, torch::kFloat64).to(weights.device()).masked_fill(~seen, 2);
  // The visible cells in random order, and in their own: cell `to[i]` gets the weight of cell `from[i]`.
  const Tensor from = keys.argsort(int64_t{-1}, false);
  const Tensor to = torch::argsort((~seen).to(torch::kUInt8), /*stable=*/true, int64_t{-1}, false);
  return torch::zeros_like(weights).scatter(-1, to, weights.gather(-1, from));
}

/// Parameters that no gradient reaches while this lives: what comes before the edited weights is not in the
/// graph then.
class Frozen {
 public:
  explicit Frozen(torch::nn::Module& net) {
    for (const Tensor& parameter : net.parameters())
      if (parameter.requires_grad()) trained_.push_back(parameter.requires_grad_(false));
  }
  ~Frozen() {
    for (const Tensor& parameter : trained_) parameter.requires_grad_(true);
  }
  Frozen(const Frozen&) = delete;
  Frozen& operator=(const Frozen&) = delete;

 private:
  std::vector<Tensor> trained_;
};

/// Jensen–Shannon divergence of rows, mean over heads and the queries that see a key: [B].
Tensor divergence(const Tensor& p, const Tensor& q, const Tensor& rows) {
  const Tensor middle = 0.5 * (p + q);
  const auto entropy = [](const Tensor& t) { return -torch::xlogy(t, t.clamp_min(1e-30)).sum(-1); };
  const Tensor each = entropy(middle) - 0.5 * (entropy(p) + entropy(q));  // [B, H, Tq]
  return (each * rows).sum({1, 2}) / rows.sum({1, 2}).clamp_min(1);
}

/// The search of one example: rows of the batch are starts.
class Search {
 public:
  Search(ClassifierProbe& probe, const Subject& subject, const AdversaryOptions& options, uint64_t seed)
      : probe_(probe),
        options_(options),
        generator_(seeded(seed)),
        batch_(probe.batch_of(std::vector<Example>(static_cast<size_t>(options.starts), subject.example))),
        answer_(answer_of(subject, torch::TensorOptions(batch_.inputs.begin()->second.values.device()))) {}

  double run() {
    begin();
    const torch::AutoGradMode gradient(true);
    const Frozen frozen(probe_.net());
    torch::optim::Adam adam({logits_}, torch::optim::AdamOptions(options_.learning_rate));
    double best = 0;
    for (int64_t step = 0; step < options_.steps; ++step) {
      const Editing editing(probe_.attention(), [this](const Tensor&, const Tensor&) { return weights(); });
      const Tensor moved = moved_by(probe_.probabilities(batch_), answer_);       // [starts]
      const Tensor far = divergence(weights().to(torch::kFloat64), own_, rows_);  // [starts]
      const Tensor allowed = moved <= options_.epsilon;
      best = std::max(best, torch::where(allowed, far, 0.0).max().item<double>());
      // λ of eq. 3 large enough that no divergence pays for a forbidden answer.
      const Tensor loss = (500.0 * torch::relu(moved - options_.epsilon) - far).sum();
      adam.zero_grad();
      loss.backward();
      adam.step();
    }
    return best;
  }

 private:
  /// Takes the net's own weights as they pass, and begins elsewhere.
  void begin() {
    torch::NoGradGuard no_gradient;
    Tensor seen;
    const Editing editing(probe_.attention(), [&](const Tensor& weights, const Tensor& visible) {
      own_ = weights.detach();
      seen = all_visible(weights, visible);
      return weights;
    });
    probe_.probabilities(batch_);
    hidden_ = ~seen;
    rows_ = seen.any(-1).to(torch::kFloat64);  // [B, H, Tq]
    kind_ = own_.scalar_type();
    own_ = own_.to(torch::kFloat64);
    own_ = own_ / own_.sum(-1, true).clamp_min(1e-30);
    logits_ = torch::randn(own_.sizes(), generator_, torch::kFloat64).to(own_.device()).requires_grad_();
  }

  Tensor weights() const {
    constexpr double kNever = -std::numeric_limits<double>::infinity();
    // A row that sees nothing keeps its scores: of −∞ alone there is no softmax.
    const Tensor never = hidden_ & rows_.unsqueeze(-1).to(torch::kBool);
    return torch::softmax(logits_.masked_fill(never, kNever), -1).masked_fill(hidden_, 0).to(kind_);
  }

  ClassifierProbe& probe_;
  AdversaryOptions options_;
  torch::Generator generator_;
  Batch batch_;
  Tensor answer_, own_, hidden_, rows_, logits_;
  torch::ScalarType kind_ = torch::kFloat32;
};

}  // namespace

double permutation_distance(ClassifierProbe& probe, const Subject& subject, int64_t permutations,
                            uint64_t seed) {
  torch::NoGradGuard no_gradient;
  torch::Generator generator = seeded(seed);
  const Editing editing(probe.attention(), [&](const Tensor& weights, const Tensor& visible) {
    return shuffled(weights, visible, generator);
  });
  const Tensor answers =
      probe.probabilities(std::vector<Example>(static_cast<size_t>(permutations), subject.example));
  const Tensor moved = moved_by(answers, answer_of(subject, answers.options()));
  return moved.median().item<double>();
}

double adversarial_divergence(ClassifierProbe& probe, const Subject& subject, const AdversaryOptions& options,
                              uint64_t seed) {
  return Search(probe, subject, options, seed).run();
}

}  // namespace fovea
