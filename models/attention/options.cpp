#include "models/attention/options.h"

#include <algorithm>

#include "models/attention/registry.h"
#include "src/base/error.h"
#include "src/base/text.h"

namespace fovea {
namespace {

bool is_direct(const std::string& name) {
  const auto& all = direct_attentions();
  return std::find(all.begin(), all.end(), name) != all.end();
}

Json as_object(const Json& group, const std::string& key) {
  if (group.is_string()) return {{"name", group}};
  if (group.is_object()) return group;
  throw ConfigError(key + ": expected a name or an object with a name, found " + group.dump());
}

/// Fields that need a score matrix, or would say twice what `none` already says.
void refuse_fields(const Json& object, const std::vector<std::string>& fields, const std::string& key, const std::string& why) {
  for (const std::string& field : fields)
    if (object.contains(field)) throw ConfigError(key + "." + field + ": " + why);
}

void resolve_axes(AttentionConfig& config, ObjectReader& reader, const std::string& key) {
  const CompositionOptions& c = config.composition;
  config.options.update(scorers().at(c.scorer, key + ".scorer").resolve(reader));
  config.options.update(normalizers().at(c.normalizer, key + ".normalizer").resolve(reader));
  config.options.update(attention_positions().at(c.position, key + ".position").resolve(reader));
  for (const std::string& name : split(c.pattern, '&')) config.options.update(patterns().at(name, key + ".pattern").resolve(reader));
}

}  // namespace

AttentionConfig resolve_attention(const Json& group, const std::string& key) {
  const Json given = as_object(group, key);
  AttentionConfig config;
  if (given.contains("name") && !given["name"].is_string()) throw ConfigError(key + ".name: expected a text, found " + given["name"].dump());
  config.name = given.value("name", std::string("compose"));
  const NamedAttention& named = named_attentions().at(config.name, key);
  if (config.name == "none") {
    ObjectReader reader(given, key);
    reader.allow("name");
    for (const auto& [field, value] : given.items())
      if (field != "name") throw ConfigError(key + "." + field + ": none has no fields");
    return config;
  }
  Json object = named.preset;
  object.update(given);
  if (is_direct(config.name)) {
    config.direct = config.name;
    refuse_fields(given, {"scorer", "normalizer", "position", "dropout"}, key, config.name + " has no score matrix, so this cannot be chosen");
  }
  ObjectReader reader(object, key);
  reader.allow("name");
  reader.read(config.composition);
  CompositionOptions& c = config.composition;
  if (!object.contains("projections")) c.projections = c.heads > 1;
  if (c.kv_heads == 0) c.kv_heads = c.heads;
  if (c.heads % c.kv_heads != 0) throw ConfigError(key + ".kv_heads: must divide heads; found " + std::to_string(c.kv_heads) + " and " + std::to_string(c.heads));
  if (config.direct.empty()) resolve_axes(config, reader, key);
  else if (c.pattern != "full" && c.pattern != "causal") throw ConfigError(key + ".pattern: " + config.name + " takes full or causal only; found " + c.pattern);
  reader.finish();
  return config;
}

Json dump(const AttentionConfig& config) {
  if (is_none(config)) return {{"name", "none"}};
  Json json = config.options;
  json.update(dump_fields(config.composition));
  json["name"] = config.name;
  if (!config.direct.empty())
    for (const char* field : {"scorer", "normalizer", "position", "dropout"}) json.erase(field);
  return json;
}

bool is_none(const AttentionConfig& config) { return config.name == "none"; }

const std::vector<std::string>& refusals() {
  static const std::vector<std::string> all = {
      "rope turns pairs: the width of a head must be even",
      "dot, scaled-dot and cosine need queries and keys of one width",
      "heads must divide the width, kv_heads the heads",
      "location-aware needs queries that come in order",
      "linear has no score matrix: scorer, normalizer, position and dropout cannot be chosen, nor a pattern but causal",
      "none has no fields, and cannot stand where an attention is needed",
  };
  return all;
}

}  // namespace fovea
