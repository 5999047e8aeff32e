#include "data/images/jpeg.h"

#include <turbojpeg.h>

#include "src/base/error.h"

namespace fovea {
namespace {

/// A decompressor that is released on every way out. TurboJPEG reports errors as return values: no longjmp
/// crosses a C++ frame.
class Decompressor {
 public:
  Decompressor() : handle_(tjInitDecompress()) {
    if (!handle_) throw Error("cannot start libjpeg-turbo");
  }
  ~Decompressor() { tjDestroy(handle_); }
  Decompressor(const Decompressor&) = delete;
  Decompressor& operator=(const Decompressor&) = delete;
  tjhandle get() const { return handle_; }

 private:
  tjhandle handle_;
};

struct Header {
  int width = 0, height = 0, subsampling = 0, colours = 0;
};

[[noreturn]] void fail(const std::string& found, const std::string& where) {
  throw DataError(where + ": not a readable JPEG; found " + found + "; expected a whole JPEG file");
}

const unsigned char* data_of(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

Header read_header(const Decompressor& jpeg, std::string_view bytes, const std::string& where) {
  Header header;
  if (tjDecompressHeader3(jpeg.get(), data_of(bytes), bytes.size(), &header.width, &header.height,
                          &header.subsampling, &header.colours) != 0)
    fail(tjGetErrorStr2(jpeg.get()), where);
  // A file that ends before its frame passes for one of tables only, without an error and without a size.
  if (header.width < 1 || header.height < 1) fail("its end before any picture", where);
  return header;
}

/// Every warning counts as an error (TurboJPEG returns −1 for both). A file of very many scans, which takes
/// minutes to decode to few pixels, is refused.
Image decompress(const Decompressor& jpeg, std::string_view bytes, const Header& header, int format,
                 const std::string& where) {
  Image image = make_image(header.height, header.width, tjPixelSize[format]);
  if (tjDecompress2(jpeg.get(), data_of(bytes), bytes.size(), image.pixels.data(), header.width, 0,
                    header.height, format, TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS) != 0)
    fail(tjGetErrorStr2(jpeg.get()), where);
  return image;
}

/// RGB of inverted CMYK: 255 means no ink.
Image from_cmyk(const Image& inks) {
  Image image = make_image(inks.height, inks.width, 3);
  for (size_t pixel = 0; pixel * 3 < image.pixels.size(); ++pixel)
    for (size_t c = 0; c < 3; ++c)
      image.pixels[pixel * 3 + c] =
          static_cast<uint8_t>((inks.pixels[pixel * 4 + c] * inks.pixels[pixel * 4 + 3] + 127) / 255);
  return image;
}

}  // namespace

Image decode_jpeg(std::string_view bytes, const std::string& where, int64_t max_pixels) {
  if (!bytes.starts_with(kJpegSignature))
    throw DataError(where + ": not a JPEG; found " + std::to_string(bytes.size()) +
                    " bytes with another signature; expected FF D8 FF");
  const Decompressor jpeg;
  const Header header = read_header(jpeg, bytes, where);
  require_pixels(header.height, header.width, where, max_pixels);
  if (header.colours == TJCS_CMYK || header.colours == TJCS_YCCK)
    return from_cmyk(decompress(jpeg, bytes, header, TJPF_CMYK, where));
  return decompress(jpeg, bytes, header, header.colours == TJCS_GRAY ? TJPF_GRAY : TJPF_RGB, where);
}

}  // namespace fovea
