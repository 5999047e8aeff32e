// fovea-data: public data sets that recipes name.
#include <iostream>

#include "apps/plain/fetch.h"
#include "apps/plain/program.h"
#include "src/base/error.h"

namespace {

struct Request {
  std::vector<std::string> names;
  std::string root = "data", mirror, format = "text";
};

int list(const Request& request) {
  std::cout << (request.format == "json"
                    ? fovea::to_text({{"format", 1}, {"datasets", fovea::datasets_json()}}, 1) + "\n"
                    : fovea::datasets_text());
  return 0;
}

int check(const Request& request) {
  bool good = true;
  for (const std::string& name : request.names) {
    const fovea::Dataset& set = fovea::find_dataset(name);
    for (const fovea::DatasetFile& file : set.files) {
      const auto path = std::filesystem::path(request.root) / set.name / file.path;
      const fovea::FileState state = fovea::file_state(path, file);
      std::cout << fovea::state_name(state) << "  " << path.string() << "\n";
      good = good && state == fovea::FileState::kGood;
    }
  }
  return good ? 0 : static_cast<int>(fovea::ExitCode::kData);
}

int fetch(const Request& request) {
  for (const std::string& name : request.names) {
    const fovea::Dataset& set = fovea::find_dataset(name);
    const int64_t brought = fovea::fetch_dataset(set, request.root, request.mirror);
    std::cout << set.name << ": " << brought << " of " << set.files.size()
              << " files fetched; licence: " << set.licence << "; " << set.cite << "\n";
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app;
  fovea::describe_program(
      app, "data", "Lists, fetches and checks the public data sets that recipes name.",
      "  fovea data list\n"
      "  fovea data fetch sent-conv ett --root data      # then: fovea train sst2 task.root=data\n"
      "  fovea data check fashion-mnist --root data\n"
      "  fovea data fetch multi30k-en-de --mirror /media/disk/datasets\n");
  Request request;
  std::string verb;
  app.add_option("verb", verb, "list, fetch or check")
      ->required()
      ->check(CLI::IsMember({"list", "fetch", "check"}));
  app.add_option("names", request.names, "data sets");
  app.add_option("--root", request.root, "folder that holds a folder a data set (data)");
  app.add_option("--mirror", request.mirror,
                 "folder or address that holds the same, instead of the files' own");
  app.add_option("--format", request.format, "of list: text or json")->check(CLI::IsMember({"text", "json"}));
  return fovea::run_program(app, argc, argv, [&] {
    if (verb == "list") return list(request);
    if (request.names.empty())
      throw fovea::ConfigError("fovea data " + verb + ": expected names; fovea data list shows them");
    return verb == "check" ? check(request) : fetch(request);
  });
}
