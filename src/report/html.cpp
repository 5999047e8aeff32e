#include "src/report/html.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "src/figures/chart.h"
#include "src/report/formats.h"
#include "src/report/html_parts.h"
#include "src/stats/format.h"

namespace fovea {
namespace {

std::string counted(int64_t n, const std::string& one) {
  return std::to_string(n) + " " + one + (n == 1 ? "" : "s");
}

/// "additive reaches accuracy 0.865 ± 0.012 on test over 3 seeds."
std::string lead_sentence(const TaskReport& task) {
  if (task.variants.empty() || task.variants[0].values.empty()) return "No run has a result yet.";
  const Variant& best = task.variants[0];
  std::string text =
      (task.variants.size() > 1 ? "Best of " + std::to_string(task.variants.size()) + ": " : "") + best.name +
      " with " + task.metric + " " + with_uncertainty(best.summary.mean, best.summary.sd) + " on " +
      task.split + ", over " + counted(static_cast<int64_t>(best.values.size()), "seed") + ".";
  const int64_t near =
      std::count_if(task.variants.begin(), task.variants.end(), [](const Variant& v) { return v.near_best; });
  if (near > 0)
    text += " " + counted(near, "other") + (near == 1 ? " lies" : " lie") + " inside its 95 % interval.";
  return text;
}

std::string anchor(size_t i) {
  return "task-" + std::to_string(i + 1);
}

std::string task_html(const TaskReport& task, size_t i, const PageOptions& options) {
  std::string html = "<h2 id=\"" + anchor(i) + "\">" + escape_markup(task.name) + "</h2>";
  html += "<p class=\"lead\">" + escape_markup(lead_sentence(task)) + "</p>";
  html += "<h3>Results</h3>" + table_html(task_table(task)) + "<p class=\"note\">" +
          escape_markup(table_note(task)) + "</p>";
  html += interval_plot_html(task) + pareto_html(task) + slices_html(task, options);
  html += curves_html(task, options) + maps_html(task, options) + map_scores_html(task);
  return html;
}

std::string summary_sentence(const Report& report) {
  int64_t runs = 0, variants = 0;
  for (const TaskReport& task : report.tasks)
    for (const Variant& variant : task.variants)
      ++variants, runs += static_cast<int64_t>(variant.runs.size());
  std::string text = counted(runs, "run") + " of " + counted(variants, "variant") + " on " +
                     counted(static_cast<int64_t>(report.tasks.size()), "task") + ".";
  if (report.incomplete > 0)
    text += " " + counted(report.incomplete, "run") + " did not finish; the tables show which.";
  return text;
}

/// What pins the page: versions, threads and the like of its runs, each once.
std::string signature_html(const Report& report) {
  std::set<std::string> signatures;
  for (const TaskReport& task : report.tasks)
    for (const std::string& signature : task_signatures(task)) signatures.insert(signature);
  std::string html;
  for (const std::string& signature : signatures) html += "<code>" + escape_markup(signature) + "</code><br>";
  return html;
}

std::string navigation(const Report& report) {
  if (report.tasks.size() < 2) return "";
  std::string html = "<nav>";
  for (size_t i = 0; i < report.tasks.size(); ++i)
    html += "<a href=\"#" + anchor(i) + "\">" + escape_markup(report.tasks[i].name) + "</a>";
  return html + "</nav>";
}

}  // namespace

std::string table_html(const TextTable& table) {
  std::string html = "<div class=\"scroll\"><table><thead><tr>";
  for (size_t c = 0; c < table.header.size(); ++c)
    html += std::string("<th scope=\"col\"") +
            (table.right[c]                  ? " class=\"number\""
             : table.header[c] == "problems" ? " class=\"problem\""
                                             : "") +
            ">" + escape_markup(table.header[c]) + "</th>";
  html += "</tr></thead><tbody>";
  for (const auto& row : table.rows) {
    html += row[0].text.starts_with("chance") ? "<tr class=\"chance\">" : "<tr>";
    for (size_t c = 0; c < row.size(); ++c) {
      const std::string text = escape_markup(row[c].text);
      const bool problem = table.header[c] == "problems";
      const std::string classes = table.right[c] ? " class=\"number\"" : problem ? " class=\"problem\"" : "";
      const std::string tag = c == 0 ? "th scope=\"row\"" : "td";
      html += "<" + tag + classes + ">" + (row[c].bold ? "<strong>" + text + "</strong>" : text) +
              (c == 0 ? "</th>" : "</td>");
    }
    html += "</tr>";
  }
  return html + "</tbody></table></div>";
}

std::string report_html(const Report& report, const PageOptions& options) {
  std::string body = "<h1>" + escape_markup(options.title) + "</h1><p class=\"explain\">" +
                     summary_sentence(report) + "</p>" + navigation(report);
  for (size_t i = 0; i < report.tasks.size(); ++i) body += task_html(report.tasks[i], i, options);
  return "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
         "content=\"width=device-width, initial-scale=1\"><title>" +
         escape_markup(options.title) + "</title><style>" + page_style() + "</style></head><body><main>" +
         body + "<footer>" + signature_html(report) +
         "Written by fovea. Everything on this page is inside this file.</footer></main><script>" +
         page_script() + "</script></body></html>\n";
}

}  // namespace fovea
