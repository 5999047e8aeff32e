#include "src/maps/map_packing.h"

#include <zlib.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <stdexcept>

namespace fovea {
namespace {

/// The largest code of a finite weight.
int top_of(int bits) {
  if (bits != 8 && bits != 16) throw std::logic_error("[pack_weights] bits must be 8 or 16");
  return (1 << bits) - 2;
}

void append_little_endian(std::string& bytes, uint32_t word, int size) {
  for (int i = 0; i < size; ++i) bytes += static_cast<char>(word >> (8 * i) & 255);
}

bool counts(const MapRecord& record, int64_t head, int64_t q, int64_t k) {
  return record.visible(head, q, k) && std::isfinite(record.weight(head, q, k));
}

bool any_negative(const MapRecord& record) {
  for (int64_t head = 0; head < record.heads; ++head)
    for (int64_t q = 0; q < record.queries; ++q)
      for (int64_t k = 0; k < record.keys; ++k)
        if (record.weight(head, q, k) < 0 && counts(record, head, q, k)) return true;
  return false;
}

float peak_of(const MapRecord& record, int64_t head, int64_t q) {
  float peak = 0;
  for (int64_t k = 0; k < record.keys; ++k)
    if (counts(record, head, q, k)) peak = std::max(peak, std::abs(record.weight(head, q, k)));
  return peak;
}

/// √(|weight| / peak) with the weight's sign.
double companded(double weight, double peak) {
  return peak > 0 ? std::copysign(std::sqrt(std::abs(weight) / peak), weight) : 0;
}

uint32_t code_of(double share, int top, bool is_signed) {
  const double half = top / 2.0;
  return static_cast<uint32_t>(std::lround(is_signed ? half + share * half : share * top));
}

}  // namespace

PackedWeights pack_weights(const MapRecord& record, int bits) {
  const int top = top_of(bits);
  PackedWeights packed{bits, any_negative(record), record.heads * record.queries, record.keys, {}};
  packed.bytes.reserve(static_cast<size_t>(packed.rows * (4 + record.keys * bits / 8)));
  std::string codes;
  codes.reserve(packed.bytes.capacity());
  for (int64_t head = 0; head < record.heads; ++head)
    for (int64_t q = 0; q < record.queries; ++q) {
      const float peak = peak_of(record, head, q);
      append_little_endian(packed.bytes, std::bit_cast<uint32_t>(peak), 4);
      for (int64_t k = 0; k < record.keys; ++k) {
        const bool number = counts(record, head, q, k) || !record.visible(head, q, k);
        const double weight = record.visible(head, q, k) ? record.weight(head, q, k) : 0;
        append_little_endian(
            codes,
            number ? code_of(companded(weight, peak), top, packed.is_signed) : static_cast<uint32_t>(top + 1),
            bits / 8);
      }
    }
  packed.bytes += codes;
  return packed;
}

PackedWeights narrowed(const PackedWeights& packed) {
  if (packed.bits != 16) throw std::logic_error("[narrowed] codes must have 16 bits");
  const int top = top_of(16), small_top = top_of(8);
  const size_t peaks = static_cast<size_t>(packed.rows) * 4;
  PackedWeights small{8, packed.is_signed, packed.rows, packed.keys, packed.bytes.substr(0, peaks)};
  for (size_t at = peaks; at + 1 < packed.bytes.size(); at += 2) {
    const int code =
        static_cast<unsigned char>(packed.bytes[at]) | static_cast<unsigned char>(packed.bytes[at + 1]) << 8;
    small.bytes += static_cast<char>(code > top ? small_top + 1
                                                : std::lround(static_cast<double>(code) * small_top / top));
  }
  return small;
}

std::string packed_cells(const MapRecord& record) {
  std::string cells;
  if (record.mask.empty() && record.truth.empty()) return cells;
  for (int64_t head = 0; head < (record.mask_per_head() ? record.heads : 1); ++head)
    for (int64_t q = 0; q < record.queries; ++q)
      for (int64_t k = 0; k < record.keys; ++k) {
        const int truth = !record.gold(q, k) ? 0 : record.sure(q, k) ? 1 : 2;
        cells += static_cast<char>((record.visible(head, q, k) ? 1 : 0) | truth << 1);
      }
  return cells;
}

std::string gzip_member(std::string_view bytes) {
  constexpr int kGzip = 15 + 16;  // the largest window, and a gzip header instead of zlib's
  constexpr size_t kPiece = 1 << 20;
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzip, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::bad_alloc();
  std::string out, buffer(kPiece, '\0');
  size_t at = 0;
  for (int state = Z_OK; state != Z_STREAM_END;) {
    const size_t size = std::min(kPiece, bytes.size() - at);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data() + at));
    stream.avail_in = static_cast<uInt>(size);
    at += size;
    do {
      stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
      stream.avail_out = static_cast<uInt>(kPiece);
      state = deflate(&stream, at == bytes.size() ? Z_FINISH : Z_NO_FLUSH);
      out.append(buffer, 0, kPiece - stream.avail_out);
    } while (stream.avail_out == 0 && state != Z_STREAM_END);
  }
  deflateEnd(&stream);
  return out;
}

}  // namespace fovea
