#include "apps/shared/evaluation_figures.h"

#include <algorithm>
#include <utility>

#include "src/base/error.h"
#include "src/base/files.h"
#include "src/figures/figure.h"
#include "src/stats/curves.h"
#include "src/stats/format.h"

namespace fovea {
namespace {

constexpr size_t kMostCurves = 8;  // colours that can be told apart

Figure confusion_figure(const Json& details, int64_t examples) {
  HeatMap map;
  map.row_labels = map.column_labels = details["classes"].get<std::vector<std::string>>();
  map.rows = map.columns = static_cast<int64_t>(map.row_labels.size());
  map.row_title = "label", map.column_title = "predicted", map.numbers = true;
  HeatPanel panel;
  for (const Json& row : details["confusion"])
    for (const Json& count : row) panel.values.push_back(count.get<float>());
  map.panels = {panel};
  Figure figure;
  figure.content = map;
  figure.value_title = "examples";
  figure.caption = "Confusion matrix of " + std::to_string(examples) + " examples.";
  return figure;
}

/// One class against the rest.
Curve roc_of(const std::string& name, size_t index, const std::vector<ExampleScore>& scores) {
  std::vector<double> p;
  std::vector<bool> positive;
  for (const ExampleScore& score : scores) {
    p.push_back(score.values.at("probabilities").at(index).get<double>());
    positive.push_back(score.values.at("label") == name);
  }
  Curve curve;
  for (const RocPoint& point : roc_curve(p, positive))
    curve.x.push_back(point.false_positive_rate), curve.y.push_back(point.true_positive_rate);
  if (!curve.x.empty()) curve.name = name + " " + format_fixed(area_under_curve(curve.x, curve.y), 3);
  return curve;
}

CurveChart unit_square(const std::string& x_title, const std::string& y_title, const std::string& reference) {
  CurveChart chart;
  chart.x_title = x_title, chart.y_title = y_title, chart.square = true;
  chart.references = {diagonal(reference)};
  chart.x_low = chart.y_low = 0, chart.x_high = chart.y_high = 1;
  return chart;
}

Figure roc_figure(const Evaluation& evaluation) {
  const auto classes = evaluation.details["classes"].get<std::vector<std::string>>();
  CurveChart chart = unit_square("false positive rate", "true positive rate", "chance");
  // Of two classes one curve says all: the other is its mirror image.
  for (size_t i = classes.size() == 2 ? 1 : 0; i < classes.size() && chart.curves.size() < kMostCurves; ++i)
    if (Curve curve = roc_of(classes[i], i, evaluation.scores); !curve.x.empty())
      chart.curves.push_back(std::move(curve));
  Figure figure;
  figure.caption = "ROC curves, each class against the rest, with the area below them";
  if (classes.size() > kMostCurves)
    figure.caption +=
        "; the first " + std::to_string(kMostCurves) + " of " + std::to_string(classes.size()) + " classes";
  figure.caption += ". n = " + std::to_string(evaluation.scores.size()) + ".";
  figure.content = std::move(chart);
  return figure;
}

Figure reliability_figure(const Evaluation& evaluation) {
  std::vector<double> confidence;
  std::vector<bool> right;
  for (const ExampleScore& score : evaluation.scores) {
    const auto p = score.values.at("probabilities").get<std::vector<double>>();
    confidence.push_back(*std::max_element(p.begin(), p.end()));
    right.push_back(score.values.at("label") == score.values.at("predicted"));
  }
  const auto bins = reliability_bins(confidence, right);
  Curve curve;
  curve.name = "accuracy", curve.dots = true;
  for (const ReliabilityBin& bin : bins)
    if (bin.n > 0) curve.x.push_back(bin.confidence()), curve.y.push_back(bin.accuracy());
  CurveChart chart = unit_square("confidence", "accuracy", "calibrated");
  chart.curves = {curve};
  Figure figure;
  figure.content = std::move(chart);
  figure.caption =
      "Reliability in " + std::to_string(bins.size()) + " bins of equal width; expected calibration error " +
      format_fixed(calibration_error(bins), 4) + ". n = " + std::to_string(evaluation.scores.size()) + ".";
  return figure;
}

}  // namespace

void write_evaluation_figures(const std::string& folder, const std::string& stem,
                              const std::vector<std::string>& formats, const Evaluation& evaluation,
                              const std::string& provenance) {
  if (!evaluation.details.is_object() || !evaluation.details.contains("confusion"))
    throw ConfigError("--figures: this task has no classes, so no confusion matrix");
  const auto examples = static_cast<int64_t>(evaluation.scores.size());
  std::pair<const char*, Figure> figures[] = {{"confusion", confusion_figure(evaluation.details, examples)},
                                              {"roc", roc_figure(evaluation)},
                                              {"reliability", reliability_figure(evaluation)}};
  make_folders(folder);
  for (auto& [name, figure] : figures) {
    figure.provenance = provenance;
    for (const std::string& format : formats)
      write_figure(std::filesystem::path(folder) / (stem + "." + name), figure, figure_format(format));
  }
}

}  // namespace fovea
