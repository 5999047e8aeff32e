#include "src/base/files.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>

#include "src/base/error.h"

namespace fovea {
namespace {

[[noreturn]] void fail(const std::string& what, const std::filesystem::path& path) {
  throw Error(what + " " + path.string() + ": " + std::strerror(errno));
}

/// A file descriptor closed on every way out.
class Descriptor {
 public:
  Descriptor(const std::filesystem::path& path, int flags)
      : path_(path), fd_(::open(path.c_str(), flags | O_CLOEXEC, 0644)) {
    if (fd_ < 0) fail("cannot open", path);
  }
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  void write(std::string_view content) {
    while (!content.empty()) {
      const ssize_t n = ::write(fd_, content.data(), content.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) fail("cannot write", path_);
      content.remove_prefix(static_cast<size_t>(n));
    }
  }
  void sync() {
    // Some file systems have no sync (EINVAL, EROFS on folders): that is theirs to answer for.
    if (::fsync(fd_) != 0 && errno != EINVAL && errno != EROFS) fail("cannot sync", path_);
  }
  void close() {
    const int fd = fd_;
    fd_ = -1;
    if (::close(fd) != 0) fail("cannot close", path_);
  }

 private:
  std::filesystem::path path_;
  int fd_;
};

/// Where a link leads; a link to nowhere stays itself.
std::filesystem::path followed(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::is_symlink(path, ignored)) return path;
  const auto target = std::filesystem::canonical(path, ignored);
  return ignored ? path : target;
}

/// A pipe, a device, …: neither an ordinary file nor a folder nor absent.
bool is_special(const std::filesystem::path& path) {
  std::error_code ignored;
  const auto status = std::filesystem::status(path, ignored);
  return std::filesystem::is_other(status);
}

std::filesystem::path beside(std::filesystem::path path) {
  path += ".tmp-" + std::to_string(::getpid());
  return path;
}

std::string hexadecimal(const unsigned char* bytes, size_t size) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(2 * size);
  for (size_t i = 0; i < size; ++i) {
    text += kDigits[bytes[i] >> 4];
    text += kDigits[bytes[i] & 15];
  }
  return text;
}

/// SHA-256 taken in pieces.
class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
    if (!context_ || EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) != 1)
      throw Error("SHA-256 is not available");
  }
  void update(const void* data, size_t size) { EVP_DigestUpdate(context_.get(), data, size); }
  std::string digest() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes;
    unsigned int size = 0;
    EVP_DigestFinal_ex(context_.get(), bytes.data(), &size);
    return hexadecimal(bytes.data(), size);
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

}  // namespace

std::string read_file(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored))
    throw DataError("cannot read " + path.string() + ": it is a folder");
  std::ifstream in(path, std::ios::binary);
  if (!in) throw DataError("cannot read " + path.string() + ": " + std::strerror(errno));
  std::ostringstream content;
  content << in.rdbuf();
  if (in.bad()) throw DataError("cannot read " + path.string() + ": " + std::strerror(errno));
  return std::move(content).str();
}

void write_file_synced(const std::filesystem::path& path, std::string_view content) {
  Descriptor file(path, O_WRONLY | O_CREAT | O_TRUNC);
  file.write(content);
  file.sync();
  file.close();
}

struct OutputFile::State {
  explicit State(const std::filesystem::path& path)
      : path(followed(path)),
        in_place(is_special(this->path)),
        written(in_place ? this->path : beside(this->path)),
        file(written, in_place ? O_WRONLY : O_WRONLY | O_CREAT | O_TRUNC) {}

  std::filesystem::path path;
  bool in_place;
  std::filesystem::path written;
  Descriptor file;
  bool kept = false;
};

OutputFile::OutputFile(const std::filesystem::path& path) : state_(std::make_unique<State>(path)) {}

OutputFile::~OutputFile() {
  if (!state_->kept && !state_->in_place) ::unlink(state_->written.c_str());
}

void OutputFile::write(std::string_view content) {
  state_->file.write(content);
}

void OutputFile::keep() {
  State& s = *state_;
  s.file.sync();
  s.file.close();
  if (!s.in_place) {
    if (::rename(s.written.c_str(), s.path.c_str()) != 0) fail("cannot rename to", s.path);
    sync_folder(s.path.has_parent_path() ? s.path.parent_path() : ".");
  }
  s.kept = true;
}

void write_file_atomically(const std::filesystem::path& path, std::string_view content) {
  OutputFile file(path);
  file.write(content);
  file.keep();
}

void append_file(const std::filesystem::path& path, std::string_view content, bool sync) {
  Descriptor file(path, O_WRONLY | O_CREAT | O_APPEND);
  file.write(content);
  if (sync) file.sync();
  file.close();
}

void sync_folder(const std::filesystem::path& folder) {
  Descriptor(folder, O_RDONLY | O_DIRECTORY).sync();
}

void make_folders(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw Error("cannot create folder " + folder.string() + ": " + error.message());
}

std::string sha256(std::string_view content) {
  Sha256 hash;
  hash.update(content.data(), content.size());
  return hash.digest();
}

std::string sha256_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw DataError("cannot read " + path.string() + ": " + std::strerror(errno));
  Sha256 hash;
  std::array<char, 1 << 16> piece;
  while (in.read(piece.data(), piece.size()) || in.gcount() > 0)
    hash.update(piece.data(), static_cast<size_t>(in.gcount()));
  if (in.bad()) throw DataError("cannot read " + path.string() + ": " + std::strerror(errno));
  return hash.digest();
}

}  // namespace fovea
