// What a run was scored on, a line of JSON an example: where it stands, and some fields of a long line
// without the rest of it.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>

#include "src/base/json.h"

namespace fovea {

/// FOLDER/examples-SPLIT.jsonl of a run.
std::filesystem::path examples_file(const std::filesystem::path& folder, const std::string& split);

/// The values of `keys` that are no arrays or objects themselves, of one JSON object; those it lacks are
/// absent. Reads no further than the last of them, as a line's long arrays cost more than all else. Throws
/// CheckpointError "WHERE: expected a JSON object" where what is read is none.
std::map<std::string, Json> fields_of(const std::string& text, const std::set<std::string>& keys,
                                      const std::string& where);

}  // namespace fovea
