#include "src/figures/pdf_images.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <optional>
#include <unordered_map>
#include <vector>

namespace fovea {
namespace {

/// Where an object of the file stands.
struct Object {
  size_t number = 0, begin = 0, end = 0;
};

/// The objects in the order of the file, and where its table of them begins.
struct Layout {
  std::vector<Object> objects;
  size_t table = 0, entries = 0;
};

/// The whole number behind `key`.
std::optional<size_t> number_after(const std::string& text, const std::string& key) {
  const size_t at = text.find(key);
  if (at == std::string::npos) return std::nullopt;
  const size_t digits = text.find_first_not_of(" \n", at + key.size());
  if (digits == std::string::npos || text[digits] < '0' || text[digits] > '9') return std::nullopt;
  return std::strtoull(text.c_str() + digits, nullptr, 10);
}

/// Nothing where the file has no classic table ("xref\n0 N\n", entries of 20 bytes).
std::optional<Layout> layout_of(const std::string& pdf) {
  constexpr size_t kEntry = 20;
  const size_t mark = pdf.rfind("startxref");
  if (mark == std::string::npos) return std::nullopt;
  Layout layout;
  layout.table = number_after(pdf.substr(mark), "startxref").value_or(pdf.size());
  if (layout.table >= pdf.size() || pdf.compare(layout.table, 7, "xref\n0 ") != 0) return std::nullopt;
  layout.entries = number_after(pdf.substr(layout.table, 32), "xref\n0").value_or(0);
  const size_t first = pdf.find('\n', layout.table + 7) + 1;
  if (layout.entries == 0 || first + layout.entries * kEntry > pdf.size()) return std::nullopt;
  for (size_t i = 1; i < layout.entries; ++i) {
    const std::string entry = pdf.substr(first + i * kEntry, kEntry);
    if (entry[17] != 'n') return std::nullopt;
    layout.objects.push_back({i, std::strtoull(entry.c_str(), nullptr, 10), layout.table});
  }
  std::sort(layout.objects.begin(), layout.objects.end(),
            [](const Object& a, const Object& b) { return a.begin < b.begin; });
  for (size_t i = 0; i + 1 < layout.objects.size(); ++i) layout.objects[i].end = layout.objects[i + 1].begin;
  return layout;
}

std::optional<std::string> inflated(const std::string& packed, size_t size) {
  std::string bytes(size, '\0');
  uLongf found = size;
  const int state = ::uncompress(reinterpret_cast<Bytef*>(bytes.data()), &found,
                                 reinterpret_cast<const Bytef*>(packed.data()), packed.size());
  if (state != Z_OK || found != size) return std::nullopt;
  return bytes;
}

std::string deflated(const std::string& bytes, int strategy) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, 15, 8, strategy) != Z_OK) throw std::bad_alloc();
  std::string packed(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

/// Noise has no repeats worth naming: there plain Huffman codes are shorter.
std::string packed(const std::string& bytes) {
  const std::string repeats = deflated(bytes, Z_DEFAULT_STRATEGY), letters = deflated(bytes, Z_HUFFMAN_ONLY);
  return letters.size() < repeats.size() ? letters : repeats;
}

/// Pixels as numbers of colours, the colours as hexadecimal digits.
struct Indexed {
  std::string pixels, palette;
  size_t colours = 0;
};

/// Nothing where there are more than 256 colours.
std::optional<Indexed> indexed(const std::string& rgb) {
  std::unordered_map<uint32_t, char> numbers;
  Indexed image;
  for (size_t at = 0; at < rgb.size(); at += 3) {
    const auto part = [&](size_t i) {
      return static_cast<uint32_t>(static_cast<unsigned char>(rgb[at + i]));
    };
    const uint32_t colour = part(0) << 16 | part(1) << 8 | part(2);
    const auto known = numbers.find(colour);
    if (known == numbers.end()) {
      if (numbers.size() == 256) return std::nullopt;
      image.pixels += static_cast<char>(numbers.size());
      numbers.emplace(colour, static_cast<char>(numbers.size()));
      std::array<char, 8> digits;
      std::snprintf(digits.data(), digits.size(), "%06x", static_cast<unsigned>(colour));
      image.palette += digits.data();
    } else {
      image.pixels += known->second;
    }
  }
  image.colours = numbers.size();
  return image;
}

bool is_rgb_image(const std::string& header) {
  for (const char* line :
       {"/Subtype /Image\n", "/ColorSpace /DeviceRGB\n", "/BitsPerComponent 8\n", "/Filter /FlateDecode\n"})
    if (header.find(line) == std::string::npos) return false;
  return header.find("/Mask") == std::string::npos && header.find("/SMask") == std::string::npos;
}

/// The object as an indexed image, or as it was.
std::string smaller(const std::string& object) {
  constexpr const char* kBegin = ">>\nstream\n";
  const size_t stream = object.find(kBegin), end = object.rfind("\nendstream");
  if (stream == std::string::npos || end == std::string::npos) return object;
  const size_t data = stream + std::string(kBegin).size();
  const std::string header = object.substr(0, stream);
  const auto width = number_after(header, "/Width"), height = number_after(header, "/Height");
  if (!is_rgb_image(header) || !width || !height || data > end) return object;
  const auto rgb = inflated(object.substr(data, end - data), *width * *height * 3);
  const auto image = rgb ? indexed(*rgb) : std::nullopt;
  if (!image) return object;
  const std::string bytes = packed(image->pixels);
  if (bytes.size() + image->palette.size() >= end - data) return object;
  return header.substr(0, header.find("<<")) + "<< /Length " + std::to_string(bytes.size()) +
         "\n   /Filter /FlateDecode\n   /Type /XObject\n   /Subtype /Image\n   /Width " +
         std::to_string(*width) + "\n   /Height " + std::to_string(*height) +
         "\n   /ColorSpace [ /Indexed /DeviceRGB " + std::to_string(image->colours - 1) + " <" +
         image->palette + "> ]\n   /Interpolate false\n   /BitsPerComponent 8\n>>\nstream\n" + bytes +
         object.substr(end);
}

}  // namespace

std::string with_indexed_images(const std::string& pdf) {
  const auto layout = layout_of(pdf);
  if (!layout) return pdf;
  std::string out = pdf.substr(0, layout->objects.front().begin);
  std::vector<size_t> places(layout->entries, 0);
  for (const Object& object : layout->objects) {
    places[object.number] = out.size();
    out += smaller(pdf.substr(object.begin, object.end - object.begin));
  }
  const size_t table = out.size();
  out += "xref\n0 " + std::to_string(layout->entries) + "\n0000000000 65535 f \n";
  std::array<char, 24> entry;
  for (size_t i = 1; i < layout->entries; ++i) {
    std::snprintf(entry.data(), entry.size(), "%010zu 00000 n \n", places[i]);
    out += entry.data();
  }
  const size_t trailer = pdf.find("trailer", layout->table), mark = pdf.rfind("startxref");
  return out + pdf.substr(trailer, mark - trailer) + "startxref\n" + std::to_string(table) + "\n%%EOF\n";
}

}  // namespace fovea
