#include "src/maps/alignment.h"

#include <algorithm>

#include "src/maps/map_row.h"
#include "src/stats/json_numbers.h"

namespace fovea {
namespace {

constexpr const char* kEnd = "<eos>";

Json counts_list(const AlignmentCounts& counts) {
  return {counts.found, counts.found_possible, counts.sure, counts.found_sure};
}

AlignmentCounts counts_of(const Json& list) {
  return {list.at(0).get<int64_t>(), list.at(1).get<int64_t>(), list.at(2).get<int64_t>(),
          list.at(3).get<int64_t>()};
}

Json counts_list(const SoftAlignmentCounts& counts) {
  return {counts.mass, counts.on_possible, counts.sure, counts.on_sure};
}

SoftAlignmentCounts soft_counts(const Json& json, const char* name) {
  if (!json.contains(name)) return {};
  const Json& list = json.at(name);
  return {list.at(0).get<double>(), list.at(1).get<double>(), list.at(2).get<double>(),
          list.at(3).get<double>()};
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
    if (record.visible(head, query, k) &&
        (best < 0 || record.weight(head, query, k) > record.weight(head, query, best)))
      best = k;
  return best;
}

/// Adds the weights of row `row` for the target token whose truth is row `target`, and equal ones.
void weigh(const MapRecord& record, int64_t head, int64_t row, int64_t target, SoftAlignmentCounts& counts,
           SoftAlignmentCounts& chance) {
  const MapRow seen = visible_row(record, head, row);
  const auto p = shares_of(seen.weights);
  for (int64_t k = 0; k < record.keys; ++k)
    for (auto* one : {&counts, &chance}) one->sure += record.sure(target, k);
  if (!p) return;
  for (size_t i = 0; i < p->size(); ++i)
    for (const auto& [one, share] : {std::pair(&counts, (*p)[i]), std::pair(&chance, 1 / seen.size())}) {
      one->mass += share;
      if (record.gold(target, seen.keys[i])) one->on_possible += share;
      if (record.sure(target, seen.keys[i])) one->on_sure += share;
    }
}

Json rates(const AlignmentCounts& counts) {
  return {{"aer", number_or_null(counts.aer())},
          {"precision", number_or_null(counts.precision())},
          {"recall", number_or_null(counts.recall())}};
}

}  // namespace

MapAlignment& MapAlignment::operator+=(const MapAlignment& other) {
  links += other.links, input += other.input, diagonal += other.diagonal;
  chance_possible += other.chance_possible, chance_sure += other.chance_sure;
  soft += other.soft, soft_input += other.soft_input;
  soft_chance += other.soft_chance, soft_input_chance += other.soft_input_chance;
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
      if (!record.visible(head, q, k)) continue;
      ++visible, possible += record.gold(q, k), sure += record.sure(q, k);
    }
    weigh(record, head, q, q, alignment.soft, alignment.soft_chance);
    weigh(record, head, q + 1, q, alignment.soft_input, alignment.soft_input_chance);
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
               {"soft_aer", number_or_null(alignment.soft.aer())},
               {"chance",
                {{"aer", number_or_null(alignment.chance_aer())},
                 {"soft_aer", number_or_null(alignment.soft_chance.aer())}}},
               {"diagonal", {{"aer", number_or_null(alignment.diagonal.aer())}}}});
  json["input"]["soft_aer"] = number_or_null(alignment.soft_input.aer());
  json["input"]["chance"] = {{"soft_aer", number_or_null(alignment.soft_input_chance.aer())}};
  return json;
}

Json counts_json(const MapAlignment& alignment) {
  return {{"links", counts_list(alignment.links)},
          {"input", counts_list(alignment.input)},
          {"diagonal", counts_list(alignment.diagonal)},
          {"chance", {alignment.chance_possible, alignment.chance_sure}},
          {"soft", counts_list(alignment.soft)},
          {"soft_input", counts_list(alignment.soft_input)},
          {"soft_chance", counts_list(alignment.soft_chance)},
          {"soft_input_chance", counts_list(alignment.soft_input_chance)}};
}

MapAlignment counts_from(const Json& json) {
  return {counts_of(json.at("links")),           counts_of(json.at("input")),
          counts_of(json.at("diagonal")),        json.at("chance").at(0).get<double>(),
          json.at("chance").at(1).get<double>(), soft_counts(json, "soft"),
          soft_counts(json, "soft_input"),       soft_counts(json, "soft_chance"),
          soft_counts(json, "soft_input_chance")};
}

}  // namespace fovea
