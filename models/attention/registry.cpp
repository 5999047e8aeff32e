#include "models/attention/registry.h"

#include "models/attention/linear.h"
#include "models/attention/normalizers/softmax.h"
#include "models/attention/normalizers/sum.h"
#include "models/attention/normalizers/uniform.h"
#include "models/attention/patterns/pattern.h"
#include "models/attention/positions/none.h"
#include "models/attention/positions/rope.h"
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

template <class Made, class Options, class Make>
AxisEntry<Made> entry(const std::string& name, const std::string& formula, const std::string& source, Make make) {
  return {name, formula, source, describe_fields<Options>(), resolve_fields<Options>, [make](const AxisShape& shape, const Json& group) -> Made { return make(shape, options_from<Options>(group)); }};
}

template <class S>
auto scorer(const std::string& name, const std::string& formula, const std::string& source) {
  return entry<std::shared_ptr<Scorer>, typename S::Options>(name, formula, source, [](const AxisShape& shape, const auto& options) { return std::make_shared<S>(shape, options); });
}

template <class N>
auto normalizer(const std::string& name, const std::string& formula, const std::string& source) {
  return entry<std::shared_ptr<Normalizer>, typename N::Options>(name, formula, source, [](const AxisShape&, const auto& options) { return std::make_shared<N>(options); });
}

template <class P>
auto position(const std::string& name, const std::string& formula, const std::string& source) {
  return entry<std::shared_ptr<Position>, typename P::Options>(name, formula, source, [](const AxisShape& shape, const auto& options) { return std::make_shared<P>(shape, options); });
}

template <class Options, class Make>
auto pattern(const std::string& name, const std::string& formula, const std::string& source, Make make) {
  return entry<Mask, Options>(name, formula, source, [make](const AxisShape&, const Options& options) -> Mask { return make(options); });
}

auto make_scorers() {
  Registry<AxisEntry<std::shared_ptr<Scorer>>> all("scorer");
  all.add(scorer<DotScorer>("dot", "q · k", "Luong 2015, eq. 8"));
  all.add(scorer<ScaledDotScorer>("scaled-dot", "q · k / √Dh", "Vaswani 2017, eq. 1"));
  all.add(scorer<GeneralScorer>("general", "qᵀ W k", "Luong 2015, eq. 8"));
  all.add(scorer<AdditiveScorer>("additive", "vᵀ tanh(W_q q + W_k k + b)", "Bahdanau 2015, A.1.2"));
  all.add(scorer<AdditiveScorer>("concat", "another name of additive", "Luong 2015, eq. 8"));
  all.add(scorer<CosineScorer>("cosine", "q · k / (τ ‖q‖ ‖k‖)", "cosine similarity"));
  all.add(scorer<LearnedQueryScorer>("learned-query", "u · tanh(W_k k + b)", "Yang 2016, eq. 5–6; Zhou 2016"));
  all.add(scorer<LocationAwareScorer>("location-aware", "vᵀ tanh(W_q q + W_k k + U (F ∗ α_prev) + b)", "Chorowski 2015, eq. 8–9"));
  return all;
}

auto make_normalizers() {
  Registry<AxisEntry<std::shared_ptr<Normalizer>>> all("normalizer");
  all.add(normalizer<SoftmaxNormalizer>("softmax", "exp(s_j / temperature) / Σ exp(s / temperature)", "Bridle 1990"));
  all.add(normalizer<SumNormalizer>("sum", "s_j / Σ s; a vanishing sum gives 0", "weighted mean"));
  all.add(normalizer<UniformNormalizer>("uniform", "1 / number of visible keys", "baseline"));
  return all;
}

auto make_patterns() {
  Registry<AxisEntry<Mask>> all("pattern");
  all.add(pattern<PlainPatternOptions>("full", "every key", "Vaswani 2017", [](const auto&) { return Mask(); }));
  all.add(pattern<PlainPatternOptions>("causal", "j ≤ i", "Vaswani 2017, §3.2.3", [](const auto&) { return Mask::causal(); }));
  all.add(pattern<LocalPatternOptions>("local", "|i − j| ≤ window", "Luong 2015, §3.2; Beltagy 2020", [](const LocalPatternOptions& o) { return Mask::local(o.window); }));
  return all;
}

auto make_positions() {
  Registry<AxisEntry<std::shared_ptr<Position>>> all("position");
  all.add(position<NoPosition>("none", "no positions inside", ""));
  all.add(position<RopePosition>("rope", "pairs (2m, 2m+1) turn by i · base^(−2m/Dh)", "Su 2021, eq. 34"));
  return all;
}

auto make_named() {
  Registry<NamedAttention> all("attention");
  const auto add = [&all](const char* name, const char* summary, const char* source, Json preset) { all.add({name, summary, source, std::move(preset)}); };
  add("compose", "plain axes: scaled-dot, softmax, full, none, one head", "", Json::object());
  add("bahdanau", "additive scores", "Bahdanau 2015, A.1.2", {{"scorer", "additive"}});
  add("luong-dot", "dot products", "Luong 2015, eq. 8", {{"scorer", "dot"}});
  add("luong-general", "bilinear scores", "Luong 2015, eq. 8", {{"scorer", "general"}});
  add("luong-concat", "additive scores, as Luong calls them", "Luong 2015, eq. 8", {{"scorer", "additive"}});
  add("scaled-dot", "scaled dot products, one head, no projections", "Vaswani 2017, eq. 1", Json::object());
  add("multi-head", "projected heads of scaled dot products", "Vaswani 2017, §3.2.2", {{"heads", 4}, {"projections", true}});
  add("multi-head-additive", "projected heads of additive scores", "Bahdanau 2015 with Vaswani 2017, §3.2.2", {{"scorer", "additive"}, {"heads", 4}, {"projections", true}});
  add("multi-query", "heads that share one key and one value", "Shazeer 2019", {{"heads", 4}, {"kv_heads", 1}, {"projections", true}});
  add("grouped-query", "groups of heads that share keys and values", "Ainslie 2023", {{"heads", 4}, {"kv_heads", 2}, {"projections", true}});
  add("cosine", "cosine scores", "cosine similarity", {{"scorer", "cosine"}});
  add("cosine-sum", "cosine scores divided by their sum", "cosine similarity", {{"scorer", "cosine"}, {"normalizer", "sum"}});
  add("local", "scaled dot products inside a window", "Luong 2015, §3.2; Beltagy 2020", {{"pattern", "local"}});
  add("learned-query", "one trained query for every example", "Yang 2016, eq. 5–6; Zhou 2016", {{"scorer", "learned-query"}});
  add("location-aware", "additive scores that see the previous step's weights", "Chorowski 2015, eq. 8–9", {{"scorer", "location-aware"}});
  add("linear", "kernel features instead of a score matrix", "Katharopoulos 2020", Json::object());
  add("uniform", "baseline: the mean of the visible values", "", {{"scorer", "dot"}, {"normalizer", "uniform"}});
  add("frozen-random", "baseline: scorer and projections stay as they were drawn", "", {{"projections", true}});
  add("none", "baseline: the slot without attention, as the net states it", "", Json::object());
  return all;
}

Mask make_pattern(const AttentionConfig& config, const AttentionShape& shape) {
  Mask mask = shape.causal ? Mask::causal() : Mask();
  for (const std::string& name : split(config.composition.pattern, '&')) mask = mask & patterns().at(name).make({}, config.options);
  return mask;
}

template <class Made>
Json entries_json(const Registry<AxisEntry<Made>>& registry) {
  Json list = Json::array();
  for (const auto& entry : registry.entries()) {
    Json fields = Json::array();
    for (const FieldInfo& field : entry.fields) fields.push_back({{"name", field.name}, {"type", field.type}, {"default", field.fallback}, {"help", field.help}});
    list.push_back({{"name", entry.name}, {"formula", entry.formula}, {"source", entry.source}, {"keys", fields}});
  }
  return list;
}

}  // namespace

const Registry<AxisEntry<std::shared_ptr<Scorer>>>& scorers() {
  static const auto all = make_scorers();
  return all;
}
const Registry<AxisEntry<std::shared_ptr<Normalizer>>>& normalizers() {
  static const auto all = make_normalizers();
  return all;
}
const Registry<AxisEntry<Mask>>& patterns() {
  static const auto all = make_patterns();
  return all;
}
const Registry<AxisEntry<std::shared_ptr<Position>>>& attention_positions() {
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

std::shared_ptr<Attention> make_attention(const AttentionConfig& config, const AttentionShape& shape, const std::string& key) {
  if (is_none(config)) throw ConfigError(key + ": none is a slot without attention; this one needs an attention");
  Heads heads(config.composition, shape, key);
  if (config.direct == "linear") return std::make_shared<LinearAttention>(std::move(heads), shape.causal || config.composition.pattern == "causal");
  const AxisShape axis{heads.heads(), heads.query_head_width(), heads.key_head_width(), key};
  Axes axes;
  axes.scorer = scorers().at(config.composition.scorer).make(axis, config.options);
  axes.normalizer = normalizers().at(config.composition.normalizer).make(axis, config.options);
  axes.position = attention_positions().at(config.composition.position).make(axis, config.options);
  axes.pattern = make_pattern(config, shape);
  axes.dropout = config.composition.dropout;
  if (axes.scorer->traits().sequential && !shape.ordered) throw ConfigError(key + ": scorer " + config.composition.scorer + " needs queries that come in order; this slot asks them in any order");
  auto attention = std::make_shared<ComposedAttention>(std::move(heads), std::move(axes));
  if (config.name == "frozen-random")
    for (Tensor& parameter : attention->parameters()) parameter.set_requires_grad(false);
  return attention;
}

Json list_attention_axis(const std::string& what) {
  if (what == "scorers") return entries_json(scorers());
  if (what == "normalizers") return entries_json(normalizers());
  if (what == "patterns") return entries_json(patterns());
  if (what == "positions") return entries_json(attention_positions());
  if (what != "attentions") return nullptr;
  Json list = Json::array();
  for (const NamedAttention& named : named_attentions().entries())
    list.push_back({{"name", named.name}, {"summary", named.summary}, {"source", named.source}, {"config", dump(resolve_attention(named.name, "model.attention"))}});
  return list;
}

}  // namespace fovea
