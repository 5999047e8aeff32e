// The bytes that a page of maps carries: compressed, as text, each in an element of its own.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "src/maps/map_packing.h"

namespace fovea {

/// Weights on a page above which they are packed to 8 bits instead of 16: 16 MiB of codes.
inline constexpr int64_t kMostCells16 = int64_t{1} << 23;

class PageBlobs {
 public:
  /// Packs the weights of `record`; their number on the page.
  int64_t add_weights(const MapRecord& record);
  /// Bytes to be compressed, equal ones once.
  int64_t add_bytes(const std::string& bytes);
  /// Bytes that are compressed already (an image), equal ones once.
  int64_t add_compressed(const std::string& bytes);

  /// Bits of a weight's code, the same for all.
  int bits() const { return bits_; }
  /// <script type="application/octet-stream" id="blob-N">base64</script> for each.
  std::string html() const;

 private:
  int64_t add_text(std::string text);
  int64_t add_once(const std::string& bytes, bool compressed);
  void narrow();

  int bits_ = 16;
  int64_t cells_ = 0;
  std::vector<std::string> texts_;         // base64; empty while its weights wait in open_
  std::map<int64_t, PackedWeights> open_;  // 16-bit codes, which may yet become 8-bit ones
  std::map<std::string, int64_t> known_;   // SHA-256 → number
};

}  // namespace fovea
