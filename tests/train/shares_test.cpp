// A batch's gradients by shares: reproducible with dropout, in every precision, and nothing lost where one
// fails.
#include "src/train/shares.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "models/nets/registry.h"
#include "src/train/autocast.h"
#include "tests/support/small_tasks.h"
#include "tests/support/threads.h"

using namespace fovea;

namespace {

struct Trained {
  std::shared_ptr<Task> task;
  std::shared_ptr<Net> net;
  Batch batch;

  Trained(const std::string& task_name, const Json& model, int64_t examples)
      : task(make_task(small_task(task_name))) {
    torch::manual_seed(3);
    const NetEntry& entry = nets().at(model.at("name"), "model");
    net = entry.make(entry.resolve(model), task->spec());
    net->train();
    std::vector<Example> all;
    for (int64_t i = 0; i < examples; ++i) all.push_back(task->examples(Split::kTrain)->get(i, 0, true));
    batch = collate(all, task->spec());
  }

  ShareLoss backward(int64_t shares, bool half = false) const {
    return backward_in_shares(*net, batch, shares, [&](const Batch& part) {
      const Autocast autocast(half, torch::kCPU);
      const Loss of = task->loss(net->forward(part), part, {});
      return ShareLoss{of.sum, of.weight, ""};
    });
  }
  /// One vector of all of them; those of parameters without one are 0.
  Tensor gradients() const {
    std::vector<Tensor> all;
    for (const Tensor& parameter : net->parameters())
      all.push_back(parameter.grad().defined() ? parameter.grad().to_dense().flatten()
                                               : torch::zeros({parameter.numel()}));
    return torch::cat(all);
  }
};

double difference(const Tensor& found, const Tensor& expected) {
  return ((found - expected).abs().max() / expected.abs().max()).item<double>();
}

const Json kDropping = {{"name", "transformer-classifier"},
                        {"width", 16},
                        {"layers", 2},
                        {"dropout", 0.3},
                        {"attention", {{"name", "multi-head"}, {"heads", 2}, {"dropout", 0.2}}}};
const Json kPictures = {{"name", "vision-transformer"}, {"width", 16}, {"layers", 1}, {"dropout", 0}};
const Json kSequences = {{"name", "rnn-seq2seq"}, {"width", 16}, {"hidden", 16}, {"dropout", 0}};

}  // namespace

TEST_CASE("what falls out in shares is a matter of the seed alone") {
  const Threads two(2);
  const Trained trained("text-classification", kDropping, 12);
  const auto run = [&](uint64_t seed, int64_t shares) {
    trained.net->zero_grad();
    torch::manual_seed(seed);
    trained.backward(shares);
    return trained.gradients();
  };
  for (const int64_t shares : {2, 3}) {
    const Tensor first = run(5, shares);
    for (int repeat = 0; repeat < 10; ++repeat) CHECK(torch::equal(run(5, shares), first));
    CHECK_FALSE(torch::equal(run(6, shares), first));
  }
  // One share is the batch as it is.
  CHECK_FALSE(torch::equal(run(5, 1), run(5, 2)));
}

TEST_CASE("shares of pictures and of sequences, in float32 and bf16, are those of the whole batch") {
  const Threads two(2);
  for (const auto& [task, model] :
       {std::pair("image-classification", kPictures), {"translation", kSequences}})
    for (const bool half : {false, true}) {
      INFO(task << (half ? ", bf16" : ""));
      const Trained trained(task, model, 8);
      const ShareLoss whole = trained.backward(1, half);
      const Tensor expected = trained.gradients();
      trained.net->zero_grad();
      const ShareLoss parts = trained.backward(2, half);
      CHECK(parts.sum.item<double>() == Approx(whole.sum.item<double>()).epsilon(half ? 1e-2 : 1e-5));
      CHECK(parts.weight.item<double>() == whole.weight.item<double>());
      CHECK(difference(trained.gradients(), expected) < (half ? 3e-2 : 1e-5));
      trained.backward(2, half);  // adds to what is there
      CHECK(difference(trained.gradients(), 2 * expected) < (half ? 3e-2 : 1e-5));
    }
}

TEST_CASE("where a share is not finite no gradient is added, where one throws its caller hears of it") {
  const Threads two(2);
  const Trained trained("text-classification", kDropping, 12);
  const auto second = [&](const Batch& part) { return part.ids != trained.batch.rows(0, 6).ids; };
  const ShareLoss loss = backward_in_shares(*trained.net, trained.batch, 2, [&](const Batch& part) {
    const Loss of = trained.task->loss(trained.net->forward(part), part, {});
    return ShareLoss{of.sum, of.weight, second(part) ? "the loss" : ""};
  });
  CHECK(loss.culprit == "the loss");
  for (const Tensor& parameter : trained.net->parameters()) CHECK_FALSE(parameter.grad().defined());
  const LossOf refuses = [&](const Batch& part) -> ShareLoss {
    if (second(part)) throw std::invalid_argument("no such example");
    const Loss of = trained.task->loss(trained.net->forward(part), part, {});
    return {of.sum, of.weight, ""};
  };
  CHECK_THROWS_WITH(backward_in_shares(*trained.net, trained.batch, 2, refuses), "no such example");
  CHECK(at::get_num_threads() == 2);
}

TEST_CASE("a batch is shared among few threads that have enough of it") {
  const auto count = [](int64_t examples, int threads, int64_t trained = 100) {
    const Threads some(threads);
    Batch batch;
    batch.ids.resize(static_cast<size_t>(examples));
    batch.inputs["text"] = {torch::zeros({examples, 5}), {}};
    return share_count(batch, trained, torch::kCPU);
  };
  CHECK(count(64, 2, 100'000) == 2);
  CHECK(count(64, 2, 100'000'000) == 1);
  CHECK(count(64, 1) == 1);
  CHECK(count(64, 2) == 2);
  CHECK(count(8, 2) == 2);
  CHECK(count(7, 2) == 1);
  CHECK(count(64, 4) == 4);
  CHECK(count(64, 16) == 1);
}
