// Numbers that are no longer finite, and checkpoints that do not fit.
#include <catch2/catch.hpp>
#include <cmath>

#include "src/base/error.h"
#include "tests/train/tiny.h"

using namespace fovea;
using Catch::Matchers::Contains;

TEST_CASE(
    "a loss that is not finite stops before the update, names the parameter, and leaves the last "
    "checkpoint") {
  Scratch scratch;
  TinyRun run{scratch.path("run"), tiny_options(6)};
  run.options.checkpoint_every = 2;
  auto net = std::make_shared<TinyNet>(run.seed);
  Doors doors;
  doors.loss = [&](int64_t n) {
    torch::NoGradGuard no_gradient;
    if (n == 3) net->named_parameters()["classes.bias"].fill_(NAN);  // shows in the fourth step's loss
  };
  const TinyTask poisoned(doors);
  std::string message;
  const ExitCode code =
      code_of([&] { Trainer(net, poisoned, run.open(), {run.options, run.seed, torch::kCPU, true}).train(); },
              &message);
  CHECK(code == ExitCode::kDiverged);
  CHECK_THAT(message, Contains("step 4") && Contains("parameter classes.bias"));
  CHECK(run.checkpoints().load("LATEST").step == 2);
  CHECK(parse_json(read_file(run.folder / "state.json"), "state")["status"] == "diverged");
  CHECK(run.open().result().is_null());
}

TEST_CASE("a gradient that is not finite stops before the update and names the parameter") {
  Scratch scratch;
  const TinyRun run{scratch.path("run"), tiny_options(3)};
  auto net = std::make_shared<TinyNet>(run.seed);
  const TensorMap before = decode_safetensors(encode_safetensors(module_tensors(*net)), "memory");
  net->named_parameters()["classes.weight"].register_hook(
      [](const Tensor& gradient) { return gradient * INFINITY; });
  std::string message;
  const TinyTask task;
  const ExitCode code = code_of(
      [&] { Trainer(net, task, run.open(), {run.options, run.seed, torch::kCPU, true}).train(); }, &message);
  CHECK(code == ExitCode::kDiverged);
  CHECK_THAT(message, Contains("step 1") && Contains("gradient of classes.weight"));
  for (const auto& [name, tensor] : module_tensors(*net)) CHECK(torch::equal(tensor, before.at(name)));
}

TEST_CASE("a checkpoint whose tensors do not fit the net is refused by name") {
  TinyNet net(1);
  TensorMap tensors = decode_safetensors(encode_safetensors(module_tensors(net)), "memory");
  CHECK_NOTHROW(load_module(net, tensors, "step-1"));
  TensorMap more = tensors, fewer = tensors, other = tensors;
  more["extra.weight"] = torch::ones({1});
  fewer.erase("classes.bias");
  other["classes.bias"] = torch::ones({4});
  CHECK_THROWS_WITH(load_module(net, more, "step-1"), Contains("extra.weight"));
  CHECK_THROWS_WITH(load_module(net, fewer, "step-1"), Contains("no tensor \"classes.bias\""));
  CHECK_THROWS_WITH(load_module(net, other, "step-1"),
                    Contains("\"classes.bias\" has shape [4]; expected [3]"));
}
