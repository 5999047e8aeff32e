#include "apps/shared/list.h"

#include <iostream>

#include "apps/plain/datasets.h"
#include "apps/plain/recipes.h"
#include "apps/shared/attention_pages.h"
#include "data/tasks/registry.h"
#include "models/attention/registry.h"
#include "models/nets/registry.h"
#include "src/base/error.h"
#include "src/train/options.h"

namespace fovea {
namespace {

Json field_json(const FieldInfo& field) {
  Json json = {{"name", field.name}, {"type", field.type}, {"default", field.fallback}, {"help", field.help}};
  if (!field.rule.choices.empty()) json["choices"] = field.rule.choices;
  return json;
}

Json fields_json(const std::vector<FieldInfo>& fields) {
  Json list = Json::array();
  for (const FieldInfo& field : fields) list.push_back(field_json(field));
  return list;
}

Json models_json() {
  Json list = Json::array();
  for (const NetEntry& net : nets().entries())
    list.push_back({{"name", net.name},
                    {"summary", net.summary},
                    {"source", net.source},
                    {"keys", fields_json(net.fields())}});
  return list;
}

Json tasks_json() {
  Json list = Json::array();
  for (const TaskEntry& task : tasks().entries())
    list.push_back({{"name", task.name}, {"summary", task.summary}, {"keys", fields_json(task.fields())}});
  return list;
}

Json recipes_json() {
  Json list = Json::array();
  for (const EmbeddedFile& recipe : recipes()) {
    const Json content = read_recipe(recipe.name);
    list.push_back({{"name", recipe.name},
                    {"summary", content.value("description", "")},
                    {"reference", content.value("reference", "")}});
  }
  return list;
}

/// All keys, each under its full name; `name` keeps one model's or task's.
Json keys_json(const std::string& name) {
  Json list = Json::array();
  const auto add = [&](const std::string& prefix, const std::vector<FieldInfo>& fields,
                       const std::string& of) {
    for (const FieldInfo& field : fields) {
      Json json = field_json(field);
      json["name"] = prefix + "." + field.name;
      if (!of.empty()) json["of"] = of;
      list.push_back(std::move(json));
    }
  };
  for (const TaskEntry& task : tasks().entries())
    if (name.empty() || name == task.name) add("task", task.fields(), task.name);
  for (const NetEntry& net : nets().entries())
    if (name.empty() || name == net.name) add("model", net.fields(), net.name);
  if (name.empty()) add("train", describe_fields<TrainOptions>(), "");
  std::vector<std::string> known = nets().names();
  for (const TaskEntry& task : tasks().entries()) known.push_back(task.name);
  if (list.empty())
    throw ConfigError("fovea list keys: no model or task \"" + name + "\"" + hint(name, known));
  return list;
}

/// The one entry called `name`; throws ConfigError with the nearest names.
Json only(const Json& entries, const std::string& what, const std::string& name) {
  std::vector<std::string> names;
  for (const Json& entry : entries) {
    names.push_back(entry["name"].get<std::string>());
    if (names.back() == name) return Json::array({entry});
  }
  throw ConfigError("fovea list " + what + ": no \"" + name + "\"" + hint(name, names));
}

void print_keys(const Json& keys, const std::string& indent) {
  for (const Json& key : keys) {
    std::cout << indent << key["name"].get<std::string>() << "=" << key["default"].dump();
    if (key.contains("choices")) std::cout << "  " << key["choices"].dump();
    if (key.contains("of")) std::cout << "  (" << key["of"].get<std::string>() << ")";
    std::cout << "\n" << indent << "    " << key["help"].get<std::string>() << "\n";
  }
}

void print(const Json& entries, bool with_keys) {
  for (const Json& entry : entries) {
    std::cout << entry["name"].get<std::string>() << "\n";
    for (const char* part : {"summary", "formula", "source", "reference"})
      if (entry.contains(part) && !entry[part].get<std::string>().empty())
        std::cout << "    " << entry[part].get<std::string>() << "\n";
    if (entry.contains("cost"))
      std::cout << "    time " << entry["cost"]["time"].get<std::string>() << ", memory "
                << entry["cost"]["memory"].get<std::string>() << "\n";
    if (entry.contains("traits")) std::cout << "    " << capabilities(entry["traits"]) << "\n";
    if (with_keys && entry.contains("keys")) print_keys(entry["keys"], "    ");
  }
}

}  // namespace

int list(const ListRequest& request) {
  if (request.format == "markdown") {
    if (request.what != "attentions" || request.out.empty())
      throw ConfigError("fovea list: markdown is for attentions, with --out FOLDER");
    write_attention_pages(request.out);
    return 0;
  }
  Json entries;
  if (request.what == "models")
    entries = models_json();
  else if (request.what == "tasks")
    entries = tasks_json();
  else if (request.what == "recipes")
    entries = recipes_json();
  else if (request.what == "datasets")
    entries = datasets_json();
  else if (request.what == "keys")
    entries = keys_json(request.name);
  else
    entries = list_attention_axis(request.what);
  if (entries.is_null())
    throw ConfigError("fovea list: no \"" + request.what + "\"" +
                      hint(request.what, {"attentions", "scorers", "normalizers", "patterns", "positions",
                                          "refusals", "models", "tasks", "recipes", "datasets", "keys"}));
  if (!request.name.empty() && request.what != "keys") entries = only(entries, request.what, request.name);
  if (request.format == "json")
    std::cout << to_text(Json{{"format", 1}, {request.what, entries}}, 1) << "\n";
  else if (request.what == "keys")
    print_keys(entries, "");
  else
    print(entries, !request.name.empty());
  return 0;
}

}  // namespace fovea
