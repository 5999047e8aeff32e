#include "models/attention/options.h"

#include <algorithm>

#include "models/attention/refusals.h"
#include "models/attention/registry.h"
#include "src/base/error.h"
#include "src/base/text.h"

namespace fovea {
namespace {

/// What an attention without a score matrix does not have.
constexpr const char* kScoreFields[] = {"scorer",        "normalizer", "position", "output_gate",
                                        "talking_heads", "dropout",    "engine"};

bool is_direct(const std::string& name) {
  const auto all = direct_attentions().names();
  return std::find(all.begin(), all.end(), name) != all.end();
}

/// {"name": …, fields} from a name or such an object; no name means plain axes.
Json as_object(const Json& group, const std::string& key) {
  Json object = group.is_string() ? Json{{"name", group}} : group;
  if (!object.is_object())
    throw ConfigError(key + ": expected a name or an object with a name, found " + group.dump());
  if (!object.contains("name")) object["name"] = "compose";
  if (!object["name"].is_string())
    throw ConfigError(key + ".name: expected a text, found " + object["name"].dump());
  return object;
}

void refuse_given(const Json& given, const AttentionConfig& config, const std::string& key) {
  if (is_none(config))
    for (const auto& [field, value] : given.items())
      if (field != "name") refuse(Refusal::kNoneFields, key, field);
  if (config.direct.empty()) return;
  for (const char* field : kScoreFields)
    if (given.contains(field)) refuse(Refusal::kDirectField, key, config.name + " with " + field);
}

void resolve_axes(AttentionConfig& config, ObjectReader& reader, const std::string& key) {
  const CompositionOptions& c = config.composition;
  config.options.update(scorers().at(c.scorer, key + ".scorer").resolve(reader));
  config.options.update(normalizers().at(c.normalizer, key + ".normalizer").resolve(reader));
  config.options.update(attention_positions().at(c.position, key + ".position").resolve(reader));
  for (const std::string& name : split(c.pattern, '&'))
    config.options.update(patterns().at(trim(name), key + ".pattern").resolve(reader));
}

/// What follows from the fields that are stated.
void complete(CompositionOptions& c, bool projections_stated, const std::string& key) {
  if (!projections_stated) c.projections = c.heads > 1;
  if (c.kv_heads == 0) c.kv_heads = c.heads;
  if (c.heads % c.kv_heads != 0)
    refuse(Refusal::kSharedHeads, key, std::to_string(c.kv_heads) + " and " + std::to_string(c.heads));
}

}  // namespace

AttentionConfig resolve_attention(const Json& group, const std::string& key) {
  const Json given = as_object(group, key);
  AttentionConfig config;
  config.name = given["name"].get<std::string>();
  const NamedAttention& named = named_attentions().at(config.name, key);
  if (is_direct(config.name)) config.direct = config.name;
  refuse_given(given, config, key);
  if (is_none(config)) return config;

  Json object = named.preset;
  object.update(given);
  ObjectReader reader(object, key);
  reader.allow("name");
  reader.read(config.composition);
  complete(config.composition, object.contains("projections"), key);
  if (config.direct.empty()) {
    resolve_axes(config, reader, key);
  } else {
    config.options = direct_attentions().at(config.direct).resolve(reader);
    if (const std::string& pattern = config.composition.pattern; pattern != "full" && pattern != "causal")
      refuse(Refusal::kDirectPattern, key, config.name + " with " + pattern);
  }
  reader.finish();
  return config;
}

Json dump(const AttentionConfig& config) {
  if (is_none(config)) return {{"name", "none"}};
  Json json = config.options;
  json.update(dump_fields(config.composition));
  json["name"] = config.name;
  if (!config.direct.empty())
    for (const char* field : kScoreFields) json.erase(field);
  return json;
}

bool is_none(const AttentionConfig& config) {
  return config.name == "none";
}

}  // namespace fovea
