#include "src/files/npy.h"

#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>

#include "src/base/error.h"
#include "src/base/files.h"
#include "src/base/text.h"

namespace fovea {
namespace {

static_assert(std::endian::native == std::endian::little, "arrays are kept little endian");

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr size_t kMaxHeader = 65536;
constexpr size_t kMaxDimensions = 64;  // NumPy 2's own limit

struct Dtype {
  const char* name;
  const char* code;  // NumPy's kind and size
  int64_t bytes;
};

constexpr std::array<Dtype, 12> kDtypes{{{"float16", "f2", 2},
                                         {"float32", "f4", 4},
                                         {"float64", "f8", 8},
                                         {"int8", "i1", 1},
                                         {"int16", "i2", 2},
                                         {"int32", "i4", 4},
                                         {"int64", "i8", 8},
                                         {"uint8", "u1", 1},
                                         {"uint16", "u2", 2},
                                         {"uint32", "u4", 4},
                                         {"uint64", "u8", 8},
                                         {"bool", "b1", 1}}};

const Dtype& dtype_named(const std::string& name) {
  for (const Dtype& dtype : kDtypes)
    if (name == dtype.name) return dtype;
  throw DataError("unknown array dtype '" + name +
                  "', expected float16/32/64, int8 … int64, uint8 … uint64 or bool");
}

/// The value of an IEEE half.
float half_to_float(uint16_t bits) {
  const int exponent = (bits >> 10) & 31;
  const int fraction = bits & 1023;
  const float sign = (bits & 0x8000) ? -1.0f : 1.0f;
  if (exponent == 31)
    return fraction ? std::numeric_limits<float>::quiet_NaN() : sign * std::numeric_limits<float>::infinity();
  if (exponent == 0) return sign * std::ldexp(static_cast<float>(fraction), -24);
  return sign * std::ldexp(static_cast<float>(1024 + fraction), exponent - 25);
}

template <class From, class To>
std::vector<To> converted(const std::vector<std::byte>& data) {
  std::vector<To> values(data.size() / sizeof(From));
  for (size_t i = 0; i < values.size(); ++i) {
    From value;
    std::memcpy(&value, data.data() + i * sizeof(From), sizeof(From));
    values[i] = static_cast<To>(value);
  }
  return values;
}

template <class T>
std::vector<T> converted_halves(const std::vector<std::byte>& data) {
  std::vector<T> values;
  for (uint16_t bits : converted<uint16_t, uint16_t>(data))
    values.push_back(static_cast<T>(half_to_float(bits)));
  return values;
}

/// What the header's dictionary says.
struct Header {
  const Dtype* dtype = nullptr;
  bool big_endian = false;
  bool fortran = false;
  std::vector<int64_t> shape;
};

/// Reads the header's Python literal: a dictionary of exactly descr, fortran_order and shape.
class HeaderParser {
 public:
  HeaderParser(std::string_view text, const std::string& where) : text_(text), where_(where) {}

  Header parse() {
    int seen = 0;
    expect('{');
    while (!accept('}')) {
      const std::string key = quoted();
      expect(':');
      seen |= value_of(key);
      if (!accept(',') && peek() != '}') fail("',' or '}'");
    }
    if (peek() != '\0') fail("nothing after '}'");
    if (seen != 7) fail("the keys descr, fortran_order and shape");
    return header_;
  }

 private:
  [[noreturn]] void fail(const std::string& expected) const {
    throw DataError(where_ + ": .npy header, byte " + std::to_string(at_) + ": found '" +
                    std::string(text_.substr(at_, 24)) + "', expected " + expected);
  }
  char peek() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t')) ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool accept(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!accept(c)) fail(std::string("'") + c + "'");
  }
  std::string quoted() {
    const char quote = peek();
    if (quote != '\'' && quote != '"') fail("a quoted text (structured dtypes are not read)");
    const size_t end = text_.find(quote, ++at_);
    if (end == std::string_view::npos) fail("a closing quote");
    std::string value(text_.substr(at_, end - at_));
    at_ = end + 1;
    return value;
  }
  int value_of(const std::string& key) {
    if (key == "descr") return read_dtype(quoted()), 1;
    if (key == "fortran_order") return header_.fortran = boolean(), 2;
    if (key == "shape") return read_shape(), 4;
    fail("only the keys descr, fortran_order and shape");
  }
  bool boolean() {
    peek();
    for (const auto& [word, value] : {std::pair{"True", true}, std::pair{"False", false}})
      if (text_.substr(at_).starts_with(word)) return at_ += std::strlen(word), value;
    fail("True or False");
  }
  void read_dtype(const std::string& descr) {
    if (descr.find('O') != std::string::npos)
      throw DataError(where_ + ": found pickled Python objects (dtype '" + descr + "'), expected numbers");
    for (const Dtype& dtype : kDtypes)
      if (descr.size() == 3 && descr.substr(1) == dtype.code &&
          std::string_view("<>|=").find(descr[0]) != std::string_view::npos)
        header_.dtype = &dtype;
    if (!header_.dtype)
      throw DataError(where_ + ": found dtype '" + descr + "', expected a float, integer or bool dtype");
    header_.big_endian = descr[0] == '>';
  }
  int64_t integer() {
    const char first = peek();
    if (first < '0' || first > '9') fail("a size ≥ 0");
    int64_t value = 0;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') {
      if (value > (int64_t{1} << 58)) fail("a size below 2^58");
      value = 10 * value + (text_[at_++] - '0');
    }
    if (at_ < text_.size() && text_[at_] == 'L') ++at_;  // Python 2 wrote long integers so
    return value;
  }
  void read_shape() {
    header_.shape.clear();
    expect('(');
    while (!accept(')')) {
      if (header_.shape.size() == kMaxDimensions) fail("at most 64 dimensions");
      header_.shape.push_back(integer());
      if (!accept(',') && peek() != ')') fail("',' or ')'");
    }
  }

  std::string_view text_;
  std::string where_;
  size_t at_ = 0;
  Header header_;
};

std::string shape_text(const std::vector<int64_t>& shape) {
  std::vector<std::string> sizes;
  for (int64_t size : shape) sizes.push_back(std::to_string(size));
  return "(" + join(sizes, ", ") + (shape.size() == 1 ? ",)" : ")");
}

/// Product of `shape` times `bytes`, or −1 when it does not fit into 63 bits.
int64_t checked_bytes(const std::vector<int64_t>& shape, int64_t bytes) {
  int64_t total = bytes;
  if (std::find(shape.begin(), shape.end(), int64_t{0}) != shape.end()) return 0;
  for (int64_t size : shape)
    if (__builtin_mul_overflow(total, size, &total)) return -1;
  return total;
}

void swap_bytes(std::vector<std::byte>& data, int64_t element) {
  for (size_t i = 0; i < data.size(); i += static_cast<size_t>(element))
    std::reverse(data.begin() + static_cast<std::ptrdiff_t>(i),
                 data.begin() + static_cast<std::ptrdiff_t>(i) + element);
}

/// Reorders first-index-fastest to last-index-fastest.
std::vector<std::byte> c_ordered(const std::vector<std::byte>& data, const std::vector<int64_t>& shape,
                                 int64_t element) {
  std::vector<std::byte> ordered(data.size());
  std::vector<int64_t> strides(shape.size(), element), index(shape.size(), 0);
  for (size_t d = 1; d < shape.size(); ++d) strides[d] = strides[d - 1] * shape[d - 1];
  int64_t source = 0;
  for (size_t target = 0; target < data.size(); target += static_cast<size_t>(element)) {
    std::memcpy(ordered.data() + target, data.data() + source, static_cast<size_t>(element));
    for (size_t d = shape.size(); d-- > 0;) {
      source += strides[d];
      if (++index[d] < shape[d]) break;
      source -= strides[d] * shape[d];
      index[d] = 0;
    }
  }
  return ordered;
}

/// The header text and where the data begins.
std::pair<std::string_view, size_t> split_header(std::string_view bytes, const std::string& where) {
  if (bytes.size() < 10 || bytes.substr(0, 6) != kMagic)
    throw DataError(where + ": found no .npy magic bytes, expected a NumPy array file");
  const int version = static_cast<unsigned char>(bytes[6]);
  if (version < 1 || version > 3)
    throw DataError(where + ": found .npy version " + std::to_string(version) + ", expected 1, 2 or 3");
  const size_t width = version == 1 ? 2 : 4;
  if (bytes.size() < 8 + width) throw DataError(where + ": truncated inside the .npy header");
  size_t length = 0;
  for (size_t i = width; i-- > 0;) length = length << 8 | static_cast<unsigned char>(bytes[8 + i]);
  if (length > kMaxHeader)
    throw DataError(where + ": found a header of " + std::to_string(length) +
                    " bytes, expected at most 65536");
  const size_t begin = 8 + width + length;
  if (bytes.size() < begin)
    throw DataError(where + ": truncated: found " + std::to_string(bytes.size()) +
                    " bytes, expected a header up to byte " + std::to_string(begin));
  return {bytes.substr(8 + width, length), begin};
}

}  // namespace

int64_t Array::size() const {
  return checked_bytes(shape, 1);
}

template <class T>
std::vector<T> Array::as() const {
  if (dtype == "float16") return converted_halves<T>(data);
  if (dtype == "float32") return converted<float, T>(data);
  if (dtype == "float64") return converted<double, T>(data);
  if (dtype == "int8") return converted<int8_t, T>(data);
  if (dtype == "int16") return converted<int16_t, T>(data);
  if (dtype == "int32") return converted<int32_t, T>(data);
  if (dtype == "int64") return converted<int64_t, T>(data);
  if (dtype == "uint16") return converted<uint16_t, T>(data);
  if (dtype == "uint32") return converted<uint32_t, T>(data);
  if (dtype == "uint64") return converted<uint64_t, T>(data);
  return converted<uint8_t, T>(data);  // uint8 and bool
}

template <class T>
Array Array::of(std::vector<int64_t> shape, const std::vector<T>& values) {
  Array array{std::is_same_v<T, float>     ? "float32"
              : std::is_same_v<T, double>  ? "float64"
              : std::is_same_v<T, int64_t> ? "int64"
                                           : "uint8",
              std::move(shape),
              {}};
  if (array.size() != static_cast<int64_t>(values.size()))
    throw std::logic_error("[Array] values must fill the shape " + shape_text(array.shape) + "; found " +
                           std::to_string(values.size()));
  array.data.resize(values.size() * sizeof(T));
  if (!values.empty()) std::memcpy(array.data.data(), values.data(), array.data.size());
  return array;
}

template std::vector<float> Array::as() const;
template std::vector<double> Array::as() const;
template std::vector<int64_t> Array::as() const;
template std::vector<uint8_t> Array::as() const;
template Array Array::of(std::vector<int64_t>, const std::vector<float>&);
template Array Array::of(std::vector<int64_t>, const std::vector<double>&);
template Array Array::of(std::vector<int64_t>, const std::vector<int64_t>&);
template Array Array::of(std::vector<int64_t>, const std::vector<uint8_t>&);

int64_t element_size(const std::string& dtype) {
  return dtype_named(dtype).bytes;
}

Array parse_npy(std::string_view bytes, const std::string& where) {
  const auto [text, begin] = split_header(bytes, where);
  const Header header = HeaderParser(text, where).parse();
  const int64_t expected = checked_bytes(header.shape, header.dtype->bytes);
  const int64_t found = static_cast<int64_t>(bytes.size() - begin);
  if (expected != found)
    throw DataError(where + ": " + (expected >= 0 && found > expected ? "trailing bytes" : "truncated") +
                    ": found " + std::to_string(found) + " bytes of data, expected " +
                    (expected < 0 ? "more than 2^63" : std::to_string(expected)) + " for shape " +
                    shape_text(header.shape) + " of " + header.dtype->name);
  Array array{header.dtype->name, header.shape, std::vector<std::byte>(static_cast<size_t>(found))};
  if (found > 0) std::memcpy(array.data.data(), bytes.data() + begin, static_cast<size_t>(found));
  if (header.big_endian) swap_bytes(array.data, header.dtype->bytes);
  if (header.fortran && array.shape.size() > 1)
    array.data = c_ordered(array.data, array.shape, header.dtype->bytes);
  return array;
}

Array read_npy(const std::filesystem::path& path) {
  return parse_npy(read_file(path), path.string());
}

std::string npy_bytes(const Array& array) {
  const Dtype& dtype = dtype_named(array.dtype);
  if (checked_bytes(array.shape, dtype.bytes) != static_cast<int64_t>(array.data.size()))
    throw std::logic_error("[npy_bytes] data must fill the shape " + shape_text(array.shape) + " of " +
                           array.dtype + "; found " + std::to_string(array.data.size()) + " bytes");
  std::string header = std::string("{'descr': '") + (dtype.bytes == 1 ? "|" : "<") + dtype.code +
                       "', 'fortran_order': False, 'shape': " + shape_text(array.shape) + ", }";
  // NumPy leaves room for the first dimension to grow to 21 digits, then fills up to a multiple of 64.
  if (!array.shape.empty()) header.append(21 - std::to_string(array.shape[0]).size(), ' ');
  header.append(64 - (10 + header.size() + 1) % 64, ' ');
  header += '\n';
  std::string bytes(kMagic);
  bytes += {'\x01', '\x00', static_cast<char>(header.size() & 255), static_cast<char>(header.size() >> 8)};
  bytes += header;
  bytes.append(reinterpret_cast<const char*>(array.data.data()), array.data.size());
  return bytes;
}

void write_npy(const std::filesystem::path& path, const Array& array) {
  write_file_atomically(path, npy_bytes(array));
}

}  // namespace fovea
