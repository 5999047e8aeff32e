#include "models/attention/registry.h"

#include "models/attention/linear.h"
#include "models/attention/normalizers/softmax.h"
#include "models/attention/normalizers/sum.h"
#include "models/attention/normalizers/uniform.h"
#include "models/attention/patterns/causal.h"
#include "models/attention/patterns/full.h"
#include "models/attention/patterns/local.h"
#include "models/attention/positions/none.h"
#include "models/attention/positions/rope.h"
#include "models/attention/refusals.h"
#include "models/attention/scorers/additive.h"
#include "models/attention/scorers/cosine.h"
#include "models/attention/scorers/dot.h"
#include "models/attention/scorers/general.h"
#include "models/attention/scorers/learned_query.h"
#include "models/attention/scorers/location_aware.h"
#include "models/attention/scorers/scaled_dot.h"
#include "src/base/text.h"

namespace fovea {
namespace {

/// The options struct's own fields out of a group that holds more.
template <class Options>
Options options_from(const Json& group) {
  Json own = Json::object();
  for (const FieldInfo& field : describe_fields<Options>())
    if (group.contains(field.name)) own[field.name] = group[field.name];
  return read_options<Options>(own, "model.attention");
}

template <class Options>
Json resolve_fields(ObjectReader& reader) {
  Options options;
  reader.read(options);
  return dump_fields(options);
}

/// An entry for the class `Made`, which has `Options` with a field list and is made from a shape and options.
template <class Axis, class Made>
AxisEntry<Axis> entry(const std::string& name, const std::string& formula, const std::string& source) {
  using Options = typename Made::Options;
  return {name,
          formula,
          source,
          describe_fields<Options>(),
          resolve_fields<Options>,
          [](const AxisShape& shape, const Json& group) -> std::shared_ptr<Axis> {
            return std::make_shared<Made>(shape, options_from<Options>(group));
          }};
}

auto make_scorers() {
  Registry<AxisEntry<Scorer>> all("scorer");
  all.add(entry<Scorer, DotScorer>("dot", "q · k", "Luong 2015, eq. 8"));
  all.add(entry<Scorer, ScaledDotScorer>("scaled-dot", "q · k / √Dh", "Vaswani 2017, eq. 1"));
  all.add(entry<Scorer, GeneralScorer>("general", "qᵀ W k", "Luong 2015, eq. 8"));
  all.add(entry<Scorer, AdditiveScorer>("additive", "vᵀ tanh(W_q q + W_k k + b)", "Bahdanau 2015, A.1.2"));
  all.add(entry<Scorer, AdditiveScorer>("concat", "another name of additive", "Luong 2015, eq. 8"));
  all.add(entry<Scorer, CosineScorer>("cosine", "q · k / (τ ‖q‖ ‖k‖)", "cosine similarity"));
  all.add(entry<Scorer, LearnedQueryScorer>("learned-query", "u · tanh(W_k k + b)",
                                            "Yang 2016, eq. 5–6; Zhou 2016"));
  all.add(entry<Scorer, LocationAwareScorer>("location-aware", "vᵀ tanh(W_q q + W_k k + U (F ∗ α_prev) + b)",
                                             "Chorowski 2015, eq. 8–9"));
  return all;
}

auto make_normalizers() {
  Registry<AxisEntry<Normalizer>> all("normalizer");
  all.add(entry<Normalizer, SoftmaxNormalizer>("softmax", "exp(s_j / temperature) / Σ exp(s / temperature)",
                                               "Bridle 1990"));
  all.add(entry<Normalizer, SumNormalizer>("sum", "s_j / Σ s; a vanishing sum gives 0", "weighted mean"));
  all.add(entry<Normalizer, UniformNormalizer>("uniform", "1 / number of visible keys", "baseline"));
  return all;
}

auto make_patterns() {
  Registry<AxisEntry<Pattern>> all("pattern");
  all.add(entry<Pattern, FullPattern>("full", "every key", "Vaswani 2017, §3.2"));
  all.add(entry<Pattern, CausalPattern>("causal", "j ≤ i", "Vaswani 2017, §3.2.3"));
  all.add(entry<Pattern, LocalPattern>("local", "|i − j| ≤ window", "Luong 2015, §3.2; Beltagy 2020"));
  return all;
}

auto make_positions() {
  Registry<AxisEntry<Position>> all("position");
  all.add(entry<Position, NoPosition>("none", "no positions inside", ""));
  all.add(
      entry<Position, RopePosition>("rope", "pairs (2m, 2m+1) turn by i · base^(−2m/Dh)", "Su 2021, eq. 34"));
  return all;
}

auto make_named() {
  Registry<NamedAttention> all("attention");
  const auto add = [&all](const char* name, const char* summary, const char* source, Json preset) {
    all.add({name, summary, source, std::move(preset)});
  };
  add("compose", "plain axes: scaled-dot, softmax, full, none, one head", "", Json::object());
  add("bahdanau", "additive scores", "Bahdanau 2015, A.1.2", {{"scorer", "additive"}});
  add("luong-dot", "dot products", "Luong 2015, eq. 8", {{"scorer", "dot"}});
  add("luong-general", "bilinear scores", "Luong 2015, eq. 8", {{"scorer", "general"}});
  add("luong-concat", "additive scores, as Luong calls them", "Luong 2015, eq. 8", {{"scorer", "additive"}});
  add("scaled-dot", "scaled dot products, one head, no projections", "Vaswani 2017, eq. 1", Json::object());
  add("multi-head", "projected heads of scaled dot products", "Vaswani 2017, §3.2.2",
      {{"heads", 4}, {"projections", true}});
  add("multi-head-additive", "projected heads of additive scores", "Bahdanau 2015 with Vaswani 2017, §3.2.2",
      {{"scorer", "additive"}, {"heads", 4}, {"projections", true}});
  add("multi-query", "heads that share one key and one value", "Shazeer 2019",
      {{"heads", 4}, {"kv_heads", 1}, {"projections", true}});
  add("grouped-query", "groups of heads that share keys and values", "Ainslie 2023",
      {{"heads", 4}, {"kv_heads", 2}, {"projections", true}});
  add("cosine", "cosine scores", "cosine similarity", {{"scorer", "cosine"}});
  add("cosine-sum", "cosine scores divided by their sum", "cosine similarity",
      {{"scorer", "cosine"}, {"normalizer", "sum"}});
  add("local", "scaled dot products inside a window", "Luong 2015, §3.2; Beltagy 2020",
      {{"pattern", "local"}});
  add("learned-query", "one trained query for every example", "Yang 2016, eq. 5–6; Zhou 2016",
      {{"scorer", "learned-query"}});
  add("location-aware", "additive scores that see the previous step's weights", "Chorowski 2015, eq. 8–9",
      {{"scorer", "location-aware"}});
  add("linear", "kernel features instead of a score matrix", "Katharopoulos 2020", Json::object());
  add("uniform", "baseline: the mean of the visible values", "",
      {{"scorer", "dot"}, {"normalizer", "uniform"}});
  add("frozen-random", "baseline: scorer and projections stay as they were drawn", "",
      {{"projections", true}});
  add("none", "baseline: the slot without attention, as the net states it", "", Json::object());
  return all;
}

/// The config's patterns, and the slot's own causality after them.
std::vector<std::shared_ptr<Pattern>> make_patterns(const AttentionConfig& config,
                                                    const AttentionShape& shape, const AxisShape& axis) {
  std::vector<std::shared_ptr<Pattern>> made;
  for (const std::string& name : split(config.composition.pattern, '&'))
    made.push_back(patterns().at(trim(name)).make(axis, config.options));
  if (shape.causal) made.push_back(patterns().at("causal").make(axis, config.options));
  return made;
}

std::shared_ptr<Attention> make_composed(const AttentionConfig& config, const AttentionShape& shape,
                                         Heads heads, const std::string& key) {
  const CompositionOptions& c = config.composition;
  AxisShape axis{heads.heads(), heads.query_head_width(), heads.key_head_width(), true, key};
  Axes axes;
  axes.dropout = c.dropout;
  axes.normalizer = normalizers().at(c.normalizer).make(axis, config.options);
  axis.scored = axes.normalizer->traits().uses_query || axes.normalizer->traits().uses_keys;
  axes.scorer = scorers().at(c.scorer).make(axis, config.options);
  axes.position = attention_positions().at(c.position).make(axis, config.options);
  axes.patterns = make_patterns(config, shape, axis);
  auto attention = std::make_shared<ComposedAttention>(std::move(heads), std::move(axes));
  if (attention->traits().sequential && !shape.ordered) refuse(Refusal::kOrder, key, "queries in any order");
  return attention;
}

}  // namespace

const Registry<AxisEntry<Scorer>>& scorers() {
  static const auto all = make_scorers();
  return all;
}
const Registry<AxisEntry<Normalizer>>& normalizers() {
  static const auto all = make_normalizers();
  return all;
}
const Registry<AxisEntry<Pattern>>& patterns() {
  static const auto all = make_patterns();
  return all;
}
const Registry<AxisEntry<Position>>& attention_positions() {
  static const auto all = make_positions();
  return all;
}
const std::vector<std::string>& direct_attentions() {
  static const std::vector<std::string> all = {"linear"};
  return all;
}
const Registry<NamedAttention>& named_attentions() {
  static const auto all = make_named();
  return all;
}

std::shared_ptr<Attention> make_attention(const AttentionConfig& config, const AttentionShape& shape,
                                          const std::string& key) {
  if (is_none(config)) refuse(Refusal::kNoneSlot, key, config.name);
  Heads heads(config.composition, shape, key);
  if (config.direct == "linear")
    return std::make_shared<LinearAttention>(std::move(heads),
                                             shape.causal || config.composition.pattern == "causal");
  auto attention = make_composed(config, shape, std::move(heads), key);
  if (config.name == "frozen-random")
    for (Tensor& parameter : attention->parameters()) parameter.set_requires_grad(false);
  return attention;
}

}  // namespace fovea
