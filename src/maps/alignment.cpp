#include "src/maps/alignment.h"

#include <algorithm>
#include <cmath>

namespace fovea {
namespace {

constexpr const char* kEnd = "<eos>";

Json number(double value) {
  return std::isfinite(value) ? Json(value) : Json();
}

Json counts_list(const AlignmentCounts& counts) {
  return {counts.found, counts.found_possible, counts.sure, counts.found_sure};
}

AlignmentCounts counts_of(const Json& list) {
  return {list.at(0).get<int64_t>(), list.at(1).get<int64_t>(), list.at(2).get<int64_t>(),
          list.at(3).get<int64_t>()};
}

void link(AlignmentCounts& counts, const MapRecord& record, int64_t query, int64_t key) {
  ++counts.found;
  counts.found_possible += record.gold(query, key);
  counts.found_sure += record.sure(query, key);
}

/// The first largest visible key of a query; −1 where it sees none.
int64_t largest(const MapRecord& record, int64_t head, int64_t query) {
  int64_t best = -1;
  for (int64_t k = 0; k < record.keys; ++k)
    if (record.visible(query, k) &&
        (best < 0 || record.weight(head, query, k) > record.weight(head, query, best)))
      best = k;
  return best;
}

Json rates(const AlignmentCounts& counts) {
  return {{"aer", number(counts.aer())},
          {"precision", number(counts.precision())},
          {"recall", number(counts.recall())}};
}

}  // namespace

MapAlignment& MapAlignment::operator+=(const MapAlignment& other) {
  links += other.links, input += other.input, diagonal += other.diagonal;
  chance_possible += other.chance_possible, chance_sure += other.chance_sure;
  return *this;
}

double MapAlignment::chance_aer() const {
  return 1 - (chance_sure + chance_possible) / static_cast<double>(links.found + links.sure);
}

bool is_alignment(const MapRecord& record) {
  return !record.truth.empty() && record.query.kind == "tokens" && record.key.kind == "tokens" &&
         !record.query.labels.empty() && record.query.labels.back() == kEnd;
}

MapAlignment align(const MapRecord& record, int64_t head) {
  MapAlignment alignment;
  const int64_t targets = record.queries - 1;
  for (int64_t q = 0; q < targets; ++q) {
    int64_t visible = 0, possible = 0, sure = 0;
    for (int64_t k = 0; k < record.keys; ++k) {
      for (auto* counts : {&alignment.links, &alignment.input, &alignment.diagonal})
        counts->sure += record.sure(q, k);
      if (!record.visible(q, k)) continue;
      ++visible, possible += record.gold(q, k), sure += record.sure(q, k);
    }
    if (const int64_t best = largest(record, head, q + 1); best >= 0) link(alignment.input, record, q, best);
    if (visible == 0) continue;
    link(alignment.links, record, q, largest(record, head, q));
    link(alignment.diagonal, record, q, ((2 * q + 1) * record.keys) / (2 * targets));
    alignment.chance_possible += static_cast<double>(possible) / static_cast<double>(visible);
    alignment.chance_sure += static_cast<double>(sure) / static_cast<double>(visible);
  }
  return alignment;
}

Json alignment_json(const MapAlignment& alignment) {
  Json json = rates(alignment.links);
  json.update({{"links", alignment.links.found},
               {"input", rates(alignment.input)},
               {"chance", {{"aer", number(alignment.chance_aer())}}},
               {"diagonal", {{"aer", number(alignment.diagonal.aer())}}}});
  return json;
}

Json counts_json(const MapAlignment& alignment) {
  return {{"links", counts_list(alignment.links)},
          {"input", counts_list(alignment.input)},
          {"diagonal", counts_list(alignment.diagonal)},
          {"chance", {alignment.chance_possible, alignment.chance_sure}}};
}

MapAlignment counts_from(const Json& json) {
  return {counts_of(json.at("links")), counts_of(json.at("input")), counts_of(json.at("diagonal")),
          json.at("chance").at(0).get<double>(), json.at("chance").at(1).get<double>()};
}

}  // namespace fovea
