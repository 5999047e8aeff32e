// Expands a sweep with the tasks and nets there are.
#pragma once

#include "apps/plain/sweep_plan.h"

namespace fovea {

/// Fills in the request's expansion: every task is read once, every net built once for each task. Always 0;
/// throws Error.
int plan(const PlanRequest& request);

}  // namespace fovea
