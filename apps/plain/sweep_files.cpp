#include "apps/plain/sweep_files.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "apps/plain/commit.h"
#include "apps/plain/computing.h"
#include "apps/plain/recipes.h"
#include "apps/plain/sweep_plan.h"
#include "src/base/error.h"
#include "src/base/files.h"
#include "src/base/text.h"
#include "src/config/layers.h"
#include "src/experiments/claims.h"
#include "src/experiments/process.h"

namespace fovea {
namespace {

namespace fs = std::filesystem;

const std::string kTunedByDefault = "train.learning_rate";

/// Held while sweep.json is read and written again.
Claim lock_sweep(const fs::path& folder) {
  for (;;) {
    if (auto mine = claim(folder, "sweep")) return std::move(*mine);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

std::vector<std::string> axis_keys(const SweepRequest& request) {
  std::vector<std::string> keys;
  for (const Axis& axis : request.axes) keys.push_back(axis.key);
  return keys;
}

/// The key that is tuned: as given, as before, or the learning rate; "" for none.
std::string tuned_key(const AblateRequest& given, const SweepRequest& request, const Sweep* before) {
  if (given.tune == "none") return "";
  if (given.tune.empty()) return before != nullptr ? before->request.tune : kTunedByDefault;
  const std::vector<std::string> keys = axis_keys(request);
  if (std::find(keys.begin(), keys.end(), given.tune) == keys.end())
    throw ConfigError("--tune: " + given.tune + " is not swept" + hint(given.tune, keys));
  return given.tune;
}

SweepRequest asked_for(const AblateRequest& given, const Sweep* before) {
  SweepRequest request;
  request.recipe = recipe_name(given.recipe);
  const Json recipe = read_recipe(given.recipe);
  if (!recipe.is_object())
    throw ConfigError(given.recipe + ": expected an object with task, model and train");
  request.base = merge_layers(Json::object(), recipe);
  for (const std::string& file : given.files) request.base = merge_layers(request.base, read_json(file));
  Words words =
      parse_words(given.words, before != nullptr ? axis_keys(before->request) : std::vector<std::string>());
  request.axes = std::move(words.axes), request.fixed = std::move(words.fixed);
  request.seeds = given.seeds;
  request.threads = given.threads > 0 ? given.threads : before != nullptr ? before->request.threads : 1;
  request.device = !given.device.empty() ? given.device : before != nullptr ? before->request.device : "cpu";
  request.exclude = given.exclude, request.match = given.match;
  request.baseline = !given.baseline.empty() || before == nullptr ? given.baseline : before->request.baseline;
  request.one_at_a_time = given.one_at_a_time;
  request.tune = tuned_key(given, request, before);
  return request;
}

void require_same(const fs::path& folder, const SweepRequest& before, const SweepRequest& after) {
  const std::string key = changed_key(before, after);
  if (!key.empty())
    throw ConfigError(folder.string() + ": holds another sweep: " + key + " differs; choose another --out");
}

/// Whether the data files are as they were when their fingerprints were taken.
bool same_files(const Json& files) {
  for (const auto& [path, mark] : files.items())
    if (file_marks({{"file", path}}).at(path) != mark) return false;
  return true;
}

/// Throws for a baseline that is no cell: the report would only find it at the end.
void require_baseline(const Sweep& sweep) {
  const std::string& wanted = sweep.request.baseline;
  if (wanted.empty()) return;
  std::vector<std::string> names;
  for (const SweepPoint& point : sweep.points) {
    names.push_back(variant_name(sweep.request, point.values));
    if (names.back() == wanted) return;
    for (const auto& [key, value] : point.values)
      if (const std::string pair = key + "=" + value; pair == wanted || pair.ends_with("." + wanted)) return;
  }
  throw ConfigError("--baseline: no cell is " + wanted + hint(wanted, names));
}

bool is_known(const Sweep& sweep, const SweepRequest& request) {
  return std::find(sweep.asked.begin(), sweep.asked.end(), request_hash(request, kCommit)) !=
             sweep.asked.end() &&
         same_files(sweep.files);
}

void require_sweep_or_nothing(const fs::path& folder) {
  std::error_code ignored;
  const bool other = fs::exists(folder, ignored) && !is_sweep(folder) && !fs::exists(folder / "claims") &&
                     !(fs::is_directory(folder, ignored) && fs::is_empty(folder, ignored));
  if (other) throw ConfigError(folder.string() + ": exists and is not a sweep; choose another --out");
}

PreparedSweep prepared_in(const fs::path& folder, const AblateRequest& given) {
  PreparedSweep prepared;
  const bool there = !given.out.empty() && is_sweep(folder);
  if (there) prepared.sweep = read_sweep(folder);
  Sweep& sweep = prepared.sweep;
  const SweepRequest request = asked_for(given, there ? &sweep : nullptr);
  if (there) require_same(folder, sweep.request, request);
  if (there && !given.dry_run && is_known(sweep, request)) {
    if (sweep.request.tune == request.tune && sweep.request.baseline == request.baseline) return prepared;
    sweep.request = joined(sweep.request, request);  // another view of the same cells
    write_sweep(folder, sweep);
    return prepared;
  }
  Json files = Json::object();
  const PlanRequest plan{request, given.dry_run, &prepared.expansion, &files};
  {
    // The threads that start here leave SIGINT and SIGTERM to this one, which passes them on to the cells.
    std::optional<SignalQueue> held;
    if (!given.dry_run) held.emplace();
    compute("plan", &plan);
  }
  sweep.request = there ? joined(sweep.request, request) : request;
  prepared.outdated = extend(sweep, prepared.expansion.points, prepared.expansion.refused);
  sweep.asked.push_back(request_hash(request, kCommit));
  sweep.files.update(files);
  require_baseline(sweep);
  if (!given.dry_run) write_sweep(folder, sweep);
  return prepared;
}

}  // namespace

PreparedSweep prepare_sweep(const AblateRequest& given) {
  const fs::path folder = given.out;
  if (given.dry_run) return prepared_in(folder, given);
  require_sweep_or_nothing(folder);
  make_folders(folder);
  try {
    const Claim lock = lock_sweep(folder);
    return prepared_in(folder, given);
  } catch (...) {
    // What was refused leaves nothing behind: both go only when they are empty.
    std::error_code ignored;
    fs::remove(folder / "claims", ignored);
    fs::remove(folder, ignored);
    throw;
  }
}

}  // namespace fovea
