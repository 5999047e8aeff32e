#include "apps/plain/sweep_plan.h"

#include <sys/stat.h>

namespace fovea {

Json file_marks(const Json& data) {
  Json marks = Json::object();
  if (!data.is_structured()) return marks;
  for (const auto& part : data) marks.update(file_marks(part));
  if (data.is_object() && data.contains("file") && data["file"].is_string()) {
    const std::string path = data["file"];
    struct stat about {};
    marks[path] = nullptr;
    if (::stat(path.c_str(), &about) == 0)
      marks[path] = {about.st_size, about.st_mtim.tv_sec * 1000000000 + about.st_mtim.tv_nsec};
  }
  return marks;
}

}  // namespace fovea
