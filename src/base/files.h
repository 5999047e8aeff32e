// Files written so that a kill or a full disk never leaves half of one under its final name.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace fovea {

/// Whole content of `path`; throws DataError "cannot read …" when absent, a folder or unreadable.
std::string read_file(const std::filesystem::path& path);

/// A file that is written piece by piece: beside `path` until it is kept, then over it. A link is followed;
/// what is no ordinary file (a pipe, a device) is written to as it stands. All throw Error when they cannot.
class OutputFile {
 public:
  explicit OutputFile(const std::filesystem::path& path);
  ~OutputFile();  // drops what was not kept
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void write(std::string_view content);
  /// Syncs what was written and gives it its name.
  void keep();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// `content` through an OutputFile. Throws Error when it cannot.
void write_file_atomically(const std::filesystem::path& path, std::string_view content);

/// Writes `content` to `path` and syncs it (for files inside a folder that is renamed as a whole). Throws
/// Error.
void write_file_synced(const std::filesystem::path& path, std::string_view content);

/// Appends `content` in one write; `sync` forces it to disk. Throws Error.
void append_file(const std::filesystem::path& path, std::string_view content, bool sync = false);

/// Syncs a folder's entries, so that a rename inside it survives a power cut.
void sync_folder(const std::filesystem::path& folder);

/// Creates `folder` and its parents; throws Error with the system's reason.
void make_folders(const std::filesystem::path& folder);

/// Lower-case hexadecimal SHA-256 of `content`.
std::string sha256(std::string_view content);

/// SHA-256 of a file's bytes, read in pieces; throws DataError when it cannot be read.
std::string sha256_file(const std::filesystem::path& path);

}  // namespace fovea
