// An attention as a config field: `model.attention=multi-head`, `model.attention.heads=4`.
#pragma once

#include <memory>
#include <string>

#include "models/attention/options.h"
#include "src/base/json.h"

namespace fovea {

/// A resolved attention group that reads and dumps itself; what a net's options hold for each of its slots.
class AttentionChoice {
 public:
  AttentionConfig config;

  AttentionChoice() : AttentionChoice("multi-head") {}
  explicit AttentionChoice(const std::string& name)
      : AttentionChoice(Json{{"name", name}}, "model.attention") {}
  /// `json` is a name, or fields with or without one: without, they refine this choice.
  AttentionChoice from_config(const Json& json, const std::string& key) const {
    if (!json.is_object() || json.contains("name")) return AttentionChoice(json, key);
    Json refined = given_;
    refined.update(json);
    return AttentionChoice(refined, key);
  }
  Json to_config() const { return dump(config); }
  bool none() const { return is_none(config); }

 private:
  AttentionChoice(const Json& given, const std::string& key)
      : config(resolve_attention(given, key)), given_(given.is_object() ? given : Json{{"name", given}}) {}

  Json given_;  // as it was stated
};

/// A group with a slot of its own, such as `model.encoder`.
struct SlotOptions {
  AttentionChoice attention;
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("attention", self.attention, "in this place instead of model.attention");
  }
};

}  // namespace fovea
