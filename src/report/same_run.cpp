#include "src/report/same_run.h"

#include <algorithm>

#include "src/base/error.h"
#include "src/base/files.h"
#include "src/base/text.h"
#include "src/report/run_diff.h"
#include "src/report/runs.h"

namespace fovea {
namespace {

namespace fs = std::filesystem;

/// "line 12" of the first line that differs.
std::string first_line_apart(const std::string& a, const std::string& b) {
  const std::vector<std::string> left = split(a, '\n'), right = split(b, '\n');
  size_t at = 0;
  while (at < std::min(left.size(), right.size()) && left[at] == right[at]) ++at;
  return "line " + std::to_string(at + 1);
}

Compared compare_lines(const fs::path& first, const fs::path& again, const std::string& name) {
  const std::string a = read_file(first / name), b = read_file(again / name);
  return {name, a == b, a == b ? "" : first_line_apart(a, b)};
}

Compared compare_bytes(const fs::path& first, const fs::path& again, const std::string& name) {
  const bool same = sha256_file(first / name) == sha256_file(again / name);
  return {name, same, same ? "" : "other bytes"};
}

/// What training measured; test is measured by evaluate, which was perhaps never asked.
Compared compare_results(const Run& first, const Run& again) {
  const auto trained = [](const Run& run) {
    Json metrics = run.result.value("metrics", Json::object());
    metrics.erase("test");
    return Json{{"metrics", metrics}, {"best_step", run.result.value("best_step", Json())}};
  };
  const auto apart = differences_of(trained(first), trained(again));
  return {"result.json", apart.empty(),
          apart.empty() ? "" : apart[0].key + ": " + apart[0].a.dump() + ", " + apart[0].b.dump()};
}

std::vector<std::string> weights_of(const fs::path& run) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(run / "checkpoints"))
    if (fs::exists(entry.path() / "model.safetensors") &&
        entry.path().filename().string().rfind("step-", 0) == 0)
      names.push_back("checkpoints/" + entry.path().filename().string() + "/model.safetensors");
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

std::vector<Compared> compare_runs(const fs::path& first, const fs::path& again) {
  const Run a = read_run(first), b = read_run(again);
  for (const Run* run : {&a, &b})
    if (!run->finished())
      throw CheckpointError(run->folder.string() + ": the run is " + run->status +
                            ", expected a finished one");
  std::vector<Compared> compared{compare_lines(first, again, "metrics.jsonl"), compare_results(a, b)};
  const std::vector<std::string> others = weights_of(again);
  bool any = false;
  for (const std::string& name : weights_of(first)) {
    if (std::find(others.begin(), others.end(), name) == others.end()) continue;
    compared.push_back(compare_bytes(first, again, name));
    any = true;
  }
  if (!any) compared.push_back({"checkpoints", false, "the runs keep no checkpoint of one step"});
  return compared;
}

}  // namespace fovea
