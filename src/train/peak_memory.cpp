#include "src/train/peak_memory.h"

#include <malloc.h>
#include <sys/resource.h>

#include <fstream>
#include <string>

namespace fovea {

int64_t peak_memory() {
  // Not getrusage's mark by itself, which is the parent's at least where that was large.
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.rfind("VmHWM:", 0) == 0) return std::stoll(line.substr(6)) * 1024;
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<int64_t>(usage.ru_maxrss) * 1024;  // the system counts in KiB
}

bool forget_peak_memory() {
  ::malloc_trim(0);
  std::ofstream file("/proc/self/clear_refs");
  file << 5 << std::flush;  // proc(5): the mark of the peak becomes what is in use
  return file.good();
}

}  // namespace fovea
