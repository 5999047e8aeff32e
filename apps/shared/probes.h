// What fovea-maps asks of a trained run beyond its maps: faithfulness, importance of heads, pruning.
#pragma once

#include "apps/shared/maps.h"
#include "apps/shared/session.h"

namespace fovea {

/// faithfulness.json, its table on stdout and its curves in the figure formats asked for. The program's exit
/// code.
int probe_faithfulness(const MapsRequest& request, LoadedRun& run, torch::Device device);

/// importance.json, its table and the pruning curve; a pruned run where one is asked for.
int probe_importance(const MapsRequest& request, LoadedRun& run, torch::Device device);

}  // namespace fovea
