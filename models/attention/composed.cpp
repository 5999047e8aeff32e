#include "models/attention/composed.h"

#include "models/attention/counter_dropout.h"

namespace fovea {
namespace {

constexpr const char* kWhere = "Attention";

template <class T>
T weaker(T a, T b) {
  return static_cast<T>(std::max(static_cast<int>(a), static_cast<int>(b)));
}

}  // namespace

ComposedAttention::ComposedAttention(Heads heads, Axes axes) : heads_(std::move(heads)), axes_(std::move(axes)) {
  heads_.register_in(*this);
  register_module("scorer", axes_.scorer);
  register_module("normalizer", axes_.normalizer);
  register_module("position", axes_.position);
}

Traits ComposedAttention::traits() const {
  const Traits scorer = axes_.scorer->traits(), normalizer = axes_.normalizer->traits(), position = axes_.position->traits();
  Traits all;
  all.sign = normalizer.sign;
  all.row_sum = normalizer.row_sum;
  all.key_equivariant = scorer.key_equivariant && position.key_equivariant && axes_.pattern.empty();
  all.differentiable = scorer.differentiable && normalizer.differentiable;
  all.sequential = scorer.sequential;
  all.uses_query = scorer.uses_query && normalizer.uses_query;
  all.uses_keys = scorer.uses_keys && normalizer.uses_keys;
  return all;
}

Memory ComposedAttention::extend(const Memory& memory, const Tensor& key, const Tensor& value, const Tensor& padding) {
  require_memory_shapes(key, value, padding, kWhere);
  Tensor k = heads_.split_key(key);                                                                // [B, G, Tk, Dh]
  k = axes_.position->turn(k, positions({memory.size(), memory.size() + key.size(1)}, key.device()));
  if (axes_.scorer->maps_keys()) k = heads_.spread(k);                                             // [B, H, Tk, Dh]
  return memory.join(Memory({axes_.scorer->map_key(k), heads_.split_value(value)}, 2, key.size(1), padding));
}

AttentionOutput ComposedAttention::attend(const Tensor& query, const Memory& memory, const Call& call) {
  require_rank(query, 3, kWhere, "query", "[B, Tq, Dq]");
  if (memory.empty()) throw std::invalid_argument("[Attention] memory must hold keys; found none");
  if (query.size(0) != memory.parts()[0].size(0))
    throw std::invalid_argument("[Attention] query and memory must agree in B; found " + shape_text(query) + " and " + std::to_string(memory.parts()[0].size(0)));
  Rows rows;
  rows.first = call.first.value_or(memory.size() - query.size(1));
  rows.query = axes_.position->turn(heads_.split_query(query), positions({rows.first, rows.first + query.size(1)}, query.device()));
  rows.mapped = axes_.scorer->map_query(rows.query);
  rows.keys = axes_.scorer->maps_keys() ? memory.parts()[0] : heads_.spread(memory.parts()[0]);
  rows.values = heads_.spread(memory.parts()[1]);
  rows.mask = axes_.pattern & call.mask;
  if (memory.padding().defined()) rows.mask = rows.mask & Mask::keys(memory.padding());
  if (is_training() && axes_.dropout > 0) rows.dropout_key = draw_dropout_key();

  AttentionOutput output;
  Tensor attended;
  if (axes_.scorer->traits().sequential) {
    output = in_order(rows, call, attended);
  } else {
    Answer all = answer(rows, {0, query.size(1)}, {});
    attended = all.attended;
    if (call.want == Want::kWeights) output.weights = all.weights;
  }
  output.context = heads_.join(attended);  // [B, Tq, width]
  return output;
}

ComposedAttention::Answer ComposedAttention::answer(const Rows& rows, Span span, const State& state) {
  const Tensor mapped = rows.mapped.slice(2, span.begin, span.end);
  Tensor scores = axes_.scorer->finish(axes_.scorer->pair(mapped, rows.keys, state));  // [B, H, rows, Tk]
  const Tile tile{rows.first, span, {0, rows.keys.size(2)}};
  const auto device = scores.device();
  const Tensor query_positions = positions({rows.first + span.begin, rows.first + span.end}, device), key_positions = positions(tile.keys, device);
  const Tensor bias = axes_.position->bias(rows.query.slice(2, span.begin, span.end), query_positions, key_positions);
  if (bias.defined()) scores = scores + bias;
  Answer result;
  result.weights = axes_.normalizer->normalize(scores, rows.mask.visible(tile, device));  // [B, H, rows, Tk]
  Tensor kept = result.weights;
  if (rows.dropout_key != 0) kept = kept * dropout_mask(rows.dropout_key, axes_.dropout, kept.sizes(), {rows.first + span.begin, 0}, kept.options());
  result.attended = torch::matmul(kept, rows.values);  // [B, H, rows, Dv]
  const Tensor relative = axes_.position->add(kept, query_positions, key_positions);
  if (relative.defined()) result.attended = result.attended + relative;
  return result;
}

/// One query after the other, each with the state the one before it left.
AttentionOutput ComposedAttention::in_order(const Rows& rows, const Call& call, Tensor& attended) {
  const int64_t queries = rows.mapped.size(2), keys = rows.keys.size(2);
  AttentionOutput output;
  output.state = call.state;
  if (output.state.empty()) {
    const Tensor visible = rows.mask.visible({rows.first, {0, 1}, {0, keys}}, rows.keys.device());
    const auto sizes = {rows.mapped.size(0), rows.mapped.size(1), int64_t{1}, keys};
    output.state = axes_.scorer->start(visible.defined() ? visible.expand(sizes) : torch::ones(sizes, rows.keys.options().dtype(torch::kBool)));
  }
  std::vector<Tensor> contexts, weights;
  for (int64_t row = 0; row < queries; ++row) {
    const Answer one = answer(rows, {row, row + 1}, output.state);
    output.state = axes_.scorer->next(output.state, one.weights);
    contexts.push_back(one.attended);
    weights.push_back(one.weights);
  }
  attended = torch::cat(contexts, 2);                                              // [B, H, Tq, Dv]
  if (call.want == Want::kWeights) output.weights = torch::cat(weights, 2);        // [B, H, Tq, Tk]
  return output;
}

}  // namespace fovea
