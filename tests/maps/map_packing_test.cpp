// Packing against what the header promises: unpacked here by the formula, in loops.
#include "src/maps/map_packing.h"

#include <zlib.h>

#include <bit>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <limits>

#include "src/base/random.h"

using namespace fovea;

namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

MapRecord record_of(int64_t heads, int64_t queries, int64_t keys, std::vector<float> weights) {
  MapRecord record;
  record.path = "layer";
  record.heads = heads, record.queries = queries, record.keys = keys;
  record.weights = std::move(weights);
  return record;
}

/// Rows of a softmax of normals of standard deviation `sharp`.
MapRecord softmax(int64_t heads, int64_t queries, int64_t keys, double sharp) {
  Random random(5);
  std::vector<float> weights;
  for (int64_t row = 0; row < heads * queries; ++row) {
    std::vector<double> values;
    double sum = 0;
    for (int64_t k = 0; k < keys; ++k) sum += values.emplace_back(std::exp(sharp * random.normal()));
    for (double value : values) weights.push_back(static_cast<float>(value / sum));
  }
  return record_of(heads, queries, keys, weights);
}

double peak_at(const PackedWeights& packed, int64_t row) {
  float peak;
  std::memcpy(&peak, packed.bytes.data() + 4 * row, 4);
  return static_cast<double>(peak);
}

int code_at(const PackedWeights& packed, int64_t row, int64_t k) {
  const size_t size = static_cast<size_t>(packed.bits / 8);
  const size_t at = static_cast<size_t>(4 * packed.rows) + static_cast<size_t>(row * packed.keys + k) * size;
  const auto byte = [&](size_t i) { return static_cast<int>(static_cast<unsigned char>(packed.bytes[i])); };
  return size == 1 ? byte(at) : byte(at) | byte(at + 1) << 8;
}

double unpacked(const PackedWeights& packed, int64_t row, int64_t k) {
  const int top = (1 << packed.bits) - 2, code = code_at(packed, row, k);
  if (code > top) return kNaN;
  const double share = packed.is_signed ? (code - top / 2) / (top / 2.0) : code / static_cast<double>(top);
  return peak_at(packed, row) * share * std::abs(share);
}

/// Largest error of a weight in units of the bound that `half_step` (of √share) allows it.
double worst(const MapRecord& record, const PackedWeights& packed, double half_step) {
  double found = 0;
  for (int64_t row = 0; row < packed.rows; ++row)
    for (int64_t k = 0; k < packed.keys; ++k) {
      const double weight = static_cast<double>(record.weights[static_cast<size_t>(row * packed.keys + k)]);
      const double peak = peak_at(packed, row), root = std::sqrt(std::abs(weight) / peak);
      const double bound = peak * (2 * root * half_step + half_step * half_step);
      found = std::max(found, std::abs(unpacked(packed, row, k) - weight) / bound);
    }
  return found;
}

std::string gunzip(const std::string& bytes, size_t size) {
  std::string out(size + 1, '\0');
  z_stream stream{};
  REQUIRE(inflateInit2(&stream, 15 + 16) == Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  CHECK(inflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(out.size() - stream.avail_out);
  inflateEnd(&stream);
  return out;
}

}  // namespace

TEST_CASE("packed weights lie within the stated bound, at both widths", "[maps]") {
  for (double sharp : {0.0, 1.0, 6.0}) {
    const MapRecord record = softmax(2, 7, 300, sharp);
    CHECK(worst(record, pack_weights(record, 16), 0.5 / 65534) <= 1 + 1e-6);
    CHECK(worst(record, pack_weights(record, 8), 0.5 / 254) <= 1 + 1e-6);
  }
}

TEST_CASE("codes narrowed from 16 to 8 bits add half a 16-bit step to the bound", "[maps]") {
  MapRecord record = softmax(1, 20, 300, 3.0);
  CHECK(worst(record, narrowed(pack_weights(record, 16)), 0.5 / 254 + 0.5 / 65534) <= 1 + 1e-6);
  for (size_t i = 0; i < record.weights.size(); i += 2) record.weights[i] *= -1;
  CHECK(worst(record, narrowed(pack_weights(record, 16)), 0.5 / 127 + 0.5 / 32767) <= 1 + 1e-6);
}

TEST_CASE("a difference keeps its signs and its zeros", "[maps]") {
  const MapRecord record = record_of(1, 2, 3, {0.5f, -0.02f, 0, -0.001f, -2, 1e-5f});
  for (int bits : {16, 8}) {
    const PackedWeights packed = pack_weights(record, bits);
    REQUIRE(packed.is_signed);
    CHECK(worst(record, packed, 1.0 / ((1 << bits) - 2)) <= 1 + 1e-6);
    CHECK(unpacked(packed, 0, 2) == 0);
    CHECK(unpacked(packed, 1, 1) == -2);
  }
}

TEST_CASE("weights far below a row's largest survive 8 bits", "[maps]") {
  const PackedWeights packed = pack_weights(record_of(1, 1, 3, {1, 1e-4f, 2e-5f}), 8);
  CHECK(code_at(packed, 0, 1) == 3);  // 254 · √1e-4 = 2.54
  CHECK(code_at(packed, 0, 2) == 1);  // 254 · √2e-5 = 1.14; a linear code would be 0
}

TEST_CASE("hidden cells pack as zero, and what is no number as itself", "[maps]") {
  MapRecord record = record_of(1, 2, 3, {0.25f, 9, kNaN, INFINITY, 0.5f, -kNaN});
  record.mask = {1, 0, 0, 1, 1, 1};
  for (int bits : {16, 8}) {
    const PackedWeights packed = pack_weights(record, bits);
    CHECK_FALSE(packed.is_signed);
    CHECK(peak_at(packed, 0) == 0.25);
    CHECK(unpacked(packed, 0, 0) == 0.25);
    CHECK(unpacked(packed, 0, 1) == 0);
    CHECK(unpacked(packed, 0, 2) == 0);
    CHECK(std::isnan(unpacked(packed, 1, 0)));
    CHECK(unpacked(packed, 1, 1) == 0.5);
    CHECK(std::isnan(unpacked(packed, 1, 2)));
  }
  CHECK(std::isnan(unpacked(narrowed(pack_weights(record, 16)), 1, 0)));
}

TEST_CASE("a row of zeros and a map without cells can be packed", "[maps]") {
  CHECK(unpacked(pack_weights(record_of(1, 1, 2, {0, 0}), 16), 0, 1) == 0);
  CHECK(pack_weights(record_of(1, 0, 4, {}), 8).bytes.empty());
  CHECK(pack_weights(record_of(1, 2, 0, {}), 8).bytes.size() == 8);
}

TEST_CASE("mask and truth share a byte a cell", "[maps]") {
  MapRecord record = record_of(1, 1, 4, {0, 0, 0, 0});
  CHECK(packed_cells(record).empty());
  record.truth = {0, 1, 2, 1};
  CHECK(packed_cells(record) == std::string{1, 3, 5, 3});
  record.mask = {0, 1, 1, 0};
  CHECK(packed_cells(record) == std::string{0, 3, 5, 2});
}

TEST_CASE("gzip gives back what went in and keeps no clock", "[maps]") {
  std::string bytes;
  Random random(3);
  for (int i = 0; i < (1 << 21) + 17; ++i) bytes += static_cast<char>(random.below(i % 2 ? 256 : 3));
  for (const std::string& text : {std::string(), std::string("abc"), bytes}) {
    const std::string member = gzip_member(text);
    CHECK(gunzip(member, text.size()) == text);
    CHECK(member.substr(4, 4) == std::string(4, '\0'));  // RFC 1952: the modification time
  }
}
