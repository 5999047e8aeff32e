// What `fovea list` shows of the axes and variants.
#include "models/attention/registry.h"

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
          {"uses_keys", traits.uses_keys}};
}

Json fields_json(const std::vector<FieldInfo>& fields) {
  Json list = Json::array();
  for (const FieldInfo& field : fields)
    list.push_back(
        {{"name", field.name}, {"type", field.type}, {"default", field.fallback}, {"help", field.help}});
  return list;
}

template <class Axis>
Json entries_json(const Registry<AxisEntry<Axis>>& registry) {
  Json list = Json::array();
  for (const auto& entry : registry.entries())
    list.push_back(
        {{"name", entry.name},
         {"formula", entry.formula},
         {"source", entry.source},
         {"keys", fields_json(entry.fields)},
         {"traits", traits_json(entry.make({1, 2, 2, true, entry.name}, Json::object())->traits())}});
  return list;
}

/// A small slot that every variant fits.
AttentionShape sample_shape() {
  AttentionShape shape;
  shape.query_width = shape.key_width = shape.value_width = shape.width = 8;
  return shape;
}

Json named_json() {
  Json list = Json::array();
  for (const NamedAttention& named : named_attentions().entries()) {
    const AttentionConfig config = resolve_attention(named.name, "attention");
    Json json = {
        {"name", named.name}, {"summary", named.summary}, {"source", named.source}, {"config", dump(config)}};
    if (!is_none(config))
      json["traits"] = traits_json(make_attention(config, sample_shape(), "attention")->traits());
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
  return what == "attentions" ? named_json() : Json(nullptr);
}

}  // namespace fovea
