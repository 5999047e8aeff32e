// Reads every file of the folder IN and writes it to OUT under the same name; of one that is refused,
// NAME.error holds the message instead. The Python test compares both ends.
#include <filesystem>

#include "src/base/error.h"
#include "src/base/files.h"
#include "src/core/safetensors.h"

int main(int argc, char** argv) {
  if (argc != 3) return static_cast<int>(fovea::ExitCode::kUsage);
  for (const auto& entry : std::filesystem::directory_iterator(argv[1])) {
    const std::filesystem::path target = std::filesystem::path(argv[2]) / entry.path().filename();
    try {
      fovea::Metadata metadata;
      const fovea::TensorMap tensors = fovea::read_safetensors(entry.path(), &metadata);
      fovea::write_safetensors(target, tensors, metadata);
    } catch (const fovea::CheckpointError& error) {
      fovea::write_file_synced(target.string() + ".error", error.what());
    }
  }
  return 0;
}
