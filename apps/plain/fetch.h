// The files of known data sets: checked, and brought from their address or from a mirror.
#pragma once

#include <filesystem>
#include <string>

#include "apps/plain/datasets.h"

namespace fovea {

enum class FileState { kGood, kAbsent, kOther };

/// "good", "absent", "other".
std::string state_name(FileState state);

/// Whether `path` has the bytes that `file` states.
FileState file_state(const std::filesystem::path& path, const DatasetFile& file);

/// Brings every file of `set` that is not good yet to ROOT/NAME/PATH, from MIRROR/NAME/PATH where a mirror (a
/// folder, or an address with ://) is given, else from its own address. What arrives is called PATH.part
/// until its size and checksum are right; a partial one is continued. How many were brought. Throws DataError
/// for wrong bytes or a file the mirror lacks, ConfigError for a file without an address, Error when the
/// transfer fails.
int64_t fetch_dataset(const Dataset& set, const std::filesystem::path& root, const std::string& mirror);

}  // namespace fovea
