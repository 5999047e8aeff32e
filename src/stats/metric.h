// What a metric's name says about it.
#pragma once

#include <string>

namespace fovea {

/// Whether more of `metric` is worse, by its name: losses, errors and rates of error, as a whole or as a word
/// between underscores ("loss", "calibration_error", "bits_per_character"). Tasks state the direction of
/// their own primary metric.
bool lower_is_better(const std::string& metric);

}  // namespace fovea
