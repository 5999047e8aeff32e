// Counted multiply–accumulates against counts by hand.
#include "src/train/macs.h"

#include <catch2/catch.hpp>

#include "tests/contracts/net_cases.h"

namespace fovea {
namespace {

class Layers : public Net {
 public:
  Layers() {
    convolution_ =
        register_module("convolution", torch::nn::Conv2d(torch::nn::Conv2dOptions(3, 4, 3).padding(1)));
    dense_ = register_module("dense", torch::nn::Linear(4 * 6 * 5, 7));
  }
  ModelOutput forward(const Batch& batch, AttentionTrace* = nullptr) override {
    return {.values = {{"logits", dense_(convolution_(batch.input("image").values).flatten(1))}},
            .output = nullptr,
            .carry = {}};
  }

 private:
  torch::nn::Conv2d convolution_{nullptr};
  torch::nn::Linear dense_{nullptr};
};

class Lstm : public Net {
 public:
  Lstm() {
    lstm_ = register_module(
        "lstm", torch::nn::LSTM(torch::nn::LSTMOptions(8, 16).bidirectional(true).batch_first(true)));
  }
  ModelOutput forward(const Batch& batch, AttentionTrace* = nullptr) override {
    return {.values = {{"states", std::get<0>(lstm_(batch.input("series").values))}},
            .output = nullptr,
            .carry = {}};
  }

 private:
  torch::nn::LSTM lstm_{nullptr};
};

Batch batch_of(const std::string& name, const Tensor& values) {
  Batch batch;
  batch.inputs[name] = {values, {}};
  return batch;
}

}  // namespace

TEST_CASE("A convolution and a dense layer cost what their formulas say") {
  Layers net;
  const int64_t macs = count_macs([&] { net.forward(batch_of("image", torch::randn({2, 3, 6, 5}))); });
  CHECK(macs == 2 * (4 * 6 * 5 * 3 * 9 + 4 * 6 * 5 * 7));
}

TEST_CASE("A bidirectional LSTM costs four gates a direction and step") {
  Lstm net;
  const torch::NoGradGuard no_gradient;
  const int64_t macs = count_macs([&] { net.forward(batch_of("series", torch::randn({1, 10, 8}))); });
  CHECK(macs == 10 * 2 * 4 * (8 * 16 + 16 * 16));
}

TEST_CASE("An output layer left to the task counts at the targets, and the net keeps its mode") {
  const NetEntry& entry = nets().at("transformer-lm", "model");
  const Json model = entry.resolve({{"name", "transformer-lm"}, {"width", 8}, {"layers", 1}});
  const auto net = contracts::make({model.dump(), "language-model", model});
  net->train();
  const Task& task = *contracts::small_tasks().at("language-model");
  const Batch batch = contracts::small_batch("language-model");
  const torch::NoGradGuard no_gradient;
  const int64_t inside = count_macs([&] { net->forward(batch); });
  const int64_t targets = (batch.target("next").values >= 0).sum().item<int64_t>();
  CHECK(targets > 0);
  CHECK(count_macs(*net, task, batch) ==
        inside + targets * 8 * net->named_parameters()["output_bias"].size(0));
  CHECK(net->is_training());
}

}  // namespace fovea
