// Every axis and every named variant: one line each in registry.cpp.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "models/attention/composed.h"
#include "src/base/registry.h"

namespace fovea {

/// One entry of an axis: what `fovea list` shows, its fields, and how it is made from them.
template <class Axis>
struct AxisEntry {
  std::string name, formula, source;
  std::vector<FieldInfo> fields;
  /// Reads the axis's fields from the flat group and states all of them.
  std::function<Json(ObjectReader&)> resolve;
  /// From the stated fields of the group (which may hold other axes' too).
  std::function<std::shared_ptr<Axis>(const AxisShape&, const Json&)> make;
};

/// An attention that has heads but no score matrix, and so no other axes.
struct DirectAttention {
  std::string name, formula, time, memory;  // cost in the length T
  std::vector<FieldInfo> fields;
  std::function<Json(ObjectReader&)> resolve;
  /// `causal` = the slot's causality or the pattern's.
  std::function<std::shared_ptr<Attention>(Heads, const AttentionShape&, const Json&, bool causal,
                                           const std::string& key)>
      make;
};

/// A preset of the axes, with its paper.
struct NamedAttention {
  std::string name, summary, source;
  Json preset;
};

const Registry<AxisEntry<Scorer>>& scorers();
const Registry<AxisEntry<Normalizer>>& normalizers();
const Registry<AxisEntry<Pattern>>& patterns();
const Registry<AxisEntry<Position>>& attention_positions();
/// Attentions without a score matrix: "linear", "performer", "linformer".
const Registry<DirectAttention>& direct_attentions();
const Registry<NamedAttention>& named_attentions();

/// The attention of a resolved group for one slot. Throws ConfigError when the widths do not fit or the slot
/// cannot hold it.
std::shared_ptr<Attention> make_attention(const AttentionConfig& config, const AttentionShape& shape,
                                          const std::string& key);

/// What `fovea list attentions|scorers|normalizers|patterns|positions|refusals` shows: names, formulas or
/// summaries, sources, keys with defaults, cost, traits; null for another word. Draws from the default
/// generator where a variant has parameters.
Json list_attention_axis(const std::string& what);

}  // namespace fovea
