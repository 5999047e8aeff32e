// The share of right answers by label and by length.
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "src/base/files.h"
#include "src/base/text.h"
#include "src/report/example_fields.h"
#include "src/report/html_parts.h"
#include "src/stats/format.h"

namespace fovea {
namespace {

constexpr size_t kMostLabels = 20;
constexpr uintmax_t kMostBytes = 16 << 20;  // of one run's examples

/// Examples of a run by slice: how many, and how many right.
struct Share {
  int64_t examples = 0, right = 0;
};
using Slices = std::map<std::string, Share>;

/// Lengths fall into slices that double: 1–8, 9–16, 17–32, …
std::pair<int64_t, std::string> length_slice(int64_t length) {
  int64_t high = 8;
  while (high < length) high *= 2;
  const int64_t low = high == 8 ? 0 : high / 2 + 1;
  return {high, std::to_string(low) + " to " + std::to_string(high)};
}

struct RunSlices {
  Slices labels;
  std::map<int64_t, std::pair<std::string, Share>> lengths;
};

void count(Share& share, bool right) {
  ++share.examples;
  share.right += right;
}

/// The fields a slice is made of, those that the line does not even mention left out: looking for them would
/// mean reading all of it.
std::set<std::string> slicing_fields(const std::string& line) {
  std::set<std::string> fields;
  for (const char* name : {"correct", "label", "length"})
    if (line.find('"' + std::string(name) + "\":") != std::string::npos) fields.insert(name);
  return fields;
}

RunSlices slices_of(const Run& run, const std::string& split_name) {
  RunSlices slices;
  const std::filesystem::path path = examples_file(run.folder, split_name);
  std::error_code none;
  if (const uintmax_t size = std::filesystem::file_size(path, none); none || size > kMostBytes) return slices;
  const std::vector<std::string> lines = split(read_file(path), '\n');
  for (size_t i = 0; i < lines.size(); ++i) {
    const std::set<std::string> mentioned = slicing_fields(lines[i]);
    if (mentioned.count("correct") == 0) continue;
    auto fields = fields_of(lines[i], mentioned, path.string() + ":" + std::to_string(i + 1));
    if (!fields["correct"].is_number()) continue;
    const bool right = fields["correct"].get<double>() != 0;
    if (fields["label"].is_string()) count(slices.labels[fields["label"]], right);
    if (fields["length"].is_number_integer()) {
      const auto [high, name] = length_slice(fields["length"].get<int64_t>());
      auto& entry = slices.lengths[high];
      entry.first = name;
      count(entry.second, right);
    }
  }
  return slices;
}

/// Slice → per variant the shares of its runs.
struct Rows {
  std::vector<std::string> names;
  std::map<std::string, std::vector<std::vector<double>>> shares;
  std::map<std::string, int64_t> examples;

  void add(const std::string& name, size_t variant, size_t variants, const Share& share) {
    if (!shares.count(name)) {
      names.push_back(name);
      shares[name].resize(variants);
    }
    shares[name][variant].push_back(static_cast<double>(share.right) / static_cast<double>(share.examples));
    examples[name] = std::max(examples[name], share.examples);
  }
};

std::string rows_html(const Rows& rows, const std::string& title, const std::vector<std::string>& variants) {
  if (rows.names.size() < 2 || rows.names.size() > kMostLabels) return "";
  TextTable table{{title, "examples"}, {false, true}, {}};
  for (const std::string& name : variants) table.header.push_back(name), table.right.push_back(true);
  for (const std::string& name : rows.names) {
    table.rows.push_back({{name, false}, {format_count(rows.examples.at(name)), false}});
    for (const std::vector<double>& shares : rows.shares.at(name)) {
      const Summary summary = summarise(shares);
      table.rows.back().push_back({shares.empty() ? "–" : with_uncertainty(summary.mean, summary.sd), false});
    }
  }
  return table_html(table);
}

}  // namespace

std::string slices_html(const TaskReport& task, const PageOptions& options) {
  const size_t shown = std::min(task.variants.size(), static_cast<size_t>(options.most_variants));
  Rows labels, lengths;
  std::vector<std::string> names;
  for (size_t i = 0; i < shown; ++i) {
    names.push_back(task.variants[i].name);
    for (const Run& run : task.variants[i].runs) {
      if (!run.finished()) continue;
      const RunSlices slices = slices_of(run, task.split);
      for (const auto& [name, share] : slices.labels) labels.add(name, i, shown, share);
      for (const auto& [high, entry] : slices.lengths) lengths.add(entry.first, i, shown, entry.second);
    }
  }
  const std::string tables = rows_html(labels, "label", names) + rows_html(lengths, "length", names);
  if (tables.empty()) return "";
  return "<h3>Where it is right</h3><p class=\"explain\">Share of right answers by slice, mean ± standard "
         "deviation "
         "over seeds.</p>" +
         tables;
}

}  // namespace fovea
