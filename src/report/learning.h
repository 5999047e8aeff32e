// Learning curves: metrics over training steps, of one run or of a variant's seeds.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "src/figures/figure.h"
#include "src/report/runs.h"

namespace fovea {

/// (step, value), in the order of the steps.
using LearningPoints = std::vector<std::pair<double, double>>;

/// Of one metric on one split; neighbours are averaged until at most `most` are left.
LearningPoints learning_points(const Run& run, const std::string& split, const std::string& metric,
                               size_t most);

/// A metric of a variant over its seeds: mean and standard deviation at each step some seed has. The
/// deviation is NaN where only one has.
struct LearningCurve {
  std::string name;
  std::vector<LearningPoints> seeds;
  std::vector<double> steps, mean, deviation;
};

/// One curve of `runs`, which differ in nothing but the seed; without points where none has the metric.
LearningCurve learning_curve(const std::string& name, const std::vector<const Run*>& runs,
                             const std::string& split, const std::string& metric, size_t most);

/// All variants of one metric on one split.
struct LearningChart {
  std::string split, metric;
  std::vector<LearningCurve> curves;
};

struct LearningOptions {
  std::vector<std::string> metrics, splits;  // empty = all there are
  size_t most = 160;                         // points a curve
};

/// Charts of every metric and split some of `runs` has, training first; runs that differ in nothing but the
/// seed are one curve. Throws ConfigError for a metric or split that no run has.
std::vector<LearningChart> learning_charts(const std::vector<Run>& runs, const LearningOptions& options = {});

/// A terminal's view: a line a curve, drawn in 40 columns, with the first, the best and the last value.
/// `ascii` draws without the block characters.
std::string learning_text(const std::vector<LearningChart>& charts, bool ascii);

/// Tidy: split, metric, variant, step, n, mean, sd.
std::string learning_csv(const std::vector<LearningChart>& charts);

/// {"format": 1, "charts": [{"split", "metric", "curves": [{"name", "step", "mean", "sd"}]}]}
Json learning_json(const std::vector<LearningChart>& charts);

/// Lines with a band of one standard deviation.
Figure learning_figure(const LearningChart& chart, const Style& style = {});

}  // namespace fovea
