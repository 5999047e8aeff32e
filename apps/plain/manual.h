// Manual pages, written from what the programs say of themselves.
#pragma once

#include <string>

#include "src/base/json.h"

namespace fovea {

/// The page fovea-VERB(1) from described(…), as roff.
std::string manual_page(const Json& description);

/// The page fovea(1).
std::string front_manual_page();

}  // namespace fovea
