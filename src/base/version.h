// The project's version, as CMakeLists.txt and CITATION.cff have it.
#pragma once

namespace fovea {

inline constexpr const char* kVersion = "0.1.0";

}  // namespace fovea
