#include "apps/plain/computing.h"

#include <dlfcn.h>

#include <string>

#include "src/base/error.h"

namespace fovea {

int compute(const char* program, const void* request) {
  // By name alone: the executable says where to look ($ORIGIN).
  void* library = ::dlopen("libfovea-computing.so", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) throw Error(std::string("cannot load the library of the programs: ") + ::dlerror());
  void* function = ::dlsym(library, (std::string("fovea_") + program).c_str());
  if (function == nullptr)
    throw Error(std::string("the library of the programs is another version: ") + ::dlerror());
  return reinterpret_cast<int (*)(const void*)>(function)(request);
}

}  // namespace fovea
