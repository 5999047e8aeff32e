// The input that maps are drawn on, kept once beside them: input.png for an image, input.json for a series or
// a text.
#pragma once

#include <filesystem>

#include "src/maps/map_figure.h"

namespace fovea {

/// Writes `folder`/input.png when the scene has an image and `folder`/input.json, {"format": 1, "series":
/// [{"name", "values"}]}, when it has a series.
void write_scene(const std::filesystem::path& folder, const MapScene& scene);

/// What write_scene wrote; empty when there is nothing. Throws DataError for a damaged file.
MapScene read_scene(const std::filesystem::path& folder);

}  // namespace fovea
