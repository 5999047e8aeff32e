#include "apps/plain/datasets.h"

#include "apps/plain/embedded.h"
#include "src/base/error.h"
#include "src/base/text.h"
#include "src/report/text_table.h"
#include "src/stats/format.h"

namespace fovea {
namespace {

Dataset read_dataset(const EmbeddedFile& file) {
  const Json json = parse_json(file.text, "data set " + file.name);
  Dataset set{file.name, json.at("summary"), json.at("source"), json.at("licence"), json.at("cite"), {}};
  for (const Json& one : json.at("files"))
    set.files.push_back({one.at("path"), one.at("bytes"), one.at("sha256"), one.value("url", "")});
  return set;
}

}  // namespace

int64_t Dataset::bytes() const {
  int64_t sum = 0;
  for (const DatasetFile& file : files) sum += file.bytes;
  return sum;
}

const std::vector<Dataset>& datasets() {
  static const std::vector<Dataset> all = [] {
    std::vector<Dataset> list;
    for (const EmbeddedFile& file : dataset_files()) list.push_back(read_dataset(file));
    return list;
  }();
  return all;
}

const Dataset& find_dataset(const std::string& name) {
  std::vector<std::string> names;
  for (const Dataset& set : datasets()) {
    if (set.name == name) return set;
    names.push_back(set.name);
  }
  throw ConfigError("no data set \"" + name + "\"" + hint(name, names));
}

std::string datasets_text() {
  TextTable table{{"name", "files", "size", "licence", "what"}, {false, true, true, false, false}, {}};
  for (const Dataset& set : datasets())
    table.rows.push_back({{set.name},
                          {std::to_string(set.files.size())},
                          {format_bytes(static_cast<double>(set.bytes()))},
                          {set.licence},
                          {set.summary}});
  return text_table(table, false);
}

Json datasets_json() {
  Json list = Json::array();
  for (const Dataset& set : datasets()) {
    Json files = Json::array();
    for (const DatasetFile& file : set.files) {
      files.push_back({{"path", file.path}, {"bytes", file.bytes}, {"sha256", file.sha256}});
      files.back()["url"] = file.url.empty() ? Json() : Json(file.url);
    }
    list.push_back({{"name", set.name},
                    {"summary", set.summary},
                    {"source", set.source},
                    {"licence", set.licence},
                    {"cite", set.cite},
                    {"bytes", set.bytes()},
                    {"files", files}});
  }
  return list;
}

}  // namespace fovea
