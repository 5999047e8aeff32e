// Images of PDF files that Cairo made, stored with a palette: Cairo writes three bytes a pixel whatever the
// colours, which Deflate packs badly where neighbours have nothing in common.
#pragma once

#include <string>

namespace fovea {

/// `pdf` with every RGB image of at most 256 colours as one byte a pixel and its palette (ISO 32000-1,
/// 8.6.6.3); the pixels are the same. What is not laid out as Cairo lays it out is left as it is.
std::string with_indexed_images(const std::string& pdf);

}  // namespace fovea
