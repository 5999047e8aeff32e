#include "models/nets/lead.h"

#include "models/layers/output.h"

namespace fovea {
namespace {

constexpr double kSure = 20;  // the logit of what is written, beside 0

/// Features that are logits already.
class AsTheyStand : public OutputLayer {
 public:
  bool copies() const override { return true; }
  Tensor logits(const Tensor& features) const override { return features; }
};

}  // namespace

Lead::Lead(const Options& options, const TaskSpec& spec)
    : words_(options.words),
      vocabulary_(spec.target("target", "lead").vocabulary),
      end_(spec.target("target", "lead").end) {
  spec.input("source_copy", "lead");
}

/// Logits [B, V + S] at `place` of the output; copies [B, S + 1] are the ids of the source's tokens and then
/// of the end.
Tensor Lead::written(const Tensor& copies, int64_t place) const {
  const int64_t places = copies.size(1) - 1;
  const Tensor id = place < std::min(words_, places) ? copies.select(1, place)
                                                     : torch::full({copies.size(0)}, end_, copies.options());
  return own_places(kSure * torch::one_hot(id, vocabulary_ + places).to(torch::kFloat32),
                    copies.slice(1, 0, places));
}

StepState Lead::start(const Batch& batch) {
  const Field& source = batch.input("source_copy");
  const Tensor real = source.real();
  const Tensor ids = real.defined() ? source.values.masked_fill(~real, end_) : source.values;
  StepState state;
  state.tensors = {torch::cat({ids, torch::full({ids.size(0), 1}, end_, ids.options())}, 1)};
  return state;
}

ModelOutput Lead::forward(const Batch& batch, AttentionTrace*) {
  const StepState state = start(batch);
  std::vector<Tensor> steps;
  for (int64_t t = 0; t + 1 < batch.target("target").values.size(1); ++t)
    steps.push_back(written(state.tensors[0], t));
  return {.values = {{"features", torch::stack(steps, 1)}},
          .output = std::make_shared<AsTheyStand>(),
          .carry = {}};
}

Tensor Lead::step(const Tensor&, StepState& state, AttentionTrace*) {
  return written(state.tensors[0], state.position++);
}

}  // namespace fovea
