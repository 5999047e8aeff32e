// Recurrent layers against LibTorch's own packing and against each row by itself.
#include "models/layers/recurrent.h"

#include <catch2/catch.hpp>

using namespace fovea;

namespace {

namespace rnn = torch::nn::utils::rnn;

Recurrent layer(const std::string& cell, int64_t layers, bool bidirectional) {
  torch::manual_seed(2);
  Recurrent made(RecurrentOptions{cell, 3, 4, layers, bidirectional, 0});
  made->to(torch::kFloat64);
  made->eval();
  return made;
}

Tensor draw() {
  torch::manual_seed(4);
  return torch::randn({3, 6, 3}, torch::kFloat64);
}

const Tensor kLengths = torch::tensor({4, 6, 1}, torch::kInt64);

double distance(const Tensor& a, const Tensor& b) {
  return (a - b).abs().max().item<double>();
}

}  // namespace

TEST_CASE("a BiLSTM over padded rows gives LibTorch's pack_padded_sequence, bit for bit") {
  torch::NoGradGuard no_gradient;
  Recurrent made = layer("lstm", 2, true);
  torch::nn::LSTM reference(torch::nn::LSTMOptions(3, 4).num_layers(2).bidirectional(true).batch_first(true));
  reference->to(torch::kFloat64);
  for (auto& item : reference->named_parameters())
    item.value().copy_(made->named_parameters()["lstm." + item.key()]);
  const Tensor x = draw();
  const auto packed = rnn::pack_padded_sequence(x, kLengths, true, false);
  const auto [sequence, state] = reference->forward_with_packed_input(packed);
  const RecurrentOutput output = made(x, kLengths);
  CHECK(torch::equal(output.sequence, std::get<0>(rnn::pad_packed_sequence(sequence, true))));
  CHECK(torch::equal(output.state[0], std::get<0>(state).transpose(0, 1)));
  CHECK(torch::equal(output.state[1], std::get<1>(state).transpose(0, 1)));
}

TEST_CASE(
    "every row of a padded batch is the row alone, its padding 0, its last states those of its own end") {
  torch::NoGradGuard no_gradient;
  for (const char* cell : {"lstm", "gru"})
    for (const bool both : {false, true}) {
      Recurrent made = layer(cell, 2, both);
      const Tensor x = draw();
      const RecurrentOutput all = made(x, kLengths);
      for (int64_t row = 0; row < 3; ++row) {
        const int64_t n = kLengths[row].item<int64_t>();
        const RecurrentOutput alone = made(x.slice(0, row, row + 1).slice(1, 0, n));
        CHECK(distance(all.sequence[row].slice(0, 0, n), alone.sequence[0]) < 1e-14);
        CHECK(all.sequence[row].slice(0, n).eq(0).all().item<bool>());
        CHECK(distance(all.last[row], alone.last[0]) < 1e-14);
      }
    }
}

TEST_CASE("last is the forward direction's last step beside the backward direction's first") {
  torch::NoGradGuard no_gradient;
  Recurrent made = layer("lstm", 2, true);
  const RecurrentOutput output = made(draw(), kLengths);
  for (int64_t row = 0; row < 3; ++row) {
    const int64_t n = kLengths[row].item<int64_t>();
    CHECK(torch::equal(output.last[row].slice(0, 0, 4), output.sequence[row][n - 1].slice(0, 0, 4)));
    CHECK(torch::equal(output.last[row].slice(0, 4), output.sequence[row][0].slice(0, 4)));
  }
}

TEST_CASE("a state handed on continues the sequence as if it had not been cut") {
  torch::NoGradGuard no_gradient;
  for (const char* cell : {"lstm", "gru"}) {
    Recurrent made = layer(cell, 2, false);
    const Tensor x = draw();
    const RecurrentOutput whole = made(x), first = made(x.slice(1, 0, 2));
    CHECK(distance(made(x.slice(1, 2), Tensor(), first.state).sequence, whole.sequence.slice(1, 2)) < 1e-14);
  }
}

TEST_CASE("a row without tokens is read as one step of zeros, whatever its batch") {
  torch::NoGradGuard no_gradient;
  Recurrent made = layer("lstm", 1, true);
  Tensor x = draw();
  x[2].zero_();
  const RecurrentOutput all = made(x, torch::tensor({4, 6, 0}, torch::kInt64));
  const RecurrentOutput alone =
      made(torch::zeros({1, 1, 3}, torch::kFloat64), torch::tensor({0}, torch::kInt64));
  CHECK(distance(all.last[2], alone.last[0]) < 1e-14);
}
