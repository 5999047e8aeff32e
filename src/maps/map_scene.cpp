#include "src/maps/map_scene.h"

#include "src/base/error.h"
#include "src/base/files.h"

namespace fovea {

void write_scene(const std::filesystem::path& folder, const MapScene& scene) {
  if (scene.image) write_file_atomically(folder / "input.png", png_bytes(*scene.image));
  if (scene.series.empty()) return;
  Json lines = Json::array();
  for (const SeriesLine& line : scene.series) lines.push_back({{"name", line.name}, {"values", line.values}});
  write_file_atomically(folder / "input.json", to_text({{"format", 1}, {"series", lines}}) + "\n");
}

MapScene read_scene(const std::filesystem::path& folder) {
  MapScene scene;
  if (std::filesystem::exists(folder / "input.png"))
    scene.image = read_png(read_file(folder / "input.png"), (folder / "input.png").string());
  const std::filesystem::path json_path = folder / "input.json";
  if (!std::filesystem::exists(json_path)) return scene;
  try {
    const Json json = parse_json(read_file(json_path), json_path.string());
    const Json lines = json.value("series", Json::array());
    for (const Json& line : lines)
      scene.series.push_back(
          {line.value("name", std::string()), line.at("values").get<std::vector<float>>()});
  } catch (const ConfigError& error) {
    throw DataError(error.what());
  } catch (const Json::exception& error) {
    throw DataError(json_path.string() +
                    ": expected {\"series\": [{\"name\", \"values\"}]}: " + error.what());
  }
  return scene;
}

}  // namespace fovea
