#include "src/experiments/cell_programs.h"

#include <algorithm>

#include "src/base/files.h"
#include "src/base/text.h"
#include "src/experiments/cell_state.h"

namespace fovea {
namespace {

namespace fs = std::filesystem;

constexpr size_t kShownLines = 8;
constexpr size_t kShownBytes = 1 << 16;

}  // namespace

std::vector<CellPlace> cell_places(const Sweep& sweep) {
  std::vector<CellPlace> places;
  for (const SweepPoint& point : sweep.points)
    for (const SweepCell& cell : point.cells) {
      std::string name = variant_name(sweep.request, point.values);
      if (const auto tuned = point.values.find(sweep.request.tune); tuned != point.values.end())
        name += ", " + tuned->first.substr(tuned->first.rfind('.') + 1) + "=" + tuned->second;
      places.push_back({&point, cell, name + ", seed " + std::to_string(cell.seed)});
    }
  std::stable_sort(places.begin(), places.end(),
                   [](const CellPlace& a, const CellPlace& b) { return a.cell.seed < b.cell.seed; });
  return places;
}

std::vector<std::string> cell_words(const fs::path& programs, const std::string& stage,
                                    const fs::path& folder, const SweepRequest& request,
                                    const CellPlace& place) {
  const std::string out = cell_folder(folder, place.cell).string();
  std::vector<std::string> words{(programs / ("fovea-" + stage)).string()};
  if (stage == "train") {
    words.push_back((folder / (request.recipe + ".json")).string());
    words.insert(words.end(), place.point->overrides.begin(), place.point->overrides.end());
    words.insert(words.end(), {"--seed", std::to_string(place.cell.seed), "--out", out});
  } else {
    words.push_back(out);
  }
  words.insert(words.end(),
               {"--threads", std::to_string(request.threads), "--device", request.device, "--quiet"});
  return words;
}

fs::path cell_log(const fs::path& sweep, const SweepCell& cell) {
  return sweep / "logs" / (cell.id + ".txt");
}

std::vector<std::string> last_lines(const fs::path& path, uintmax_t begin) {
  std::vector<std::string> lines;
  std::string text = read_file(path);
  text.erase(0, std::max<uintmax_t>(begin, text.size() > kShownBytes ? text.size() - kShownBytes : 0));
  for (const std::string& line : split(text, '\n'))
    if (!trim(line).empty()) lines.push_back(line);
  if (lines.size() > kShownLines) lines.erase(lines.begin(), lines.end() - kShownLines);
  return lines;
}

}  // namespace fovea
