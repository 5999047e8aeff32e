// What a metric's name says about it.
#pragma once

#include <string>

namespace fovea {

/// Whether more of `metric` is worse, by its name: errors, losses and rates of error, and every name that
/// ends in one of these ("loss", "test_mse"). Tasks state the direction of their own primary metric.
bool lower_is_better(const std::string& metric);

}  // namespace fovea
