#include "apps/plain/repeat.h"

#include <unistd.h>

#include <filesystem>
#include <iostream>
#include <vector>

#include "apps/plain/commit.h"
#include "apps/plain/process.h"
#include "apps/plain/program.h"
#include "src/base/error.h"
#include "src/base/json.h"
#include "src/report/run_diff.h"
#include "src/report/same_run.h"

namespace fovea {
namespace {

namespace fs = std::filesystem;

/// Where the second run goes; removed at the end unless it is to be kept.
class Place {
 public:
  explicit Place(const std::string& keep) : path_(keep), keep_(!keep.empty()) {
    if (!keep_) path_ = fs::temp_directory_path() / ("fovea-repro-" + std::to_string(::getpid()));
    if (fs::exists(path_)) throw ConfigError("--keep: " + path_.string() + " is there already");
  }
  ~Place() {
    std::error_code ignored;
    if (!keep_) fs::remove_all(path_, ignored);
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
  bool keep_;
};

std::vector<std::string> words_for_train(const Json& manifest, const RepeatRequest& request,
                                         const fs::path& out) {
  std::vector<std::string> words{(fs::path(request.run) / "config.json").string(), "--out", out.string()};
  for (const char* name : {"seed", "threads", "device"})
    if (manifest.contains(name)) {
      words.push_back(std::string("--") + name);
      words.push_back(manifest[name].is_string() ? manifest[name].get<std::string>() : manifest[name].dump());
    }
  if (request.quiet) words.push_back("--quiet");
  return words;
}

}  // namespace

int repeat_run(const RepeatRequest& request) {
  compare_runs(request.run, request.run);  // what is no finished run is refused before anything is trained
  const Json manifest = read_json((fs::path(request.run) / "manifest.json").string());
  const std::string commit = manifest.value("commit", std::string("unknown"));
  if (commit != kCommit) print_warning("the run was made by commit " + commit + ", this is " + kCommit);
  const Place place(request.keep);
  const int code =
      run_process(program_beside("train"), words_for_train(manifest, request, place.path())).code;
  if (code != 0) return code;
  for (const RunDifference& one : diff_runs(request.run, place.path()).data)
    print_warning("the data changed: " + one.key + " was " + one.a.dump() + ", is " + one.b.dump());
  bool same = true;
  for (const Compared& one : compare_runs(request.run, place.path())) {
    std::cout << (one.same ? "same       " : "different  ") << one.what
              << (one.same ? "" : ": " + one.difference) << "\n";
    same = same && one.same;
  }
  return same ? 0 : static_cast<int>(ExitCode::kFailure);
}

}  // namespace fovea
