// The page of all attentions, written from their registry.
#pragma once

#include <string>

#include "src/base/json.h"

namespace fovea {

/// What the traits of `fovea list` say, in a few words: "rows sum to 1; any order of keys; …".
std::string capabilities(const Json& traits);

/// Writes `folder`/attentions.md and one map a variant, `folder`/pictures/attentions/NAME.svg. The same bytes
/// on every machine.
void write_attention_pages(const std::string& folder);

}  // namespace fovea
