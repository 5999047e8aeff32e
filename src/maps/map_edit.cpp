#include "src/maps/map_edit.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>

#include "src/base/error.h"
#include "src/base/text.h"

namespace fovea {
namespace {

/// "key 3 “the”".
std::string key_name(const MapRecord& record, int64_t key) {
  const std::string number = "key " + std::to_string(key);
  return record.key.labels.empty() ? number
                                   : number + " “" + record.key.labels[static_cast<size_t>(key)] + "”";
}

/// Which keys stay, after all checks.
std::vector<bool> keys_kept(const MapRecord& record, const std::vector<int64_t>& cut) {
  std::vector<bool> kept(static_cast<size_t>(record.keys), true);
  const auto refuse = [&](const std::string& what) { throw DataError(record.path + ": " + what); };
  for (int64_t key : cut) {
    if (key < 0 || key >= record.keys)
      refuse("there is no key " + std::to_string(key) + " to cut, expected 0 … " +
             std::to_string(record.keys - 1));
    const auto& special = record.key.special;
    if (record.key.kind == "grid" && std::find(special.begin(), special.end(), key) == special.end())
      refuse("key " + std::to_string(key) + " is a cell of a grid and cannot be cut; special positions can");
    kept[static_cast<size_t>(key)] = false;
  }
  const auto first = std::find(kept.begin(), kept.end(), true);
  if (first == kept.end()) refuse("no key would be left");
  const auto last = std::find(kept.rbegin(), kept.rend(), true).base();
  if (record.key.kind == "time" && std::find(first, last, false) != last)
    refuse("keys are time steps: expected keys at the ends to cut");
  return kept;
}

template <class T>
std::vector<T> kept_columns(const std::vector<T>& cells, const std::vector<bool>& kept) {
  std::vector<T> out;
  for (size_t i = 0; i < cells.size(); ++i)
    if (kept[i % kept.size()]) out.push_back(cells[i]);
  return out;
}

/// Each old position's new one, −1 where there is none.
std::vector<int64_t> renumbered(const std::vector<bool>& kept) {
  std::vector<int64_t> to;
  int64_t next = 0;
  for (bool keep : kept) to.push_back(keep ? next++ : -1);
  return to;
}

bool stands_alone(const MapAxis& axis, size_t position) {
  const std::string& label = axis.labels[position];
  const auto enclosed = [&](char open, char close) {
    return label.size() > 2 && label.front() == open && label.back() == close;
  };
  return enclosed('<', '>') || enclosed('[', ']') ||
         std::find(axis.special.begin(), axis.special.end(), static_cast<int64_t>(position)) !=
             axis.special.end();
}

bool begins(const std::string& label, const std::string& mark) {
  return label.compare(0, mark.size(), mark) == 0;
}

bool ends(const std::string& label, const std::string& mark) {
  return label.size() > mark.size() && label.compare(label.size() - mark.size(), mark.size(), mark) == 0;
}

/// The mark at a word's start, or nothing.
std::string start_mark(SubwordMarks marks) {
  return marks == SubwordMarks::kSentencePiece ? "▁" : marks == SubwordMarks::kByteLevel ? "Ġ" : "";
}

/// Whether position i belongs to the word of i − 1, neither standing alone.
bool continues(const std::vector<std::string>& labels, size_t i, SubwordMarks marks) {
  if (marks == SubwordMarks::kWordPiece) return begins(labels[i], "##");
  if (marks == SubwordMarks::kContinued) return ends(labels[i - 1], "@@");
  return !begins(labels[i], start_mark(marks));
}

/// A piece without its mark.
std::string bare(const std::string& label, SubwordMarks marks) {
  const std::string start = marks == SubwordMarks::kWordPiece ? "##" : start_mark(marks);
  if (!start.empty() && begins(label, start)) return label.substr(start.size());
  if (marks == SubwordMarks::kContinued && ends(label, "@@")) return label.substr(0, label.size() - 2);
  return label;
}

/// Words of an axis: the word of each position, and the new axis.
struct Words {
  std::vector<size_t> of;
  MapAxis axis;
  size_t count() const { return axis.labels.size(); }
};

Words words_of(const MapAxis& axis, SubwordMarks marks) {
  Words words;
  words.axis = axis;
  words.axis.labels.clear(), words.axis.special.clear();
  bool alone_before = true;
  for (size_t i = 0; i < axis.labels.size(); ++i) {
    const bool alone = stands_alone(axis, i);
    const bool joined = i > 0 && !alone && !alone_before && continues(axis.labels, i, marks);
    const std::string piece = alone ? axis.labels[i] : bare(axis.labels[i], marks);
    if (joined) {
      words.axis.labels.back() += piece;
    } else {
      words.axis.labels.push_back(piece);
    }
    words.of.push_back(words.count() - 1);
    if (std::find(axis.special.begin(), axis.special.end(), static_cast<int64_t>(i)) != axis.special.end())
      words.axis.special.push_back(static_cast<int64_t>(words.count()) - 1);
    alone_before = alone;
  }
  return words;
}

/// The axis as it is, each position a word of its own.
Words unchanged(const MapAxis& axis, int64_t size) {
  Words words;
  words.axis = axis;
  for (int64_t i = 0; i < size; ++i) words.of.push_back(static_cast<size_t>(i));
  return words;
}

SubwordMarks marks_of(const MapAxis& axis) {
  return axis.kind == "tokens" ? subword_marks(axis.labels) : SubwordMarks::kNone;
}

Words words_or_positions(const MapAxis& axis, int64_t size) {
  const SubwordMarks marks = marks_of(axis);
  return marks == SubwordMarks::kNone ? unchanged(axis, size) : words_of(axis, marks);
}

std::string marks_name(SubwordMarks marks) {
  static constexpr std::array<const char*, 5> kNames{"", "▁", "##", "Ġ", "@@"};
  return kNames[static_cast<size_t>(marks)];
}

/// What the caption says: which marks, and how weights were joined.
std::string merge_phrase(const MapRecord& record) {
  std::vector<std::string> names;
  for (const MapAxis* axis : {&record.query, &record.key})
    if (const SubwordMarks marks = marks_of(*axis); marks != SubwordMarks::kNone)
      if (names.empty() || names.back() != marks_name(marks)) names.push_back(marks_name(marks));
  return "subwords (" + join(names, ", ") + ") merged to words: sum over keys, mean over queries";
}

/// Queries of each word that see any key under `head`: what a mean over its queries divides by.
std::vector<double> seeing_queries(const MapRecord& record, int64_t head, const Words& rows, size_t count) {
  std::vector<double> seeing(count, 0);
  for (int64_t q = 0; q < record.queries; ++q) {
    bool any = false;
    for (int64_t k = 0; k < record.keys && !any; ++k) any = record.visible(head, q, k);
    seeing[rows.of[static_cast<size_t>(q)]] += any;
  }
  return seeing;
}

void merge_weights(const MapRecord& record, const Words& rows, const Words& columns, MapRecord& out) {
  const size_t queries = static_cast<size_t>(out.queries), keys = static_cast<size_t>(out.keys);
  for (int64_t head = 0; head < record.heads; ++head) {
    const std::vector<double> seeing = seeing_queries(record, head, rows, queries);
    std::vector<double> sum(queries * keys, 0);
    for (int64_t q = 0; q < record.queries; ++q)
      for (int64_t k = 0; k < record.keys; ++k)
        if (record.visible(head, q, k))
          sum[rows.of[static_cast<size_t>(q)] * keys + columns.of[static_cast<size_t>(k)]] +=
              static_cast<double>(record.weight(head, q, k));
    for (size_t i = 0; i < sum.size(); ++i)
      out.weights.push_back(static_cast<float>(seeing[i / keys] > 0 ? sum[i] / seeing[i / keys] : 0));
  }
}

/// A cell of words has what `stronger` keeps of its parts' cells; of [Tq, Tk] or [H, Tq, Tk].
template <class Stronger>
std::vector<uint8_t> merged_cells(const MapRecord& record, const std::vector<uint8_t>& cells,
                                  const Words& rows, const Words& columns, const MapRecord& out,
                                  Stronger stronger) {
  if (cells.empty()) return {};
  const size_t keys = static_cast<size_t>(record.keys), parts = static_cast<size_t>(record.queries) * keys,
               words = static_cast<size_t>(out.queries * out.keys);
  std::vector<uint8_t> merged(cells.size() / parts * words, 0);
  for (size_t i = 0; i < cells.size(); ++i) {
    const size_t q = i % parts / keys, k = i % keys;
    uint8_t& cell = merged[i / parts * words + rows.of[q] * static_cast<size_t>(out.keys) + columns.of[k]];
    cell = stronger(cell, cells[i]);
  }
  return merged;
}

}  // namespace

std::vector<std::string> edits_of(const MapRecord& record) {
  std::vector<std::string> edits;
  if (!record.provenance.is_object()) return edits;
  const Json found = record.provenance.value("edits", Json::array());
  for (const Json& edit : found)
    if (edit.is_string()) edits.push_back(edit.get<std::string>());
  return edits;
}

void note_edit(MapRecord& record, const std::string& phrase) {
  if (!record.provenance.is_object()) record.provenance = Json::object();
  Json& edits = record.provenance["edits"];
  if (!edits.is_array()) edits = Json::array();
  edits.push_back(phrase);
}

std::vector<double> mean_key_mass(const MapRecord& record) {
  std::vector<double> mass;
  for (int64_t k = 0; k < record.keys; ++k) {
    double sum = 0, cells = 0;
    for (int64_t q = 0; q < record.queries; ++q)
      for (int64_t head = 0; head < record.heads; ++head) {
        if (!record.visible(head, q, k)) continue;
        sum += static_cast<double>(record.weight(head, q, k)), ++cells;
      }
    mass.push_back(cells > 0 ? sum / cells : std::numeric_limits<double>::quiet_NaN());
  }
  return mass;
}

std::vector<int64_t> sink_keys(const MapRecord& record, double least) {
  const std::vector<double> mass = mean_key_mass(record);
  std::vector<int64_t> keys;
  for (size_t k = 0; k < mass.size(); ++k)
    if (mass[k] >= least) keys.push_back(static_cast<int64_t>(k));
  return keys;
}

MapRecord without_keys(const MapRecord& record, const std::vector<int64_t>& keys) {
  check_map(record, record.path);
  const std::vector<bool> kept = keys_kept(record, keys);
  const std::vector<double> mass = mean_key_mass(record);
  MapRecord out = record;
  for (size_t k = 0; k < kept.size(); ++k) {
    if (kept[k]) continue;
    std::array<char, 32> number;
    std::snprintf(number.data(), number.size(), "%.2f", mass[k]);
    note_edit(out,
              key_name(record, static_cast<int64_t>(k)) + " cut (" +
                  (std::isnan(mass[k]) ? "seen by no query" : std::string("mean mass ") + number.data()) +
                  ")");
  }
  out.keys = std::count(kept.begin(), kept.end(), true);
  out.weights = kept_columns(record.weights, kept);
  out.mask = kept_columns(record.mask, kept);
  out.truth = kept_columns(record.truth, kept);
  out.key.labels = kept_columns(record.key.labels, kept);
  const auto first = std::find(kept.begin(), kept.end(), true) - kept.begin();
  if (record.key.kind == "time") out.key.offset += record.key.stride * static_cast<double>(first);
  out.key.special.clear();
  const std::vector<int64_t> to = renumbered(kept);
  for (int64_t position : record.key.special)
    if (to[static_cast<size_t>(position)] >= 0) out.key.special.push_back(to[static_cast<size_t>(position)]);
  return out;
}

SubwordMarks subword_marks(const std::vector<std::string>& labels) {
  const auto any = [&](const auto& marked) { return std::any_of(labels.begin(), labels.end(), marked); };
  if (any([](const std::string& l) { return begins(l, "▁"); })) return SubwordMarks::kSentencePiece;
  if (any([](const std::string& l) { return begins(l, "Ġ"); })) return SubwordMarks::kByteLevel;
  if (any([](const std::string& l) { return l.size() > 2 && begins(l, "##"); }))
    return SubwordMarks::kWordPiece;
  return any([](const std::string& l) { return ends(l, "@@"); }) ? SubwordMarks::kContinued
                                                                 : SubwordMarks::kNone;
}

MapRecord merge_subwords(const MapRecord& record) {
  check_map(record, record.path);
  if (marks_of(record.query) == SubwordMarks::kNone && marks_of(record.key) == SubwordMarks::kNone)
    throw DataError(record.path + ": no subwords to merge; expected token labels with ▁, Ġ, ## or @@");
  const Words rows = words_or_positions(record.query, record.queries);
  const Words columns = words_or_positions(record.key, record.keys);
  MapRecord out = record;
  out.query = rows.axis, out.key = columns.axis;
  out.queries = rows.of.empty() ? 0 : static_cast<int64_t>(rows.of.back()) + 1;
  out.keys = columns.of.empty() ? 0 : static_cast<int64_t>(columns.of.back()) + 1;
  out.weights.clear();
  merge_weights(record, rows, columns, out);
  out.mask = merged_cells(record, record.mask, rows, columns, out,
                          [](uint8_t a, uint8_t b) { return std::max(a, b); });
  out.truth = merged_cells(record, record.truth, rows, columns, out, [](uint8_t a, uint8_t b) {
    return a == 1 || b == 1 ? uint8_t{1} : std::max(a, b);
  });
  note_edit(out, merge_phrase(record));
  return out;
}

}  // namespace fovea
