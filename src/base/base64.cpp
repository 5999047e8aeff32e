#include "src/base/base64.h"

#include <openssl/evp.h>

#include <algorithm>

namespace fovea {

std::string base64(std::string_view bytes) {
  constexpr size_t kPiece = 3 << 20;  // a multiple of three: only the last piece is padded
  std::string text;
  text.reserve(4 * ((bytes.size() + 2) / 3) + 1);
  for (size_t at = 0; at < bytes.size(); at += kPiece) {
    const size_t size = std::min(kPiece, bytes.size() - at), before = text.size();
    text.resize(before + 4 * ((size + 2) / 3) + 1);  // the encoder ends with a zero byte
    const int written =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data() + before),
                        reinterpret_cast<const unsigned char*>(bytes.data() + at), static_cast<int>(size));
    text.resize(before + static_cast<size_t>(written));
  }
  return text;
}

}  // namespace fovea
