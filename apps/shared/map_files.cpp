#include "apps/shared/map_files.h"

#include <algorithm>
#include <iostream>
#include <optional>

#include "src/base/error.h"
#include "src/base/files.h"
#include "src/base/text.h"
#include "src/maps/scores.h"

namespace fovea {
namespace {

namespace fs = std::filesystem;

bool wants(const MapsRequest& request, const std::string& format) {
  return std::find(request.formats.begin(), request.formats.end(), format) != request.formats.end();
}

void write_record(const fs::path& folder, const MapRecord& record, const MapScene& scene,
                  const MapsRequest& request) {
  const fs::path stem = folder / record.path;
  if (wants(request, "npy") || wants(request, "json")) write_map(stem, record);
  if (wants(request, "csv")) write_file_atomically(stem.string() + ".csv", map_csv(record));
  std::optional<Figure> figure;  // made only when a format shows it
  for (const char* format : {"pdf", "svg", "png", "tikz"}) {
    if (!wants(request, format)) continue;
    if (!figure) figure = map_figure(record, scene);
    write_figure(stem, *figure, figure_format(format));
  }
}

}  // namespace

void require_formats(const std::vector<std::string>& formats) {
  const std::vector<std::string> known = {"npy", "json", "csv", "pdf", "svg", "png", "tikz"};
  for (const std::string& format : formats)
    if (std::find(known.begin(), known.end(), format) == known.end())
      throw ConfigError("--format: no \"" + format + "\"" + hint(format, known));
}

void refuse_empty_choice(const MapsRequest& request) {
  if (!request.layers.empty())
    throw ConfigError("--layers: no attention of this model matches " + join(request.layers, ", "));
  std::vector<std::string> heads;
  for (int64_t head : request.heads) heads.push_back(std::to_string(head));
  if (!heads.empty())
    throw ConfigError("--heads: no attention of this model has a head " + join(heads, " or "));
}

int finish_maps(const MapsRequest& request, const WrittenMaps& written) {
  const fs::path out(request.out);
  make_folders(out);
  if (request.score)
    write_file_atomically(out / "scores.json", to_text(scores_document(written.scores), 1) + "\n");
  if (!request.quiet) std::cout << written.maps << " maps in " << out.string() << "\n";
  return 0;
}

void keep_map(const MapsRequest& request, const std::string& example, const MapRecord& record,
              const MapScene& scene, WrittenMaps& written) {
  write_record(fs::path(request.out) / example, record, scene, request);
  ++written.maps;
  if (!request.score) return;
  written.scores.push_back(score_record(record));
  written.scores.back()["example"] = example;
}

}  // namespace fovea
