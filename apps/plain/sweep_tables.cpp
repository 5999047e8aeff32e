#include "apps/plain/sweep_tables.h"

#include <cmath>
#include <set>

#include "src/base/text.h"
#include "src/experiments/cell_state.h"
#include "src/report/text_table.h"
#include "src/stats/format.h"

namespace fovea {
namespace {

std::string counted(int64_t n, const std::string& one) {
  return std::to_string(n) + " " + one + (n == 1 ? "" : "s");
}

int64_t finished_cells(const std::string& folder, const SweepPoint& point) {
  int64_t finished = 0;
  if (!folder.empty())
    for (const SweepCell& cell : point.cells)
      finished += cell_status(folder, point, cell) == CellStatus::kFinished;
  return finished;
}

std::vector<TableCell> point_row(const SweepRequest& request, const SweepPoint& point, int64_t finished) {
  const auto tuned = point.values.find(request.tune);
  return {{variant_name(request, point.values), false},
          {tuned == point.values.end() ? "–" : tuned->second, false},
          {point.matched, false},
          {std::to_string(point.cells.size()), false},
          {std::to_string(finished), false},
          {point.parameters < 0 ? "–" : format_count(point.parameters), false},
          {point.macs < 0 ? "–" : format_count(point.macs), false},
          {format_seconds(point.seconds), false}};
}

/// Columns nobody has a value for are left out.
TextTable without_empty(const TextTable& table) {
  TextTable kept;
  kept.rows.resize(table.rows.size());
  for (size_t c = 0; c < table.header.size(); ++c) {
    bool any = false;
    for (const auto& row : table.rows) any = any || (!row[c].text.empty() && row[c].text != "–");
    if (!any) continue;
    kept.header.push_back(table.header[c]);
    kept.right.push_back(table.right[c]);
    for (size_t r = 0; r < table.rows.size(); ++r) kept.rows[r].push_back(table.rows[r][c]);
  }
  return kept;
}

/// How far --match-parameters came.
std::string match_line(const Sweep& sweep) {
  int64_t least = -1, most = -1;
  for (const SweepPoint& point : sweep.points) {
    if (point.parameters < 0) continue;
    least = least < 0 ? point.parameters : std::min(least, point.parameters);
    most = std::max(most, point.parameters);
  }
  if (most <= 0) return "";
  return "parameters differ by " +
         format_fixed(100 * static_cast<double>(most - least) / static_cast<double>(most), 1) + " %\n";
}

}  // namespace

std::string values_text(const std::map<std::string, std::string>& values) {
  std::vector<std::string> parts;
  for (const auto& [key, value] : values) parts.push_back(key + "=" + value);
  return join(parts, ", ");
}

std::string dry_run_text(const std::string& folder, const PreparedSweep& prepared, int64_t jobs) {
  const Sweep& sweep = prepared.sweep;
  TextTable table{{"variant", sweep.request.tune.substr(sweep.request.tune.rfind('.') + 1), "matched by",
                   "seeds", "finished", "parameters", "MACs", "time"},
                  {false, true, false, true, true, true, true, true},
                  {}};
  double seconds = 0;
  int64_t cells = 0, finished = 0;
  std::set<std::string> dropped;
  for (const SweepPoint& point : sweep.points) {
    const int64_t done = finished_cells(folder, point);
    const auto count = static_cast<int64_t>(point.cells.size());
    table.rows.push_back(point_row(sweep.request, point, done));
    seconds += point.seconds * static_cast<double>(count - done);
    cells += count, finished += done;
    for (const std::string& word : point.dropped)
      dropped.insert(word + " does not apply to " + variant_name(sweep.request, point.values));
  }
  std::string text = text_table(without_empty(table), false);
  text += counted(cells, "cell") + ", " + std::to_string(cells - finished) + " to run";
  if (std::isfinite(seconds))
    text += ": about " + format_seconds(seconds / static_cast<double>(jobs)) + " at " + counted(jobs, "job") +
            " (a few steps timed for each net)";
  text += "\n";
  if (!sweep.request.match.empty()) text += match_line(sweep);
  for (const std::string& line : dropped) text += "dropped: " + line + "\n";
  for (const RefusedPoint& refused : prepared.expansion.refused)
    text += "left out: " + values_text(refused.values) + ": " + refused.why + "\n";
  if (prepared.expansion.excluded > 0)
    text += "excluded: " + counted(prepared.expansion.excluded, "combination") + "\n";
  return text;
}

}  // namespace fovea
