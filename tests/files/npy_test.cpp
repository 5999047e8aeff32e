// .npy files against NumPy itself, and what must be refused.
#include "src/files/npy.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "src/base/error.h"
#include "src/base/files.h"

using namespace fovea;

namespace {

const std::string kPython = std::string(FOVEA_SOURCE_DIR) + "/.venv/bin/python";

/// Runs a Python program with numpy in `folder`; false when there is no such Python.
bool numpy(const std::filesystem::path& folder, const std::string& program) {
  if (std::system((kPython + " -c 'import numpy' 2>/dev/null").c_str()) != 0) return false;
  write_file_synced(folder / "program.py", "import numpy as np\n" + program);
  REQUIRE(std::system(("cd '" + folder.string() + "' && " + kPython + " program.py").c_str()) == 0);
  return true;
}

std::filesystem::path scratch(const std::string& name) {
  const auto folder = std::filesystem::temp_directory_path() / ("fovea-npy-" + name);
  std::filesystem::remove_all(folder);
  make_folders(folder);
  return folder;
}

std::string with_header(const std::string& header, const std::string& data, char version = 1) {
  std::string bytes = std::string("\x93NUMPY") + version + '\0' + static_cast<char>(header.size() & 255) +
                      static_cast<char>(header.size() >> 8);
  if (version > 1) bytes += std::string(2, '\0');
  return bytes + header + data;
}

}  // namespace

TEST_CASE("npy: what is written is read back", "[npy]") {
  const auto folder = scratch("round");
  const Array array = Array::of<float>({2, 1, 3}, {1, 2, 3, -4, 5.5, 6});
  write_npy(folder / "a.npy", array);
  const Array back = read_npy(folder / "a.npy");
  CHECK(back.dtype == "float32");
  CHECK(back.shape == array.shape);
  CHECK(back.data == array.data);
  CHECK(back.as<double>() == std::vector<double>{1, 2, 3, -4, 5.5, 6});
  CHECK(npy_bytes(array).size() % 64 == 24);
}

TEST_CASE("npy: the bytes equal numpy.save's", "[npy]") {
  const auto folder = scratch("same");
  const bool found = numpy(folder,
                           "np.save('f.npy', np.arange(6, dtype='f4').reshape(2, 3))\n"
                           "np.save('d.npy', np.array(2.5))\n"
                           "np.save('i.npy', np.arange(100000, dtype='i8'))\n"
                           "np.save('u.npy', np.zeros((0, 4), 'u1'))\n");
  if (!found) {
    WARN("no numpy in .venv: skipped");
    return;
  }
  CHECK(read_file(folder / "f.npy") == npy_bytes(Array::of<float>({2, 3}, {0, 1, 2, 3, 4, 5})));
  CHECK(read_file(folder / "d.npy") == npy_bytes(Array::of<double>({}, {2.5})));
  std::vector<int64_t> many(100000);
  for (size_t i = 0; i < many.size(); ++i) many[i] = static_cast<int64_t>(i);
  CHECK(read_file(folder / "i.npy") == npy_bytes(Array::of<int64_t>({100000}, many)));
  CHECK(read_file(folder / "u.npy") == npy_bytes(Array::of<uint8_t>({0, 4}, {})));
}

TEST_CASE("npy: every dtype, byte order, memory order and version of numpy's is read", "[npy]") {
  const auto folder = scratch("dtypes");
  const bool found =
      numpy(folder,
            "a = np.arange(-3, 21).reshape(2, 3, 4)\n"
            "for t in 'f2 f4 f8 i1 i2 i4 i8'.split():\n"
            "  for order in '<>':\n"
            "    for layout in 'CF':\n"
            "      np.save(f'{\"l\" if order == \"<\" else \"b\"}{layout}{t}.npy', np.asarray(a, order + t, "
            "order=layout))\n"
            "for t in 'u1 u2 u4 u8'.split(): np.save(f'{t}.npy', np.asarray(a + 3, t))\n"
            "np.save('b.npy', a > 5)\n"
            "np.save('half.npy', np.array([6e-8, -65504, np.inf, 0.1], 'f2'))\n"
            "for v in (2, 3):\n"
            "  with open(f'v{v}.npy', 'wb') as f: np.lib.format.write_array(f, a, version=(v, 0))\n");
  if (!found) {
    WARN("no numpy in .venv: skipped");
    return;
  }
  std::vector<double> expected, shifted, above;
  for (int i = -3; i < 21; ++i) expected.push_back(i), shifted.push_back(i + 3), above.push_back(i > 5);
  for (const std::string kind : {"f2", "f4", "f8", "i1", "i2", "i4", "i8"})
    for (const std::string order : {"lC", "lF", "bC", "bF"}) {
      INFO(order << kind);
      const Array array = read_npy(folder / (order + kind + ".npy"));
      CHECK(array.shape == std::vector<int64_t>{2, 3, 4});
      CHECK(array.as<double>() == expected);
    }
  for (const std::string kind : {"u1", "u2", "u4", "u8"})
    CHECK(read_npy(folder / (kind + ".npy")).as<double>() == shifted);
  CHECK(read_npy(folder / "b.npy").as<double>() == above);
  CHECK(read_npy(folder / "b.npy").dtype == "bool");
  for (const std::string version : {"v2", "v3"})
    CHECK(read_npy(folder / (version + ".npy")).as<double>() == expected);
  const std::vector<double> half = read_npy(folder / "half.npy").as<double>();
  CHECK(half[0] == std::ldexp(1.0, -24));
  CHECK(half[1] == -65504);
  CHECK(std::isinf(half[2]));
  CHECK(half[3] == 0.0999755859375);
}

TEST_CASE("npy: numpy reads what is written", "[npy]") {
  const auto folder = scratch("back");
  write_npy(folder / "a.npy", Array::of<float>({2, 2}, {1, 2, 3, 4}));
  write_npy(folder / "b.npy", Array{"bool", {3}, {std::byte{1}, std::byte{0}, std::byte{1}}});
  if (!numpy(folder,
             "assert (np.load('a.npy') == [[1, 2], [3, 4]]).all() and np.load('a.npy').dtype == 'f4'\n"
             "assert np.load('b.npy').tolist() == [True, False, True]\n"))
    WARN("no numpy in .venv: skipped");
}

TEST_CASE("npy: damaged and foreign files are refused with where, found and expected", "[npy]") {
  const std::string good = npy_bytes(Array::of<float>({2, 3}, {0, 1, 2, 3, 4, 5}));
  using Catch::Matchers::Contains;
  CHECK_THROWS_WITH(parse_npy(good.substr(0, good.size() - 1), "x.npy"),
                    Contains("x.npy: truncated: found 23 bytes of data, expected 24"));
  CHECK_THROWS_WITH(parse_npy(good + "z", "x.npy"), Contains("trailing bytes: found 25"));
  CHECK_THROWS_WITH(parse_npy("PK\x03\x04 a zip file", "x.npy"), Contains("magic"));
  const auto header = [](const std::string& descr, const std::string& shape) {
    return with_header("{'descr': " + descr + ", 'fortran_order': False, 'shape': " + shape + ", }", "");
  };
  CHECK_THROWS_WITH(parse_npy(header("'|O'", "(1,)"), "x"), Contains("pickled"));
  CHECK_THROWS_WITH(parse_npy(header("'<c8'", "(1,)"), "x"), Contains("dtype '<c8'"));
  CHECK_THROWS_WITH(parse_npy(header("[('a', '<f4')]", "(1,)"), "x"), Contains("structured"));
  CHECK_THROWS_WITH(parse_npy(header("'<f8'", "(4294967296, 4294967296, 9)"), "x"),
                    Contains("more than 2^63"));
  CHECK_THROWS_AS(parse_npy(header("'<f8'", "(99999999999999999999999,)"), "x"), DataError);
  CHECK_THROWS_AS(parse_npy(header("'<f8'", "(-1,)"), "x"), DataError);
  CHECK_THROWS_WITH(parse_npy(header("'<f8'", "(1000000000,)"), "x"), Contains("truncated"));
  CHECK_THROWS_AS(parse_npy(with_header("{'descr': '<f8'}", ""), "x"), DataError);
  CHECK_THROWS_AS(
      parse_npy(with_header("{'descr': '<f8', 'fortran_order': False, 'shape': (), } x", "12345678"), "x"),
      DataError);
  CHECK_THROWS_AS(parse_npy(with_header("{}", "", 4), "x"), DataError);
  CHECK_THROWS_AS(read_npy("/nonexistent/x.npy"), DataError);
}

TEST_CASE("npy: no cut of a good file is read or crashes", "[npy]") {
  const std::string good = npy_bytes(Array::of<double>({3}, {1, 2, 3}));
  for (size_t n = 0; n < good.size(); ++n) CHECK_THROWS_AS(parse_npy(good.substr(0, n), "x"), DataError);
}
