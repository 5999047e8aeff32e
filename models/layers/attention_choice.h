// An attention as a config field: `model.attention=multi-head`, `model.attention.heads=4`.
#pragma once

#include <memory>
#include <string>

#include "models/attention/options.h"
#include "src/base/json.h"

namespace fovea {

/// A resolved attention group that reads and dumps itself; what a net's options hold for each of its slots.
struct AttentionChoice {
  AttentionConfig config;

  AttentionChoice() : AttentionChoice("multi-head") {}
  explicit AttentionChoice(const std::string& name)
      : config(resolve_attention(Json(name), "model.attention")) {}
  static AttentionChoice from_config(const Json& json, const std::string& key) {
    AttentionChoice choice;
    choice.config = resolve_attention(json, key);
    return choice;
  }
  Json to_config() const { return dump(config); }
  bool none() const { return is_none(config); }
};

}  // namespace fovea
