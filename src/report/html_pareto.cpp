// Score against cost: which variants no other beats in both.
#include <algorithm>
#include <cmath>

#include "src/figures/chart.h"
#include "src/report/html_parts.h"
#include "src/stats/format.h"

namespace fovea {
namespace {

struct Dot {
  std::string name;
  size_t colour = 0;
  double cost = 0, score = 0;
  bool beaten = false;
};

struct Frame {
  double left = 52, top = 24, width = 300, height = 190;
  double low_x = 0, high_x = 1, low_y = 0, high_y = 1;
  double x(double value) const { return left + width * (value - low_x) / (high_x - low_x); }
  double y(double value) const { return top + height * (high_y - value) / (high_y - low_y); }
};

std::string tenth(double value) {
  return format_fixed(value, 1);
}

template <class Cost>
std::vector<Dot> dots_of(const TaskReport& task, Cost cost) {
  std::vector<Dot> dots;
  for (size_t i = 0; i < task.variants.size(); ++i) {
    const Variant& variant = task.variants[i];
    if (!variant.values.empty() && std::isfinite(cost(variant)))
      dots.push_back({variant.name, i, cost(variant), variant.summary.mean, false});
  }
  const double sign = task.higher_is_better ? 1 : -1;
  for (Dot& dot : dots)
    dot.beaten = std::any_of(dots.begin(), dots.end(), [&](const Dot& other) {
      const bool no_worse = other.cost <= dot.cost && sign * other.score >= sign * dot.score;
      return no_worse && (other.cost < dot.cost || sign * other.score > sign * dot.score);
    });
  return dots;
}

/// A little more than the span of the values.
std::pair<double, double> around(std::vector<double> values) {
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  const double margin = *high > *low ? 0.08 * (*high - *low) : std::max(0.5, 0.1 * std::abs(*high));
  return {*low - margin, *high + margin};
}

std::string axes_svg(const Frame& frame, const std::string& x_title, const std::string& y_title) {
  std::string svg;
  const auto text = [&](double x, double y, const std::string& anchor, const std::string& words) {
    svg += "<text x=\"" + tenth(x) + "\" y=\"" + tenth(y) + "\" text-anchor=\"" + anchor +
           "\" fill-opacity=\"0.65\" font-size=\"11\">" + escape_markup(words) + "</text>";
  };
  const std::vector<double> xs = nice_ticks(frame.low_x, frame.high_x, 4),
                            ys = nice_ticks(frame.low_y, frame.high_y, 5);
  for (double tick : xs)
    text(frame.x(tick), frame.top + frame.height + 15, "middle",
         tick_label(tick, xs.size() > 1 ? xs[1] - xs[0] : 1));
  for (double tick : ys) {
    text(frame.left - 6, frame.y(tick) + 4, "end", tick_label(tick, ys.size() > 1 ? ys[1] - ys[0] : 1));
    svg += "<line x1=\"" + tenth(frame.left) + "\" x2=\"" + tenth(frame.left + frame.width) + "\" y1=\"" +
           tenth(frame.y(tick)) + "\" y2=\"" + tenth(frame.y(tick)) +
           "\" stroke=\"currentColor\" stroke-opacity=\"0.12\"/>";
  }
  text(frame.left + frame.width / 2, frame.top + frame.height + 32, "middle", x_title);
  text(0, 12, "start", y_title);
  return svg;
}

/// The variants that nothing beats, joined from the cheapest to the best.
std::string front_svg(std::vector<Dot> dots, const Frame& frame) {
  std::erase_if(dots, [](const Dot& dot) { return dot.beaten; });
  std::sort(dots.begin(), dots.end(), [](const Dot& a, const Dot& b) { return a.cost < b.cost; });
  std::string path;
  for (const Dot& dot : dots)
    path += (path.empty() ? "M" : "L") + tenth(frame.x(dot.cost)) + " " + tenth(frame.y(dot.score));
  return "<path class=\"front\" fill=\"none\" stroke=\"currentColor\" stroke-opacity=\"0.45\" "
         "stroke-dasharray=\"4 3\" d=\"" +
         path + "\"/>";
}

std::string plot_html(const TaskReport& task, const std::vector<Dot>& dots, const std::string& x_title) {
  if (dots.size() < 2) return "";
  std::vector<double> costs, scores;
  for (const Dot& dot : dots) costs.push_back(dot.cost), scores.push_back(dot.score);
  Frame frame;
  std::tie(frame.low_x, frame.high_x) = around(costs);
  std::tie(frame.low_y, frame.high_y) = around(scores);
  std::string svg =
      "<svg class=\"chart pareto\" viewBox=\"0 0 380 264\" role=\"img\" font-size=\"12\"><title>" +
      escape_markup(task.metric + " against " + x_title) + "</title><g fill=\"currentColor\">" +
      axes_svg(frame, x_title, task.metric + ", " + task.split) + front_svg(dots, frame);
  for (const Dot& dot : dots)
    svg +=
        "<circle cx=\"" + tenth(frame.x(dot.cost)) + "\" cy=\"" + tenth(frame.y(dot.score)) +
        "\" r=\"5\" fill=\"var(--series-" + std::to_string(dot.colour % 8) + "," + series_colour(dot.colour) +
        ")\" fill-opacity=\"" + (dot.beaten ? "0.45" : "1") + "\" data-tip=\"" +
        escape_markup(dot.name + ": " + format_number(dot.score) + " at " + format_number(dot.cost)) + "\"/>";
  return "<figure>" + svg + "</g></svg></figure>";
}

}  // namespace

std::string pareto_html(const TaskReport& task) {
  const std::string plots =
      plot_html(task, dots_of(task, [](const Variant& v) { return v.seconds; }), "seconds of training") +
      plot_html(task, dots_of(task, [](const Variant& v) { return v.parameters; }), "parameters") +
      plot_html(task, dots_of(task, [](const Variant& v) { return v.state_bytes / 1024; }),
                "KiB kept of a sequence");
  if (plots.empty()) return "";
  return "<h3>What it costs</h3><p class=\"explain\">Mean score against cost; the dashed line joins the "
         "variants "
         "that no other beats in both.</p><div class=\"charts\">" +
         plots + "</div>";
}

}  // namespace fovea
