// Who runs a cell: one file a cell, locked by the process that runs it, so that several processes and
// machines can share a sweep.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace fovea {

/// A cell that is ours to run, until this ends. The lock is on the file, not on the process that took it: the
/// program that is started with file() holds it too, so a cell whose `ablate` was killed is free again only
/// when that program has ended.
class Claim {
 public:
  Claim(Claim&& other) noexcept;
  Claim& operator=(Claim&&) = delete;
  ~Claim();

  /// Says that the cell is still being run: to be called every now and then, for machines that do not see the
  /// lock.
  void beat() const;
  int file() const { return file_; }

 private:
  friend std::optional<Claim> claim(const std::filesystem::path&, const std::string&);
  Claim(std::filesystem::path path, int file) : path_(std::move(path)), file_(file) {}
  std::filesystem::path path_;
  int file_;
};

/// After so many seconds without a beat a claim of another machine is stale.
inline constexpr int kStaleSeconds = 300;

/// Takes the cell `id` of the sweep in `folder`; nothing while another process runs it. A claim whose process
/// has ended is taken over, one of another machine when it is stale. Throws Error where the file cannot be
/// written.
std::optional<Claim> claim(const std::filesystem::path& folder, const std::string& id);

/// Whether some process runs the cell: what claim() would find, taking nothing.
bool is_claimed(const std::filesystem::path& folder, const std::string& id);

}  // namespace fovea
