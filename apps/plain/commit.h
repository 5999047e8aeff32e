// Which commit the programs were built from.
#pragma once

namespace fovea {

/// Twelve hexadecimal digits, "+" behind them when files differed; "unknown" outside a repository.
extern const char* const kCommit;

}  // namespace fovea
