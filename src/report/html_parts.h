// The parts from which html.cpp assembles the page.
#pragma once

#include <string>

#include "src/figures/colour_map.h"
#include "src/maps/map_figure.h"
#include "src/report/html.h"
#include "src/report/text_table.h"

namespace fovea {

/// The page's style sheet and script, without their tags.
const std::string& page_style();
const std::string& page_script();

/// Learning curves of a task: its metric on validation, and the losses. Empty without history.
std::string curves_html(const TaskReport& task, const PageOptions& options);

/// One row per variant: each seed a dot, the mean a bar, the interval a line. Empty without values.
std::string interval_plot_html(const TaskReport& task);

/// Score against training time, parameters and state size, a dot a variant and a line along those that no
/// other beats in both. A plot needs two variants that have both; empty without any.
std::string pareto_html(const TaskReport& task);

/// The share of right answers by label and by length of the input, variants beside each other, from
/// examples-SPLIT.jsonl. Empty where there are no such examples.
std::string slices_html(const TaskReport& task, const PageOptions& options);

/// The attention of the variants side by side on the same examples. Empty without maps.
std::string maps_html(const TaskReport& task, const PageOptions& options);

/// Scores of the maps over all examples and seeds, against truth beside chance. Empty without maps.
std::string map_scores_html(const TaskReport& task);

/// One map under one head (−1 = mean over heads) as a sentence, an overlay or a matrix; `high` ends the
/// colour scale.
std::string map_view_html(const MapRecord& record, const MapScene& scene, int64_t head, double high);

/// The largest weight map_view_html would show under any head.
double map_view_high(const MapRecord& record);

/// The image a map lies on, by itself, with the truth outlined; empty for other maps.
std::string input_html(const MapRecord& record, const MapScene& scene);

/// The colour bar that belongs to map_view_html's views of this record.
std::string map_legend_html(const MapRecord& record, const MapScene& scene, double high);

/// A <table> of `table`, its first column as row headings.
std::string table_html(const TextTable& table);

}  // namespace fovea
