// Learning curves and the interval plot.
#include <algorithm>
#include <cmath>
#include <limits>

#include "src/figures/chart.h"
#include "src/report/html_parts.h"
#include "src/report/learning.h"
#include "src/stats/format.h"

namespace fovea {
namespace {

constexpr size_t kMostPoints = 160;

/// Mean and standard deviation over the seeds that have a value at a step.
ChartSeries series_of(const Variant& variant, const std::string& split, const std::string& metric) {
  std::vector<const Run*> runs;
  for (const Run& run : variant.runs) runs.push_back(&run);
  LearningCurve curve = learning_curve(variant.name, runs, split, metric, kMostPoints);
  ChartSeries series{variant.name, curve.steps, curve.mean, {}, {}, {}};
  for (size_t i = 0; i < curve.mean.size(); ++i) {
    series.low.push_back(curve.mean[i] - curve.deviation[i]);
    series.high.push_back(curve.mean[i] + curve.deviation[i]);
  }
  if (variant.runs.size() > 1) series.seeds = std::move(curve.seeds);
  return series;
}

std::string chart_html(const TaskReport& task, const PageOptions& options, const std::string& split,
                       const std::string& metric) {
  Chart chart{metric + " on " + split + " over steps", "step", metric + ", " + split, {}};
  chart.width = 380, chart.height = 240;
  chart.direct_labels = false;
  bool any = false;
  for (size_t i = 0; i < task.variants.size() && i < static_cast<size_t>(options.most_variants); ++i) {
    chart.series.push_back(series_of(task.variants[i], split, metric));
    any = any || !chart.series.back().x.empty();
  }
  return any ? "<figure>" + chart_svg(chart) + "</figure>" : "";
}

std::string legend_html(const TaskReport& task, const PageOptions& options) {
  std::string html = "<ul class=\"legend\">";
  for (size_t i = 0; i < task.variants.size() && i < static_cast<size_t>(options.most_variants); ++i)
    html += "<li style=\"--line:var(--series-" + std::to_string(i % 8) + ")\">" +
            escape_markup(task.variants[i].name) + "</li>";
  return html + "</ul>";
}

std::string tenth(double value) {
  return format_fixed(value, 1);
}

struct Span {
  double low, high, left, right;
  double x(double value) const { return left + (right - left) * (value - low) / (high - low); }
};

Span span_of(const TaskReport& task, double left, double right) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const Variant& v : task.variants)
    for (double value : v.values) low = std::min(low, value), high = std::max(high, value);
  for (const Variant& v : task.variants)
    if (!std::isnan(v.summary.sd)) {
      // Intervals of very few seeds are wide: the axis shows at most two spreads around the values.
      const double room = std::max(high - low, 1e-9);
      low = std::max(low - room, std::min(low, v.summary.low)),
      high = std::min(high + room, std::max(high, v.summary.high));
    }
  if (!(high > low)) low -= 0.5, high += 0.5;
  const double margin = 0.04 * (high - low);
  return {low - margin, high + margin, left, right};
}

std::string variant_row(const Variant& v, size_t i, const Span& span, double y) {
  const std::string colour = "var(--series-" + std::to_string(i % 8) + "," + series_colour(i) + ")";
  std::string svg;
  if (!std::isnan(v.summary.low)) {
    const double from = std::max(span.left, span.x(v.summary.low)),
                 to = std::min(span.right, span.x(v.summary.high));
    svg += "<line x1=\"" + tenth(from) + "\" x2=\"" + tenth(to) + "\" y1=\"" + tenth(y) + "\" y2=\"" +
           tenth(y) + "\" stroke=\"" + colour + "\" stroke-width=\"2\" stroke-opacity=\"0.55\"/>";
  }
  for (size_t k = 0; k < v.values.size(); ++k)
    svg += "<circle cx=\"" + tenth(span.x(v.values[k])) + "\" cy=\"" + tenth(y) + "\" r=\"3.5\" fill=\"" +
           colour + "\" fill-opacity=\"0.45\" data-tip=\"seed " + std::to_string(v.seeds[k]) + ": " +
           format_number(v.values[k]) + "\"/>";
  if (!v.values.empty())
    svg += "<rect x=\"" + tenth(span.x(v.summary.mean) - 1.5) + "\" y=\"" + tenth(y - 8) +
           "\" width=\"3\" height=\"16\" fill=\"" + colour + "\"/>";
  return svg;
}

}  // namespace

std::string curves_html(const TaskReport& task, const PageOptions& options) {
  std::string charts = task.metric == "loss" ? "" : chart_html(task, options, "validation", task.metric);
  charts += chart_html(task, options, "validation", "loss");
  charts += chart_html(task, options, "train", "loss");
  if (charts.empty()) return "";
  return "<h3>How they learnt</h3><p class=\"explain\">Mean over seeds (line), one standard deviation (band) "
         "and every seed (thin "
         "lines).</p><div class=\"charts\">" +
         charts + "</div>" + legend_html(task, options);
}

std::string interval_plot_html(const TaskReport& task) {
  const bool any = std::any_of(task.variants.begin(), task.variants.end(),
                               [](const Variant& v) { return !v.values.empty(); });
  if (!any || task.variants.size() < 2) return "";
  size_t longest = 0;
  for (const Variant& v : task.variants) longest = std::max(longest, v.name.size());
  const double left = std::min(280.0, 16 + 6.6 * static_cast<double>(longest)), width = 760, pitch = 26;
  const double bottom = 8 + pitch * static_cast<double>(task.variants.size());
  const Span span = span_of(task, left, width - 20);
  std::string svg = "<svg class=\"chart intervals\" style=\"max-width:" + tenth(width) +
                    "px\" viewBox=\"0 0 " + tenth(width) + " " + tenth(bottom + 38) +
                    "\" role=\"img\" font-size=\"12\"><title>" + escape_markup(task.metric) +
                    " of every variant</title><g fill=\"currentColor\">";
  const std::vector<double> ticks = nice_ticks(span.low, span.high, 6);
  const double step = ticks.size() > 1 ? ticks[1] - ticks[0] : 1;
  for (double tick : ticks) {
    const std::string x = tenth(span.x(tick));
    svg += "<line x1=\"" + x + "\" x2=\"" + x + "\" y1=\"4\" y2=\"" + tenth(bottom) +
           "\" stroke=\"currentColor\" stroke-opacity=\"0.12\"/><text x=\"" + x + "\" y=\"" +
           tenth(bottom + 15) + "\" text-anchor=\"middle\" fill-opacity=\"0.65\" font-size=\"11\">" +
           tick_label(tick, step) + "</text>";
  }
  svg += "<text x=\"" + tenth((left + width - 20) / 2) + "\" y=\"" + tenth(bottom + 32) +
         "\" text-anchor=\"middle\" fill-opacity=\"0.65\" font-size=\"11\">" +
         escape_markup(task.metric + ", " + task.split) + "</text>";
  for (size_t i = 0; i < task.variants.size(); ++i) {
    const double y = 8 + pitch * (static_cast<double>(i) + 0.5);
    svg += "<text x=\"" + tenth(left - 12) + "\" y=\"" + tenth(y + 4) + "\" text-anchor=\"end\">" +
           escape_markup(task.variants[i].name) + "</text>" + variant_row(task.variants[i], i, span, y);
  }
  return "<div class=\"scroll\">" + svg + "</g></svg></div>";
}

}  // namespace fovea
