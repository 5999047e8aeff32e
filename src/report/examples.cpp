#include "src/report/examples.h"

#include <algorithm>

#include "src/base/error.h"
#include "src/base/files.h"
#include "src/base/text.h"
#include "src/report/example_fields.h"
#include "src/stats/by_example.h"

namespace fovea {
namespace {

constexpr int64_t kMostExchanges = 40'000'000;  // draws times examples of one comparison
constexpr int64_t kFewestDraws = 999;

using Values = std::map<int64_t, double>;

bool same_examples(const Values& a, const Values& b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](auto& x, auto& y) { return x.first == y.first; });
}

/// McNemar's test of one seed; nothing where a value is neither 0 nor 1.
std::optional<McNemar> mcnemar(int64_t seed, const Values& a, const Values& b) {
  McNemar test{seed, 0, 0, 1};
  for (auto x = a.begin(), y = b.begin(); x != a.end(); ++x, ++y) {
    for (const double value : {x->second, y->second})
      if (value != 0 && value != 1) return {};
    test.only_variant += x->second > y->second;
    test.only_baseline += y->second > x->second;
  }
  test.p = mcnemar_exact(test.only_variant, test.only_baseline);
  return test;
}

}  // namespace

ExampleValues::ExampleValues(std::string split, const std::string& metric)
    : split_(std::move(split)), key_(metric == "accuracy" ? "correct" : metric) {}

const Values& ExampleValues::of(const Run& run) {
  const std::filesystem::path path = examples_file(run.folder, split_);
  const auto [at, fresh] = known_.try_emplace(path.string());
  if (!fresh || !std::filesystem::exists(path)) return at->second;
  const std::vector<std::string> lines = split(read_file(path), '\n');
  for (size_t i = 0; i < lines.size(); ++i) {
    if (trim(lines[i]).empty()) continue;
    const auto fields = fields_of(lines[i], {"id", key_}, path.string() + ":" + std::to_string(i + 1));
    const auto id = fields.find("id"), value = fields.find(key_);
    if (id != fields.end() && id->second.is_number_integer() && value != fields.end() &&
        value->second.is_number())
      at->second[id->second.get<int64_t>()] = value->second.get<double>();
  }
  return at->second;
}

uintmax_t ExampleValues::bytes(const TaskReport& task) {
  uintmax_t sum = 0;
  for (const Variant& variant : task.variants)
    for (const Run& run : variant.runs) {
      std::error_code none;
      const uintmax_t size = std::filesystem::file_size(examples_file(run.folder, task.split), none);
      if (!none) sum += size;
    }
  return sum;
}

std::optional<ByExample> compared_by_example(const Variant& variant, const Variant& baseline,
                                             ExampleValues& values) {
  std::map<int64_t, const Run*> base;
  for (const Run& run : baseline.runs)
    if (run.finished()) base[run.seed] = &run;
  ByExample result;
  std::map<int64_t, double> differences;
  for (const Run& run : variant.runs) {
    if (!run.finished() || !base.count(run.seed)) continue;
    const Values &mine = values.of(run), &other = values.of(*base.at(run.seed));
    if (mine.empty() || !same_examples(mine, other)) return {};
    for (const auto& [id, value] : mine) differences[id] += value - other.at(id);
    if (const auto test = mcnemar(run.seed, mine, other)) result.mcnemar.push_back(*test);
  }
  if (differences.empty()) return {};
  std::vector<double> list;
  for (const auto& [id, difference] : differences) list.push_back(difference);
  result.examples = static_cast<int64_t>(list.size());
  RandomisationOptions options;
  options.resamples = std::clamp(kMostExchanges / result.examples, kFewestDraws, options.resamples);
  result.p = approximate_randomisation(list, options);
  return result;
}

}  // namespace fovea
