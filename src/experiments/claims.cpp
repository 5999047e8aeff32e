#include "src/experiments/claims.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <ctime>
#include <utility>

#include "src/base/error.h"
#include "src/base/files.h"
#include "src/base/json.h"

namespace fovea {
namespace {

namespace fs = std::filesystem;

std::string host_name() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

std::string content_of(int file) {
  std::array<char, 1024> text;
  const ssize_t size = ::pread(file, text.data(), text.size(), 0);
  return size > 0 ? std::string(text.data(), static_cast<size_t>(size)) : std::string();
}

/// The machine that wrote a claim, or "" for an empty or half-written one.
std::string owner_of(int file) {
  const Json json = Json::parse(content_of(file), nullptr, /*allow_exceptions=*/false);
  return json.is_object() ? json.value("host", std::string()) : std::string();
}

/// Whether the claim is that of another machine, whose lock may not be seen here, and still beats.
bool beats_elsewhere(int file) {
  const std::string owner = owner_of(file);
  if (owner.empty() || owner == host_name()) return false;
  struct stat about {};
  return ::fstat(file, &about) == 0 && std::time(nullptr) - about.st_mtime < kStaleSeconds;
}

/// Whether `path` still is the file that was opened: its last owner may have removed it in between.
bool still_there(int file, const fs::path& path) {
  struct stat opened {
  }, named{};
  return ::fstat(file, &opened) == 0 && ::stat(path.c_str(), &named) == 0 && opened.st_ino == named.st_ino &&
         opened.st_dev == named.st_dev;
}

/// True when it is ours: locked, or on a file system without locks.
bool lock(int file) {
  return ::flock(file, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
}

fs::path claim_path(const fs::path& folder, const std::string& id) {
  return folder / "claims" / id;
}

void write_owner(int file, const fs::path& path) {
  const std::string text = to_text(Json{{"host", host_name()}, {"pid", ::getpid()}}) + "\n";
  if (::ftruncate(file, 0) != 0 ||
      ::pwrite(file, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()))
    throw Error("cannot write " + path.string() + ": " + std::generic_category().message(errno));
}

}  // namespace

Claim::Claim(Claim&& other) noexcept : path_(std::move(other.path_)), file_(std::exchange(other.file_, -1)) {}

Claim::~Claim() {
  if (file_ < 0) return;
  if (still_there(file_, path_)) ::unlink(path_.c_str());
  ::close(file_);
}

void Claim::beat() const {
  ::futimens(file_, nullptr);
}

std::optional<Claim> claim(const fs::path& folder, const std::string& id) {
  const fs::path path = claim_path(folder, id);
  make_folders(path.parent_path());
  for (;;) {
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (file < 0) throw Error("cannot open " + path.string() + ": " + std::generic_category().message(errno));
    if (!lock(file) || beats_elsewhere(file)) {
      ::close(file);
      return {};
    }
    if (!still_there(file, path)) {
      ::close(file);
      continue;
    }
    Claim taken(path, file);
    write_owner(file, path);
    return taken;
  }
}

bool is_claimed(const fs::path& folder, const std::string& id) {
  const int file = ::open(claim_path(folder, id).c_str(), O_RDWR | O_CLOEXEC);
  if (file < 0) return false;
  const bool claimed = !lock(file) || beats_elsewhere(file);
  ::close(file);
  return claimed;
}

}  // namespace fovea
