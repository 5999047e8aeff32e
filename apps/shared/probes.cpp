#include "apps/shared/probes.h"

#include <cmath>
#include <iostream>

#include "apps/shared/map_files.h"
#include "apps/shared/run_maps.h"
#include "src/base/error.h"
#include "src/base/files.h"
#include "src/base/text.h"
#include "src/config/layers.h"
#include "src/probe/faithfulness.h"
#include "src/probe/importance.h"
#include "src/report/text_table.h"
#include "src/stats/format.h"
#include "src/train/trainer.h"

namespace fovea {
namespace {

namespace fs = std::filesystem;

std::string shown(const Json& summary) {
  if (!summary["mean"].is_number()) return "–";
  const double mean = summary["mean"],
               low = summary["ci"][0].is_number() ? summary["ci"][0].get<double>() : NAN;
  return with_uncertainty(mean, mean - low);
}

void print_faithfulness(const Json& result) {
  TextTable orders{{"cells ordered by", "comprehensiveness", "sufficiency", "deletion", "insertion"},
                   {false, true, true, true, true},
                   {}};
  for (const std::string& order : cell_orders()) {
    const Json& row = result["orders"][order];
    orders.rows.push_back({{order},
                           {shown(row["comprehensiveness"])},
                           {shown(row["sufficiency"])},
                           {shown(row["deletion"])},
                           {shown(row["insertion"])}});
  }
  TextTable scores{{"score", "mean", "n", "undefined"}, {false, true, true, true}, {}};
  for (const auto& [name, score] : result["scores"].items())
    scores.rows.push_back({{name},
                           {shown(score)},
                           {std::to_string(score["n"].get<int64_t>())},
                           {std::to_string(score["undefined"].get<int64_t>())}});
  std::cout << result["run"].get<std::string>() << "  " << result["attention"].get<std::string>() << "  n "
            << result["n"] << "\n\n"
            << text_table(orders, false) << "\n"
            << text_table(scores, false) << std::flush;
}

void print_importance(const Importance& found) {
  TextTable table{
      {"attention", "head", "importance", found.metric + " without"}, {false, true, true, true}, {}};
  for (const HeadWorth& head : found.heads)
    table.rows.push_back({{head.path},
                          {std::to_string(head.head)},
                          {format_number(head.importance)},
                          {format_number(head.without)}});
  std::cout << found.metric << " with all heads " << format_number(found.whole) << "\n\n"
            << text_table(table, false) << "\nheads pruned, the least important first:\n";
  for (const PruningPoint& point : found.curve)
    std::cout << "  " << point.heads << "  " << found.metric << " " << format_number(point.metric) << "\n";
  std::cout << std::flush;
}

Json importance_json(const Importance& found) {
  Json heads = Json::array(), curve = Json::array();
  for (const HeadWorth& head : found.heads)
    heads.push_back({{"path", head.path},
                     {"head", head.head},
                     {"gradient", head.gradient},
                     {"importance", head.importance},
                     {"without", head.without}});
  for (const PruningPoint& point : found.curve)
    curve.push_back({{"heads", point.heads}, {"metric", point.metric}});
  return {
      {"format", 1}, {"metric", found.metric}, {"whole", found.whole}, {"heads", heads}, {"curve", curve}};
}

/// p(answer) as cells go or come, one line an order.
Figure share_figure(const Json& result, const std::string& name) {
  CurveChart chart;
  chart.x_title = name == "deletion" ? "share of cells deleted" : "share of cells inserted";
  chart.y_title = "p(answer)";
  chart.y_low = 0, chart.y_high = 1;
  for (const std::string& order : cell_orders()) {
    Curve curve;
    curve.name = order == "leave_one_out" ? "leave one out" : order;
    for (const Json& point : result["orders"][order]["curves"][name])
      if (point[1].is_number())
        curve.x.push_back(point[0].get<double>()), curve.y.push_back(point[1].get<double>());
    chart.curves.push_back(std::move(curve));
  }
  Figure figure;
  figure.content = std::move(chart);
  figure.caption = "Probability of the answer as cells are " +
                   std::string(name == "deletion" ? "deleted" : "inserted") +
                   ", those first that attention, gradient, leaving out or chance name first; mean over " +
                   std::to_string(result["n"].get<int64_t>()) + " examples.";
  return figure;
}

Figure pruning_figure(const Importance& found) {
  CurveChart chart;
  chart.x_title = "heads pruned", chart.y_title = found.metric;
  Curve curve{.name = "least important first", .x = {}, .y = {}, .dots = true};
  for (const PruningPoint& point : found.curve)
    curve.x.push_back(static_cast<double>(point.heads)), curve.y.push_back(point.metric);
  chart.curves = {curve};
  Figure figure;
  figure.content = std::move(chart);
  figure.caption =
      "The net without its least important heads, of " + std::to_string(found.heads.size()) + ".";
  return figure;
}

/// How many heads "6" or "0.4" (a share) is.
int64_t heads_asked(const std::string& text, int64_t all) {
  double value = -1;
  size_t read = 0;
  try {
    value = std::stod(text, &read);
  } catch (const std::exception&) {
  }
  const bool share = text.find('.') != std::string::npos;
  if (read != text.size() || !(value >= 0) || value > (share ? 1.0 : static_cast<double>(all)))
    throw ConfigError("--prune: expected a number of heads up to " + std::to_string(all) +
                      ", or a share such as 0.4; found \"" + text + "\"");
  return std::llround(share ? value * static_cast<double>(all) : value);
}

/// A run like `run` whose config prunes the heads: it is evaluated, mapped and asked as any other.
void write_pruned(const MapsRequest& request, const LoadedRun& run, const Importance& found) {
  const auto all = static_cast<int64_t>(found.heads.size());
  std::vector<std::string> pruned = least_important(found.heads, heads_asked(request.probe.prune, all));
  Json config = run.folder.config();
  for (const std::string& before : config["model"].value("pruned", std::vector<std::string>()))
    pruned.push_back(before);
  config["model"]["pruned"] = pruned;
  RunIdentity identity{resolve_tree(config), run.folder.manifest()};
  identity.manifest["pruned_from"] = run.folder.path().string();
  const RunFolder made =
      RunFolder::open_or_create(request.probe.pruned_run, identity, [&](const fs::path& folder) {
        fs::copy(run.folder.path() / "task", folder,
                 fs::copy_options::recursive | fs::copy_options::overwrite_existing);
      });
  if (made.finished()) return;
  Checkpoint checkpoint;
  checkpoint.step = run.step;
  checkpoint.model = module_tensors(*run.net);
  made.checkpoints().save(checkpoint, run.step);
  Json result = run.folder.result();
  if (!result.is_object()) result = Json::object();
  result["metrics"] = Json::object();
  result["signature"] = run_signature(made.config(), made.manifest());
  made.write_result(result);
  made.write_state({{"status", "finished"}, {"step", run.step}, {"total_steps", run.step}});
}

}  // namespace

int probe_faithfulness(const MapsRequest& request, LoadedRun& run, torch::Device device) {
  const auto source = run.task->examples(parse_split(request.split));
  const std::vector<int64_t> chosen = parse_ranges(
      request.examples.empty() ? "0-" + std::to_string(std::min<int64_t>(source->size(), 200) - 1)
                               : request.examples,
      source->size());
  const std::string layer = request.layers.empty() ? "" : request.layers[0];
  if (request.layers.size() > 1)
    throw ConfigError("--layers: --faithfulness asks one attention, found several");
  ClassifierProbe probe(*run.net, *run.task, layer, source->get(chosen[0], 0, false), device);
  FaithfulnessOptions options;
  std::vector<Json> results;
  for (const int64_t index : chosen) {
    results.push_back(faithfulness(probe, source->get(index, 0, false), options));
    if (!request.quiet && results.size() % 20 == 0)
      std::fprintf(stderr, "%zu of %zu examples\n", results.size(), chosen.size());
  }
  Json result = summarise_faithfulness(results, options);
  result["format"] = 1;
  result["run"] = request.run, result["split"] = request.split, result["step"] = run.step;
  result["attention"] = probe.path();
  result["examples"] = results;
  make_folders(request.out);
  write_file_atomically(fs::path(request.out) / "faithfulness.json", to_text(result, 1) + "\n");
  for (const char* name : {"deletion", "insertion"}) {
    Figure figure = share_figure(result, name);
    figure.style = figure_options(request.drawing).style;
    figure.provenance = provenance_line(run_provenance(run));
    MapWriter(request).figure(fs::path(request.out) / name, figure);
  }
  if (!request.quiet) print_faithfulness(result);
  return 0;
}

int probe_importance(const MapsRequest& request, LoadedRun& run, torch::Device device) {
  ImportanceOptions options;
  options.split = parse_split(request.split);
  options.evaluation.device = device;
  const Importance found = head_importance(*run.net, *run.task, options);
  Json result = importance_json(found);
  result["run"] = request.run, result["split"] = request.split, result["step"] = run.step;
  make_folders(request.out);
  write_file_atomically(fs::path(request.out) / "importance.json", to_text(result, 1) + "\n");
  Figure figure = pruning_figure(found);
  figure.style = figure_options(request.drawing).style;
  figure.provenance = provenance_line(run_provenance(run));
  MapWriter(request).figure(fs::path(request.out) / "pruning", figure);
  if (!request.quiet) print_importance(found);
  if (!request.probe.prune.empty()) write_pruned(request, run, found);
  return 0;
}

}  // namespace fovea
