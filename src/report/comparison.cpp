#include "src/report/comparison.h"

#include <algorithm>
#include <limits>

#include "src/base/error.h"
#include "src/base/text.h"
#include "src/report/examples.h"
#include "src/stats/paired.h"

namespace fovea {
namespace {

constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();
constexpr uintmax_t kMostExampleBytes = 64 << 20;

/// Whether "axis=value" is one of the parts of the variant's name, or the whole name.
bool answers_to(const Variant& variant, const std::string& wanted) {
  if (variant.name == wanted) return true;
  for (const std::string& part : split(variant.name, ',')) {
    const std::string pair = trim(part);
    if (pair == wanted || (wanted.ends_with("." + pair))) return true;
  }
  return false;
}

std::map<int64_t, double> by_seed(const Variant& variant) {
  std::map<int64_t, double> values;
  for (size_t i = 0; i < variant.seeds.size(); ++i) values[variant.seeds[i]] = variant.values[i];
  return values;
}

Comparison compared(const Variant& variant, const Variant& baseline) {
  std::vector<double> differences;
  const auto base = by_seed(baseline);
  for (const auto& [seed, value] : by_seed(variant))
    if (base.count(seed)) differences.push_back(value - base.at(seed));
  return {baseline.name,
          static_cast<int64_t>(differences.size()),
          summarise(differences).mean,
          paired_t_test(differences),
          sign_flip_test(differences),
          kUndefined,
          paired_effect(differences),
          {}};
}

/// Whether the variant has "axis=value", or its key's end, among its axes.
bool has_axis(const Variant& variant, const std::string& wanted) {
  const auto& axes = variant.runs[0].axes;
  return std::any_of(axes.begin(), axes.end(), [&](const auto& axis) {
    const std::string pair = axis.first + "=" + axis.second;
    return pair == wanted || pair.ends_with("." + wanted);
  });
}

/// Of several variants with the baseline's value the one that agrees with `variant` in all other axes.
const Variant* partner(const Variant& variant, const std::vector<const Variant*>& fitting,
                       const std::string& wanted) {
  const std::string axis = wanted.substr(0, wanted.find('='));
  const auto others = [&](const Variant& one) {
    auto axes = one.runs[0].axes;
    std::erase_if(axes, [&](const auto& a) { return a.first == axis || a.first.ends_with("." + axis); });
    return axes;
  };
  for (const Variant* one : fitting)
    if (others(*one) == others(variant)) return one;
  return nullptr;
}

/// Holm over all comparisons of the task, by seed and by example each for itself.
void adjust(TaskReport& task) {
  std::vector<double> by_seed, by_example;
  for (const Variant& variant : task.variants) {
    if (!variant.comparison) continue;
    by_seed.push_back(variant.comparison->p_sign_flip);
    by_example.push_back(variant.comparison->by_example ? variant.comparison->by_example->p : kUndefined);
  }
  const std::vector<double> seeds = holm_adjusted(by_seed), examples = holm_adjusted(by_example);
  size_t i = 0;
  for (Variant& variant : task.variants) {
    if (!variant.comparison) continue;
    variant.comparison->p_holm = seeds[i];
    if (variant.comparison->by_example) variant.comparison->by_example->p_holm = examples[i];
    ++i;
  }
}

}  // namespace

bool compare(TaskReport& task, const ReportOptions& options) {
  const std::string& wanted = options.baseline;
  std::vector<const Variant*> fitting;
  std::vector<std::string> names;
  for (const Variant& variant : task.variants)
    if (answers_to(variant, wanted) || has_axis(variant, wanted))
      fitting.push_back(&variant), names.push_back(variant.name);
  if (fitting.empty()) return false;
  const bool swept =
      std::all_of(fitting.begin(), fitting.end(), [](const Variant* one) { return one->runs[0].swept; });
  if (fitting.size() > 1 && !swept)
    throw ConfigError("baseline '" + wanted + "' fits several variants of " + task.name + ": " +
                      join(names, "; "));
  ExampleValues values(task.split, task.metric);
  const bool by_example = options.by_example.value_or(ExampleValues::bytes(task) <= kMostExampleBytes);
  for (Variant& variant : task.variants) {
    if (std::find(fitting.begin(), fitting.end(), &variant) != fitting.end()) continue;
    const Variant* baseline = fitting.size() == 1 ? fitting[0] : partner(variant, fitting, wanted);
    if (baseline == nullptr) continue;
    variant.comparison = compared(variant, *baseline);
    if (by_example) variant.comparison->by_example = compared_by_example(variant, *baseline, values);
  }
  adjust(task);
  return true;
}

}  // namespace fovea
