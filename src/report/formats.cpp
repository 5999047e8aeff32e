#include "src/report/formats.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "src/base/error.h"
#include "src/base/text.h"
#include "src/report/html.h"
#include "src/stats/format.h"
#include "src/stats/json_numbers.h"
#include "src/stats/metric.h"

namespace fovea {
namespace {

constexpr double kSignificant = 0.05;

struct Column {
  std::string title;
  bool right;
  std::vector<TableCell> cells;
};

bool has_content(const Column& column) {
  return std::any_of(column.cells.begin(), column.cells.end(),
                     [](const TableCell& cell) { return !cell.text.empty() && cell.text != "–"; });
}

/// A column of one number per variant.
template <class Value, class Form>
Column number_column(const std::string& title, const TaskReport& task, Value value, Form form) {
  Column column{title, true, {}};
  for (const Variant& variant : task.variants) {
    const double number = value(variant);
    column.cells.push_back({std::isnan(number) ? "–" : form(number), false});
  }
  return column;
}

std::string interval(const Summary& s) {
  if (std::isnan(s.low)) return "–";
  const double half = s.high - s.mean;
  const int least = std::abs(s.mean) < 1 ? 3 : 0;
  const int decimals = half > 0 ? std::max(least, 1 - static_cast<int>(std::floor(std::log10(half)))) : 4;
  return "[" + format_fixed(s.low, std::min(decimals, 8)) + ", " +
         format_fixed(s.high, std::min(decimals, 8)) + "]";
}

std::string arrow(bool higher) {
  return higher ? " ↑" : " ↓";
}

std::vector<Column> main_columns(const TaskReport& task) {
  Column name{"variant", false, {}}, seeds{"seeds", true, {}},
      value{task.metric + arrow(task.higher_is_better), true, {}}, ci{"95 % CI", true, {}};
  for (const Variant& v : task.variants) {
    name.cells.push_back({v.name, v.best});
    seeds.cells.push_back({std::to_string(v.values.size()), false});
    const std::string text = v.values.empty() ? "–" : with_uncertainty(v.summary.mean, v.summary.sd);
    value.cells.push_back({text + (v.near_best ? " ≈" : ""), v.best});
    ci.cells.push_back({interval(v.summary), false});
  }
  return {name, seeds, value, ci};
}

/// Which value of a tuned axis each variant is shown at.
Column tuned_column(const TaskReport& task) {
  Column column{"", true, {}};
  for (const Variant& v : task.variants) {
    const auto& tuning = v.runs[0].tuning;
    if (tuning) column.title = tuning->key.substr(tuning->key.rfind('.') + 1);
    column.cells.push_back({tuning ? tuning->chosen : "–", false});
  }
  return column;
}

Json tuned_json(const Run& run) {
  if (!run.tuning) return nullptr;
  Json values = Json::array();
  for (const TunedValue& one : run.tuning->values)
    values.push_back({{"value", one.value},
                      {"mean", number_or_null(one.mean)},
                      {"seeds", one.seeds},
                      {"unfinished", one.unfinished}});
  return {{"key", run.tuning->key},
          {"chosen", run.tuning->chosen},
          {"metric", run.tuning->metric},
          {"values", values}};
}

/// "learning_rate: of 0.0001, 0.001, 0.01 the best mean accuracy on validation"
std::string tuning_note(const TaskReport& task) {
  for (const Variant& v : task.variants)
    if (const auto& tuning = v.runs[0].tuning) {
      std::vector<std::string> values;
      for (const TunedValue& one : tuning->values) values.push_back(one.value);
      return "; " + tuning->key.substr(tuning->key.rfind('.') + 1) + ": of " + join(values, ", ") +
             " the one with the best mean " + tuning->metric + " on validation";
    }
  return "";
}

/// Which tests the p values are of, and what they can reach.
std::string comparison_note(const TaskReport& task) {
  std::set<std::string> baselines;
  int64_t pairs = 0, comparisons = 0;
  bool by_example = false;
  for (const Variant& v : task.variants) {
    if (!v.comparison) continue;
    baselines.insert(v.comparison->baseline);
    ++comparisons;
    pairs = std::max(pairs, v.comparison->pairs);
    by_example = by_example || v.comparison->by_example.has_value();
  }
  if (baselines.empty()) return "";
  std::string note =
      "; p: exact sign-flip test against " +
      (baselines.size() == 1 ? *baselines.begin() : "the baseline with the same other axes") +
      ", paired by seed, Holm-adjusted; d: mean of the differences over their standard deviation";
  if (by_example) note += "; p by example: approximate randomisation of the same examples, Holm-adjusted";
  // What Holm leaves of the smallest p that an exact test of so many pairs can have.
  const double least = std::pow(2.0, 1.0 - static_cast<double>(std::max<int64_t>(pairs, 1)));
  if (least * static_cast<double>(comparisons) >= kSignificant)
    note += " (too few seeds: with " + std::to_string(pairs) + (pairs == 1 ? " pair" : " pairs") +
            " p cannot fall below " + format_number(least, 3) +
            (comparisons > 1 ? ", Holm over " + std::to_string(comparisons) + " not counted" : "") + ")";
  return note;
}

Column comparison_column(const TaskReport& task) {
  Column column{"p (Holm)", true, {}};
  for (const Variant& v : task.variants)
    column.cells.push_back(
        {v.comparison && !std::isnan(v.comparison->p_holm) ? format_number(v.comparison->p_holm, 3) : "–",
         false});
  return column;
}

/// Of comparisons by example, where there are such.
Column example_column(const TaskReport& task) {
  return number_column(
      "p by example", task,
      [](const Variant& v) {
        return v.comparison && v.comparison->by_example ? v.comparison->by_example->p_holm : std::nan("");
      },
      [](double value) { return format_number(value, 3); });
}

Column effect_column(const TaskReport& task) {
  return number_column(
      "d", task, [](const Variant& v) { return v.comparison ? v.comparison->effect : std::nan(""); },
      [](double value) { return format_fixed(value, 2); });
}

Json by_example_json(const ByExample& by_example) {
  Json tests = Json::array();
  for (const McNemar& test : by_example.mcnemar)
    tests.push_back({{"seed", test.seed},
                     {"only_variant", test.only_variant},
                     {"only_baseline", test.only_baseline},
                     {"p", test.p}});
  return {{"examples", by_example.examples},
          {"p", number_or_null(by_example.p)},
          {"p_holm", number_or_null(by_example.p_holm)},
          {"mcnemar", tests}};
}

Json summary_json(const Summary& s) {
  return {{"n", s.n},
          {"mean", number_or_null(s.mean)},
          {"sd", number_or_null(s.sd)},
          {"ci", {number_or_null(s.low), number_or_null(s.high)}}};
}

Json metrics_json(const Variant& variant) {
  std::map<std::string, std::map<std::string, std::vector<double>>> values;
  for (const Run& run : variant.runs) {
    const Json metrics = run.finished() ? run.result.value("metrics", Json::object()) : Json::object();
    for (const auto& [split, list] : metrics.items())
      if (list.is_object())
        for (const auto& [name, value] : list.items())
          if (value.is_number()) values[split][name].push_back(value.get<double>());
  }
  Json json = Json::object();
  for (const auto& [split, list] : values)
    for (const auto& [name, numbers] : list) json[split][name] = summary_json(summarise(numbers));
  return json;
}

Json comparison_json(const Variant& variant) {
  if (!variant.comparison) return nullptr;
  const Comparison& c = *variant.comparison;
  return {{"baseline", c.baseline},
          {"pairs", c.pairs},
          {"difference", number_or_null(c.difference)},
          {"p_t", number_or_null(c.p_t)},
          {"p_sign_flip", number_or_null(c.p_sign_flip)},
          {"p_holm", number_or_null(c.p_holm)},
          {"effect", number_or_null(c.effect)},
          {"by_example", c.by_example ? by_example_json(*c.by_example) : Json()}};
}

Json runs_json(const Variant& variant) {
  Json runs = Json::array();
  for (const Run& run : variant.runs)
    runs.push_back({{"folder", run.folder.string()}, {"seed", run.seed}, {"status", run.status}});
  return runs;
}

Json variant_json(const Variant& variant) {
  Json json = summary_json(variant.summary);
  json["name"] = variant.name;
  json["seeds"] = variant.seeds;
  json["values"] = variant.values;
  json["best"] = variant.best;
  json["parameters"] = number_or_null(variant.parameters);
  json["macs"] = number_or_null(variant.macs);
  json["state_bytes"] = number_or_null(variant.state_bytes);
  json["cost"] = {{"seconds", number_or_null(variant.seconds)},
                  {"samples_per_second", number_or_null(variant.samples_per_second)},
                  {"peak_rss_bytes", number_or_null(variant.peak_bytes)}};
  json["metrics"] = metrics_json(variant);
  json["comparison"] = comparison_json(variant);
  json["tuned"] = tuned_json(variant.runs[0]);
  if (!variant.runs[0].matched.empty()) json["matched"] = variant.runs[0].matched;
  json["runs"] = runs_json(variant);
  return json;
}

std::string csv_lines(const std::string& start, const Run& run) {
  if (!run.finished()) return start + ",,status," + csv_field(run.status) + "\n";
  std::string out;
  const Json metrics = run.result.value("metrics", Json::object());
  for (const auto& [split, values] : metrics.items())
    if (values.is_object())
      for (const auto& [name, value] : values.items())
        if (value.is_number())
          out += start + "," + csv_field(split) + "," + csv_field(name) + "," + value.dump() + "\n";
  return out;
}

std::string heading(const TaskReport& task) {
  return task.task.empty() ? task.name : task.name + " (" + task.task + ")";
}

}  // namespace

TextTable task_table(const TaskReport& task) {
  std::vector<Column> columns = main_columns(task);
  const auto form = [](double value) { return format_number(value); };
  columns.insert(columns.begin() + 1, tuned_column(task));
  for (Column column : {comparison_column(task), effect_column(task), example_column(task)})
    columns.push_back(std::move(column));
  for (const std::string& metric : task.other_metrics)
    columns.push_back(number_column(
        metric + arrow(!lower_is_better(metric)), task,
        [&](const Variant& v) { return v.mean_of(task.split, metric); }, form));
  columns.push_back(number_column(
      "parameters", task, [](const Variant& v) { return v.parameters; },
      [](double value) { return format_count(std::llround(value)); }));
  columns.push_back(number_column(
      "MACs", task, [](const Variant& v) { return v.macs; },
      [](double value) { return format_count(std::llround(value)); }));
  columns.push_back(number_column(
      "state", task, [](const Variant& v) { return v.state_bytes; }, format_bytes));
  columns.push_back(number_column(
      "time", task, [](const Variant& v) { return v.seconds; }, format_seconds));
  columns.push_back(number_column(
      "samples/s", task, [](const Variant& v) { return v.samples_per_second; },
      [](double value) { return format_count(std::llround(value)); }));
  columns.push_back(number_column(
      "peak memory", task, [](const Variant& v) { return v.peak_bytes; }, format_bytes));
  Column problems{"problems", false, {}};
  for (const Variant& v : task.variants) problems.cells.push_back({v.problems(), false});
  columns.push_back(problems);
  TextTable table;
  table.rows.resize(task.variants.size());
  for (const Column& column : columns) {
    if (!has_content(column)) continue;
    table.header.push_back(column.title);
    table.right.push_back(column.right);
    for (size_t r = 0; r < column.cells.size(); ++r) table.rows[r].push_back(column.cells[r]);
  }
  return table;
}

std::string table_note(const TaskReport& task) {
  std::string note = "Mean ± standard deviation over seeds on the " + task.split +
                     " split, 95 % t interval of the mean; " + (task.higher_is_better ? "higher" : "lower") +
                     " is better, the best mean is bold";
  const auto& variants = task.variants;
  if (std::any_of(variants.begin(), variants.end(), [](const Variant& v) { return v.near_best; }))
    note += ", ≈ lies inside its interval";
  note += comparison_note(task);
  return note + tuning_note(task) + ".";
}

std::vector<std::string> task_signatures(const TaskReport& task) {
  std::map<std::string, std::set<int64_t>> seeds;
  for (const Variant& variant : task.variants)
    for (const Run& run : variant.runs) {
      const Json signature = run.result.value("signature", Json());
      if (!run.finished() || !signature.is_string()) continue;
      std::vector<std::string> kept;
      for (const std::string& part : split(signature.get<std::string>(), '|'))
        if (!part.starts_with("config:") && !part.starts_with("seed:") && !part.starts_with("model:"))
          kept.push_back(part);
      if (!run.commit.empty()) kept.push_back("commit:" + run.commit);
      seeds[join(kept, "|")].insert(run.seed);
    }
  std::vector<std::string> signatures;
  for (const auto& [text, used] : seeds)
    signatures.push_back(text + "|split:" + task.split + "|seeds:" + std::to_string(used.size()));
  return signatures;
}

std::string report_text(const Report& report, bool colour) {
  std::string out;
  for (const TaskReport& task : report.tasks) {
    if (!out.empty()) out += "\n";
    out += colour ? "\x1b[1m" + heading(task) + "\x1b[0m\n" : heading(task) + "\n";
    out += text_table(task_table(task), colour) + table_note(task) + "\n";
    for (const std::string& signature : task_signatures(task)) out += signature + "\n";
  }
  return out;
}

std::string report_markdown(const Report& report) {
  std::string out;
  for (const TaskReport& task : report.tasks) {
    if (!out.empty()) out += "\n";
    out += "## " + heading(task) + "\n\n" + markdown_table(task_table(task)) + "\n" + table_note(task) + "\n";
    for (const std::string& signature : task_signatures(task)) out += "\n`" + signature + "`\n";
  }
  return out;
}

std::string report_latex(const Report& report) {
  std::string out = "% needs \\usepackage{booktabs}\n";
  for (const TaskReport& task : report.tasks) {
    out += "% " + heading(task) + "\n% " + table_note(task) + "\n";
    for (const std::string& signature : task_signatures(task)) out += "% " + signature + "\n";
    out += latex_table(task_table(task)) + "\n";
  }
  return out;
}

std::string report_csv(const Report& report) {
  std::string out = "task,variant,seed,split,metric,value\n";
  for (const TaskReport& task : report.tasks)
    for (const Variant& variant : task.variants)
      for (const Run& run : variant.runs)
        out += csv_lines(
            csv_field(task.name) + "," + csv_field(variant.name) + "," + std::to_string(run.seed), run);
  return out;
}

Json report_json(const Report& report) {
  Json tasks = Json::array(), all = Json::array();
  for (const TaskReport& task : report.tasks) {
    Json variants = Json::array();
    for (const Variant& variant : task.variants) {
      variants.push_back(variant_json(variant));
      all.push_back(variants.back());
      all.back()["task"] = task.name;
    }
    tasks.push_back({{"name", task.name},
                     {"task", task.task.empty() ? task.name : task.task},
                     {"metric", task.metric},
                     {"split", task.split},
                     {"higher_is_better", task.higher_is_better},
                     {"signatures", task_signatures(task)},
                     {"variants", variants}});
  }
  return {{"format", 1}, {"tasks", tasks}, {"variants", all}, {"incomplete", report.incomplete}};
}

std::string report_as(const Report& report, const std::string& format, bool colour) {
  if (format == "text") return report_text(report, colour);
  if (format == "md") return report_markdown(report);
  if (format == "latex") return report_latex(report);
  if (format == "csv") return report_csv(report);
  if (format == "json") return to_text(report_json(report), 2) + "\n";
  if (format == "html") return report_html(report);
  const std::vector<std::string> formats{"text", "md", "latex", "csv", "json", "html"};
  throw ConfigError("unknown report format '" + format + "'" + hint(format, formats));
}

}  // namespace fovea
