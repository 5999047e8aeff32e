// An attention group of the config, resolved: a name, the axes it stands for, and each axis's own options.
#pragma once

#include <string>

#include "src/config/fields.h"

namespace fovea {

/// The fields every composition has. The axes' own options stand beside them in the same flat object.
struct CompositionOptions {
  int64_t heads = 1, kv_heads = 0;
  bool projections = false, output_gate = false, talking_heads = false;
  double dropout = 0;
  std::string scorer = "scaled-dot", normalizer = "softmax", pattern = "full", position = "none";
  std::string engine = "auto";
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("heads", self.heads, "query heads H", at_least(1));
    visit("kv_heads", self.kv_heads, "key-value heads (1 = multi-query); 0 = as many as heads", at_least(0));
    visit("projections", self.projections,
          "project queries, keys, values and output; follows from heads > 1");
    visit("output_gate", self.output_gate, "multiply the attended values by sigmoid(G · query)");
    visit("talking_heads", self.talking_heads, "mix the heads before and after the normalizer");
    visit("dropout", self.dropout, "of the weights, in training", between(0, 0.95));
    visit("scorer", self.scorer, "score of a query and a key");
    visit("normalizer", self.normalizer, "from scores to weights");
    visit("pattern", self.pattern, "who may attend to whom; joined with &: causal&local");
    visit("position", self.position, "inside the attention");
    visit("engine", self.engine, "fused kernels where they can and pay, always, or never",
          one_of({"auto", "fused", "plain"}));
  }
};

struct AttentionConfig {
  std::string name;    // of the variant it began as: "multi-head", "compose"
  std::string direct;  // name of a direct attention (no score matrix), or empty
  CompositionOptions composition;
  Json options = Json::object();  // of the chosen axes, every field stated
};

/// What a slot of a net, or the arrays of `attend`, ask of an attention.
struct AttentionShape {
  int64_t query_width = 0, key_width = 0, value_width = 0;
  int64_t width = 0;              // D of projected heads and of the output; 0 = the query's width
  bool causal = false;            // the slot adds its own causality
  bool ordered = true;            // queries come in order
  int64_t rows = 0, columns = 0;  // of a grid
  int64_t length = 0;             // most keys a sequence can have; 0 = unknown
  int64_t queries = 0;            // most queries, where that is another number; 0 = length
  int64_t first = 0;              // position of the first of them
};

/// Reads `group`, a name or {"name": …, fields}; strict. `key` ("model.attention") opens each message.
/// Throws ConfigError: unknown name, key or value, or a combination that cannot be (refusals.h).
AttentionConfig resolve_attention(const Json& group, const std::string& key);

/// The effective group, every field of every chosen axis stated: reading it again gives the same.
Json dump(const AttentionConfig& config);

/// The slot without attention.
bool is_none(const AttentionConfig& config);

}  // namespace fovea
