#include "tests/figures/samples.h"

#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "src/base/files.h"
#include "src/base/random.h"

namespace fovea {

void keep(const std::string& name, const std::string& bytes) {
  if (const char* folder = std::getenv("FOVEA_FIGURES")) {
    make_folders(folder);
    write_file_synced(std::filesystem::path(folder) / name, bytes);
  }
}

std::vector<float> softmax_rows(uint64_t key, int64_t rows, int64_t columns, double sharp) {
  Random random(key);
  std::vector<float> weights;
  for (int64_t r = 0; r < rows; ++r) {
    std::vector<double> row;
    double sum = 0;
    for (int64_t c = 0; c < columns; ++c) {
      const double near = -std::abs(static_cast<double>(c) / static_cast<double>(columns) -
                                    static_cast<double>(r) / static_cast<double>(std::max<int64_t>(rows, 1)));
      row.push_back(std::exp(sharp * random.normal() + 6 * near));
      sum += row.back();
    }
    for (double value : row) weights.push_back(static_cast<float>(value / sum));
  }
  return weights;
}

const std::vector<std::string> kGerman{"ein", "kleines",   "Mädchen", "klettert", "in",
                                       "ein", "Spielhaus", "aus",     "Holz",     "."};
const std::vector<std::string> kEnglish{"a", "little", "girl",      "climbing", "into",
                                        "a", "wooden", "playhouse", "."};

Figure translation() {
  HeatMap map{9, 10, kEnglish, kGerman, "output", "input", {{"", softmax_rows(1, 9, 10), {}, {}}}};
  map.panels[0].outlined.assign(90, 0);
  for (size_t i = 0; i < 9; ++i) map.panels[0].outlined[i * 10 + i] = 1;
  Figure figure{map, {}};
  figure.caption = "Cross-attention of the last decoder layer, mean over heads.";
  figure.provenance = "recipe translation · seed 0 · step 4000 · decoder.1.cross · config 1f2e3d4c";
  return figure;
}

Figure causal_heads(int64_t heads, int64_t length) {
  HeatMap map;
  map.rows = map.columns = length;
  for (int64_t i = 0; i < length; ++i) map.row_labels.push_back("token" + std::to_string(i));
  map.column_labels = map.row_labels;
  for (int64_t h = 0; h < heads; ++h) {
    HeatPanel panel{
        "head " + std::to_string(h), softmax_rows(static_cast<uint64_t>(h), length, length), {}, {}};
    for (int64_t q = 0; q < length; ++q)
      for (int64_t k = 0; k < length; ++k) panel.visible.push_back(k <= q);
    map.panels.push_back(panel);
  }
  return {map, {}};
}

Figure sentence() {
  Highlight text;
  text.tokens = {"the",    "film", "is",   "a",    "quiet", "and",  "deeply", "moving", "portrait", "of", "a",
                 "family", ",",    "这部", "电影", "非常",  "感人", "▁word",  "piece",  " ",        "."};
  for (int64_t h = 0; h < 2; ++h) {
    HighlightLine line{
        "head " + std::to_string(h), softmax_rows(static_cast<uint64_t>(h + 5), 1, 21, 1.2), {}, {}};
    line.visible.assign(21, 1);
    line.visible[20] = 0;
    line.outlined.assign(21, 0);
    line.outlined[6] = line.outlined[7] = 1;
    text.lines.push_back(line);
  }
  Figure figure{text, {}};
  figure.caption = "Pooling attention over the words of a review.";
  return figure;
}

Figure picture() {
  ImageOverlay overlay;
  overlay.image = {28, 28, 1, {}};
  for (int y = 0; y < 28; ++y)
    for (int x = 0; x < 28; ++x)
      overlay.image.pixels.push_back(
          static_cast<uint8_t>(std::hypot(x - 18, y - 9) < 6 ? 235 : 30 + (x * 7 + y * 5) % 40));
  overlay.rows = overlay.columns = 7;
  for (int h = 0; h < 3; ++h) overlay.panels.push_back({"head " + std::to_string(h), {}, {}});
  for (int r = 0; r < 7; ++r)
    for (int c = 0; c < 7; ++c) {
      overlay.panels[0].weights.push_back(static_cast<float>(std::exp(-std::hypot(r - 2, c - 4))));
      overlay.panels[1].weights.push_back(static_cast<float>(std::exp(-std::hypot(r - 5, c - 1)) * 0.5));
      overlay.panels[2].weights.push_back(0.1f);
      overlay.outlined.push_back(std::hypot(r - 2, c - 4) < 1.5);
    }
  return {overlay, {}};
}

Figure series() {
  SeriesOverlay overlay;
  for (int i = 0; i < 3; ++i) {
    SeriesLine line{"channel " + std::to_string(i), {}};
    for (int t = 0; t < 96; ++t) line.values.push_back(static_cast<float>(std::sin(0.2 * t + i) + 0.4 * i));
    overlay.lines.push_back(line);
  }
  overlay.stride = 4;
  overlay.outlined.assign(24, 0);
  overlay.outlined[16] = overlay.outlined[17] = 1;
  for (int h = 0; h < 2; ++h) {
    SeriesPanel panel{"head " + std::to_string(h), {}, {}};
    for (int c = 0; c < 24; ++c)
      panel.weights.push_back(static_cast<float>(std::exp(-0.3 * std::abs(c - 16 + 6 * h)) * (h ? 0.6 : 1)));
    overlay.panels.push_back(panel);
  }
  return {overlay, {}};
}

Figure atlas(int64_t layers, int64_t heads, int64_t length) {
  HeatMap map;
  map.rows = map.columns = length, map.across = heads;
  map.row_title = "layer", map.column_title = "head";
  for (int64_t i = 0; i < layers * heads; ++i) {
    HeatPanel panel{"", softmax_rows(static_cast<uint64_t>(i), length, length, 0.5 + 0.1 * (i % 17)), {}, {}};
    for (int64_t q = 0; q < length; ++q)
      for (int64_t k = 0; k < length; ++k) panel.visible.push_back(k <= q);
    map.panels.push_back(panel);
  }
  for (int64_t layer = 0; layer < layers; ++layer)
    map.panel_row_titles.push_back("encoder." + std::to_string(layer) + ".self");
  for (int64_t head = 0; head < heads; ++head) map.panel_column_titles.push_back(std::to_string(head));
  Figure figure{map, {}};
  figure.caption = "Every layer and head.";
  return figure;
}

Figure confusion() {
  HeatMap map{4,
              4,
              {"airplane", "bird", "cat", "dog"},
              {"airplane", "bird", "cat", "dog"},
              "true",
              "predicted",
              {{"",
                {0.93f, 0.05f, 0.01f, 0.01f, 0.06f, 0.81f, 0.08f, 0.05f, 0.02f, 0.06f, 0.71f, 0.21f, 0, 0.04f,
                 0.17f, 0.79f},
                {},
                {}}}};
  map.numbers = true;
  Figure figure{map, {}};
  figure.value_title = "share of the true class";
  return figure;
}

Figure roc() {
  CurveChart chart;
  for (double power : {0.2, 0.35, 0.6}) {
    Curve curve{"model " + std::to_string(power).substr(0, 4), {}, {}};
    for (int i = 0; i <= 50; ++i) {
      curve.x.push_back(i / 50.0), curve.y.push_back(std::pow(i / 50.0, power));
      curve.low.push_back(std::max(0.0, curve.y.back() - 0.05 * std::sin(3.14 * i / 50)));
      curve.high.push_back(std::min(1.0, curve.y.back() + 0.05 * std::sin(3.14 * i / 50)));
    }
    chart.curves.push_back(curve);
  }
  chart.references = {diagonal("chance")};
  chart.x_title = "false positive rate", chart.y_title = "true positive rate", chart.square = true;
  Figure figure{chart, {}};
  figure.caption = "ROC curves, mean and range over five seeds.";
  return figure;
}

Figure calibration() {
  CurveChart chart;
  chart.curves = {{"additive", {0.05, 0.25, 0.45, 0.65, 0.85, 0.97}, {0.1, 0.2, 0.38, 0.55, 0.74, 0.9}}};
  chart.curves[0].dots = true;
  chart.references = {diagonal("calibrated")};
  chart.x_title = "confidence", chart.y_title = "accuracy", chart.square = true;
  return {chart, {}};
}

Figure pruning() {
  CurveChart chart;
  for (int i = 0; i < 4; ++i) {
    Curve curve{std::vector<std::string>{"gradient", "attention", "random",
                                         "Taylor & 50 % δ"}[static_cast<size_t>(i)],
                {},
                {}};
    for (double x = 1; x < 3000; x *= 1.7) {
      curve.x.push_back(x), curve.y.push_back(34 - (i + 1) * std::log(x) * 0.6);
      curve.low.push_back(curve.y.back() - 0.6), curve.high.push_back(curve.y.back() + 0.6);
    }
    curve.y[3] = i == 1 ? std::nan("") : curve.y[3];
    chart.curves.push_back(curve);
  }
  chart.x_title = "weights removed", chart.y_title = "BLEU", chart.log_x = true;
  Figure figure{chart, {}};
  figure.provenance = "seed 0 … 4 · config 1f2e3d4c";
  return figure;
}

Figure scripts() {
  HeatMap map{9,
              9,
              {"电影非常", "كتاب", "שלום", "cafe\u0301", "", "Donaudampfschifffahrtsgesellschaftskapitän",
               "%_&#{}~^\\", "$x$", "हिन्दी"},
              {"这部", "مرحبا بالعالم", "עולם", "o\u0302\u0323", "",
               "Donaudampfschifffahrtsgesellschaftskapitän", "<s>", "a\tb", "👍"},
              "query",
              "key",
              {{"", softmax_rows(4, 9, 9), {}, {}}}};
  map.panels[0].marked.assign(81, 0);
  for (size_t i : {10u, 11u, 19u, 20u, 60u}) map.panels[0].marked[i] = 1;
  Figure figure{map, {}};
  figure.caption = "Labels in many scripts: 电影, مرحبا, שלום.";
  return figure;
}

std::vector<std::pair<std::string, Figure>> all_figures() {
  Figure wide = causal_heads(8, 12);
  wide.style.width_mm = kTwoColumnsMm;
  Figure leaning = translation();
  leaning.style.label_angle = 45;
  Figure dense = causal_heads(4, 96);
  Figure difference = translation();
  for (float& value : std::get<HeatMap>(difference.content).panels[0].values) value -= 0.1f;
  return {{"translation", translation()}, {"heads", wide},        {"dense", dense},
          {"sentence", sentence()},       {"picture", picture()}, {"series", series()},
          {"difference", difference},     {"leaning", leaning},   {"atlas", atlas(12, 12, 16)},
          {"confusion", confusion()},     {"roc", roc()},         {"calibration", calibration()},
          {"pruning", pruning()},         {"scripts", scripts()}};
}

}  // namespace fovea
