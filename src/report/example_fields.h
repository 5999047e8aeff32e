// Some fields of a long line of JSON, without the rest of it.
#pragma once

#include <map>
#include <set>
#include <string>

#include "src/base/json.h"

namespace fovea {

/// The values of `keys` that are no arrays or objects themselves, of one JSON object; those it lacks are
/// absent. Reads no further than the last of them, as a line's long arrays cost more than all else. Throws
/// CheckpointError "WHERE: expected a JSON object" where what is read is none.
std::map<std::string, Json> fields_of(const std::string& text, const std::set<std::string>& keys,
                                      const std::string& where);

}  // namespace fovea
