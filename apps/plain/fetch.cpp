#include "apps/plain/fetch.h"

#include "apps/plain/process.h"
#include "src/base/error.h"
#include "src/base/files.h"
#include "src/base/text.h"

namespace fovea {
namespace {

namespace fs = std::filesystem;

int64_t size_of(const fs::path& path) {
  std::error_code absent;
  const auto bytes = fs::file_size(path, absent);
  return absent ? -1 : static_cast<int64_t>(bytes);
}

bool is_address(const std::string& mirror) {
  return mirror.find("://") != std::string::npos;
}

void copy_from(const fs::path& from, const fs::path& part) {
  std::error_code failed;
  if (!fs::is_regular_file(from)) throw DataError(from.string() + ": the mirror has no such file");
  fs::copy_file(from, part, fs::copy_options::overwrite_existing, failed);
  if (failed) throw Error(part.string() + ": cannot be written: " + failed.message());
}

/// Through the program curl, which goes on where a partial file ends.
void transfer(const std::string& address, const fs::path& part, int64_t bytes) {
  if (size_of(part) >= bytes) fs::remove(part);  // nothing is left to ask for, and it was not right
  const ProcessEnd end =
      run_process("curl",
                  {"--fail", "--location", "--silent", "--show-error", "--proto", "=http,https,file",
                   "--connect-timeout", "30", "--continue-at", "-", "--output", part.string(), address},
                  Taken::kErrors);
  if (end.code != 0)
    throw Error(address + ": cannot be fetched: " + trim(end.text.substr(0, end.text.find('\n'))));
}

/// Throws DataError, and removes `part`, unless it has the stated bytes.
void require_right(const fs::path& part, const DatasetFile& file, const std::string& from) {
  if (file_state(part, file) == FileState::kGood) return;
  const int64_t found = size_of(part);
  const std::string sum = sha256_file(part);
  fs::remove(part);
  throw DataError(from + ": found " + std::to_string(found) + " bytes with SHA-256 " + sum.substr(0, 12) +
                  "…, expected " + std::to_string(file.bytes) + " with " + file.sha256.substr(0, 12) +
                  "…; nothing was kept");
}

void fetch_file(const Dataset& set, const DatasetFile& file, const fs::path& place,
                const std::string& mirror) {
  const std::string name = set.name + "/" + file.path;
  if (mirror.empty() && file.url.empty())
    throw ConfigError(name +
                      ": packed by hand, so it has no address of its own; give --mirror, or make it from " +
                      set.source);
  const std::string from = mirror.empty()       ? file.url
                           : is_address(mirror) ? mirror + "/" + name
                                                : (fs::path(mirror) / name).string();
  const fs::path part = place.string() + ".part";
  make_folders(place.parent_path());
  if (is_address(from)) {
    transfer(from, part, file.bytes);
  } else {
    copy_from(from, part);
  }
  require_right(part, file, from);
  fs::rename(part, place);
  sync_folder(place.parent_path());
}

}  // namespace

std::string state_name(FileState state) {
  return state == FileState::kGood ? "good" : state == FileState::kAbsent ? "absent" : "other";
}

FileState file_state(const fs::path& path, const DatasetFile& file) {
  const int64_t size = size_of(path);
  if (size < 0) return FileState::kAbsent;
  return size == file.bytes && sha256_file(path) == file.sha256 ? FileState::kGood : FileState::kOther;
}

int64_t fetch_dataset(const Dataset& set, const fs::path& root, const std::string& mirror) {
  int64_t brought = 0;
  for (const DatasetFile& file : set.files) {
    const fs::path place = root / set.name / file.path;
    const FileState state = file_state(place, file);
    if (state == FileState::kGood) continue;
    if (state == FileState::kOther)
      throw DataError(place.string() +
                      ": another file is there, and nothing is overwritten; expected SHA-256 " +
                      file.sha256.substr(0, 12) + "…");
    fetch_file(set, file, place, mirror);
    ++brought;
  }
  return brought;
}

}  // namespace fovea
