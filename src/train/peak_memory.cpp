#include "src/train/peak_memory.h"

#include <sys/resource.h>

namespace fovea {

int64_t peak_memory() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<int64_t>(usage.ru_maxrss) * 1024;  // the system counts in KiB
}

}  // namespace fovea
