// Writes pages of maps for the tests in Python: map_page_writer KIND PAGE.html SOURCE.json. The source holds
// the labels and weights of what is on the page. Kinds: maps (every sort of map), hostile, edges, large.
#include <cmath>
#include <iostream>

#include "src/base/files.h"
#include "src/base/random.h"
#include "src/maps/map_page.h"
#include "src/maps/scores.h"

using namespace fovea;

namespace {

using Score = std::function<double(int64_t head, int64_t q, int64_t k)>;

/// Softmax of `score` over visible keys; every draw of noise from one generator.
void fill(MapRecord& record, Random& random, double noise, const Score& score) {
  for (int64_t head = 0; head < record.heads; ++head)
    for (int64_t q = 0; q < record.queries; ++q) {
      std::vector<double> row;
      double sum = 0;
      for (int64_t k = 0; k < record.keys; ++k) {
        const double value = std::exp(score(head, q, k) + noise * random.normal());
        sum += row.emplace_back(record.visible(q, k) ? value : 0);
      }
      for (double value : row) record.weights.push_back(static_cast<float>(sum > 0 ? value / sum : 0));
    }
}

MapRecord shaped(const std::string& path, int64_t heads, int64_t queries, int64_t keys) {
  MapRecord record;
  record.path = path;
  record.heads = heads, record.queries = queries, record.keys = keys;
  record.provenance = {{"model", "a small transformer"}, {"step", 4000}, {"config", "1f2e3d4c"}};
  return record;
}

/// A causal layer of a language model: sinks, previous tokens, repeated words, spread-out heads.
MapRecord causal(int64_t layer, int64_t step) {
  const std::vector<std::string> words{"<s>",    "The",     "animal", "did", "n't",  "cross",   "the",
                                       "street", "because", "it",     "was", "too",  "tired",   "and",
                                       "the",    "street",  "was",    "wet", "that", "evening", "."};
  const int64_t n = static_cast<int64_t>(words.size());
  MapRecord record = shaped("layers." + std::to_string(layer) + ".self", 12, n, n);
  record.query.labels = record.key.labels = words;
  record.provenance["step"] = step;
  for (int64_t q = 0; q < n; ++q)
    for (int64_t k = 0; k < n; ++k) record.mask.push_back(k <= q);
  Random random(static_cast<uint64_t>(layer));
  const double learnt = static_cast<double>(step) / 4000;
  fill(record, random, 0.5, [&](int64_t head, int64_t q, int64_t k) {
    const int64_t sort = (head * 5 + layer * 3) % 7;
    const double sink = k == 0 ? 0.35 * static_cast<double>(layer) : 0;
    if (sort == 0) return learnt * (sink + (k == q - 1 ? 5 : 0));
    if (sort == 1)
      return learnt *
             (sink + (k != q && words[static_cast<size_t>(k)] == words[static_cast<size_t>(q)] ? 6 : 0));
    if (sort == 2) return learnt * (sink + (k == q ? 4 : 0));
    if (sort == 3) return learnt * (k == 0 ? 6.0 : 0);
    if (sort == 4) return learnt * (sink - 0.4 * static_cast<double>(q - k));
    return learnt * sink;
  });
  return record;
}

MapRecord cross() {
  MapRecord record = shaped("decoder.0.cross", 4, 7, 8);
  record.query.labels = {"猫", "坐", "在", "垫子", "上", "。", "<eos>"};
  record.key.labels = {"جلست", "القطة", "السوداء", "على", "الحصيرة", "الصغيرة", ".", "<eos>"};
  record.truth.assign(56, 0);
  const int64_t links[7] = {1, 0, 3, 4, 3, 6, 7};
  for (int64_t q = 0; q < 7; ++q) record.truth[static_cast<size_t>(q * 8 + links[q])] = q == 4 ? 2 : 1;
  Random random(21);
  fill(record, random, 0.7, [&](int64_t head, int64_t q, int64_t k) {
    return k == links[q] ? 1.5 * static_cast<double>(head) : 0.0;
  });
  return record;
}

/// A disc on a slope, and patches that look at patches like them.
std::pair<MapRecord, MapScene> picture() {
  constexpr int64_t kSide = 8, kPixels = 64;
  MapRecord record = shaped("blocks.3.attention", 6, kSide * kSide + 1, kSide * kSide + 1);
  record.key.kind = "grid", record.key.rows = record.key.columns = kSide, record.key.special = {0};
  record.query = record.key;
  const auto disc = [](double x, double y) { return std::hypot(x - 0.62, y - 0.42) < 0.23; };
  const auto patch = [&](int64_t i) {
    return disc((static_cast<double>((i - 1) % kSide) + 0.5) / kSide,
                (static_cast<double>((i - 1) / kSide) + 0.5) / kSide);
  };
  Random random(4);
  fill(record, random, 0.4, [&](int64_t head, int64_t q, int64_t k) {
    const bool alike = k > 0 && patch(k) == (q == 0 || patch(q));
    return (alike ? 0.5 * static_cast<double>(head + 1) : 0.0) + (k == 0 ? 1.0 : 0.0);
  });
  for (int64_t q = 0; q < record.queries; ++q)
    for (int64_t k = 0; k < record.keys; ++k) record.truth.push_back(q == 0 && k > 0 && patch(k));
  Raster image{kPixels, kPixels, 3, {}};
  for (int64_t y = 0; y < kPixels; ++y)
    for (int64_t x = 0; x < kPixels; ++x) {
      const bool in =
          disc((static_cast<double>(x) + 0.5) / kPixels, (static_cast<double>(y) + 0.5) / kPixels);
      image.pixels.push_back(static_cast<uint8_t>(in ? 226 : 90 + y));
      image.pixels.push_back(static_cast<uint8_t>(in ? 178 : 128 + y / 2));
      image.pixels.push_back(static_cast<uint8_t>(in ? 92 : 168 - y / 3 + x / 8));
    }
  return {record, {image, {}}};
}

std::pair<MapRecord, MapScene> series() {
  MapRecord record = shaped("pooling", 2, 1, 24);
  record.query.kind = "slots", record.key.kind = "time", record.key.stride = 4;
  record.truth.assign(24, 0);
  record.truth[17] = record.truth[18] = 1;
  Random random(9);
  fill(record, random, 0.3, [&](int64_t head, int64_t, int64_t k) {
    return head == 0 ? (k == 17 || k == 18 ? 3.0 : 0.0) : 0.15 * static_cast<double>(k);
  });
  SeriesLine load{"load", {}}, heat{"temperature", {}};
  for (int t = 0; t < 96; ++t) {
    load.values.push_back(
        static_cast<float>(10 + 3 * std::sin(t / 3.8) + (t / 4 == 17 || t / 4 == 18 ? 4 : 0)));
    heat.values.push_back(static_cast<float>(6 + 2 * std::cos(t / 15.0) + 0.3 * random.normal()));
  }
  return {record, {{}, {load, heat}}};
}

/// The weights of one map without those of another.
MapRecord difference(const MapRecord& a, const MapRecord& b) {
  MapRecord record = a;
  record.path = a.path + " − earlier";
  for (size_t i = 0; i < a.weights.size(); ++i) record.weights[i] = a.weights[i] - b.weights[i];
  return record;
}

/// `undefined` is a head whose entropy is said to be none, −1 for no head.
void add(MapPage& page, Json& sources, const std::string& example, const MapRecord& record,
         const MapScene& scene = {}, int64_t undefined = -1) {
  Json scores = score_record(record);
  if (undefined >= 0) scores["heads"][static_cast<size_t>(undefined)]["entropy"] = nullptr;
  page.add(example, record, scene, scores);
  sources.push_back(map_sidecar(record));
  sources.back()["example"] = example;
  sources.back()["weights"] = record.weights;
}

void add_maps(MapPage& page, Json& sources) {
  for (int64_t layer = 0; layer < 12; ++layer)
    add(page, sources, "language model", causal(layer, 4000), {}, layer == 3 ? 2 : -1);
  add(page, sources, "translation", cross());
  const auto [patches, image] = picture();
  add(page, sources, "image", patches, image);
  const auto [pooled, lines] = series();
  add(page, sources, "series", pooled, lines);
  for (int64_t step : {0, 500, 1000, 2000, 4000}) add(page, sources, "training", causal(3, step));
  add(page, sources, "difference", difference(causal(3, 4000), causal(3, 1000)));
}

void add_hostile(MapPage& page, Json& sources) {
  MapRecord record = shaped("</script><script>throw 'path'</script>", 2, 2, 9);
  record.query.labels = {"</script><script>throw 'query'</script>", "<img src=x onerror=\"throw 'image'\">"};
  record.key.labels = {"<!--",     "<!--<script>",    "\"'`&amp;",
                       "\xff\xfe", "a\u2028b\u2029c", std::string("nul\0\x1b[", 6),
                       " ",        "\u202eabc",       "]]>${x}"};
  record.provenance = {{"model", "</script>\xff"}, {"\"<b>", "-->"}};
  Random random(2);
  fill(record, random, 1, [](int64_t, int64_t, int64_t) { return 0.0; });
  page.add("</title><script>throw 'example'</script>\xff", record, {}, score_record(record));
  sources.push_back({{"weights", record.weights}});
}

/// Maps at the edge of what a map can be: nothing to attend to, one cell, nothing seen, no numbers, only
/// zeros, huge weights, one query over a grid, a series without numbers.
void add_edges(MapPage& page) {
  const auto all = [](MapRecord record, float weight) {
    record.weights.assign(static_cast<size_t>(record.heads * record.queries * record.keys), weight);
    return record;
  };
  page.add("edges", all(shaped("no queries", 2, 0, 3), 0));
  page.add("edges", all(shaped("no keys", 2, 3, 0), 0));
  page.add("edges", all(shaped("one cell", 1, 1, 1), 1));
  MapRecord hidden = all(shaped("all masked", 2, 3, 3), 1);
  hidden.mask.assign(9, 0), hidden.truth.assign(9, 1);
  page.add("edges", hidden, {}, score_record(hidden));
  page.add("edges", all(shaped("no numbers", 2, 3, 3), NAN), {}, Json::array());
  page.add("edges", all(shaped("zeros", 2, 3, 3), 0), {}, {{"heads", 3}});
  page.add("edges", all(shaped("huge", 2, 3, 3), 3e38f));
  page.add("edges", all(shaped("negative", 2, 3, 3), -0.5f));
  MapRecord grid = all(shaped("grid", 2, 1, 7), 0.25f);
  grid.key.kind = "grid", grid.key.rows = 2, grid.key.columns = 3, grid.key.special = {3};
  page.add("edges", grid);
  page.add("edges", grid, {Raster{1, 1, 1, {7}}, {}});
  MapRecord time = all(shaped("time", 1, 1, 3), 1);
  time.key.kind = "time", time.key.stride = 0.5, time.key.offset = -1;
  page.add("edges", time, {{}, {{"", {NAN, NAN}}, {"flat", {2}}, {"empty", {}}}});
  page.add("other", all(shaped("wide", 1, 1, 3000), 1.0f / 3000));
}

/// 144 heads of 512 × 512 softmax rows.
void add_large(MapPage& page) {
  constexpr int64_t kSide = 512;
  for (int64_t layer = 0; layer < 12; ++layer) {
    MapRecord record = shaped("layers." + std::to_string(layer), 12, kSide, kSide);
    Random random(static_cast<uint64_t>(layer));
    fill(record, random, 1, [](int64_t, int64_t, int64_t) { return 0.0; });
    page.add("long", record, {}, nullptr);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const std::string kind = argv[1];
  MapPage page(kind == "hostile" ? "</title><script>throw 'title'</script>" : "Attention maps");
  Json sources = Json::array();
  if (kind == "maps") add_maps(page, sources);
  if (kind == "hostile") add_hostile(page, sources);
  if (kind == "edges") add_edges(page);
  if (kind == "large") add_large(page);
  write_file_synced(argv[2], page.html());
  write_file_synced(argv[3], to_text(sources));
  return 0;
}
