// What a process needed at most.
#pragma once

#include <cstdint>

namespace fovea {

/// The most memory that this process ever had at once, or since it was last forgotten, in bytes.
int64_t peak_memory();

/// From here on only what follows counts; memory that nobody uses goes back to the system first. Whether the
/// system has that (Linux's clear_refs).
bool forget_peak_memory();

}  // namespace fovea
