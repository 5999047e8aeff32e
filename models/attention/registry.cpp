#include "models/attention/registry.h"

#include "models/attention/direct/kernel.h"
#include "models/attention/direct/linformer.h"
#include "models/attention/normalizers/entmax15.h"
#include "models/attention/normalizers/hard.h"
#include "models/attention/normalizers/sigmoid.h"
#include "models/attention/normalizers/softmax.h"
#include "models/attention/normalizers/softmax_one.h"
#include "models/attention/normalizers/sparsemax.h"
#include "models/attention/normalizers/sum.h"
#include "models/attention/normalizers/top_k.h"
#include "models/attention/normalizers/uniform.h"
#include "models/attention/patterns/adaptive_span.h"
#include "models/attention/patterns/bidirectional.h"
#include "models/attention/patterns/bigbird.h"
#include "models/attention/patterns/block.h"
#include "models/attention/patterns/causal.h"
#include "models/attention/patterns/dilated.h"
#include "models/attention/patterns/full.h"
#include "models/attention/patterns/global_local.h"
#include "models/attention/patterns/grid.h"
#include "models/attention/patterns/local.h"
#include "models/attention/patterns/local_predictive.h"
#include "models/attention/patterns/prefix.h"
#include "models/attention/patterns/strided.h"
#include "models/attention/positions/alibi.h"
#include "models/attention/positions/none.h"
#include "models/attention/positions/rope.h"
#include "models/attention/positions/shaw.h"
#include "models/attention/positions/t5.h"
#include "models/attention/positions/transformer_xl.h"
#include "models/attention/refusals.h"
#include "models/attention/scorers/activated.h"
#include "models/attention/scorers/additive.h"
#include "models/attention/scorers/cosine.h"
#include "models/attention/scorers/coverage.h"
#include "models/attention/scorers/distance.h"
#include "models/attention/scorers/dot.h"
#include "models/attention/scorers/gated.h"
#include "models/attention/scorers/general.h"
#include "models/attention/scorers/learned_query.h"
#include "models/attention/scorers/location.h"
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
  all.add(entry<Scorer, GatedScorer>("gated", "wᵀ (tanh(V_q q + V_k k) ⊙ sigmoid(U_q q + U_k k))",
                                     "Ilse 2018, eq. 9"));
  all.add(entry<Scorer, ActivatedScorer>("activated", "f(q · k + u · k + b)", "scored and activated"));
  all.add(entry<Scorer, DistanceScorer>("distance", "−‖q − k‖² / (2 s²)", "Nadaraya 1964; Watson 1964"));
  all.add(entry<Scorer, LocationScorer>("location", "(W q)_j", "Luong 2015, eq. 8"));
  all.add(entry<Scorer, CoverageScorer>("coverage", "vᵀ tanh(W_q q + W_k k + w Σ α_earlier + b)",
                                        "See 2017, eq. 10–11"));
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
  all.add(
      entry<Normalizer, SigmoidNormalizer>("sigmoid", "sigmoid(s_j)", "Ramapuram 2024, without its bias"));
  all.add(
      entry<Normalizer, SparsemaxNormalizer>("sparsemax", "max(s_j − τ, 0), Σ = 1", "Martins 2016, eq. 2"));
  all.add(
      entry<Normalizer, Entmax15Normalizer>("entmax15", "max(s_j / 2 − τ, 0)², Σ = 1", "Peters 2019, eq. 5"));
  all.add(entry<Normalizer, TopKNormalizer>("top-k", "softmax over the k largest", "Gupta 2021"));
  all.add(entry<Normalizer, HardNormalizer>("hard", "1 on the largest; softmax's gradient",
                                            "Bengio 2013; Xu 2015"));
  all.add(entry<Normalizer, SoftmaxOneNormalizer>("softmax-one", "exp(s_j) / (1 + Σ exp(s))", "Miller 2023"));
  all.add(entry<Normalizer, UniformNormalizer>("uniform", "1 / number of visible keys", "baseline"));
  return all;
}

auto make_patterns() {
  Registry<AxisEntry<Pattern>> all("pattern");
  all.add(entry<Pattern, FullPattern>("full", "every key", "Vaswani 2017, §3.2"));
  all.add(entry<Pattern, CausalPattern>("causal", "j ≤ i", "Vaswani 2017, §3.2.3"));
  all.add(entry<Pattern, LocalPattern>("local", "|i − j| ≤ window", "Luong 2015, §3.2; Beltagy 2020"));
  all.add(entry<Pattern, DilatedPattern>("dilated", "|i − j| ∈ {0, d, …, window · d}", "Beltagy 2020"));
  all.add(entry<Pattern, BlockPattern>("block", "⌊i / b⌋ = ⌊j / b⌋", "block-diagonal"));
  all.add(entry<Pattern, StridedPattern>("strided", "j ≤ i, and i − j < stride or a multiple of it",
                                         "Child 2019, §4.2"));
  all.add(entry<Pattern, GlobalLocalPattern>("global-local", "local, or i < g, or j < g", "Beltagy 2020"));
  all.add(entry<Pattern, BigBirdPattern>("bigbird", "global-local, or one of r random keys", "Zaheer 2020"));
  all.add(entry<Pattern, PrefixPattern>("prefix", "j < p, or causal", "Raffel 2020, fig. 3"));
  all.add(entry<Pattern, AxialPattern>("axial", "the same row or column of a grid", "Ho 2019; Huang 2019"));
  all.add(
      entry<Pattern, NeighborhoodPattern>("neighborhood", "|Δrow| ≤ w and |Δcolumn| ≤ w", "Hassani 2023"));
  all.add(entry<Pattern, AdaptiveSpanPattern>("adaptive-span",
                                              "a = m eˢ / Σ m eˢ, m = clamp((R + z − (i − j)) / R, 0, 1)",
                                              "Sukhbaatar 2019, eq. 5–6"));
  all.add(entry<Pattern, LocalPattern>("local-monotonic", "|i − j| ≤ window", "Luong 2015, §3.2, local-m"));
  all.add(entry<Pattern, LocalPredictivePattern>(
      "local-predictive",
      "|j − p| ≤ window, times a Gaussian; p = S · sigmoid(vᵀ tanh(W q)), in causal slots S = i + 1",
      "Luong 2015, §3.2, local-p"));
  all.add(entry<Pattern, BidirectionalPattern>(
      "bidirectional", "j ≤ i for half of the heads, j ≥ i for the others", "Shen 2018"));
  return all;
}

auto make_positions() {
  Registry<AxisEntry<Position>> all("position");
  all.add(entry<Position, NoPosition>("none", "no positions inside", ""));
  all.add(
      entry<Position, RopePosition>("rope", "pairs (2m, 2m+1) turn by i · base^(−2m/Dh)", "Su 2021, eq. 34"));
  all.add(entry<Position, AlibiPosition>("alibi", "− m_h |i − j|, m_h = 2^(−8h/H)", "Press 2022"));
  all.add(entry<Position, ShawPosition>("shaw", "q · (k_j + a_ij), v_j + b_ij", "Shaw 2018, eq. 3–5"));
  all.add(entry<Position, T5Position>("t5", "+ b[bucket(j − i), h]", "Raffel 2020, §2.1"));
  all.add(entry<Position, TransformerXlPosition>("transformer-xl", "(q + u) · k + (q + v) · P r_{i−j}",
                                                 "Dai 2019, §3.3"));
  return all;
}

template <class Features>
DirectAttention kernel_entry(const std::string& name, const std::string& formula) {
  using Options = typename Features::Options;
  return {name,
          formula,
          "T",
          "T",
          describe_fields<Options>(),
          resolve_fields<Options>,
          [](Heads heads, const AttentionShape&, const Json& group, bool causal,
             const std::string& key) -> std::shared_ptr<Attention> {
            const AxisShape axis{heads.heads(), heads.query_head_width(), heads.key_head_width(), true, key};
            return std::make_shared<KernelAttention>(
                std::move(heads), std::make_shared<Features>(axis, options_from<Options>(group)), causal);
          }};
}

auto make_direct() {
  Registry<DirectAttention> all("attention");
  all.add(kernel_entry<EluFeatures>("linear", "φ(q) · φ(k) / Σ φ(q) · φ(k), φ(x) = elu(x) + 1"));
  all.add(kernel_entry<RandomFeatures>("performer",
                                       "φ(q) · φ(k) / Σ φ(q) · φ(k), φ(x) = exp(W x − ‖x‖² / 2), W random"));
  using Projected = LinformerAttention::Options;
  all.add({"linformer", "softmax(q · (E K) / √Dh) F, E and F trained [projected, T]", "T · projected",
           "T · projected", describe_fields<Projected>(), resolve_fields<Projected>,
           [](Heads heads, const AttentionShape& shape, const Json& group, bool causal,
              const std::string& key) -> std::shared_ptr<Attention> {
             if (causal) refuse(Refusal::kBothDirections, key, "causal");
             return std::make_shared<LinformerAttention>(std::move(heads), options_from<Projected>(group),
                                                         shape, key);
           }});
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
  add("luong-local-m", "bilinear scores inside a window around the query's own place", "Luong 2015, §3.2",
      {{"scorer", "general"}, {"pattern", "local-monotonic"}});
  add("luong-local-p", "bilinear scores inside a window around a predicted place", "Luong 2015, §3.2",
      {{"scorer", "general"}, {"pattern", "local-predictive"}});
  add("gated", "gated additive scores", "Ilse 2018, eq. 9", {{"scorer", "gated"}});
  add("activated", "dot products through an activation", "scored and activated", {{"scorer", "activated"}});
  add("sparsemax", "scaled dot products, many weights exactly 0", "Martins 2016",
      {{"normalizer", "sparsemax"}});
  add("entmax15", "scaled dot products, some weights exactly 0", "Peters 2019", {{"normalizer", "entmax15"}});
  add("top-k", "scaled dot products, the k largest", "Gupta 2021", {{"normalizer", "top-k"}});
  add("hard", "scaled dot products, one key", "Xu 2015; Bengio 2013", {{"normalizer", "hard"}});
  add("sigmoid", "scaled dot products, each key on its own", "Ramapuram 2024", {{"normalizer", "sigmoid"}});
  add("dilated", "scaled dot products of neighbours with gaps", "Beltagy 2020", {{"pattern", "dilated"}});
  add("strided", "scaled dot products of recent and of every n-th key", "Child 2019",
      {{"pattern", "strided"}});
  add("longformer", "a window and global positions", "Beltagy 2020",
      {{"heads", 4}, {"projections", true}, {"pattern", "global-local"}});
  add("bigbird", "a window, global positions and random keys", "Zaheer 2020",
      {{"heads", 4}, {"projections", true}, {"pattern", "bigbird"}});
  add("adaptive-span", "heads that learn how far they look", "Sukhbaatar 2019",
      {{"heads", 4}, {"projections", true}, {"pattern", "adaptive-span"}});
  add("bidirectional", "forward- and backward-causal heads joined", "Shen 2018",
      {{"heads", 4}, {"projections", true}, {"pattern", "bidirectional"}});
  add("transformer-xl", "relative positions with biases of their own", "Dai 2019",
      {{"heads", 4}, {"projections", true}, {"position", "transformer-xl"}});
  add("coverage", "additive scores that see what was attended so far", "See 2017, eq. 10–11",
      {{"scorer", "coverage"}});
  add("learned-query", "one trained query for every example", "Yang 2016, eq. 5–6; Zhou 2016",
      {{"scorer", "learned-query"}});
  add("location-aware", "additive scores that see the previous step's weights", "Chorowski 2015, eq. 8–9",
      {{"scorer", "location-aware"}});
  add("linear", "kernel features instead of a score matrix", "Katharopoulos 2020", Json::object());
  add("performer", "random features whose products are softmax's on average", "Choromanski 2021",
      Json::object());
  add("linformer", "keys and values projected along time", "Wang 2020", Json::object());
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

bool has_pattern(const CompositionOptions& c, std::initializer_list<const char*> names) {
  for (const std::string& pattern : split(c.pattern, '&'))
    for (const char* name : names)
      if (trim(pattern) == name) return true;
  return false;
}

std::shared_ptr<Attention> make_composed(const AttentionConfig& config, const AttentionShape& shape,
                                         Heads heads, const std::string& key) {
  const CompositionOptions& c = config.composition;
  AxisShape axis{heads.heads(), heads.query_head_width(), heads.key_head_width(), true, key};
  axis.value_width = heads.value_head_width(), axis.width = heads.context_width();
  axis.rows = shape.rows, axis.columns = shape.columns, axis.length = shape.length;
  axis.queries = shape.queries > 0 ? shape.queries : shape.length, axis.first = shape.first;
  axis.causal = shape.causal, axis.one_directional = shape.causal || has_pattern(c, {"causal", "strided"});
  Axes axes;
  axes.dropout = c.dropout;
  axes.normalizer = normalizers().at(c.normalizer).make(axis, config.options);
  axis.scored = axes.normalizer->traits().uses_query || axes.normalizer->traits().uses_keys;
  axis.exponential = axes.normalizer->exponential(), axis.normalizer = c.normalizer;
  axes.scorer = scorers().at(c.scorer).make(axis, config.options);
  axis.product = axes.scorer->product(), axis.scorer = c.scorer;
  axes.position = attention_positions().at(c.position).make(axis, config.options);
  axes.patterns = make_patterns(config, shape, axis);
  axes.engine = c.engine == "fused" ? Engine::kFused : c.engine == "plain" ? Engine::kPlain : Engine::kAuto;
  if (c.talking_heads) axes.talking = std::make_shared<TalkingHeads>(heads.heads());
  if (c.output_gate)
    axes.gate = torch::nn::Linear(
        torch::nn::LinearOptions(shape.query_width, heads.heads() * heads.value_head_width()).bias(false));
  auto attention = std::make_shared<ComposedAttention>(std::move(heads), std::move(axes));
  if (const std::string reason = attention->unfused_because(); c.engine == "fused" && !reason.empty())
    refuse(Refusal::kFused, key, reason);
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
const Registry<DirectAttention>& direct_attentions() {
  static const auto all = make_direct();
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
  if (!config.direct.empty())
    return direct_attentions()
        .at(config.direct)
        .make(std::move(heads), shape, config.options, shape.causal || config.composition.pattern == "causal",
              key);
  auto attention = make_composed(config, shape, std::move(heads), key);
  if (config.name == "frozen-random")
    for (Tensor& parameter : attention->parameters()) parameter.set_requires_grad(false);
  return attention;
}

}  // namespace fovea
