// What fovea-doctor checks.
#pragma once

namespace fovea {

/// Prints versions and the outcome of each self-test; 1 when one fails.
int doctor();

}  // namespace fovea
