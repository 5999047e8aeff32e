#include "src/train/checkpoint.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <algorithm>

#include "src/base/error.h"
#include "src/base/files.h"
#include "src/base/text.h"

namespace fovea {
namespace {

namespace fs = std::filesystem;

constexpr const char* kParts[] = {"model", "optimizer", "state"};

std::string step_name(int64_t step) {
  return "step-" + std::to_string(step);
}

/// "PREFIX12" → 12.
std::optional<int64_t> parse_number(const std::string& name, const std::string& prefix) {
  const size_t at = prefix.size();
  if (name.rfind(prefix, 0) != 0 || name.size() <= at || name.size() > at + 18 ||
      name.find_first_not_of("0123456789", at) != std::string::npos)
    return {};
  return std::stoll(name.substr(at));
}

std::optional<int64_t> parse_step(const std::string& name) {
  return parse_number(name, "step-");
}

/// Removes what a killed writer left behind.
void remove_leftovers(const fs::path& folder) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored))
    if (entry.path().filename().string().find(".tmp-") != std::string::npos)
      fs::remove_all(entry.path(), ignored);
}

/// Puts the finished folder `from` under the name `to`. One that is there already (an earlier life of this
/// run saved the same step) changes places with it, so that at no moment there is none; it is then a
/// leftover.
void rename_or_exchange(const fs::path& from, const fs::path& to) {
  if (!fs::exists(to)) return fs::rename(from, to);
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_EXCHANGE) == 0) return;
  const fs::path old =
      to.parent_path() / (".tmp-old-" + to.filename().string());  // a file system that cannot exchange
  fs::remove_all(old);
  fs::rename(to, old);
  fs::rename(from, to);
}

Json parse_manifest(const fs::path& path) {
  try {
    Json manifest = read_json(path.string());
    if (!manifest.is_object() || manifest.value("format", 0) != 1 || !manifest.contains("files") ||
        !manifest["files"].is_object() || !manifest.contains("step") ||
        !manifest["step"].is_number_integer() || !manifest.contains("progress"))
      throw CheckpointError(path.string() + ": not a checkpoint manifest of format 1");
    return manifest;
  } catch (const ConfigError& error) {
    throw CheckpointError(error.what());
  } catch (const Json::exception&) {
    throw CheckpointError(path.string() + ": not a checkpoint manifest of format 1");
  }
}

/// Whether the checkpoint in `folder` says it was saved at a stop.
bool saved_at_stop(const fs::path& folder) {
  try {
    return parse_manifest(folder / "MANIFEST.json").value("at_stop", Json()) == true;
  } catch (const CheckpointError&) {
    return false;
  }
}

/// Bytes of a file whose checksum the manifest states; throws CheckpointError.
std::string verified(const fs::path& path, const Json& manifest) {
  const std::string name = path.filename().string();
  if (!manifest["files"].contains(name) || !manifest["files"][name].is_string())
    throw CheckpointError(path.string() + ": not in the manifest");
  std::string bytes;
  try {
    bytes = read_file(path);
  } catch (const DataError& error) {
    throw CheckpointError(error.what());
  }
  const std::string expected = manifest["files"][name].get<std::string>(), found = sha256(bytes);
  if (found != expected)
    throw CheckpointError(path.string() + ": checksum " + found.substr(0, 12) +
                          "… does not match the manifest's " + expected.substr(0, 12) + "…");
  return bytes;
}

}  // namespace

void CheckpointStore::save(const Checkpoint& checkpoint, int64_t best) {
  make_folders(folder_);
  remove_leftovers(folder_);
  const fs::path temporary =
      folder_ / (".tmp-" + step_name(checkpoint.step) + "-" + std::to_string(::getpid()));
  const fs::path final = folder_ / step_name(checkpoint.step);
  try {
    make_folders(temporary);
    Json manifest = {{"format", 1},
                     {"step", checkpoint.step},
                     {"progress", checkpoint.progress},
                     {"files", Json::object()}};
    if (checkpoint.at_stop) manifest["at_stop"] = true;
    const TensorMap* maps[] = {&checkpoint.model, &checkpoint.optimizer, &checkpoint.state};
    for (size_t i = 0; i < 3; ++i) {
      const std::string bytes = encode_safetensors(*maps[i]), name = std::string(kParts[i]) + ".safetensors";
      write_file_synced(temporary / name, bytes);
      manifest["files"][name] = sha256(bytes);
    }
    write_file_synced(temporary / "MANIFEST.json", to_text(manifest, 1) + "\n");
    sync_folder(temporary);
    rename_or_exchange(temporary, final);
  } catch (...) {
    std::error_code ignored;
    fs::remove_all(temporary, ignored);
    throw;
  }
  sync_folder(folder_);
  write_file_atomically(folder_ / "LATEST", step_name(checkpoint.step) + "\n");
  if (best >= 0) write_file_atomically(folder_ / "BEST", step_name(best) + "\n");
  remove_leftovers(folder_);
}

void CheckpointStore::prune(int64_t keep, int64_t best) {
  std::error_code ignored;
  const auto target = pointer("LATEST");
  const std::optional<int64_t> latest = target ? parse_step(*target) : std::nullopt;
  int64_t due = 0;
  for (int64_t step : steps()) {
    const bool abandoned = latest && step > *latest, at_stop = saved_at_stop(folder_ / step_name(step));
    if (!abandoned && ((at_stop ? step == latest : due++ < keep) || step == best)) continue;
    // Renamed first: a kill between the files of one folder leaves no half checkpoint under its name.
    const fs::path doomed = folder_ / (".tmp-" + step_name(step));
    fs::rename(folder_ / step_name(step), doomed, ignored);
    fs::remove_all(doomed, ignored);
  }
}

std::optional<std::string> CheckpointStore::pointer(const std::string& name) const {
  std::error_code ignored;
  if (!fs::exists(folder_ / name, ignored)) return {};
  const std::string target = trim(read_file(folder_ / name));
  if (!parse_step(target))
    throw CheckpointError((folder_ / name).string() + ": expected step-N, found \"" + target.substr(0, 40) +
                          "\"");
  return target;
}

bool CheckpointStore::empty() const {
  std::error_code ignored;
  return steps().empty() && !fs::exists(folder_ / "LATEST", ignored);
}

std::vector<int64_t> CheckpointStore::steps() const {
  std::vector<int64_t> found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder_, ignored))
    if (const auto step = parse_step(entry.path().filename().string())) found.push_back(*step);
  std::sort(found.rbegin(), found.rend());
  return found;
}

Checkpoint CheckpointStore::load(const std::string& name) const {
  std::string folder_name = name;
  if (name == "BEST" || name == "LATEST") {
    const auto target = pointer(name);
    if (!target) throw CheckpointError((folder_ / name).string() + ": absent");
    folder_name = *target;
  }
  const fs::path folder = folder_ / folder_name;
  if (!parse_step(folder_name) || !fs::is_directory(folder))
    throw CheckpointError(folder.string() + ": no such checkpoint; expected step-N, mean-N, BEST or LATEST");
  const Json manifest = parse_manifest(folder / "MANIFEST.json");
  Checkpoint checkpoint;
  checkpoint.step = *parse_step(folder_name);
  if (manifest["step"] != checkpoint.step)
    throw CheckpointError((folder / "MANIFEST.json").string() + ": expected step " +
                          std::to_string(checkpoint.step) + ", found " + manifest["step"].dump());
  checkpoint.at_stop = manifest.value("at_stop", Json()) == true;
  checkpoint.progress = manifest["progress"];
  TensorMap* maps[] = {&checkpoint.model, &checkpoint.optimizer, &checkpoint.state};
  for (size_t i = 0; i < 3; ++i) {
    const fs::path path = folder / (std::string(kParts[i]) + ".safetensors");
    // What only training needs may be gone from a finished run (fovea gc), the manifest with it.
    if (i > 0 && !manifest["files"].contains(path.filename().string())) continue;
    *maps[i] = decode_safetensors(verified(path, manifest), path.string());
  }
  return checkpoint;
}

namespace {

/// The newest `count` checkpoints as one: the mean of their floating-point weights.
Checkpoint mean_of(const CheckpointStore& store, int64_t count) {
  const std::vector<int64_t> steps = store.steps();
  if (count < 1 || static_cast<size_t>(count) > steps.size())
    throw CheckpointError("--checkpoint mean-" + std::to_string(count) + ": expected mean-1 to mean-" +
                          std::to_string(steps.size()) + ", the checkpoints that are kept (train.keep)");
  Checkpoint mean = store.load(step_name(steps[0]));
  for (int64_t i = 1; i < count; ++i) {
    const Checkpoint other = store.load(step_name(steps[static_cast<size_t>(i)]));
    for (auto& [name, tensor] : mean.model)
      if (tensor.is_floating_point()) tensor += find_tensor(other.model, name, tensor, step_name(other.step));
  }
  for (auto& [name, tensor] : mean.model)
    if (tensor.is_floating_point()) tensor /= static_cast<double>(count);
  return mean;
}

}  // namespace

Checkpoint CheckpointStore::load_for_use(const std::string& name, std::string* warning) const {
  if (const auto count = parse_number(name, "mean-")) return mean_of(*this, *count);
  if (!name.empty()) return load(name);
  try {
    if (pointer("BEST")) return load("BEST");
  } catch (const std::exception& error) {
    *warning = std::string(error.what()) + "; using the newest good checkpoint";
  }
  std::string last = "it is empty";
  const auto newest = load_latest([&](const std::string& problem) {
    last = problem;
    *warning = problem + "; using an older checkpoint";
  });
  if (!newest) throw CheckpointError(folder_.string() + ": no checkpoint that can be read: " + last);
  return *newest;
}

void load_module(torch::nn::Module& module, const TensorMap& tensors, const std::string& where) {
  torch::NoGradGuard no_gradient;
  TensorMap own = module_tensors(module);
  for (const auto& [name, tensor] : tensors)
    if (own.count(name) == 0)
      throw CheckpointError(where + ": holds \"" + name + "\", which the model does not have");
  for (auto& [name, tensor] : own) tensor.copy_(find_tensor(tensors, name, tensor, where));
}

TensorMap module_tensors(const torch::nn::Module& module) {
  TensorMap tensors;
  for (const auto& item : module.named_parameters()) tensors[item.key()] = item.value();
  for (const auto& item : module.named_buffers()) tensors[item.key()] = item.value();
  return tensors;
}

}  // namespace fovea
