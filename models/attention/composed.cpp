#include "models/attention/composed.h"

#include "models/attention/counter_dropout.h"

namespace fovea {
namespace {

constexpr const char* kWhere = "Attention";

/// Without gradients nothing of a long call need stay: its queries are answered in slices of about so many
/// cells a head.
constexpr int64_t kMostCells = int64_t{1} << 22;

/// The state of a stateful scorer before its first query.
State start_state(Scorer& scorer, const Mask& mask, int64_t first, const Tensor& queries,
                  const Tensor& keys) {
  const std::vector<int64_t> sizes = {queries.size(0), queries.size(1), 1, keys.size(2)};
  const Tensor visible = mask.visible({first, {0, 1}, {0, keys.size(2)}}, keys.device());
  return scorer.start(visible.defined() ? visible.expand(sizes)
                                        : torch::ones(sizes, keys.options().dtype(torch::kBool)));
}

}  // namespace

ComposedAttention::ComposedAttention(Heads heads, Axes axes)
    : heads_(std::move(heads)), axes_(std::move(axes)) {
  heads_.register_in(*this);
  register_module("scorer", axes_.scorer);
  register_module("normalizer", axes_.normalizer);
  register_module("position", axes_.position);
  // One pattern keeps its parameters under `pattern.`; of several, the first does, and the others are
  // counted.
  for (size_t i = 0; i < axes_.patterns.size(); ++i)
    register_module(i == 0 ? "pattern" : "pattern" + std::to_string(i + 1), axes_.patterns[i]);
  if (axes_.talking) register_module("talking", axes_.talking);
  if (axes_.gate) register_module("gate", axes_.gate);
  fusable_ = unfused_because().empty();
}

bool ComposedAttention::scored() const {
  const Traits traits = axes_.normalizer->traits();
  return traits.uses_query || traits.uses_keys;
}

Traits ComposedAttention::traits() const {
  const Traits scorer = axes_.scorer->traits(), normalizer = axes_.normalizer->traits();
  Traits all = normalizer;
  if (scored()) {
    all.key_equivariant =
        all.key_equivariant && scorer.key_equivariant && axes_.position->traits().key_equivariant;
    all.differentiable = all.differentiable && scorer.differentiable;
    all.sequential = scorer.sequential;
    all.uses_query = scorer.uses_query;
    all.uses_keys = scorer.uses_keys;
    // Where no score changes sign, neither does its share in the sum.
    if (axes_.scorer->one_sign() && axes_.position->traits().key_equivariant) all.sign = Sign::kNonNegative;
  }
  for (const auto& pattern : axes_.patterns) {
    const Traits one = pattern->traits();
    all.key_equivariant = all.key_equivariant && one.key_equivariant;
    if (one.row_sum == RowSum::kAtMostOne && all.row_sum == RowSum::kOne) all.row_sum = RowSum::kAtMostOne;
    all.uses_query = all.uses_query || one.uses_query;
    all.grows = all.grows && one.grows;
  }
  if (axes_.talking) all.sign = Sign::kAny, all.row_sum = RowSum::kAny;
  return all;
}

Mask ComposedAttention::pattern() const {
  Mask mask;
  for (const auto& pattern : axes_.patterns) mask = mask & pattern->visible();
  return mask;
}

Tensor ComposedAttention::turned(const Tensor& x, int64_t first) const {
  return axes_.position->matters()
             ? axes_.position->turn(x, positions({first, first + x.size(2)}, x.device()))
             : x;
}

Memory ComposedAttention::extend(const Memory& memory, const Tensor& key, const Tensor& value,
                                 const Tensor& padding) {
  require_memory_shapes(key, value, padding, kWhere);
  const auto [split_key, v] =
      heads_.split(without_padding(key, value, padding));  // [B, G, Tk, Dh], [B, G, Tk, Dv]
  Tensor k = turned(split_key, memory.size());
  if (axes_.scorer->maps_keys()) k = heads_.spread(k);  // [B, H, Tk, Dh]
  return memory.join(Memory({axes_.scorer->map_key(k), v}, 2, key.size(1), padding));
}

AttentionOutput ComposedAttention::attend(const Tensor& query, const Memory& memory, const Call& call) {
  require_query_shape(query, memory, kWhere);
  const Rows rows = prepare(query, memory, call);
  AttentionOutput output;
  const bool in_order = traits().sequential;
  if (in_order) output.state = call.state;
  const bool fused = fuses(rows), wanted = call.want == Want::kWeights;
  const bool sliced = !torch::GradMode::is_enabled() && !wanted && query.size(1) * memory.size() > kMostCells;
  const Answer all = fused      ? attend_fused(rows, wanted)
                     : in_order ? answer_in_order(rows, output.state)
                     : sliced   ? answer_in_slices(rows)
                                : answer(rows, {0, query.size(1)}, {});
  const Tensor gate = axes_.gate ? torch::sigmoid(axes_.gate(query)) : Tensor();
  output.context = heads_.join(all.attended, gate);  // [B, Tq, width]
  if (wanted) output.weights = all.weights;          // [B, H, Tq, Tk]
  return output;
}

ComposedAttention::Rows ComposedAttention::prepare(const Tensor& query, const Memory& memory,
                                                   const Call& call) {
  Rows rows;
  rows.first = call.first.value_or(memory.size() - query.size(1));
  rows.query = turned(heads_.split_query(query), rows.first);
  rows.call_mask = call.mask;
  rows.mask = pattern() & call.mask;
  rows.padding = memory.padding();
  if (rows.padding.defined()) rows.mask = rows.mask & Mask::keys(rows.padding);
  if (is_training() && axes_.dropout > 0) rows.dropout_key = draw_dropout_key(rows.query.device());
  map_query(rows);
  if (call.want == Want::kContext && memory.size() > 0 && is_step(rows) && fuses(rows)) {
    rows.keys = memory.stored()[0], rows.values = memory.stored()[1], rows.key_rows = memory.rows();
  } else {
    rows.keys = axes_.scorer->maps_keys() ? memory.parts()[0] : heads_.spread(memory.parts()[0]);
    rows.values = heads_.spread(memory.parts()[1]);
  }
  return rows;
}

void ComposedAttention::map_query(Rows& rows) {
  const Tensor content = axes_.position->content_query(rows.query);
  const auto scale = axes_.scorer->query_scale();
  if (scale && rows.query.device().is_cpu() && !axes_.position->adds_vectors() && fuses(rows)) {
    rows.mapped = content, rows.scale = *scale;
    return;
  }
  rows.mapped = axes_.scorer->map_query(content);
  if (const Tensor relative = axes_.position->relative_query(rows.query); relative.defined())
    rows.relative = axes_.scorer->map_query(relative);
}

Tensor ComposedAttention::scores(const Rows& rows, Span span, const PatternCall& seen, const State& state) {
  if (!scored())
    return torch::zeros({rows.query.size(0), rows.query.size(1), span.size(), rows.keys.size(2)},
                        rows.values.options());
  Tensor query = rows.mapped.slice(2, span.begin, span.end);
  if (rows.scale != 1) query = query * rows.scale;
  Tensor scores = axes_.scorer->finish(axes_.scorer->pair(query, rows.keys, state));
  const Tensor relative = rows.relative.defined() ? rows.relative.slice(2, span.begin, span.end) : Tensor();
  const Tensor bias = axes_.position->bias(relative, seen.query_positions, seen.key_positions);
  if (bias.defined()) scores = scores + bias.to(scores.dtype());
  return axes_.talking ? axes_.talking->before(scores) : scores;  // [B, H, rows, Tk]
}

PatternCall ComposedAttention::seen_by(const Rows& rows, Span span) const {
  const auto device = rows.keys.device();
  return {rows.query.slice(2, span.begin, span.end),
          positions({rows.first + span.begin, rows.first + span.end}, device),
          positions({0, rows.keys.size(2)}, device), rows.padding};
}

Tensor ComposedAttention::weights(const Rows& rows, Span span, const PatternCall& seen, const State& state) {
  const Tile tile{rows.first, span, {0, rows.keys.size(2)}};
  Tensor scores = this->scores(rows, span, seen, state),
         visible = rows.mask.visible(tile, rows.keys.device());
  for (const auto& pattern : axes_.patterns) {
    Tensor sees = pattern->sees(seen);
    if (const Tensor factor = pattern->factor(seen); factor.defined()) {
      const Tensor reached = factor > 0;
      scores = scores + factor.masked_fill(~reached, 1).log();
      sees = sees.defined() ? sees & reached : reached;
    }
    if (sees.defined()) visible = visible.defined() ? visible & sees : sees;
  }
  Tensor weights = axes_.normalizer->normalize(scores, visible);
  for (const auto& pattern : axes_.patterns)
    if (const Tensor gain = pattern->gain(seen); gain.defined()) weights = weights * gain;
  if (axes_.talking) weights = axes_.talking->after(weights);
  return changed(weights, visible);
}

ComposedAttention::Answer ComposedAttention::answer(const Rows& rows, Span span, const State& state) {
  const PatternCall seen = seen_by(rows, span);
  Answer result;
  result.weights = weights(rows, span, seen, state);
  Tensor kept = result.weights;
  if (rows.dropout_key)
    kept = kept * dropout_mask(*rows.dropout_key, axes_.dropout, kept.sizes(), {rows.first + span.begin, 0},
                               kept.options());
  result.attended = torch::matmul(kept, rows.values);  // [B, H, rows, Dv]
  const Tensor relative = axes_.position->add(kept, seen.query_positions, seen.key_positions);
  if (relative.defined()) result.attended = result.attended + relative;
  return result;
}

ComposedAttention::Answer ComposedAttention::answer_in_slices(const Rows& rows) {
  const int64_t queries = rows.query.size(2), slice = std::max<int64_t>(1, kMostCells / rows.keys.size(2));
  // Written into one tensor: small ones kept between large ones that come and go leave holes in memory.
  Tensor attended;
  for (int64_t begin = 0; begin < queries; begin += slice) {
    const int64_t end = std::min(begin + slice, queries);
    const Tensor some = answer(rows, {begin, end}, {}).attended;
    if (!attended.defined())
      attended = torch::empty({some.size(0), some.size(1), queries, some.size(3)}, some.options());
    attended.slice(2, begin, end).copy_(some);
  }
  return {attended, Tensor()};  // [B, H, Tq, Dv]
}

/// One query after the other, each with the state the one before it left.
ComposedAttention::Answer ComposedAttention::answer_in_order(const Rows& rows, State& state) {
  if (state.empty()) state = start_state(*axes_.scorer, rows.mask, rows.first, rows.mapped, rows.keys);
  std::vector<Tensor> weights, attended;
  for (int64_t row = 0; row < rows.mapped.size(2); ++row) {
    const Answer one = answer(rows, {row, row + 1}, state);
    state = axes_.scorer->next(state, one.weights);
    weights.push_back(one.weights);
    attended.push_back(one.attended);
  }
  if (weights.empty()) return answer(rows, {0, 0}, state);
  return {torch::cat(attended, 2), torch::cat(weights, 2)};  // [B, H, Tq, Dv], [B, H, Tq, Tk]
}

}  // namespace fovea
