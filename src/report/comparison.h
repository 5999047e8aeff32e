// The variants of a task against one of them.
#pragma once

#include "src/report/report.h"

namespace fovea {

/// Compares every variant of `task` with the one that answers to options.baseline: a variant's name, or
/// "axis=value", which in a sweep of several axes means for each variant the one with this value that agrees
/// with it in all others. By seed, by example where asked for, Holm over all comparisons. False when no
/// variant answers; throws ConfigError when several runs outside a sweep do.
bool compare(TaskReport& task, const ReportOptions& options);

}  // namespace fovea
