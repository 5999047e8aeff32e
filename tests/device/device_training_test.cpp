// Training elsewhere than on the CPU: the same run, without waiting for the device between two updates.
#include <catch2/catch.hpp>
#include <csignal>

#include "src/base/error.h"
#include "src/base/files.h"
#include "src/train/trainer.h"
#include "tests/contracts/net_cases.h"
#include "tests/device/other_device.h"
#include "tests/train/tiny.h"

using namespace fovea;
using namespace fovea::contracts;
using Catch::Matchers::Contains;

namespace {

constexpr const char* kTask = "text-classification";

/// The same each time. (Dropout of LibTorch draws other numbers on every device.)
std::shared_ptr<Net> net_of(const NetCase& one, const torch::Device& device) {
  seed_generators({7});
  const auto net =
      nets().at(one.model["name"].get<std::string>()).make(one.model, small_tasks().at(one.task)->spec());
  if (!device.is_cpu()) other::move(*net);
  return net;
}

std::shared_ptr<Net> net_on(const torch::Device& device, double dropout = 0) {
  return net_of(small_case("transformer-classifier", kTask, {{"dropout", dropout}}), device);
}

struct Run {
  TinyRun files;
  Json result;
  std::vector<std::string> waits;
};

Run train(const std::filesystem::path& folder, const torch::Device& device, const TrainOptions& options,
          std::shared_ptr<Net> net = nullptr, const std::string& task = kTask) {
  Run run{{folder, options}, {}, {}};
  other::waits();
  run.result = Trainer(net ? net : net_on(device), *small_tasks().at(task), run.files.open(),
                       {options, run.files.seed, device, /*quiet=*/true, nullptr})
                   .train();
  run.waits = other::waits();
  return run;
}

}  // namespace

TEST_CASE("a run elsewhere has the losses and the metrics of the CPU's") {
  Scratch scratch;
  for (const char* rule : {"adamw", "adam", "sgd"}) {
    INFO(rule);
    TrainOptions options = tiny_options(6);
    options.optimizer = rule, options.validate_every = 3;
    const Run here = train(scratch.path(std::string("here-") + rule), torch::kCPU, options),
              there = train(scratch.path(std::string("there-") + rule), other::device(), options);
    const auto losses = values(here.files, "train", "loss"), others = values(there.files, "train", "loss");
    REQUIRE(losses.size() == 6);
    REQUIRE(others.size() == 6);
    CHECK(losses.front() != losses.back());
    for (size_t i = 0; i < 6; ++i) CHECK(others[i] == Approx(losses[i]).epsilon(1e-4));
    CHECK(values(there.files, "validation", "accuracy") == values(here.files, "validation", "accuracy"));
  }
}

TEST_CASE("a line of several updates' losses is the same where their numbers come late") {
  Scratch scratch;
  TrainOptions options = tiny_options(7);
  options.log_every = 3, options.validate_every = 100;
  const Run here = train(scratch.path("here"), torch::kCPU, options),
            there = train(scratch.path("there"), other::device(), options);
  const auto steps = values(here.files, "train", "step"), losses = values(here.files, "train", "loss");
  CHECK(values(there.files, "train", "step") == steps);
  REQUIRE(steps == std::vector<double>{3, 6, 7});
  for (size_t i = 0; i < 3; ++i)
    CHECK(values(there.files, "train", "loss")[i] == Approx(losses[i]).epsilon(1e-4));
}

TEST_CASE("updates elsewhere wait for nothing") {
  Scratch scratch;
  TrainOptions few = tiny_options(3), many = tiny_options(9);
  few.log_every = many.log_every = 100;
  few.validate_every = many.validate_every = 100;  // at the end alone
  const size_t waits_of_few = train(scratch.path("few"), other::device(), few).waits.size();
  CHECK(waits_of_few > 0);  // for validation and checkpoint
  CHECK(train(scratch.path("many"), other::device(), many).waits.size() == waits_of_few);
}

TEST_CASE("a net without parameters is run elsewhere") {
  Scratch scratch;
  const NetEntry& entry = nets().at("last-value");
  const auto task = small_tasks().at("series-forecast");
  const auto net = entry.make(entry.resolve({{"name", entry.name}}), task->spec());
  const TinyRun files{scratch.path("run"), tiny_options(2)};
  const Json result =
      Trainer(net, *task, files.open(), {files.options, files.seed, other::device(), true, nullptr}).train();
  CHECK(result["status"] == "finished");
}

TEST_CASE("a run elsewhere that is stopped and continued is the one that was not") {
  Scratch scratch;
  TrainOptions options = tiny_options(6);
  options.checkpoint_every = 2;
  const auto net = [] { return net_on(other::device(), 0.1); };
  const Run whole = train(scratch.path("whole"), other::device(), options, net());
  const TinyRun part{scratch.path("part"), options};
  const auto stopping = net();
  int64_t steps = 0;
  stopping->named_parameters().back().value().register_hook([&](const Tensor&) {
    if (++steps == 4) throw Interrupted(SIGTERM, "now");
  });
  CHECK_THROWS_AS(train(part.folder, other::device(), options, stopping), Interrupted);
  CHECK(steps == 4);
  const Run continued = train(part.folder, other::device(), options, net());
  CHECK(lasting_bytes(continued.files) == lasting_bytes(whole.files));
}

TEST_CASE("elsewhere a gradient that is not finite updates nothing and stops the run a step later") {
  Scratch scratch;
  const auto net = net_on(other::device());
  TensorMap before;
  for (const auto& item : net->named_parameters()) before[item.key()] = item.value().detach().cpu().clone();
  int steps = 0;
  net->named_parameters().back().value().register_hook([&](const Tensor& gradient) {
    ++steps;
    return gradient * INFINITY;
  });
  const TinyRun run{scratch.path("run"), tiny_options(3)};
  std::string message;
  TrainOptions options = tiny_options(3);
  options.log_every = 100;
  const ExitCode code = code_of([&] { train(run.folder, other::device(), options, net); }, &message);
  CHECK(code == ExitCode::kDiverged);
  CHECK_THAT(message, Contains("step 1: the gradient is not finite"));
  CHECK(steps == 2);  // the second was on its way when the first one's numbers came
  for (const auto& item : net->named_parameters()) {
    INFO(item.key());
    CHECK(torch::equal(item.value().detach().cpu(), before.at(item.key())));
  }
}

namespace {

constexpr const char* kImages = "image-classification";

/// Images are all of one size.
std::shared_ptr<Net> net_of_images(const Json& attention = {{"name", "multi-head"}, {"dropout", 0.2}}) {
  return net_of(small_case("vision-transformer", kImages, {{"dropout", 0.1}, {"attention", attention}}),
                other::device());
}

Run train_images(const std::filesystem::path& folder, const TrainOptions& options,
                 const std::shared_ptr<Net>& net = net_of_images()) {
  return train(folder, other::device(), options, net, kImages);
}

TrainOptions by_graphs(TrainOptions options) {
  options.graphs = true;
  return options;
}

std::string log_of(const Run& run) {
  return read_file(run.files.folder / "log.txt");
}

/// Every byte of two runs that is to be the same.
void check_same(const Run& one, const Run& other) {
  auto bytes = lasting_bytes(one.files), others = lasting_bytes(other.files);
  for (auto* of : {&bytes, &others}) {
    Json result = Json::parse((*of)["result.json"]);
    result.erase("signature");  // names train.graphs
    (*of)["result.json"] = result.dump();
  }
  REQUIRE(bytes.size() == others.size());
  for (const auto& [name, content] : bytes) {
    INFO(name);
    CHECK((others.at(name) == content));
  }
}

}  // namespace

TEST_CASE("a run by graphs is the run without them") {
  Scratch scratch;
  TrainOptions options = tiny_options(9);
  options.ema = 0.9, options.validate_every = 4;
  // Additive scores turn their weights round: so do the gradients of these come out of autograd.
  for (const Json& attention : std::vector<Json>{
           {{"name", "multi-head"}, {"dropout", 0.2}},
           {{"name", "compose"}, {"scorer", "additive"}, {"heads", 2}, {"projections", true}}}) {
    const std::string name = attention["name"];
    INFO(name);
    const Run plain = train_images(scratch.path("plain-" + name), options, net_of_images(attention)),
              graphs =
                  train_images(scratch.path("graphs-" + name), by_graphs(options), net_of_images(attention));
    CHECK_THAT(log_of(graphs), Contains("train.graphs: 6 batches by graphs"));
    check_same(graphs, plain);
  }
}

TEST_CASE("a run by graphs that is stopped and continued is the one that was not") {
  Scratch scratch;
  TrainOptions options = by_graphs(tiny_options(9));
  options.checkpoint_every = 2;
  const Run whole = train_images(scratch.path("whole"), options);
  const TinyRun part{scratch.path("part"), options};
  for (const int64_t stop_at : {3, 4}) {  // run as ever, and while the device records
    INFO(stop_at);
    const auto stopping = net_of_images();
    int64_t steps = 0;
    stopping->named_parameters().back().value().register_hook([&](const Tensor&) {
      if (++steps == stop_at) throw Interrupted(SIGTERM, "now");
    });
    CHECK_THROWS_AS(train_images(part.folder, options, stopping), Interrupted);
    CHECK(steps == stop_at);
  }
  check_same(train_images(part.folder, options), whole);
}

TEST_CASE("updates by graphs wait for nothing") {
  Scratch scratch;
  TrainOptions few = by_graphs(tiny_options(6)), many = by_graphs(tiny_options(12));
  few.log_every = many.log_every = 100;
  few.validate_every = many.validate_every = 100;  // at the end alone
  const size_t waits_of_few = train_images(scratch.path("few"), few).waits.size();
  const Run run = train_images(scratch.path("many"), many);
  CHECK(run.waits.size() == waits_of_few);
  CHECK_THAT(log_of(run), Contains("9 batches by graphs"));
}

TEST_CASE("where there is nothing to record the run says so and goes on") {
  Scratch scratch;
  TrainOptions options = by_graphs(tiny_options(2));
  CHECK_THAT(log_of(train(scratch.path("cpu"), torch::kCPU, options)),
             Contains("train.graphs: batches run without a graph, as the CPU records nothing"));
  CHECK_THAT(log_of(train(scratch.path("padded"), other::device(), options)),
             Contains("as rows are padded or labels left out"));
  options.accumulation = 2;
  CHECK_THAT(log_of(train(scratch.path("accumulation"), other::device(), options)),
             Contains("as train.accumulation adds up gradients"));
}

TEST_CASE("bfloat16 elsewhere is the CPU's but for its rounding, by graphs and without") {
  Scratch scratch;
  TrainOptions options = tiny_options(6);
  const auto run = [&](const char* name, const torch::Device& device, const TrainOptions& with) {
    return train(scratch.path(name), device, with,
                 net_of(small_case("vision-transformer", kImages, Json::object()), device), kImages);
  };
  const auto losses = [](const Run& of) { return values(of.files, "train", "loss"); };
  const Run wide = run("wide", other::device(), options);
  options.precision = "bf16";
  const Run here = run("here", torch::kCPU, options), there = run("there", other::device(), options),
            graphs = run("graphs", other::device(), by_graphs(options));
  CHECK_THAT(log_of(graphs), Contains("train.graphs: 3 batches by graphs"));
  check_same(graphs, there);
  CHECK(losses(there) != losses(wide));  // it was at work
  for (size_t i = 0; i < 6; ++i) CHECK(losses(there)[i] == Approx(losses(here)[i]).epsilon(0.02));
}
