// The forecasting nets against what they are defined to be.
#include <catch2/catch.hpp>

#include "models/nets/registry.h"
#include "src/base/error.h"

using namespace fovea;

namespace {

TaskSpec series_spec(int64_t length, int64_t horizon, int64_t features) {
  FieldSpec series, future;
  series.kind = future.kind = "series";
  series.length = length, future.length = horizon;
  series.channels = future.channels = features;
  return {"series-forecast", {{"series", series}}, {{"future", future}}};
}

std::shared_ptr<Net> make_net(Json group, const TaskSpec& spec) {
  const NetEntry& net = nets().at(group.at("name").get<std::string>());
  torch::manual_seed(3);
  auto made = net.make(net.resolve(group), spec);
  made->to(torch::kFloat64);
  made->eval();
  return made;
}

Batch batch_of(const Tensor& series) {
  Batch batch;
  batch.inputs["series"] = {series, {}};
  batch.ids.resize(static_cast<size_t>(series.size(0)));
  return batch;
}

Tensor forecast(Net& net, const Tensor& series) {
  return net.forward(batch_of(series)).values.at("forecast");
}

Tensor draw(at::IntArrayRef sizes) {
  torch::manual_seed(5);
  return torch::randn(sizes, torch::kFloat64);
}

}  // namespace

TEST_CASE("last-value repeats the last row, exactly") {
  const auto net = make_net({{"name", "last-value"}}, series_spec(6, 3, 2));
  const Tensor x = draw({4, 6, 2}), y = forecast(*net, x);
  REQUIRE(y.sizes() == at::IntArrayRef({4, 3, 2}));
  for (int64_t h = 0; h < 3; ++h) CHECK(torch::equal(y.select(1, h), x.select(1, 5)));
}

TEST_CASE("linear-series with the least-squares weights forecasts the least-squares forecast") {
  const int64_t length = 5, horizon = 2, rows = 40;
  const Tensor x = draw({rows, length, 1}), future = torch::randn({rows, horizon, 1}, torch::kFloat64);
  const Tensor design =
      torch::cat({x.squeeze(-1), torch::ones({rows, 1}, torch::kFloat64)}, 1);         // [rows, L + 1]
  const Tensor solved = std::get<0>(torch::linalg_lstsq(design, future.squeeze(-1)));  // [L + 1, horizon]
  const auto net = make_net({{"name", "linear-series"}}, series_spec(length, horizon, 1));
  torch::NoGradGuard no_gradient;
  net->named_parameters()["map.weight"].copy_(solved.slice(0, 0, length).t());
  net->named_parameters()["map.bias"].copy_(solved[length]);
  const Tensor expected = torch::matmul(design, solved).unsqueeze(-1);
  CHECK((forecast(*net, x) - expected).abs().max().item<double>() < 1e-12);
}

TEST_CASE("linear-series has least squares as its minimum: the gradient there is 0") {
  const int64_t length = 4, rows = 30;
  const Tensor x = draw({rows, length, 1}), future = torch::randn({rows, 1, 1}, torch::kFloat64);
  const Tensor design = torch::cat({x.squeeze(-1), torch::ones({rows, 1}, torch::kFloat64)}, 1);
  const Tensor solved = std::get<0>(torch::linalg_lstsq(design, future.squeeze(-1)));
  const auto net = make_net({{"name", "linear-series"}}, series_spec(length, 1, 1));
  {
    torch::NoGradGuard no_gradient;
    net->named_parameters()["map.weight"].copy_(solved.slice(0, 0, length).t());
    net->named_parameters()["map.bias"].copy_(solved[length]);
  }
  (forecast(*net, x) - future).square().sum().backward();
  for (const Tensor& parameter : net->parameters())
    CHECK(parameter.grad().abs().max().item<double>() < 1e-12);
}

TEST_CASE("linear-series with normalise=last follows a shift of its input") {
  const auto net = make_net({{"name", "linear-series"}, {"normalise", "last"}}, series_spec(6, 3, 2));
  const Tensor x = draw({4, 6, 2});
  CHECK((forecast(*net, x + 7) - forecast(*net, x) - 7).abs().max().item<double>() < 1e-12);
}

TEST_CASE("linear-series maps each column by itself with one matrix") {
  const auto net = make_net({{"name", "linear-series"}}, series_spec(6, 3, 2));
  const Tensor x = draw({4, 6, 2});
  CHECK((forecast(*net, x.flip({2})) - forecast(*net, x).flip({2})).abs().max().item<double>() < 1e-14);
}

TEST_CASE("patch-series cuts (L − patch) / stride + 2 patches, also where the stride does not divide") {
  struct Sizes {
    int64_t length, patch, stride, patches;
  };
  for (const Sizes& s :
       {Sizes{96, 16, 8, 12}, Sizes{10, 4, 4, 3}, Sizes{11, 4, 3, 4}, Sizes{7, 7, 2, 2}, Sizes{9, 2, 1, 9}}) {
    INFO(s.length << " " << s.patch << " " << s.stride);
    const auto net = make_net(
        {{"name", "patch-series"}, {"patch", s.patch}, {"stride", s.stride}, {"width", 4}, {"layers", 1}},
        series_spec(s.length, 2, 1));
    AttentionTrace trace(*net);
    net->forward(batch_of(draw({2, s.length, 1})), &trace);
    REQUIRE(trace.maps().size() == 1);
    CHECK(trace.maps()[0].weights.size(3) == s.patches);
  }
}

TEST_CASE("the newest value reaches patch-series' forecast, divisible or not") {
  for (const int64_t length : {10, 11, 12, 13}) {
    INFO(length);
    const auto net = make_net({{"name", "patch-series"},
                               {"patch", 4},
                               {"stride", 4},
                               {"width", 4},
                               {"layers", 1},
                               {"normalise", "none"}},
                              series_spec(length, 2, 1));
    const Tensor x = draw({1, length, 1});
    for (int64_t t = 0; t < length; ++t) {
      Tensor moved = x.clone();
      moved[0][t] += 0.5;
      CHECK((forecast(*net, moved) - forecast(*net, x)).abs().max().item<double>() > 1e-9);
    }
  }
}

TEST_CASE("patch-series treats the columns of an example as examples of their own") {
  const auto net =
      make_net({{"name", "patch-series"}, {"patch", 4}, {"stride", 2}, {"width", 4}, {"layers", 1}},
               series_spec(12, 2, 3));
  const Tensor x = draw({2, 12, 3}), all = forecast(*net, x);
  for (int64_t f = 0; f < 3; ++f)
    CHECK((forecast(*net, x.slice(2, f, f + 1)) - all.slice(2, f, f + 1)).abs().max().item<double>() < 1e-12);
}

TEST_CASE("patch-series with instance normalisation follows a shift and a scale of its input") {
  const auto net =
      make_net({{"name", "patch-series"}, {"patch", 4}, {"stride", 2}, {"width", 4}, {"layers", 1}},
               series_spec(12, 2, 1));
  const Tensor x = draw({2, 12, 1}) * 100;
  // 1e-5 under the root of the variance (of about 1e4) is what keeps the scale from being exact.
  CHECK((forecast(*net, 3 * x + 50) - (3 * forecast(*net, x) + 50)).abs().max().item<double>() < 1e-4);
}

TEST_CASE("a patch longer than the window is refused by its key") {
  CHECK_THROWS_WITH(make_net({{"name", "patch-series"}, {"patch", 13}}, series_spec(12, 2, 1)),
                    Catch::StartsWith("model.patch:"));
}
