// Bytes as text, for pages that carry everything inside themselves.
#pragma once

#include <string>
#include <string_view>

namespace fovea {

/// Standard base64 of `bytes` (RFC 4648 §4), padded, without line breaks.
std::string base64(std::string_view bytes);

}  // namespace fovea
