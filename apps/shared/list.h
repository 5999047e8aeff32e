// What fovea-list prints: the registries as they are.
#pragma once

#include <string>

namespace fovea {

struct ListRequest {
  std::string what, name, format = "text", out;
};

/// Exit code of the program; throws ConfigError.
int list(const ListRequest& request);

}  // namespace fovea
