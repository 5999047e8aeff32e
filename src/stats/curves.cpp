#include "src/stats/curves.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

#include "src/stats/summary.h"

namespace fovea {
namespace {

constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

void require(bool holds, const std::string& where, const std::string& what) {
  if (!holds) throw std::logic_error("[" + where + "] " + what);
}

void require_one_size(size_t a, size_t b, const std::string& where) {
  require(a == b, where,
          "both lists must have as many values; found " + std::to_string(a) + " and " + std::to_string(b));
}

void require_numbers(const std::vector<double>& values, const std::string& where) {
  for (double value : values) require(!std::isnan(value), where, "a score must be a number; found NaN");
}

std::vector<size_t> falling(const std::vector<double>& scores) {
  std::vector<size_t> order(scores.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return scores[a] > scores[b]; });
  return order;
}

}  // namespace

double area_under_curve(const std::vector<double>& x, const std::vector<double>& y) {
  require_one_size(x.size(), y.size(), "area_under_curve");
  if (x.size() < 2) return kUndefined;
  CompensatedSum sum;
  for (size_t i = 1; i < x.size(); ++i) {
    require(!(x[i] < x[i - 1]), "area_under_curve",
            "x must never fall; found " + std::to_string(x[i]) + " after " + std::to_string(x[i - 1]));
    sum.add((x[i] - x[i - 1]) * (y[i] + y[i - 1]) / 2);
  }
  return sum.value();
}

std::string divisor_name(AopcDivisor divisor) {
  return divisor == AopcDivisor::kThresholds ? "thresholds" : "thresholds + 1";
}

double aopc(const std::vector<double>& differences, AopcDivisor divisor) {
  if (differences.empty()) return kUndefined;
  CompensatedSum sum;
  for (double difference : differences) sum.add(difference);
  const size_t none = divisor == AopcDivisor::kThresholdsAndNone ? 1 : 0;
  return sum.value() / static_cast<double>(differences.size() + none);
}

std::vector<RocPoint> roc_curve(const std::vector<double>& scores, const std::vector<bool>& positive) {
  require_one_size(scores.size(), positive.size(), "roc_curve");
  require_numbers(scores, "roc_curve");
  const auto positives = static_cast<double>(std::count(positive.begin(), positive.end(), true));
  const double negatives = static_cast<double>(scores.size()) - positives;
  if (positives == 0 || negatives == 0) return {};
  std::vector<RocPoint> curve{{std::numeric_limits<double>::infinity(), 0, 0}};
  const std::vector<size_t> order = falling(scores);
  double hits = 0, alarms = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    (positive[order[i]] ? hits : alarms) += 1;
    const bool last_of_equals = i + 1 == order.size() || scores[order[i + 1]] != scores[order[i]];
    if (last_of_equals) curve.push_back({scores[order[i]], alarms / negatives, hits / positives});
  }
  return curve;
}

double ReliabilityBin::accuracy() const {
  return n == 0 ? kUndefined : static_cast<double>(right) / static_cast<double>(n);
}

double ReliabilityBin::confidence() const {
  return n == 0 ? kUndefined : confidence_sum / static_cast<double>(n);
}

std::vector<ReliabilityBin> reliability_bins(const std::vector<double>& confidence,
                                             const std::vector<bool>& right, int64_t bins) {
  require_one_size(confidence.size(), right.size(), "reliability_bins");
  require_numbers(confidence, "reliability_bins");
  require(bins >= 1, "reliability_bins", "there must be a bin; found " + std::to_string(bins));
  const auto count = static_cast<double>(bins);
  std::vector<ReliabilityBin> list(static_cast<size_t>(bins));
  for (size_t i = 0; i < list.size(); ++i)
    list[i].low = static_cast<double>(i) / count, list[i].high = static_cast<double>(i + 1) / count;
  for (size_t i = 0; i < confidence.size(); ++i) {
    const double edge = std::ceil(confidence[i] * count) - 1;
    ReliabilityBin& bin = list[static_cast<size_t>(std::clamp(edge, 0.0, count - 1))];
    ++bin.n, bin.right += right[i], bin.confidence_sum += confidence[i];
  }
  return list;
}

double calibration_error(const std::vector<ReliabilityBin>& bins) {
  CompensatedSum gaps;
  int64_t n = 0;
  for (const ReliabilityBin& bin : bins) {
    gaps.add(std::abs(static_cast<double>(bin.right) - bin.confidence_sum));
    n += bin.n;
  }
  return n == 0 ? kUndefined : gaps.value() / static_cast<double>(n);
}

}  // namespace fovea
