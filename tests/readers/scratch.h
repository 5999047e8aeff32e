// What a reader refuses, and the real data where a checkout has it.
#pragma once

#include <catch2/catch.hpp>
#include <filesystem>
#include <functional>
#include <string>

#include "src/base/error.h"
#include "tests/support/scratch.h"

namespace fovea {

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
