// Word alignment read from maps: links, their rates against gold, chance and the diagonal, summed over a
// corpus.
#include "src/maps/alignment.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "src/maps/scores.h"
#include "tests/support/scratch.h"

using namespace fovea;

namespace {

/// Three target tokens and the end over three source tokens; gold: 0-0 sure, 1-2 sure, 2-1 possible.
MapRecord decoded() {
  MapRecord record;
  record.path = "cross", record.heads = 2, record.queries = 4, record.keys = 3;
  record.query.kind = record.key.kind = "tokens";
  record.query.labels = {"a", "b", "c", "<eos>"}, record.key.labels = {"x", "y", "z"};
  record.weights = {
      0.6f, 0.3f, 0.1f, 0.2f, 0.4f, 0.4f, 0.1f, 0.8f, 0.1f, 0, 0, 1,   // head 0: 0-0, 1-1 (tie), 2-1
      0.6f, 0.3f, 0.1f, 0.1f, 0.1f, 0.8f, 0.8f, 0.1f, 0.1f, 0, 0, 1};  // head 1: 0-0, 1-2, 2-0
  record.truth = {1, 0, 0, 0, 0, 1, 0, 2, 0, 0, 0, 0};
  return record;
}

}  // namespace

TEST_CASE("each target token links to its first largest source token, the end to none") {
  const MapAlignment first = align(decoded(), 0), second = align(decoded(), 1);
  CHECK(first.links.found == 3);
  CHECK(first.links.sure == 2);
  CHECK(first.links.found_sure == 1);
  CHECK(first.links.found_possible == 2);
  CHECK(first.links.aer() == Approx(1 - 3.0 / 5));
  CHECK(second.links.found_sure == 2);
  CHECK(second.links.found_possible == 2);
  CHECK(second.links.aer() == Approx(1 - 4.0 / 5));
  CHECK(second.links.precision() == Approx(2.0 / 3));
  CHECK(second.links.recall() == Approx(1));
}

TEST_CASE("the diagonal and chance stand beside") {
  const MapAlignment found = align(decoded(), 0);
  CHECK(found.diagonal.found_sure == 1);  // 0-0 of 0-0, 1-1, 2-2
  CHECK(found.diagonal.found_possible == 1);
  CHECK(found.chance_sure == Approx(2.0 / 3));
  CHECK(found.chance_possible == Approx(1));
  CHECK(found.chance_aer() == Approx(1 - (2.0 / 3 + 1) / 5));
}

TEST_CASE("identity has no error, and masked source tokens are never linked") {
  MapRecord record = decoded();
  record.truth = {1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0};
  record.weights.assign(24, 0);
  for (size_t q = 0; q < 3; ++q) record.weights[q * 3 + q] = 1;
  CHECK(align(record, 0).links.aer() == 0);
  CHECK(align(record, 0).diagonal.aer() == 0);
  record.mask = {0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
  CHECK(align(record, 0).links.found_sure == 2);
}

TEST_CASE("only a decoder's map with known truth is an alignment") {
  CHECK(is_alignment(decoded()));
  MapRecord other = decoded();
  other.truth.clear();
  CHECK_FALSE(is_alignment(other));
  other = decoded(), other.query.labels.back() = ".";
  CHECK_FALSE(is_alignment(other));
}

TEST_CASE("the summary's rates are of the counts of all examples, not means of their rates") {
  MapRecord one = decoded(), two = decoded();
  two.truth = {0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  const Json summary = summarise_scores({score_record(one), score_record(two)}).at("cross");
  const Json head = summary.at("heads").at(0).at("alignment");
  MapAlignment sum = align(one, 0);
  sum += align(two, 0);
  CHECK(head.at("aer").get<double>() == Approx(sum.links.aer()));
  CHECK(head.at("links") == 6);
  CHECK(head.at("chance").at("aer").get<double>() == Approx(sum.chance_aer()));
  CHECK(head.at("diagonal").at("aer").get<double>() == Approx(sum.diagonal.aer()));
  CHECK(alignment_json(counts_from(counts_json(sum))) == alignment_json(sum));
  CHECK(alignment_json(MapAlignment{}).at("aer").is_null());
}

TEST_CASE("possible links are kept in a map's file") {
  const Scratch scratch;
  const MapRecord record = decoded();
  CHECK(record.gold(2, 1));
  CHECK_FALSE(record.sure(2, 1));
  write_map(scratch.path("cross"), record);
  CHECK(read_map(scratch.path("cross.npy")).truth == record.truth);
}

TEST_CASE("links of the step that reads a token are those of the row after the one that writes it") {
  MapRecord record = decoded();
  record.truth = {0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0};
  const MapAlignment found = align(record, 0);
  CHECK(found.input.found == 3);
  CHECK(found.input.aer() == 0);
  CHECK(found.links.found_sure == 1);
  CHECK(alignment_json(found).at("input").at("recall") == 1);
  record.mask = {1, 1, 1, 1, 0, 1,
                 1, 1, 1, 0, 0, 0};  // the second row's largest is hidden, the last sees none
  CHECK(align(record, 0).input.found == 2);
  CHECK(align(record, 0).input.found_sure == 1);
}

TEST_CASE("soft AER by hand: masses on sure and possible links over all mass and the sure links") {
  const MapAlignment found = align(decoded(), 0);
  // Rows .6 .3 .1, .2 .4 .4, .1 .8 .1: sure .6 + .4, possible also .8.
  CHECK(found.soft.mass == Approx(3));
  CHECK(found.soft.sure == 2);
  CHECK(found.soft.on_sure == Approx(1));
  CHECK(found.soft.on_possible == Approx(1.8));
  CHECK(found.soft.aer() == Approx(1 - 2.8 / 5));
  // The rows below: .2 .4 .4 for 0-0, .1 .8 .1 for 1-2, 0 0 1 for 2-1.
  CHECK(found.soft_input.on_sure == Approx(0.3));
  CHECK(found.soft_input.aer() == Approx(1 - 0.6 / 5));
  CHECK(found.soft_chance.aer() == Approx(1 - (2.0 / 3 + 1) / 5));
  CHECK(std::isnan(SoftAlignmentCounts{}.aer()));
}

TEST_CASE("soft AER of one-hot rows is AER, and of identity 0") {
  MapRecord record = decoded();
  record.weights = {1, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1};
  CHECK(align(record, 0).soft.aer() == Approx(align(record, 0).links.aer()));
  CHECK(align(record, 0).soft_input.aer() == Approx(align(record, 0).input.aer()));
  record.truth = {1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0};
  CHECK(align(record, 1).soft.aer() == 0);
}

TEST_CASE("soft AER: rows are rescaled over what is seen, rows without shares add no mass") {
  MapRecord record = decoded();
  record.mask = {1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1};
  CHECK(align(record, 0).soft.on_sure == Approx(0.6 / 0.9 + 0.4));
  record.weights[3] = -1;
  CHECK(align(record, 0).soft.mass == Approx(2));
  CHECK(align(record, 0).soft.sure == 2);
  CHECK(align(record, 0).soft_chance.mass == Approx(2));
}

TEST_CASE("soft rates are of the masses of all examples; files without them have none") {
  MapRecord one = decoded(), two = decoded();
  two.truth = {0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  MapAlignment sum = align(one, 0);
  sum += align(two, 0);
  const Json summary = summarise_scores({score_record(one), score_record(two)}).at("cross");
  const Json head = summary.at("heads").at(0).at("alignment");
  CHECK(head.at("soft_aer").get<double>() == Approx(sum.soft.aer()));
  CHECK(head.at("input").at("soft_aer").get<double>() == Approx(sum.soft_input.aer()));
  CHECK(head.at("chance").at("soft_aer").get<double>() == Approx(sum.soft_chance.aer()));
  CHECK(head.at("input").at("chance").at("soft_aer").get<double>() == Approx(sum.soft_input_chance.aer()));
  Json old = counts_json(sum);
  for (const char* name : {"soft", "soft_input", "soft_chance", "soft_input_chance"}) old.erase(name);
  CHECK(alignment_json(counts_from(old)).at("soft_aer").is_null());
  CHECK(alignment_json(counts_from(old)).at("aer") == head.at("aer"));
}
