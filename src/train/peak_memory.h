// What a process needed at most.
#pragma once

#include <cstdint>

namespace fovea {

/// The most memory that this process ever had at once, in bytes.
int64_t peak_memory();

}  // namespace fovea
