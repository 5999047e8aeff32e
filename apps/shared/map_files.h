// The files that fovea-maps writes, wherever the maps come from.
#pragma once

#include "apps/shared/maps.h"
#include "src/maps/map_record.h"
#include "src/maps/map_scene.h"

namespace fovea {

/// How many maps were written, and the scores they have.
struct WrittenMaps {
  int64_t maps = 0;
  std::vector<Json> scores;
};

/// Throws ConfigError for a format that is none.
void require_formats(const std::vector<std::string>& formats);

/// Writes one map of `example` in every format asked for, and scores it where that is asked.
void keep_map(const MapsRequest& request, const std::string& example, const MapRecord& record,
              const MapScene& scene, WrittenMaps& written);

/// Says what it was in the request that left no map; returns when nothing was.
void refuse_empty_choice(const MapsRequest& request);

/// Writes scores.json where it is asked and says how many maps there are; the program's exit code.
int finish_maps(const MapsRequest& request, const WrittenMaps& written);

/// Draws and scores the maps of `request.from`, as one example called like the file. Throws DataError.
int draw_foreign_maps(const MapsRequest& request);

}  // namespace fovea
