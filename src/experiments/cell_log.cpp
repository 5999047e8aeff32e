#include "src/experiments/cell_log.h"

#include <algorithm>

#include "src/base/files.h"
#include "src/base/text.h"

namespace fovea {
namespace {

namespace fs = std::filesystem;

constexpr size_t kShownLines = 8;
constexpr size_t kShownBytes = 1 << 16;

}  // namespace

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
