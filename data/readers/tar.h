// Tar archives, plain or packed (gzip, bzip2, xz), read through libarchive within bounds.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "data/readers/gzip.h"

namespace fovea {

/// The content of the files below `folder` ("" = all) of the archive, by their name in it. Links and devices
/// are passed over. Throws DataError when it cannot be read, is no tar, truncated or corrupt, has nothing
/// below `folder` or a name there twice, or unpacks to more than `limit` bytes, all entries counted.
std::map<std::string, std::string> read_tar(const std::filesystem::path& path, const std::string& folder,
                                            size_t limit = kMaxFileBytes);

}  // namespace fovea
