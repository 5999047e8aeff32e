// A folder of its own for each test that needs files.
#pragma once

#include <stdlib.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>
#include <string_view>

#include "src/base/files.h"

namespace fovea {

/// A temporary folder, removed at the end of the scope.
class Scratch {
 public:
  Scratch() {
    // In memory where that is possible: what is written is synced, and tests need not wait for a disk.
    const bool memory = ::access("/dev/shm", W_OK) == 0;
    const std::filesystem::path root = memory ? "/dev/shm" : std::filesystem::temp_directory_path();
    std::string pattern = (root / "fovea-test-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    folder_ = pattern;
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  const std::filesystem::path& folder() const { return folder_; }
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

}  // namespace fovea
