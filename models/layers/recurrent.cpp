#include "models/layers/recurrent.h"

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

RecurrentOutput RecurrentImpl::forward(const Tensor& given, const Tensor& lengths, const State& before) {
  // Not in half precision: LibTorch has no such LSTM for every processor.
  const c10::impl::ExcludeDispatchKeyGuard no_autocast(
      c10::DispatchKeySet({c10::DispatchKey::AutocastCPU, c10::DispatchKey::AutocastCUDA}));
  const auto own = (lstm_ ? lstm_->parameters() : gru_->parameters())[0].scalar_type();
  const Tensor x = given.to(own);
  State state;
  for (const Tensor& part : before) state.push_back(part.to(own));
  const int64_t steps = x.size(1);
  RecurrentOutput output;
  const auto run = [&](auto& module, auto initial, auto collect) {
    if (!lengths.defined()) {
      auto [sequence, final] = initial ? module->forward(x, *initial) : module->forward(x);
      output.sequence = sequence;
      collect(final);
      return;
    }
    // An empty row counts as one step over its (zero) padding: packing has no rows of length 0.
    const Tensor counts = lengths.to(torch::kCPU).clamp_min(1);
    const auto packed = rnn::pack_padded_sequence(x, counts, /*batch_first=*/true, /*enforce_sorted=*/false);
    auto [sequence, final] = initial ? module->forward_with_packed_input(packed, *initial)
                                     : module->forward_with_packed_input(packed);
    output.sequence =
        std::get<0>(rnn::pad_packed_sequence(sequence, true, 0.0, steps));  // [B, T, H·directions]
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
  const int64_t top = output.state[0].size(1) - directions();
  output.last = output.state[0].slice(1, top).flatten(1);  // [B, H·directions]
  return output;
}

}  // namespace fovea
