// Mass one cell before the query, at it and one cell after it.
#include <catch2/catch.hpp>
#include <cmath>

#include "src/maps/scores.h"

using namespace fovea;

namespace {

MapRecord square(int64_t size, std::vector<float> weights) {
  MapRecord record;
  record.heads = 1, record.queries = record.keys = size;
  record.weights = std::move(weights);
  return record;
}

MapScore named(const MapRecord& record, const std::string& name) {
  for (const MapScore& score : score_head(record, 0))
    if (score.name == name) return score;
  FAIL("no score " << name);
  return {};
}

std::vector<double> offsets(const MapRecord& record) {
  return {named(record, "previous_mass").value, named(record, "self_mass").value,
          named(record, "next_mass").value};
}

/// The three masses of a record against what they ought to be.
void check_offsets(const MapRecord& record, const std::vector<double>& expected) {
  const std::vector<double> found = offsets(record);
  for (size_t i = 0; i < 3; ++i) CHECK(found[i] == Approx(expected[i]).margin(1e-7));  // maps are float32
}

}  // namespace

TEST_CASE("offsets: identity attends to itself, a shifted one to its neighbour", "[maps]") {
  check_offsets(square(3, {1, 0, 0, 0, 1, 0, 0, 0, 1}), {0, 1, 0});
  check_offsets(square(3, {0, 1, 0, 0, 0, 1, 1, 0, 0}), {0, 0, 2.0 / 3});
  check_offsets(square(3, {0, 0, 1, 1, 0, 0, 0, 1, 0}), {2.0 / 3, 0, 0});
}

TEST_CASE("offsets: equal weights give (T − 1)/T² beside and 1/T at the query", "[maps]") {
  const MapRecord record = square(4, std::vector<float>(16, 0.25f));
  check_offsets(record, {3.0 / 16, 0.25, 3.0 / 16});
  CHECK(named(record, "next_mass").chance == 3.0 / 16);
  CHECK(named(record, "next_mass").permuted == 3.0 / 16);
}

TEST_CASE("offsets: a key that is masked holds nothing, by chance too", "[maps]") {
  MapRecord record = square(2, {1, 0, 0.5f, 0.5f});
  record.mask = {1, 0, 1, 1};
  check_offsets(record, {0.25, 0.75, 0});
  CHECK(named(record, "next_mass").chance == 0);
  CHECK(named(record, "self_mass").chance == 0.75);
}

TEST_CASE("offsets count cells from where the query stands, in cells of any stride", "[maps]") {
  // Three keys remembered: query 0 stands at key 3.
  MapRecord record;
  record.heads = 1, record.queries = 2, record.keys = 5;
  record.weights = {0, 0, 0.2f, 0.8f, 0, 0, 0, 0, 0.4f, 0.6f};
  record.query.stride = record.key.stride = 0.1, record.query.offset = 0.3;
  CHECK(offsets(record)[0] == Approx(0.3));
  CHECK(offsets(record)[1] == Approx(0.7));
  record.key.stride = 0.2;
  CHECK(std::isnan(named(record, "self_mass").value));
  CHECK(named(record, "self_mass").undefined == 2);
}

TEST_CASE("offsets on a grid: neighbours in the row, not around its end, without the class token", "[maps]") {
  // A class token and a grid of 2 × 2.
  std::vector<float> weights(25, 0);
  for (size_t q : {0, 1, 2, 3}) weights[q * 5 + q + 1] = 1;
  weights[24] = 1;
  MapRecord record = square(5, weights);
  for (MapAxis* axis : {&record.query, &record.key})
    axis->kind = "grid", axis->rows = axis->columns = 2, axis->special = {0}, axis->stride = 16;
  check_offsets(record, {0, 0.25, 0.5});  // cell 1 → cell 2 is the next row
  CHECK(named(record, "next_mass").undefined == 1);
}

TEST_CASE("offsets are undefined between axes of different kinds and from channels", "[maps]") {
  MapRecord record = square(2, {1, 0, 0, 1});
  record.query.kind = "slots";
  CHECK(std::isnan(named(record, "self_mass").value));
  record.key.kind = "slots";
  CHECK(std::isnan(named(record, "self_mass").value));
  record.query.kind = record.key.kind = "time";
  CHECK(named(record, "self_mass").value == 1);
}
