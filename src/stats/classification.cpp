#include "src/stats/classification.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <string>

#include "src/stats/curves.h"
#include "src/stats/summary.h"

namespace fovea {
namespace {

constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

void require(bool holds, const std::string& what) {
  if (!holds) throw std::logic_error("[score_classification] " + what);
}

void check(const Classified& c) {
  const size_t n = c.labels.size();
  require(c.predicted.size() == n, "one prediction per label must be given; found " +
                                       std::to_string(c.predicted.size()) + " for " + std::to_string(n));
  require(c.probabilities.empty() || c.probabilities.size() == n * static_cast<size_t>(c.classes),
          "probabilities must be [n, classes]; found " + std::to_string(c.probabilities.size()) + " values");
  for (size_t i = 0; i < n; ++i)
    require(std::min(c.labels[i], c.predicted[i]) >= 0 && std::max(c.labels[i], c.predicted[i]) < c.classes,
            "labels and predictions must be below " + std::to_string(c.classes) + "; found " +
                std::to_string(c.labels[i]) + " and " + std::to_string(c.predicted[i]));
}

double ratio(double part, double whole) {
  return whole > 0 ? part / whole : 0;
}

/// Precision, recall and F1 = 2·hits / (labelled + claimed) from counts.
ClassScores from_counts(int64_t hits, int64_t claimed, int64_t labelled) {
  const double h = static_cast<double>(hits);
  return {ratio(h, static_cast<double>(claimed)), ratio(h, static_cast<double>(labelled)),
          ratio(2 * h, static_cast<double>(claimed + labelled)), labelled};
}

void add_per_class(ClassificationScores& scores, int64_t classes) {
  int64_t all_hits = 0;
  double occurring = 0;
  for (int64_t c = 0; c < classes; ++c) {
    int64_t claimed = 0, labelled = 0;
    for (int64_t other = 0; other < classes; ++other) {
      claimed += scores.confusion[static_cast<size_t>(other * classes + c)];
      labelled += scores.confusion[static_cast<size_t>(c * classes + other)];
    }
    const int64_t hits = scores.confusion[static_cast<size_t>(c * classes + c)];
    all_hits += hits;
    const ClassScores one = from_counts(hits, claimed, labelled);
    scores.per_class.push_back(one);
    if (claimed + labelled == 0) continue;
    occurring += 1;
    scores.macro.precision += one.precision;
    scores.macro.recall += one.recall;
    scores.macro.f1 += one.f1;
  }
  scores.macro.precision = ratio(scores.macro.precision, occurring);
  scores.macro.recall = ratio(scores.macro.recall, occurring);
  scores.macro.f1 = ratio(scores.macro.f1, occurring);
  scores.macro.support = scores.n;
  scores.micro = from_counts(all_hits, scores.n, scores.n);
}

double area_of_class(const Classified& c, int64_t positive_class) {
  std::vector<double> column(c.labels.size());
  std::vector<bool> positive(c.labels.size());
  for (size_t i = 0; i < c.labels.size(); ++i) {
    column[i] = c.probabilities[i * static_cast<size_t>(c.classes) + static_cast<size_t>(positive_class)];
    positive[i] = c.labels[i] == positive_class;
  }
  return area_under_roc(column, positive);
}

void add_area(ClassificationScores& scores, const Classified& c) {
  std::vector<double> areas;
  for (int64_t k = c.classes == 2 ? 1 : 0; k < c.classes; ++k) {
    const double area = area_of_class(c, k);
    if (std::isnan(area)) {
      scores.auc_skipped.push_back(k);
    } else {
      areas.push_back(area);
    }
  }
  scores.auc = summarise(areas).mean;
}

}  // namespace

ClassificationScores score_classification(const Classified& classified) {
  check(classified);
  ClassificationScores scores;
  scores.n = static_cast<int64_t>(classified.labels.size());
  scores.confusion.assign(static_cast<size_t>(classified.classes * classified.classes), 0);
  for (size_t i = 0; i < classified.labels.size(); ++i)
    ++scores.confusion[static_cast<size_t>(classified.labels[i] * classified.classes +
                                           classified.predicted[i])];
  add_per_class(scores, classified.classes);
  if (scores.n == 0) return scores;
  scores.accuracy = scores.micro.recall;
  if (classified.probabilities.empty()) return scores;
  add_area(scores, classified);
  scores.calibration_error = expected_calibration_error(classified);
  return scores;
}

double area_under_roc(const std::vector<double>& scores, const std::vector<bool>& positive) {
  require(scores.size() == positive.size(), "one score per example must be given");
  for (double score : scores) require(!std::isnan(score), "a score must be a number; found NaN");
  std::vector<size_t> order(scores.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return scores[a] < scores[b]; });
  double rank_sum = 0, positives = 0;
  for (size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    double tied = 0;
    for (end = begin; end < order.size() && scores[order[end]] == scores[order[begin]]; ++end)
      if (positive[order[end]]) tied += 1;
    rank_sum += tied * (static_cast<double>(begin + end) + 1) / 2;  // ranks begin+1 … end
    positives += tied;
  }
  const double negatives = static_cast<double>(scores.size()) - positives;
  if (positives == 0 || negatives == 0) return kUndefined;
  return (rank_sum - positives * (positives + 1) / 2) / (positives * negatives);
}

double expected_calibration_error(const Classified& c, int64_t bins) {
  check(c);
  if (c.probabilities.empty() || c.labels.empty()) return kUndefined;
  std::vector<double> confidence(c.labels.size());
  std::vector<bool> right(c.labels.size());
  for (size_t i = 0; i < c.labels.size(); ++i) {
    confidence[i] = c.probabilities[i * static_cast<size_t>(c.classes) + static_cast<size_t>(c.predicted[i])];
    right[i] = c.labels[i] == c.predicted[i];
  }
  return calibration_error(reliability_bins(confidence, right, bins));
}

}  // namespace fovea
