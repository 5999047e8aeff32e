// NumPy's array file (.npy, format versions 1 to 3: NEP 1), the exchange format of every array fovea reads or
// writes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace fovea {

/// A dense array in C order, little endian.
struct Array {
  /// float16, float32, float64, int8 … int64, uint8 … uint64 or bool.
  std::string dtype = "float64";
  std::vector<int64_t> shape;
  std::vector<std::byte> data;

  /// Number of elements: the product of `shape`, 1 for a scalar.
  int64_t size() const;

  /// The elements converted to T (float16 through float); bool becomes 0 or 1. T: float, double, int64_t,
  /// uint8_t.
  template <class T>
  std::vector<T> as() const;

  /// An array of T (float, double, int64_t, uint8_t) from its elements; throws std::logic_error when they do
  /// not fill `shape`.
  template <class T>
  static Array of(std::vector<int64_t> shape, const std::vector<T>& values);
};

/// Bytes of one element of `dtype`; throws DataError for an unknown name.
int64_t element_size(const std::string& dtype);

/// The array in the .npy file at `path`; big-endian and Fortran-ordered files are converted.
/// Throws DataError (path, found, expected) for pickled objects, other dtypes, truncated files and trailing
/// bytes.
Array read_npy(const std::filesystem::path& path);

/// The same from memory; `where` opens the messages.
Array parse_npy(std::string_view bytes, const std::string& where);

/// The bytes numpy.save writes for `array`: format 1.0, data at a multiple of 64 bytes.
std::string npy_bytes(const Array& array);

/// Writes npy_bytes(array) atomically.
void write_npy(const std::filesystem::path& path, const Array& array);

}  // namespace fovea
