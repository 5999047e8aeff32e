// Texts cut at commas, as lists and sweeps write them.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace fovea {

/// The items of `body`, split at commas outside brackets and quotes; nothing when one of them is
/// not closed. Quotes count where an item begins, and inside brackets.
std::optional<std::vector<std::string>> split_items(const std::string& body);

}  // namespace fovea
