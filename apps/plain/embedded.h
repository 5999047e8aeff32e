// Files that are built into every program, so that it needs none beside it.
#pragma once

#include <string>
#include <vector>

namespace fovea {

struct EmbeddedFile {
  std::string name, text;  // without the ending .json
};

/// apps/recipes, sorted by name.
const std::vector<EmbeddedFile>& recipes();

/// apps/datasets, sorted by name.
const std::vector<EmbeddedFile>& dataset_files();

}  // namespace fovea
