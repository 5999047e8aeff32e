// What `fovea list` shows of the axes and variants.
#include <algorithm>

#include "models/attention/composed.h"
#include "models/attention/refusals.h"
#include "models/attention/registry.h"
#include "src/kernels/attention_kernels.h"

namespace fovea {
namespace {

Json traits_json(const Traits& traits) {
  const char* const sums[] = {"1", "at most 1", "any"};
  return {{"sign", traits.sign == Sign::kNonNegative ? "non-negative" : "any"},
          {"row_sum", sums[static_cast<int>(traits.row_sum)]},
          {"key_equivariant", traits.key_equivariant},
          {"differentiable", traits.differentiable},
          {"sequential", traits.sequential},
          {"uses_query", traits.uses_query},
          {"uses_keys", traits.uses_keys},
          {"masks", traits.masks},
          {"grows", traits.grows}};
}

Json fields_json(const std::vector<FieldInfo>& fields) {
  Json list = Json::array();
  for (const FieldInfo& field : fields)
    list.push_back(
        {{"name", field.name}, {"type", field.type}, {"default", field.fallback}, {"help", field.help}});
  return list;
}

/// One that every entry fits.
AxisShape sample_axis(const std::string& key) {
  AxisShape axis{2, 2, 2, true, key};
  axis.value_width = 2, axis.width = 4, axis.rows = axis.columns = 2, axis.length = axis.queries = 4,
  axis.product = true;
  return axis;
}

template <class Axis>
Json entries_json(const Registry<AxisEntry<Axis>>& registry) {
  Json list = Json::array();
  for (const auto& entry : registry.entries())
    list.push_back({{"name", entry.name},
                    {"formula", entry.formula},
                    {"source", entry.source},
                    {"keys", fields_json(entry.fields)},
                    {"traits", traits_json(entry.make(sample_axis(entry.name), Json::object())->traits())}});
  return list;
}

/// A small slot that every variant fits.
AttentionShape sample_shape() {
  AttentionShape shape;
  shape.query_width = shape.key_width = shape.value_width = shape.width = 8;
  shape.rows = 2, shape.columns = 4, shape.length = 8;
  return shape;
}

/// "softmax(q · k / √Dh + …), j ≤ i" of a composition.
std::string formula_of(const AttentionConfig& config) {
  if (is_none(config)) return "no attention";
  if (!config.direct.empty()) return direct_attentions().at(config.direct).formula;
  const CompositionOptions& c = config.composition;
  std::string score = scorers().at(c.scorer).formula;
  if (c.position != "none") score = c.position + "(" + score + ")";
  std::string formula =
      c.normalizer == "uniform" ? normalizers().at("uniform").formula : c.normalizer + "(" + score + ")";
  if (c.pattern != "full") formula += " where " + patterns().at(c.pattern).formula;
  return formula;
}

/// Whether the tiles of a call of `length` tokens that a pattern lets through double with the length.
bool grows_linearly(const CompositionOptions& c, const Json& group, int64_t length) {
  const auto tiles = [&](int64_t tokens) {
    AxisShape axis = sample_axis("attention");
    axis.length = axis.queries = tokens;
    const Mask mask = patterns().at(c.pattern).make(axis, group)->visible();
    int64_t seen = 0;
    for (int64_t i = 0; i < tokens; i += kRowBlock)
      for (int64_t j = 0; j < tokens; j += kKeyTile)
        seen += mask.cover({0, {i, std::min(i + kRowBlock, tokens)}, {j, std::min(j + kKeyTile, tokens)}}) !=
                Cover::kNone;
    return seen;
  };
  return tiles(2 * length) < 3 * tiles(length);  // 2 where it is linear, 4 where it is not
}

/// Growth of time and memory with the length T, forward and backward, on the CPU.
Json cost_of(const AttentionConfig& config, const Attention* attention) {
  if (attention == nullptr) return {{"time", "0"}, {"memory", "0"}};
  if (!config.direct.empty()) {
    const DirectAttention& direct = direct_attentions().at(config.direct);
    return {{"time", direct.time}, {"memory", direct.memory}};
  }
  if (!engine_text(*attention).starts_with("fused")) return {{"time", "T²"}, {"memory", "T²"}};
  return {{"time", grows_linearly(config.composition, dump(config), 2048) ? "T" : "T²"}, {"memory", "T"}};
}

Json named_json() {
  Json list = Json::array();
  for (const NamedAttention& named : named_attentions().entries()) {
    const AttentionConfig config = resolve_attention(named.name, "attention");
    const auto attention = is_none(config) ? nullptr : make_attention(config, sample_shape(), "attention");
    Json json = {{"name", named.name},
                 {"summary", named.summary},
                 {"formula", formula_of(config)},
                 {"source", named.source},
                 {"cost", cost_of(config, attention.get())},
                 {"config", dump(config)}};
    if (attention) json["traits"] = traits_json(attention->traits());
    list.push_back(std::move(json));
  }
  return list;
}

}  // namespace

Json list_attention_axis(const std::string& what) {
  if (what == "scorers") return entries_json(scorers());
  if (what == "normalizers") return entries_json(normalizers());
  if (what == "patterns") return entries_json(patterns());
  if (what == "positions") return entries_json(attention_positions());
  if (what == "refusals") {
    Json list = Json::array();
    for (const std::string& sentence : refusals()) list.push_back({{"name", sentence}});
    return list;
  }
  return what == "attentions" ? named_json() : Json(nullptr);
}

}  // namespace fovea
