// The rooms' directions: every #include line of the project is read, and a forbidden edge is named with its
// line.
#include <catch2/catch.hpp>
#include <filesystem>
#include <map>
#include <set>

#include "src/base/files.h"
#include "src/base/text.h"
#include "tests/readers/scratch.h"

using namespace fovea;

namespace {

namespace fs = std::filesystem;

/// Rooms that a room's files may include; a path's first word is its room.
const std::map<std::string, std::set<std::string>> kAllowed = {
    {"src", {"src"}},
    {"models", {"models", "src"}},
    {"data", {"data", "src"}},
    {"apps", {"apps", "data", "models", "src"}},
    {"benchmarks", {"benchmarks", "apps", "data", "models", "src"}},
};

/// The path of an `#include "…"` line, or nothing.
std::string included(const std::string& line) {
  const std::string text = trim(line);
  if (text.empty() || text[0] != '#') return "";
  const std::string directive = trim(text.substr(1));
  if (directive.rfind("include", 0) != 0) return "";
  const size_t open = directive.find('"'), close = directive.rfind('"');
  return open == close ? "" : directive.substr(open + 1, close - open - 1);
}

/// "path:line: …" for every include of `text`, a file of `room`, that the directions forbid.
std::vector<std::string> forbidden(const std::string& room, const std::string& path,
                                   const std::string& text) {
  std::vector<std::string> edges;
  int64_t number = 0;
  for (const std::string& line : split(text, '\n')) {
    ++number;
    const std::string target = included(line);
    if (target.empty()) continue;
    const std::string other = target.substr(0, target.find('/'));
    if (kAllowed.at(room).count(other) == 0)
      edges.push_back(path + ":" + std::to_string(number) + ": " + room + " includes " + target);
  }
  return edges;
}

struct Found {
  std::vector<std::string> edges;
  int64_t files = 0;
};

/// Every source below `root`, room by room.
Found read_rooms(const fs::path& root) {
  Found found;
  for (const auto& [room, allowed] : kAllowed) {
    if (!fs::exists(root / room)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(root / room)) {
      const std::string ending = entry.path().extension().string();
      if (ending != ".h" && ending != ".cpp" && ending != ".cu" && ending != ".cuh") continue;
      ++found.files;
      for (std::string& edge :
           forbidden(room, fs::relative(entry.path(), root).string(), read_file(entry.path())))
        found.edges.push_back(std::move(edge));
    }
  }
  return found;
}

}  // namespace

TEST_CASE("no file includes against the rooms' directions") {
  const Found found = read_rooms(FOVEA_SOURCE_DIR);
  INFO(join(found.edges, "\n"));
  CHECK(found.edges.empty());
  CHECK(found.files > 100);  // it read the project, not an empty folder
}

TEST_CASE("a forbidden include is found and named with its line") {
  const Scratch scratch;
  scratch.file("src/core/a.h", "#pragma once\n\n  #  include \"models/nets/registry.h\"\n");
  scratch.file("models/b.cpp",
               "#include \"src/core/a.h\"\n#include \"data/tasks/common.h\"\n#include <vector>\n");
  scratch.file("data/c.cpp", "// #include \"apps/x.h\"\n#include \"models/b.h\"\n");
  scratch.file("apps/d.cpp", "#include \"data/c.h\"\n#include \"tests/support/scratch.h\"\n");
  std::vector<std::string> edges = read_rooms(scratch.path(".")).edges;
  std::sort(edges.begin(), edges.end());
  CHECK(edges == std::vector<std::string>{"apps/d.cpp:2: apps includes tests/support/scratch.h",
                                          "data/c.cpp:2: data includes models/b.h",
                                          "models/b.cpp:2: models includes data/tasks/common.h",
                                          "src/core/a.h:3: src includes models/nets/registry.h"});
}

TEST_CASE("an include that names no room is found too") {
  CHECK(forbidden("src", "src/a.cpp", "#include \"a.h\"\n").size() == 1);
  CHECK(forbidden("src", "src/a.cpp", "#include <torch/torch.h>\n#include \"src/a.h\"\n").empty());
}

TEST_CASE("the parts without tensors include no LibTorch, nor the rooms that do") {
  for (const char* room :
       {"src/base", "src/config", "src/files", "src/stats", "src/figures", "src/maps", "src/report",
        "data/readers", "data/text", "data/images", "data/generators", "apps/plain"})
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(FOVEA_SOURCE_DIR) / room)) {
      if (!entry.is_regular_file()) continue;
      const std::string text = read_file(entry.path());
      INFO(entry.path().string());
      for (const char* with_tensors : {"<torch/", "<ATen/", "<c10/", "\"src/core/", "\"src/train/",
                                       "\"src/decoding/", "\"data/tasks/", "\"models/"})
        CHECK(text.find(std::string("#include ") + with_tensors) == std::string::npos);
    }
}
