#include "models/layers/recurrent.h"

#include "models/layers/dropout.h"
#include "models/layers/joined_sides.h"
#include "models/layers/recurrent_sequence.h"
#include "src/core/batch.h"
#include "src/core/half_products.h"
#include "src/core/recording.h"

namespace fovea {
namespace {

namespace rnn = torch::nn::utils::rnn;

/// [L·directions, B, H] as LibTorch has it ↔ [B, L·directions, H] as states travel here.
Tensor turned(const Tensor& state) {
  return state.transpose(0, 1).contiguous();
}

}  // namespace

RecurrentImpl::RecurrentImpl(const RecurrentOptions& o) : options_(o) {
  if (o.cell == "gru")
    gru_ = register_module("gru", torch::nn::GRU(torch::nn::GRUOptions(o.input, o.hidden)
                                                     .num_layers(o.layers)
                                                     .bidirectional(o.bidirectional)
                                                     .batch_first(true)
                                                     .dropout(o.layers > 1 ? o.dropout : 0)));
  else
    lstm_ = register_module("lstm", torch::nn::LSTM(torch::nn::LSTMOptions(o.input, o.hidden)
                                                        .num_layers(o.layers)
                                                        .bidirectional(o.bidirectional)
                                                        .batch_first(true)
                                                        .dropout(o.layers > 1 ? o.dropout : 0)));
}

/// LibTorch's names end in _l0, _l0_reverse, _l1, …
CellWeights RecurrentImpl::weights(int64_t layer, bool reverse) const {
  const std::string end = "_l" + std::to_string(layer) + (reverse ? "_reverse" : "");
  const auto parameters = lstm_ ? lstm_->named_parameters(false) : gru_->named_parameters(false);
  return {parameters["weight_ih" + end], parameters["weight_hh" + end], parameters["bias_ih" + end],
          parameters["bias_hh" + end]};
}

RecurrentOutput RecurrentImpl::forward(const Tensor& given, const Tensor& lengths, const State& before) {
  const bool half = half_precision();
  // LibTorch has no LSTM in half precision for every processor; the fused steps have products that are.
  const c10::impl::ExcludeDispatchKeyGuard no_autocast(
      c10::DispatchKeySet({c10::DispatchKey::AutocastCPU, c10::DispatchKey::AutocastCUDA}));
  const auto own = (lstm_ ? lstm_->parameters() : gru_->parameters())[0].scalar_type();
  const Tensor x = given.to(own);
  State state;
  for (const Tensor& part : before) state.push_back(part.to(own));
  // An empty row counts as one step over its (zero) padding: packing has no rows of length 0.
  const Tensor counts = unpadded(lengths, x.size(1)) ? Tensor() : lengths.clamp_min(1);
  RecurrentOutput output = has_fused_steps(x) ? fused(x, counts, state, half) : plain(x, counts, state);
  const int64_t top = output.state[0].size(1) - directions();
  output.last = output.state[0].slice(1, top).flatten(1);  // [B, H·directions]
  return output;
}

RecurrentOutput RecurrentImpl::fused(const Tensor& x, const Tensor& counts, const State& before, bool half) {
  Tensor sequence = x.transpose(0, 1).contiguous();  // [T, B, D]
  Tensor padding;                                    // [T, B]
  if (counts.defined()) padding = torch::arange(x.size(1)).unsqueeze(1) >= counts;
  const Tensor zeros = torch::zeros({x.size(0), options_.hidden}, x.options());
  State h, c;  // of each layer and direction [B, H]
  for (int64_t layer = 0; layer < options_.layers; ++layer) {
    if (layer > 0 && is_training() && options_.dropout > 0)
      sequence = dropped_out(sequence, options_.dropout);
    std::vector<Tensor> sides;
    for (int64_t side = 0; side < directions(); ++side) {
      const auto start = [&](size_t part) {
        return before.empty() ? zeros : before[part].select(1, layer * directions() + side);
      };
      const CellWeights own = weights(layer, side == 1);
      const SequenceOptions options{counts, side == 1, half};
      const SequenceOutput one = lstm_ ? fused_lstm(sequence, own, start(0), start(1), options)
                                       : fused_gru(sequence, own, start(0), options);
      sides.push_back(one.states), h.push_back(one.h), c.push_back(one.c);
    }
    sequence = joined_sides(sides, padding, layer + 1 == options_.layers);
  }
  RecurrentOutput output;
  output.sequence = sequence;  // [B, T, H·directions]
  output.state = {torch::stack(h, 1)};
  if (lstm_) output.state.push_back(torch::stack(c, 1));
  return output;
}

RecurrentOutput RecurrentImpl::plain(const Tensor& x, const Tensor& counts, const State& state) {
  RecurrentOutput output;
  // cuDNN makes its dropout anew after each seed, and waits for it.
  if (is_training() && options_.layers > 1 && options_.dropout > 0 && x.is_cuda())
    ask_host("dropout between recurrent layers");
  const auto run = [&](auto& module, auto initial, auto collect) {
    if (!counts.defined()) {
      auto [sequence, final] = initial ? module->forward(x, *initial) : module->forward(x);
      output.sequence = sequence;
      collect(final);
      return;
    }
    // As LibTorch's pack_padded_sequence and its inverse, which ask the device for the order of rows.
    const auto [sorted, order] = counts.sort(/*dim=*/0, /*descending=*/true);
    const Tensor there = moved(order, x.device()), back = moved(order.argsort(), x.device());
    const auto [numbers, sizes] = torch::_pack_padded_sequence(x.index_select(0, there), sorted, true);
    const rnn::PackedSequence packed(numbers, sizes, there, back);
    auto [sequence, final] = initial ? module->forward_with_packed_input(packed, *initial)
                                     : module->forward_with_packed_input(packed);
    output.sequence = std::get<0>(torch::_pad_packed_sequence(sequence.data(), sizes, true, 0.0, x.size(1)))
                          .index_select(0, back);  // [B, T, H·directions]
    collect(final);
  };
  if (lstm_) {
    using Pair = std::tuple<Tensor, Tensor>;
    std::optional<Pair> initial;
    if (!state.empty()) initial = Pair(turned(state[0]), turned(state[1]));
    run(lstm_, initial, [&](const Pair& final) {
      output.state = {turned(std::get<0>(final)), turned(std::get<1>(final))};
    });
  } else {
    std::optional<Tensor> initial;
    if (!state.empty()) initial = turned(state[0]);
    run(gru_, initial, [&](const Tensor& final) { output.state = {turned(final)}; });
  }
  return output;
}

}  // namespace fovea
