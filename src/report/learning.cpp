#include "src/report/learning.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "src/base/error.h"
#include "src/base/text.h"
#include "src/report/report.h"
#include "src/report/text_table.h"
#include "src/stats/format.h"
#include "src/stats/json_numbers.h"
#include "src/stats/metric.h"
#include "src/stats/summary.h"

namespace fovea {
namespace {

constexpr size_t kColumns = 40;

/// Neighbours averaged until few enough are left.
LearningPoints thinned(const LearningPoints& points, size_t most) {
  const size_t group = (points.size() + most - 1) / most;
  if (group <= 1) return points;
  LearningPoints out;
  for (size_t at = 0; at < points.size(); at += group) {
    double x = 0, y = 0;
    const size_t end = std::min(at + group, points.size());
    for (size_t i = at; i < end; ++i) x += points[i].first, y += points[i].second;
    out.push_back({x / static_cast<double>(end - at), y / static_cast<double>(end - at)});
  }
  return out;
}

/// "train" first, then by name.
std::vector<std::string> splits_of(const std::vector<Run>& runs) {
  std::set<std::string> names;
  for (const Run& run : runs)
    for (const HistoryPoint& point : run.history.points()) names.insert(point.split);
  std::vector<std::string> splits(names.begin(), names.end());
  std::stable_partition(splits.begin(), splits.end(),
                        [](const std::string& name) { return name == "train"; });
  return splits;
}

std::vector<std::string> metrics_of(const std::vector<Run>& runs) {
  std::set<std::string> names;
  for (const Run& run : runs)
    for (const HistoryPoint& point : run.history.points())
      for (const auto& [name, value] : point.values) names.insert(name);
  return {names.begin(), names.end()};
}

/// What was asked for, or all there is.
std::vector<std::string> chosen(const std::vector<std::string>& asked, const std::vector<std::string>& known,
                                const std::string& option) {
  for (const std::string& name : asked)
    if (std::find(known.begin(), known.end(), name) == known.end())
      throw ConfigError(option + ": no run has \"" + name + "\"" + hint(name, known));
  return asked.empty() ? known : asked;
}

/// Runs of one configuration and recipe, in the order of their first.
std::vector<std::vector<const Run*>> grouped(const std::vector<Run>& runs) {
  std::vector<std::vector<const Run*>> groups;
  for (const Run& run : runs) {
    const auto known = std::find_if(groups.begin(), groups.end(), [&](const std::vector<const Run*>& group) {
      return group[0]->config == run.config && group[0]->group() == run.group();
    });
    if (known == groups.end()) {
      groups.push_back({&run});
    } else {
      known->push_back(&run);
    }
  }
  return groups;
}

/// What tells the groups of one recipe apart, behind the recipe where there are several.
std::vector<std::string> group_names(const std::vector<std::vector<const Run*>>& groups) {
  std::map<std::string, std::vector<size_t>> recipes;
  for (size_t i = 0; i < groups.size(); ++i) recipes[groups[i][0]->group()].push_back(i);
  std::vector<std::string> names(groups.size());
  for (const auto& [recipe, members] : recipes) {
    std::vector<Json> configs;
    for (const size_t i : members) configs.push_back(groups[i][0]->config);
    const std::vector<std::string> own = variant_names(configs);
    for (size_t m = 0; m < members.size(); ++m)
      names[members[m]] = recipes.size() > 1 ? recipe + ", " + own[m] : own[m];
  }
  return names;
}

/// The values in at most kColumns characters, lowest to highest; a column is the mean of its steps.
std::string sparkline(const std::vector<double>& values, bool ascii) {
  static const std::array<const char*, 8> blocks{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  static const std::array<const char*, 8> letters{"_", ".", "-", "~", "=", "+", "*", "#"};
  LearningPoints points;
  for (double value : values) points.push_back({0, value});
  const LearningPoints columns = thinned(points, kColumns);
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const auto& [x, value] : columns)
    if (std::isfinite(value)) low = std::min(low, value), high = std::max(high, value);
  std::string line;
  for (const auto& [x, value] : columns) {
    if (!std::isfinite(value)) {
      line += " ";
      continue;
    }
    const double share = high > low ? (value - low) / (high - low) : 0.5;
    line += (ascii ? letters : blocks)[std::min<size_t>(7, static_cast<size_t>(share * 8))];
  }
  return line;
}

/// "0.8123 (step 400)", the best mean.
std::string best_text(const LearningCurve& curve, bool lower) {
  const auto worse = [lower](double a, double b) { return lower ? a > b : a < b; };
  size_t best = 0;
  for (size_t i = 0; i < curve.mean.size(); ++i)
    if (std::isnan(curve.mean[best]) || worse(curve.mean[best], curve.mean[i])) best = i;
  return format_number(curve.mean[best]) + " (step " + format_number(curve.steps[best], 9) + ")";
}

}  // namespace

LearningPoints learning_points(const Run& run, const std::string& split, const std::string& metric,
                               size_t most) {
  LearningPoints points;
  for (const HistoryPoint& point : run.history.points())
    if (const auto found = point.values.find(metric); point.split == split && found != point.values.end())
      points.push_back({point.step, found->second});
  return thinned(points, most);
}

LearningCurve learning_curve(const std::string& name, const std::vector<const Run*>& runs,
                             const std::string& split, const std::string& metric, size_t most) {
  LearningCurve curve{name, {}, {}, {}, {}};
  std::map<double, std::vector<double>> at;
  for (const Run* run : runs) {
    const LearningPoints points = learning_points(*run, split, metric, most);
    if (points.empty()) continue;
    curve.seeds.push_back(points);
    for (const auto& [step, value] : points) at[step].push_back(value);
  }
  for (const auto& [step, values] : at) {
    const Summary s = summarise(values);
    curve.steps.push_back(step);
    curve.mean.push_back(s.mean);
    curve.deviation.push_back(s.sd);
  }
  return curve;
}

std::vector<LearningChart> learning_charts(const std::vector<Run>& runs, const LearningOptions& options) {
  const auto groups = grouped(runs);
  const std::vector<std::string> names = group_names(groups);
  std::vector<LearningChart> charts;
  const std::vector<std::string> splits = chosen(options.splits, splits_of(runs), "--split"),
                                 metrics = chosen(options.metrics, metrics_of(runs), "--metric");
  for (const std::string& split : splits)
    for (const std::string& metric : metrics) {
      LearningChart chart{split, metric, {}};
      for (size_t i = 0; i < groups.size(); ++i) {
        LearningCurve curve = learning_curve(names[i], groups[i], split, metric, options.most);
        if (!curve.steps.empty()) chart.curves.push_back(std::move(curve));
      }
      if (!chart.curves.empty()) charts.push_back(std::move(chart));
    }
  return charts;
}

std::string learning_text(const std::vector<LearningChart>& charts, bool ascii) {
  std::string text;
  for (const LearningChart& chart : charts) {
    TextTable table{
        {"variant", "seeds", "", "first", "best", "last"}, {false, true, false, true, true, true}, {}};
    for (const LearningCurve& curve : chart.curves)
      table.rows.push_back({{curve.name},
                            {std::to_string(curve.seeds.size())},
                            {sparkline(curve.mean, ascii)},
                            {format_number(curve.mean.front())},
                            {best_text(curve, lower_is_better(chart.metric))},
                            {format_number(curve.mean.back())}});
    text += (text.empty() ? "" : "\n") + chart.split + " " + chart.metric + "\n" + text_table(table, false);
  }
  return text;
}

std::string learning_csv(const std::vector<LearningChart>& charts) {
  std::string text = "split,metric,variant,step,seeds,mean,sd\n";
  const auto number = [](double value) { return std::isfinite(value) ? Json(value).dump() : std::string(); };
  for (const LearningChart& chart : charts)
    for (const LearningCurve& curve : chart.curves)
      for (size_t i = 0; i < curve.steps.size(); ++i) {
        const auto has = [&](const LearningPoints& points) {
          return std::any_of(points.begin(), points.end(),
                             [&](const auto& point) { return point.first == curve.steps[i]; });
        };
        const auto seeds = std::count_if(curve.seeds.begin(), curve.seeds.end(), has);
        text += csv_field(chart.split) + "," + csv_field(chart.metric) + "," + csv_field(curve.name) + "," +
                number(curve.steps[i]) + "," + std::to_string(seeds) + "," + number(curve.mean[i]) + "," +
                number(curve.deviation[i]) + "\n";
      }
  return text;
}

Json learning_json(const std::vector<LearningChart>& charts) {
  Json list = Json::array();
  const auto numbers = [](const std::vector<double>& values) {
    Json array = Json::array();
    for (double value : values) array.push_back(number_or_null(value));
    return array;
  };
  for (const LearningChart& chart : charts) {
    Json curves = Json::array();
    for (const LearningCurve& curve : chart.curves)
      curves.push_back({{"name", curve.name},
                        {"seeds", curve.seeds.size()},
                        {"step", numbers(curve.steps)},
                        {"mean", numbers(curve.mean)},
                        {"sd", numbers(curve.deviation)}});
    list.push_back({{"split", chart.split}, {"metric", chart.metric}, {"curves", curves}});
  }
  return {{"format", 1}, {"charts", list}};
}

Figure learning_figure(const LearningChart& chart, const Style& style) {
  CurveChart content;
  content.x_title = "step", content.y_title = chart.metric + ", " + chart.split;
  bool band = false;
  for (const LearningCurve& curve : chart.curves) {
    Curve line{curve.name, curve.steps, curve.mean};
    if (curve.seeds.size() > 1) {
      band = true;
      for (size_t i = 0; i < curve.mean.size(); ++i) {
        line.low.push_back(curve.mean[i] - curve.deviation[i]);
        line.high.push_back(curve.mean[i] + curve.deviation[i]);
      }
    }
    line.dots = curve.steps.size() < 12;
    content.curves.push_back(std::move(line));
  }
  Figure figure{content, style};
  figure.caption = "Learning curves: " + chart.metric + " on " + chart.split +
                   (band ? ", mean and standard deviation over seeds." : ".");
  return figure;
}

}  // namespace fovea
