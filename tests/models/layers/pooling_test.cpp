// From positions to one vector: attention, mean, first, last and flatten against what they are defined to be.
#include "models/layers/pooling.h"

#include <catch2/catch.hpp>

#include "models/nets/attention_pooling.h"
#include "models/nets/registry.h"

using namespace fovea;

namespace {

const Tensor kLengths = torch::tensor({2, 4, 3}, torch::kInt64);

Tensor draw() {
  torch::manual_seed(1);
  return torch::randn({3, 4, 6}, torch::kFloat64);
}

Tensor real_of(const Tensor& x) {
  return Field{x, kLengths}.real();
}

AttentionPoolingLayer layer(const std::string& attention, const std::string& query) {
  torch::manual_seed(2);
  AttentionPoolingLayer made(AttentionChoice(attention), query, 6, "model.attention");
  made->to(torch::kFloat64);
  return made;
}

double distance(const Tensor& a, const Tensor& b) {
  return (a - b).abs().max().item<double>();
}

/// softmax(q · x) over the real positions, times x, one row at a time.
Tensor attended_by_hand(const Tensor& x, const Tensor& queries) {
  std::vector<Tensor> rows;
  for (int64_t b = 0; b < x.size(0); ++b) {
    const Tensor own = x[b].slice(0, 0, kLengths[b].item<int64_t>());
    rows.push_back(torch::matmul(torch::softmax(torch::matmul(own, queries[b]), 0), own));
  }
  return torch::stack(rows);
}

}  // namespace

TEST_CASE("the masked mean is each row's mean over its own length, and 0 without one") {
  const Tensor x = draw(), mean = masked_mean(x, real_of(x));
  for (int64_t b = 0; b < 3; ++b)
    CHECK(distance(mean[b], x[b].slice(0, 0, kLengths[b].item<int64_t>()).mean(0)) < 1e-14);
  CHECK(masked_mean(x, torch::zeros({3, 4}, torch::kBool)).eq(0).all().item<bool>());
  CHECK(distance(masked_mean(x, Tensor()), x.mean(1)) < 1e-14);
}

TEST_CASE("last_real takes each row's last real position") {
  const Tensor x = draw(), last = last_real(x, kLengths);
  for (int64_t b = 0; b < 3; ++b) CHECK(torch::equal(last[b], x[b][kLengths[b].item<int64_t>() - 1]));
  CHECK(torch::equal(last_real(x, Tensor()), x.select(1, 3)));
}

TEST_CASE("attention pooling asks with the query it is named for") {
  torch::NoGradGuard no_gradient;
  const Tensor x = draw(), real = real_of(x), last = last_real(x, kLengths);
  const TraceAxis keys;
  AttentionPoolingLayer by_last = layer("luong-dot", "last"), by_mean = layer("luong-dot", "mean"),
                        learned = layer("luong-dot", "learned");
  CHECK(distance(by_last(x, real, last, nullptr, keys), attended_by_hand(x, last)) < 1e-13);
  CHECK(distance(by_mean(x, real, last, nullptr, keys), attended_by_hand(x, masked_mean(x, real))) < 1e-13);
  const Tensor query = learned->named_parameters()["query"].expand({3, 6});
  CHECK(distance(learned(x, real, last, nullptr, keys), attended_by_hand(x, query)) < 1e-13);
}

TEST_CASE("uniform attention pools to the mean of the real positions") {
  torch::NoGradGuard no_gradient;
  const Tensor x = draw(), real = real_of(x);
  AttentionPoolingLayer made = layer("uniform", "learned");
  CHECK(distance(made(x, real, Tensor(), nullptr, TraceAxis()), masked_mean(x, real)) < 1e-14);
}

TEST_CASE("a query nobody reads is no parameter") {
  CHECK(layer("learned-query", "learned")->named_parameters(false).is_empty());
  CHECK(layer("luong-dot", "mean")->named_parameters(false).is_empty());
  CHECK(layer("luong-dot", "learned")->named_parameters(false).size() == 1);
}

namespace {

/// A classifier of one block without attention whose classes see `pooling` of the encoder's output.
std::shared_ptr<Net> classifier(const std::string& pooling) {
  FieldSpec text, label;
  text.kind = "tokens", text.vocabulary = 9, text.length = 4, text.padded = true;
  label.kind = "label", label.vocabulary = 3;
  const TaskSpec spec{"text-classification", {{"text", text}}, {{"label", label}}};
  const NetEntry& net = nets().at("transformer-classifier");
  torch::manual_seed(3);
  auto made = net.make(net.resolve({{"name", net.name},
                                    {"width", 6},
                                    {"layers", 1},
                                    {"pooling", pooling},
                                    {"attention", "none"},
                                    {"position", "none"}}),
                       spec);
  made->to(torch::kFloat64);
  made->eval();
  return made;
}

Tensor classify(Net& net, const Tensor& ids, const Tensor& lengths) {
  Batch batch;
  batch.inputs["text"] = {ids, lengths};
  batch.ids.resize(static_cast<size_t>(ids.size(0)));
  return net.forward(batch).values.at("logits");
}

}  // namespace

TEST_CASE(
    "pooling=first sees the first token alone; flatten sees each, at its place; mean sees each, at any "
    "place") {
  torch::NoGradGuard no_gradient;
  const Tensor ids = torch::tensor({{1, 2, 3, 4}}, torch::kInt64),
               lengths = torch::tensor({4}, torch::kInt64);
  const Tensor swapped = torch::tensor({{1, 3, 2, 4}}, torch::kInt64),
               changed = torch::tensor({{1, 2, 5, 4}}, torch::kInt64);
  const auto first = classifier("first"), flat = classifier("flatten"), mean = classifier("mean");
  CHECK(torch::equal(classify(*first, ids, lengths), classify(*first, changed, lengths)));
  CHECK(distance(classify(*flat, ids, lengths), classify(*flat, swapped, lengths)) > 1e-6);
  CHECK(distance(classify(*mean, ids, lengths), classify(*mean, swapped, lengths)) < 1e-13);
  CHECK(distance(classify(*mean, ids, lengths), classify(*mean, changed, lengths)) > 1e-6);
}

TEST_CASE("flatten puts zeros where a text ends, and says which text is too long") {
  torch::NoGradGuard no_gradient;
  const auto flat = classifier("flatten");
  const Tensor bias = flat->named_parameters()["classes.bias"];
  const Tensor none = classify(*flat, torch::tensor({{0}}, torch::kInt64), torch::tensor({0}, torch::kInt64));
  CHECK(distance(none[0], bias) < 1e-14);
  CHECK_THROWS_AS(classify(*flat, torch::ones({1, 5}, torch::kInt64), torch::tensor({5}, torch::kInt64)),
                  DataError);
}
