#include "src/probe/faithfulness.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include "src/stats/curves.h"
#include "src/stats/divergence.h"
#include "src/stats/json_numbers.h"
#include "src/stats/rank_correlation.h"

namespace fovea {
namespace {

/// Cells by falling value, the first of equals first.
std::vector<int64_t> order_of(const std::vector<double>& values) {
  std::vector<int64_t> order(values.size());
  std::iota(order.begin(), order.end(), int64_t{0});
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    return values[static_cast<size_t>(a)] > values[static_cast<size_t>(b)];
  });
  return order;
}

/// The same on every machine: std::shuffle is not.
std::vector<int64_t> random_order(int64_t count, uint64_t seed) {
  std::vector<int64_t> order(static_cast<size_t>(count));
  std::iota(order.begin(), order.end(), int64_t{0});
  std::mt19937_64 generator(seed);
  for (size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[generator() % i]);
  return order;
}

/// How many of `count` cells a share of them is, at least one.
int64_t cells_of(double share, int64_t count) {
  return std::clamp<int64_t>(static_cast<int64_t>(std::ceil(share * static_cast<double>(count))), 1, count);
}

/// Answers with one cell missing, one a cell: how far each moves.
std::vector<double> leave_one_out(ClassifierProbe& probe, const Subject& subject) {
  std::vector<Example> variants;
  for (int64_t cell = 0; cell < subject.cells.count; ++cell)
    variants.push_back(cut(subject.example, subject.cells, {cell}, 1, false));
  const Tensor answers = probe.probabilities(variants).contiguous();
  std::vector<double> moved;
  const int64_t classes = answers.size(1);
  for (int64_t cell = 0; cell < subject.cells.count; ++cell) {
    const double* row = answers.data_ptr<double>() + cell * classes;
    moved.push_back(total_variation(subject.probabilities, {row, row + classes}));
  }
  return moved;
}

/// p(answer) of all that one order asks for: shares removed, shares alone, then the two curves.
class OrderRun {
 public:
  OrderRun(const Subject& subject, const FaithfulnessOptions& options, std::vector<int64_t> order)
      : subject_(subject), options_(options), order_(std::move(order)) {}

  std::vector<Example> variants() const {
    std::vector<Example> all;
    for (const bool keep : {false, true}) {
      for (const double share : options_.shares) all.push_back(cut_first(cells_of(share, count()), keep));
      for (int64_t step = 0; step <= options_.curve_steps; ++step) all.push_back(cut_first(at(step), keep));
    }
    return all;
  }

  /// From the answers to variants(), in their order.
  Json json(const double* p) const {
    const auto shares = static_cast<int64_t>(options_.shares.size()), points = options_.curve_steps + 1;
    Json json{{"comprehensiveness", mean_drop(p)}};
    json["deletion"] = curve(p + shares);
    json["sufficiency"] = mean_drop(p + shares + points);
    json["insertion"] = curve(p + 2 * shares + points);
    return json;
  }

 private:
  int64_t count() const { return subject_.cells.count; }
  int64_t at(int64_t step) const {
    return static_cast<int64_t>(
        std::lround(static_cast<double>(step * count()) / static_cast<double>(options_.curve_steps)));
  }
  Example cut_first(int64_t cells, bool keep) const {
    return cut(subject_.example, subject_.cells, order_, cells, keep);
  }
  double mean_drop(const double* p) const {
    std::vector<double> drops;
    for (size_t i = 0; i < options_.shares.size(); ++i) drops.push_back(subject_.probability() - p[i]);
    return aopc(drops, AopcDivisor::kThresholdsAndNone);
  }
  Json curve(const double* p) const {
    std::vector<double> x, y(p, p + options_.curve_steps + 1);
    for (int64_t step = 0; step <= options_.curve_steps; ++step)
      x.push_back(static_cast<double>(step) / static_cast<double>(options_.curve_steps));
    return {{"area", area_under_curve(x, y)}, {"points", y}};
  }

  const Subject& subject_;
  const FaithfulnessOptions& options_;
  std::vector<int64_t> order_;
};

Json orders_json(ClassifierProbe& probe, const Subject& subject, const FaithfulnessOptions& options,
                 const std::vector<std::vector<int64_t>>& orders) {
  std::vector<OrderRun> runs;
  std::vector<Example> variants;
  for (const auto& order : orders) {
    runs.emplace_back(subject, options, order);
    for (Example& variant : runs.back().variants()) variants.push_back(std::move(variant));
  }
  const Tensor answers = probe.probabilities(variants).select(1, subject.answer).contiguous();
  const auto each = static_cast<int64_t>(variants.size() / runs.size());
  Json json = Json::object();
  for (size_t i = 0; i < runs.size(); ++i)
    json[cell_orders()[i]] = runs[i].json(answers.data_ptr<double>() + static_cast<int64_t>(i) * each);
  return json;
}

Json correlations(const Subject& subject, const std::vector<double>& left_out) {
  Json json;
  const auto add = [&](const std::string& name, const std::vector<double>& a, const std::vector<double>& b) {
    json["kendall_" + name] = number_or_null(kendall_tau_b(a, b));
    json["spearman_" + name] = number_or_null(spearman(a, b));
  };
  add("gradient", subject.attention, subject.gradient);
  add("leave_one_out", subject.attention, left_out);
  add("gradient_leave_one_out", subject.gradient, left_out);
  return json;
}

/// Mean, interval and count of what is defined of one number a result.
Json summary_of(const std::vector<Json>& results, const Json::json_pointer& at) {
  std::vector<double> values;
  int64_t undefined = 0;
  for (const Json& result : results) {
    const Json value = result.contains(at) ? result[at] : Json();
    if (value.is_number())
      values.push_back(value.get<double>());
    else
      ++undefined;
  }
  Json json = summary_json(values);
  json["undefined"] = undefined;
  return json;
}

Json mean_curve(const std::vector<Json>& results, const std::string& order, const std::string& name,
                int64_t steps) {
  Json curve = Json::array();
  for (int64_t step = 0; step <= steps; ++step) {
    const Json::json_pointer at("/orders/" + order + "/" + name + "/points/" + std::to_string(step));
    curve.push_back(
        {static_cast<double>(step) / static_cast<double>(steps), summary_of(results, at)["mean"]});
  }
  return curve;
}

}  // namespace

const std::vector<std::string>& cell_orders() {
  static const std::vector<std::string> orders{"attention", "gradient", "leave_one_out", "random"};
  return orders;
}

Json faithfulness(ClassifierProbe& probe, const Example& example, const FaithfulnessOptions& options) {
  const Subject subject = probe.read(example);
  Json json{{"id", example.id}, {"cells", subject.cells.count}, {"probability", subject.probability()}};
  if (subject.cells.count < 2) return json;
  const uint64_t seed = options.seed * 1000003 + static_cast<uint64_t>(example.id);
  const std::vector<double> left_out = leave_one_out(probe, subject);
  json["orders"] = orders_json(probe, subject, options,
                               {order_of(subject.attention), order_of(subject.gradient), order_of(left_out),
                                random_order(subject.cells.count, seed)});
  json["scores"] = correlations(subject, left_out);
  json["scores"]["most"] = *std::max_element(subject.attention.begin(), subject.attention.end());
  json["scores"]["permutation"] = permutation_distance(probe, subject, options.permutations, seed);
  json["scores"]["adversarial"] = adversarial_divergence(probe, subject, options.adversary, seed);
  return json;
}

Json summarise_faithfulness(const std::vector<Json>& results, const FaithfulnessOptions& options) {
  Json scores = Json::object(), orders = Json::object();
  for (const char* what : {"gradient", "leave_one_out", "gradient_leave_one_out"})
    for (const char* kind : {"kendall_", "spearman_"}) {
      const std::string name = std::string(kind) + what;
      scores[name] = summary_of(results, Json::json_pointer("/scores/" + name));
    }
  for (const char* name : {"most", "permutation", "adversarial"})
    scores[name] = summary_of(results, Json::json_pointer(std::string("/scores/") + name));
  for (const std::string& order : cell_orders()) {
    const std::string at = "/orders/" + order;
    Json& json = orders[order];
    for (const char* name : {"comprehensiveness", "sufficiency"})
      json[name] = summary_of(results, Json::json_pointer(at + "/" + name));
    for (const char* name : {"deletion", "insertion"}) {
      json[name] = summary_of(results, Json::json_pointer(at + "/" + name + "/area"));
      json["curves"][name] = mean_curve(results, order, name, options.curve_steps);
    }
  }
  return {{"n", results.size()},
          {"scores", scores},
          {"orders", orders},
          {"divisor", divisor_name(AopcDivisor::kThresholdsAndNone)},
          {"epsilon", options.adversary.epsilon},
          {"permutations", options.permutations}};
}

}  // namespace fovea
