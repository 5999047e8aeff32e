// Public data sets that recipes name: where they come from, their files and checksums.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "src/base/json.h"

namespace fovea {

struct DatasetFile {
  std::string path;  // below the data set's folder
  int64_t bytes = 0;
  std::string sha256;
  std::string url;  // of these very bytes; empty where they are packed by hand
};

struct Dataset {
  std::string name, summary, source, licence, cite;
  std::vector<DatasetFile> files;
  int64_t bytes() const;
};

/// All, by name.
const std::vector<Dataset>& datasets();

/// The one called `name`; throws ConfigError with the nearest names.
const Dataset& find_dataset(const std::string& name);

/// A table for a terminal.
std::string datasets_text();

/// [{"name", "summary", "source", "licence", "cite", "bytes", "files": [{"path", "bytes", "sha256", "url"}]}]
Json datasets_json();

}  // namespace fovea
