// A folder of its own for each test that needs files, and the real data where a checkout has it.
#pragma once

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>

#include "src/base/error.h"
#include "src/base/files.h"

namespace fovea {

/// A temporary folder, removed at the end of the scope.
class Scratch {
 public:
  Scratch() {
    std::string pattern = (std::filesystem::temp_directory_path() / "fovea-test-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    folder_ = pattern;
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  std::filesystem::path path(const std::string& name) const { return folder_ / name; }

  /// Writes a file (and its folders) and returns its path.
  std::filesystem::path file(const std::string& name, std::string_view content) const {
    make_folders(path(name).parent_path());
    write_file_synced(path(name), content);
    return path(name);
  }

 private:
  std::filesystem::path folder_;
};

/// The message of the DataError that `action` throws; fails the test when it throws none. Always one line.
inline std::string data_error(const std::function<void()>& action) {
  try {
    action();
  } catch (const DataError& error) {
    const std::string message = error.what();
    CHECK(message.find('\n') == std::string::npos);
    return message;
  }
  FAIL("no DataError was thrown");
  return {};
}

/// `name` below the folder of downloaded data sets beside the checkout; empty, with a warning, when it is
/// absent.
inline std::filesystem::path dataset(const std::string& name) {
  const auto path = std::filesystem::path(FOVEA_SOURCE_DIR) / ".." / "shared" / "datasets" / name;
  if (std::filesystem::exists(path)) return path;
  WARN("skipped: the data set " << name << " is not beside the checkout");
  return {};
}

}  // namespace fovea
