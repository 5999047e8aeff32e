// One head of one example, block of rows by block of rows: what attention_kernels.h offers, for one
// instruction set (see simd.h).
#pragma once

#include "src/base/random.h"
#include "src/kernels/attention_kernels.h"
#include "src/kernels/pair_scores.h"
#include "src/kernels/relative_rows.h"
#include "src/kernels/row_weights.h"

namespace fovea::FOVEA_ISA {

/// Whether only few keys of a row keep a weight.
inline bool sparse(RowRule rule) {
  return rule == RowRule::kSparsemax || rule == RowRule::kEntmax15 || rule == RowRule::kTopK;
}

/// Sizes and packed copies that all blocks of a call share.
template <class T>
struct Head {
  const HeadCall<T>& call;
  bool backward;
  bool product, pairs, gated;
  int64_t first = 0, last = 0;           // keys any block sees, in units of kKeyRoom
  int64_t columns = 0;                   // most of a block
  int64_t width, value_width, features;  // X and Dv in whole vectors; A likewise (pairs)
  int64_t row;                           // numbers of a row of the tile
  T* tile = nullptr;                     // scores, then weights [kMostRows, row]
  T *slope = nullptr, *kept = nullptr;   // backward: of weights, then scores; weights after dropout
  T *key_panels = nullptr, *value_panels = nullptr;
  RowsOf<const T> key, value;  // in whole vectors
  PairSide<T> query_side{}, key_side{};
  T* energy = nullptr;
  bool direct = false;
  bool filled = false;           // the query side, with the numbers of the only block
  RowsOf<T> kept_scores;         // where those of pairs are kept, or null
  RowsOf<const T> known_scores;  // where they were, or null
  T *key_copy = nullptr, *value_copy = nullptr;
  T *query_copy = nullptr, *grad_copy = nullptr, *block_out = nullptr;
  T *key_sum = nullptr, *value_sum = nullptr, *query_sum = nullptr, *energy_sum = nullptr;
  int32_t* column = nullptr;
  T *weight = nullptr, *support_slope = nullptr;
  RelativeRows<T> by_key, by_value;  // vectors beside keys, and beside values

  Head(const HeadCall<T>& c, bool back, Scratch<T>& scratch) : call(c), backward(back) {
    product = c.pair == PairRule::kProduct;
    gated = c.pair == PairRule::kGated;
    pairs = gated || c.pair == PairRule::kTanh;
    find_keys();
    width = round_up(c.width, kLanes<T>);
    value_width = round_up(c.value_width, kLanes<T>);
    features = round_up(gated ? c.width / 2 : c.width, kLanes<T>);
    // Neither a whole number of pages nor of cache sets: rows of one column would push each other out.
    row = columns + kLanes<T>;
    take(scratch);
    take_relative(scratch);
  }

  int64_t span() const { return last - first; }
  /// Numbers of a side's row.
  int64_t side_numbers() const { return gated ? 2 * features : features; }
  int64_t side_row() const { return side_numbers() + kLanes<T>; }
  int64_t key_count() const { return lesser(last, call.keys) - first; }

 private:
  void find_keys() {
    first = call.keys;
    for (int64_t b = 0; b < call.block_count; ++b) {
      const RowBlock& block = call.blocks[b];
      columns = greater(columns, block.columns);
      if (block.run_count == 0) continue;
      first = lesser(first, block.runs[0].begin);
      last = greater(last, round_up(block.runs[block.run_count - 1].end, kKeyRoom));
    }
    if (last == 0) first = 0;
  }

  void take_relative(Scratch<T>& scratch) {
    by_key.given = call.relative_key, by_key.width = call.width;
    by_value.given = call.relative_value, by_value.width = call.value_width;
    if (call.block_count == 0) return;
    const int64_t begin = call.blocks[0].begin, end = call.blocks[call.block_count - 1].end;
    by_key.low = by_value.low = first - (end - 1);
    by_key.count = by_value.count = greater(key_count(), 0) + end - begin - 1;
    if (by_key) by_key.take(scratch, true, backward, columns);
    if (by_value) by_value.take(scratch, backward, backward, columns);
  }

  void take(Scratch<T>& scratch) {
    const HeadCall<T>& c = call;
    tile = scratch.take(kMostRows * row);
    block_out = scratch.take(kMostRows * greater(greater(width, value_width), side_row()));
    if (c.value_width % kLanes<T> != 0) value_copy = scratch.take(span() * value_width);
    if (product) key_panels = scratch.take(span() * c.width);
    if (pairs) {
      query_side = {scratch.take(kMostRows * side_row()), side_row()};
      key_side = {scratch.take(span() * side_row()), side_row()};
      energy = scratch.take(features);
    }
    if (sparse(c.row) || c.row == RowRule::kHard) {
      column = reinterpret_cast<int32_t*>(scratch.take(columns));
      weight = scratch.take(columns);
      support_slope = scratch.take(columns);
    }
    if (!backward) return;
    slope = scratch.take(kMostRows * row);
    if (c.dropout.on || c.row == RowRule::kHard) kept = scratch.take(kMostRows * row);
    value_panels = scratch.take(span() * c.value_width);
    value_sum = scratch.take(span() * value_width);
    if (c.value_width % kLanes<T> != 0) grad_copy = scratch.take(kMostRows * value_width);
    if (product) {
      key_sum = scratch.take(span() * width);
      if (c.width % kLanes<T> != 0) {
        key_copy = scratch.take(span() * width);
        query_copy = scratch.take(kMostRows * width);
      }
    }
    if (pairs) {
      key_sum = scratch.take(span() * side_row());
      energy_sum = scratch.take(features);
    }
    query_sum = block_out;
  }
};

template <bool kValue>
struct Constant {
  static constexpr bool value = kValue;
};

/// Calls f(gated, direct) with both as constants.
template <class F>
inline void with_pair_kind(bool gated, bool direct, F f) {
  if (gated && direct) f(Constant<true>{}, Constant<true>{});
  if (gated && !direct) f(Constant<true>{}, Constant<false>{});
  if (!gated && direct) f(Constant<false>{}, Constant<true>{});
  if (!gated && !direct) f(Constant<false>{}, Constant<false>{});
}

/// Writes rows begin … end − 1 of x as a side, as `fill_side` does.
template <class T>
inline T fill_rows(const Head<T>& h, RowsOf<const T> x, int64_t begin, int64_t end, PairSide<T> side) {
  const int64_t features = h.gated ? h.call.width / 2 : h.call.width;
  const T* from = x.data + begin * x.stride;
  T largest = 0;
  with_pair_kind(h.gated, h.direct, [&](auto gated, auto direct) {
    largest = fill_side<T, decltype(gated)::value, decltype(direct)::value>(from, x.stride, end - begin,
                                                                            features, h.features, side);
  });
  return largest;
}

/// The sides of pairs: keys for all blocks, and queries if there is one. Whether they go by exponentials
/// follows from the numbers of the keys and of all rows.
template <class T>
inline void pack_pairs(Head<T>& h) {
  const HeadCall<T>& c = h.call;
  const int64_t features = h.gated ? c.width / 2 : c.width, keys_end = h.first + h.key_count();
  for (int64_t a = 0; a < h.features; ++a) h.energy[a] = a < features ? c.energy[a] : 0;
  h.direct = c.queries == 1;
  const T of_keys = fill_rows(h, c.key, h.first, keys_end, h.key_side);
  if (h.direct) return;
  T of_queries = 0;
  for (int64_t b = 0; b < c.block_count; ++b) {
    const T of_block = fill_rows(h, c.query, c.blocks[b].begin, c.blocks[b].end, h.query_side);
    if (of_block > of_queries) of_queries = of_block;
  }
  h.filled = c.block_count == 1;
  if (of_keys + of_queries <= kLargestExponent<T>) return;
  h.direct = true, h.filled = false;
  fill_rows(h, c.key, h.first, keys_end, h.key_side);
}

/// Packs what all blocks read.
template <class T>
inline void pack(Head<T>& h) {
  const HeadCall<T>& c = h.call;
  const int64_t count = h.key_count();
  h.value = whole_rows(c.value, h.first, count, c.value_width, h.value_copy);
  if (h.product) {
    pack_span(c.key, h.first, count, h.span(), c.width, h.key_panels, c.scale);
    if (h.backward) h.key = whole_rows(c.key, h.first, count, c.width, h.key_copy);
  }
  if (h.backward) pack_span(c.value, h.first, count, h.span(), c.value_width, h.value_panels);
  if (h.by_key) h.by_key.pack();
  if (h.by_value) h.by_value.pack();
  if (h.pairs) pack_pairs(h);
}

/// The query side of one block.
template <class T>
inline void pack_queries(Head<T>& h, const RowBlock& block) {
  if (!h.filled) fill_rows(h, h.call.query, block.begin, block.end, h.query_side);
}

/// Scores of the pairs of a run.
template <class T>
inline void fill_pairs(const Head<T>& h, const RowBlock& block, const KeyRun& run) {
  const int64_t rows = block.end - block.begin, count = run.end - run.begin;
  T* out = h.tile + run.column;
  if (h.known_scores.data != nullptr) {
    for (int64_t i = 0; i < rows; ++i)
      copy_row(out + i * h.row, h.known_scores.data + (block.begin + i) * h.known_scores.stride + run.begin,
               count);
    return;
  }
  const PairSide<T> keys{h.key_side.data + (run.begin - h.first) * h.key_side.row, h.key_side.row};
  with_pair_kind(h.gated, h.direct, [&](auto gated, auto direct) {
    pair_scores<T, decltype(gated)::value, decltype(direct)::value>(h.query_side, keys, h.energy, h.features,
                                                                    rows, count, out, h.row);
  });
  if (h.kept_scores.data == nullptr) return;
  for (int64_t i = 0; i < rows; ++i)
    copy_row(h.kept_scores.data + (block.begin + i) * h.kept_scores.stride + run.begin, out + i * h.row,
             count);
}

template <class T>
inline void fill_scores(Head<T>& h, const RowBlock& block) {
  const HeadCall<T>& c = h.call;
  const int64_t rows = block.end - block.begin;
  if (h.pairs) pack_queries(h, block);
  for (int64_t r = 0; r < block.run_count; ++r) {
    const KeyRun& run = block.runs[r];
    T* out = h.tile + run.column;
    const int64_t offset = run.begin - h.first;
    if (h.product) {
      const Left<T> queries{c.query.data + block.begin * c.query.stride, c.query.stride, 1};
      panel_product(queries, h.key_panels + offset * c.width, c.width, out, h.row, rows,
                    round_up(run.end - run.begin, kPanel<T>));
    } else if (h.pairs) {
      fill_pairs(h, block, run);
    } else {
      for (int64_t i = 0; i < rows; ++i) clear(out + i * h.row, run.end - run.begin);
    }
    if (h.by_key)
      h.by_key.add_products(
          {c.relative_query.data + block.begin * c.relative_query.stride, c.relative_query.stride, 1}, block,
          run, out, h.row);
  }
}

/// Puts `hidden` where row i of the block sees nothing.
template <class T>
inline void hide(const Head<T>& h, const RowBlock& block, int64_t i, T* row, T hidden) {
  const HeadCall<T>& c = h.call;
  for (int64_t r = 0; r < block.run_count; ++r) {
    const KeyRun& run = block.runs[r];
    T* s = row + run.column;
    const int64_t count = run.end - run.begin;
    fill_between(s, count, round_up(count, kKeyRoom), hidden);
    if (c.padding != nullptr)
      for (int64_t j = 0; j < count; ++j) s[j] = c.padding[run.begin + j] != 0 ? s[j] : hidden;
    if (run.mask == nullptr) continue;
    const uint8_t* m = run.mask + c.batch * run.mask_batch + c.head * run.mask_head + i * run.mask_row;
    T* of = s + run.mask_begin - run.begin;
    const int64_t masked = run.mask_end - run.mask_begin;
    if (run.mask_key == 1)
      for (int64_t j = 0; j < masked; ++j) of[j] = m[j] != 0 ? of[j] : hidden;
    else
      for (int64_t j = 0; j < masked; ++j) of[j] = m[j * run.mask_key] != 0 ? of[j] : hidden;
  }
}

/// Whether a row of the block may have columns that it does not see.
template <class T>
inline bool hides(const HeadCall<T>& c, const RowBlock& block) {
  bool any = c.padding != nullptr;
  for (int64_t r = 0; r < block.run_count; ++r)
    any |= block.runs[r].mask != nullptr || (block.runs[r].end - block.runs[r].begin) % kKeyRoom != 0;
  return any;
}

/// Scores of a block with bias and mask.
template <class T>
inline void score_block(Head<T>& h, const RowBlock& block) {
  fill_scores(h, block);
  if (h.call.bias == nullptr && !hides(h.call, block)) return;
  for (int64_t i = 0; i < block.end - block.begin; ++i) {
    T* s = h.tile + i * h.row;
    if (h.call.bias != nullptr)
      for (int64_t r = 0; r < block.run_count; ++r) {
        const KeyRun& run = block.runs[r];
        const T* bias = h.call.bias + run.begin - (block.begin + i);
        for (int64_t j = 0; j < run.end - run.begin; ++j) s[run.column + j] += bias[j];
      }
    hide(h, block, i, s, kLowest<T>);
  }
}

/// The factor of one weight.
template <class T>
inline T drop(const DropoutRule& rule, uint64_t row_hash, int64_t key) {
  return (mix(row_hash + static_cast<uint64_t>(key)) >> 32) < rule.threshold ? static_cast<T>(0)
                                                                             : static_cast<T>(rule.scale);
}
inline uint64_t row_hash(const DropoutRule& rule, int64_t row) {
  return mix(rule.hash ^ mix(static_cast<uint64_t>(rule.first_query + row)));
}

/// out ← x times the factors of row i of the block.
template <class T>
inline void drop_row(const Head<T>& h, const RowBlock& block, int64_t i, const T* x, T* out) {
  const DropoutRule& rule = h.call.dropout;
  const uint64_t hash = row_hash(rule, block.begin + i);
  for (int64_t r = 0; r < block.run_count; ++r) {
    const KeyRun& run = block.runs[r];
    for (int64_t j = 0; j < run.end - run.begin; ++j)
      out[run.column + j] = x[run.column + j] * drop<T>(rule, hash, run.begin + j);
  }
}

/// What scores are multiplied by before they become exponents.
template <class T>
inline T sharpness(const HeadCall<T>& c) {
  return c.row == RowRule::kSoftmax ? static_cast<T>(1 / c.number) : static_cast<T>(1);
}

/// Weights of a row of scores in place, up to a common factor that is returned.
template <class T>
inline RowNumbers<T> weigh(const HeadCall<T>& c, T* s, int64_t n) {
  switch (c.row) {
    case RowRule::kSoftmax:
    case RowRule::kSoftmaxOne:
    case RowRule::kHard:
      return exponentials(s, n, sharpness(c), c.row == RowRule::kSoftmaxOne);
    case RowRule::kSigmoid:
      sigmoid_row(s, n);
      return {0, 1};
    case RowRule::kSum:
      sum_row(s, n);
      return {0, 1};
    default:
      uniform_row(s, n);
      return {0, 1};
  }
}

template <class T>
inline void find_support(const HeadCall<T>& c, const T* s, int64_t n, Support<T>& found, T* copy) {
  switch (c.row) {
    case RowRule::kSparsemax:
      return sparsemax_row(s, n, found);
    case RowRule::kEntmax15:
      return entmax15_row(s, n, found);
    case RowRule::kTopK:
      return top_k_row(s, n, static_cast<int64_t>(c.number), found, copy);
    default:
      return hard_row(s, n, found);
  }
}

/// Key of a column of the block.
inline int64_t key_of(const RowBlock& block, int64_t column) {
  int64_t r = block.run_count - 1;
  while (block.runs[r].column > column) --r;
  return block.runs[r].begin + column - block.runs[r].column;
}

/// Attended values of a row from the few weights it has.
template <class T>
inline void attend_support(const Head<T>& h, const RowBlock& block, int64_t i, const Support<T>& of, T* out) {
  clear(out, h.value_width);
  const uint64_t hash = row_hash(h.call.dropout, block.begin + i);
  for (int64_t n = 0; n < of.count; ++n) {
    const int64_t key = key_of(block, of.column[n]);
    const T factor = h.call.dropout.on ? drop<T>(h.call.dropout, hash, key) : 1;
    add_row(h.value.data + (key - h.first) * h.value.stride, of.weight[n] * factor, out, h.value_width);
    if (h.by_value)
      add_row(h.by_value.vector(key - (block.begin + i)), of.weight[n] * factor, out, h.value_width);
  }
}

/// The weights of row i of the block, which `weigh` left in `s` up to `factor`, by key.
template <class T>
inline void write_weights(const HeadCall<T>& c, const RowBlock& block, const T* s, T factor, T* weights) {
  clear(weights, c.keys);
  for (int64_t r = 0; r < block.run_count; ++r) {
    const KeyRun& run = block.runs[r];
    write_row(s + run.column, factor, weights + run.begin, run.end - run.begin);
  }
}
/// The few weights of a row, by key.
template <class T>
inline void write_weights(const HeadCall<T>& c, const RowBlock& block, const Support<T>& of, T* weights) {
  clear(weights, c.keys);
  for (int64_t n = 0; n < of.count; ++n) weights[key_of(block, of.column[n])] = of.weight[n];
}

template <class T>
inline void forward_block(Head<T>& h, const RowBlock& block, const HeadAnswer<T>& answer) {
  const HeadCall<T>& c = h.call;
  const int64_t rows = block.end - block.begin;
  const bool few = sparse(c.row) || c.row == RowRule::kHard;
  T factor[kMostRows];
  score_block(h, block);
  for (int64_t i = 0; i < rows; ++i) {
    T* s = h.tile + i * h.row;
    T* weights = answer.weights.data;
    if (weights != nullptr) weights += (block.begin + i) * answer.weights.stride;
    factor[i] = 1;
    if (few) {
      Support<T> support{h.column, h.weight};
      find_support(c, s, block.columns, support, h.support_slope);
      if (weights != nullptr) write_weights(c, block, support, weights);
      attend_support(h, block, i, support, h.block_out + i * h.value_width);
      if (c.row != RowRule::kHard || answer.rows == nullptr) continue;
    }
    const RowNumbers<T> numbers = weigh(c, s, block.columns);
    factor[i] = few ? static_cast<T>(1) : numbers.scale;
    if (weights != nullptr && !few) write_weights(c, block, s, factor[i], weights);
    if (answer.rows != nullptr) {
      answer.rows[2 * (block.begin + i)] = numbers.shift;
      answer.rows[2 * (block.begin + i) + 1] = numbers.scale;
    }
    if (c.dropout.on && !few) drop_row(h, block, i, s, s);
  }
  if (!few)
    for (int64_t r = 0; r < block.run_count; ++r) {
      const KeyRun& run = block.runs[r];
      long_product(Left<T>{h.tile + run.column, h.row, 1},
                   h.value.data + (run.begin - h.first) * h.value.stride, h.value.stride, run.end - run.begin,
                   h.block_out, h.value_width, rows, h.value_width, r > 0);
      if (h.by_value)
        h.by_value.add_vectors(h.by_value.by_offset(h.tile + run.column, h.row, block, run), block, run,
                               h.block_out, true);
    }
  if (block.run_count == 0) clear(h.block_out, rows * h.value_width);
  for (int64_t i = 0; i < rows; ++i) {
    write_row(h.block_out + i * h.value_width, factor[i],
              answer.attended.data + (block.begin + i) * answer.attended.stride, c.value_width);
  }
}

/// Weights of a row once more, for the backward pass.
template <class T>
inline void weigh_again(const HeadCall<T>& c, T* s, int64_t n, RowNumbers<T>& numbers) {
  switch (c.row) {
    case RowRule::kSoftmax:
    case RowRule::kSoftmaxOne:
    case RowRule::kHard:
      return exponentials_again(s, n, sharpness(c), numbers);
    case RowRule::kSigmoid:
      return sigmoid_row(s, n);
    case RowRule::kSum:
      numbers = sum_row(s, n);
      return;
    default:
      return uniform_row(s, n);
  }
}

/// g, the gradient of a row's weights, becomes that of its scores.
template <class T>
inline void scores_backward(const Head<T>& h, const RowBlock& block, int64_t i, const T* p, T* g,
                            const RowNumbers<T>& numbers) {
  const int64_t n = block.columns;
  switch (h.call.row) {
    case RowRule::kSoftmax:
    case RowRule::kSoftmaxOne:
    case RowRule::kHard:
      return softmax_backward(p, g, n, sharpness(h.call));
    case RowRule::kSigmoid:
      return sigmoid_backward(p, g, n);
    case RowRule::kSum:
      sum_backward(p, g, n, numbers.scale);
      return hide(h, block, i, g, static_cast<T>(0));
    default:
      return clear(g, n);
  }
}

/// The rows of a block in the backward pass.
template <class T>
struct BlockRows {
  RowsOf<const T> query, grad;  // in whole vectors
  int64_t count;
};

/// Dense weights: tile ← weights, slope ← gradient of the scores; adds to the values' gradient.
template <class T>
inline void dense_slopes(Head<T>& h, const RowBlock& block, const HeadGradient<T>& g,
                         const BlockRows<T>& rows) {
  const HeadCall<T>& c = h.call;
  const Left<T> grads{g.attended.data + block.begin * g.attended.stride, g.attended.stride, 1};
  for (int64_t r = 0; r < block.run_count; ++r) {
    const KeyRun& run = block.runs[r];
    panel_product(grads, h.value_panels + (run.begin - h.first) * c.value_width, c.value_width,
                  h.slope + run.column, h.row, rows.count, round_up(run.end - run.begin, kKeyRoom));
    if (h.by_value) h.by_value.add_products(grads, block, run, h.slope + run.column, h.row);
  }
  for (int64_t i = 0; i < rows.count; ++i) {
    T *s = h.tile + i * h.row, *slope = h.slope + i * h.row;
    T* kept = h.kept == nullptr ? nullptr : h.kept + i * h.row;
    RowNumbers<T> numbers{0, 0};
    if (g.rows != nullptr) numbers = {g.rows[2 * (block.begin + i)], g.rows[2 * (block.begin + i) + 1]};
    if (c.row == RowRule::kHard) {
      Support<T> support{h.column, h.weight};
      hard_row(s, block.columns, support);
      clear(kept, block.columns);
      if (support.count > 0) kept[support.column[0]] = support.weight[0];
    }
    const bool soft = c.row == RowRule::kSoftmax || c.row == RowRule::kSoftmaxOne;
    if (soft && !c.dropout.on) {
      softmax_again_and_backward(s, slope, block.columns, sharpness(c), numbers);
      continue;
    }
    weigh_again(c, s, block.columns, numbers);
    if (c.dropout.on) {
      drop_row(h, block, i, c.row == RowRule::kHard ? kept : s, kept);
      drop_row(h, block, i, slope, slope);
    }
    scores_backward(h, block, i, s, slope, numbers);
  }
  const T* kept = h.kept != nullptr ? h.kept : h.tile;
  for (int64_t r = 0; r < block.run_count; ++r) {
    const KeyRun& run = block.runs[r];
    product(Left<T>{kept + run.column, 1, h.row}, rows.grad.data, rows.grad.stride, rows.count,
            h.value_sum + (run.begin - h.first) * h.value_width, h.value_width, run.end - run.begin,
            h.value_width, true);
    if (h.by_value)
      h.by_value.add_gradients(h.by_value.by_offset(kept + run.column, h.row, block, run), rows.grad, block,
                               run);
  }
}

/// Few weights: adds to the values' gradient, and leaves the gradient of the scores in `slope` (pairs) or
/// adds it to queries and keys at once (products).
template <class T>
inline void sparse_slopes(Head<T>& h, const RowBlock& block, const HeadGradient<T>& g,
                          const BlockRows<T>& rows) {
  const HeadCall<T>& c = h.call;
  for (int64_t i = 0; i < rows.count; ++i) {
    Support<T> of{h.column, h.weight};
    find_support(c, h.tile + i * h.row, block.columns, of, h.support_slope);
    const T* grad = rows.grad.data + i * rows.grad.stride;
    const uint64_t hash = row_hash(c.dropout, block.begin + i);
    for (int64_t n = 0; n < of.count; ++n) {
      const int64_t key = key_of(block, of.column[n]), at = key - h.first;
      const T factor = c.dropout.on ? drop<T>(c.dropout, hash, key) : 1;
      h.support_slope[n] = dot_of(grad, h.value.data + at * h.value.stride, h.value_width) * factor;
      add_row(grad, of.weight[n] * factor, h.value_sum + at * h.value_width, h.value_width);
      if (!h.by_value) continue;
      const int64_t offset = key - (block.begin + i);
      h.support_slope[n] += dot_of(grad, h.by_value.vector(offset), h.value_width) * factor;
      add_row(grad, of.weight[n] * factor, h.by_value.gradient(offset), h.value_width);
    }
    if (c.row == RowRule::kSparsemax) sparsemax_backward(of, h.support_slope);
    if (c.row == RowRule::kEntmax15) entmax15_backward(of, h.support_slope);
    if (c.row == RowRule::kTopK) top_k_backward(of, h.support_slope);
    T* query_sum = h.query_sum + i * h.width;
    if (h.product) clear(query_sum, h.width);
    const bool kept = !h.product || g.bias != nullptr || h.by_key;
    if (kept) clear(h.slope + i * h.row, block.columns);
    for (int64_t n = 0; n < of.count; ++n) {
      const T slope = h.support_slope[n];
      if (kept) h.slope[i * h.row + of.column[n]] = slope;
      if (!h.product) continue;
      const int64_t at = key_of(block, of.column[n]) - h.first;
      add_row(h.key.data + at * h.key.stride, slope, query_sum, h.width);
      add_row(rows.query.data + i * rows.query.stride, slope, h.key_sum + at * h.width, h.width);
    }
  }
}

/// The gradients of queries, keys and energy from `slope`.
template <class T>
inline void product_backward(Head<T>& h, const RowBlock& block, const BlockRows<T>& rows) {
  for (int64_t r = 0; r < block.run_count; ++r) {
    const KeyRun& run = block.runs[r];
    const int64_t offset = run.begin - h.first, count = run.end - run.begin;
    long_product(Left<T>{h.slope + run.column, h.row, 1}, h.key.data + offset * h.key.stride, h.key.stride,
                 count, h.query_sum, h.width, rows.count, h.width, r > 0);
    product(Left<T>{h.slope + run.column, 1, h.row}, rows.query.data, rows.query.stride, rows.count,
            h.key_sum + offset * h.width, h.width, count, h.width, true);
  }
  if (block.run_count == 0) clear(h.query_sum, rows.count * h.width);
}

template <class T>
inline void pairs_backward(Head<T>& h, const RowBlock& block, int64_t rows) {
  clear(h.query_sum, rows * h.side_row());
  for (int64_t r = 0; r < block.run_count; ++r) {
    const KeyRun& run = block.runs[r];
    const int64_t offset = run.begin - h.first;
    const PairSide<T> keys{h.key_side.data + offset * h.key_side.row, h.key_side.row};
    const PairGradient<T> to{h.query_sum, h.side_row(), h.key_sum + offset * h.side_row(), h.side_row(),
                             h.energy_sum};
    with_pair_kind(h.gated, h.direct, [&](auto gated, auto direct) {
      pair_backward<T, decltype(gated)::value, decltype(direct)::value>(
          h.query_side, keys, h.slope + run.column, h.row, rows, run.end - run.begin, h.features, to);
    });
  }
}

/// out ← the gradient of one row of a side from what was added up: times 4 e_a (tanh), e_a (gate).
template <class T>
inline void write_side(const Head<T>& h, const T* sum, T* out) {
  const int64_t features = h.gated ? h.call.width / 2 : h.call.width;
  for (int64_t a = 0; a < features; ++a) out[a] = 4 * h.energy[a] * sum[a];
  if (h.gated)
    for (int64_t a = 0; a < features; ++a) out[features + a] = h.energy[a] * sum[h.features + a];
}

template <class T>
inline void bias_backward(const Head<T>& h, const RowBlock& block, T* bias) {
  for (int64_t i = 0; i < block.end - block.begin; ++i)
    for (int64_t r = 0; r < block.run_count; ++r) {
      const KeyRun& run = block.runs[r];
      const T* s = h.slope + i * h.row + run.column;
      T* to = bias + run.begin - (block.begin + i);
      for (int64_t j = 0; j < run.end - run.begin; ++j) to[j] += s[j];
    }
}

/// The gradients of relative queries and of vectors beside keys from `slope`, when those of queries are done
/// with.
template <class T>
inline void relative_backward(Head<T>& h, const RowBlock& block, const HeadGradient<T>& g) {
  const HeadCall<T>& c = h.call;
  const int64_t rows = block.end - block.begin;
  const RowsOf<const T> query = whole_rows(c.relative_query, block.begin, rows, c.width, h.query_copy);
  if (block.run_count == 0) clear(h.block_out, rows * h.width);
  for (int64_t r = 0; r < block.run_count; ++r) {
    const KeyRun& run = block.runs[r];
    const Left<T> slopes = h.by_key.by_offset(h.slope + run.column, h.row, block, run);
    h.by_key.add_vectors(slopes, block, run, h.block_out, r > 0);
    h.by_key.add_gradients(slopes, query, block, run);
  }
  for (int64_t i = 0; i < rows; ++i)
    write_row(h.block_out + i * h.width, static_cast<T>(1),
              g.relative_query.data + (block.begin + i) * g.relative_query.stride, c.width);
}

template <class T>
inline void backward_block(Head<T>& h, const RowBlock& block, const HeadGradient<T>& g, T& slope_total) {
  const HeadCall<T>& c = h.call;
  const int64_t count = block.end - block.begin;
  score_block(h, block);
  BlockRows<T> rows{{}, {}, count};
  rows.grad = whole_rows(g.attended, block.begin, count, c.value_width, h.grad_copy);
  if (h.product) rows.query = whole_rows(c.query, block.begin, count, c.width, h.query_copy);
  sparse(c.row) ? sparse_slopes(h, block, g, rows) : dense_slopes(h, block, g, rows);
  if (g.bias != nullptr) bias_backward(h, block, g.bias);
  if (h.product && !sparse(c.row)) product_backward(h, block, rows);
  if (h.pairs) {
    pairs_backward(h, block, count);
    for (int64_t i = 0; i < count; ++i) slope_total += sum_of(h.slope + i * h.row, block.columns);
  }
  for (int64_t i = 0; i < count; ++i) {
    T* to = g.query.data + (block.begin + i) * g.query.stride;
    if (h.pairs)
      write_side(h, h.query_sum + i * h.side_row(), to);
    else if (h.product)
      write_row(h.query_sum + i * h.width, c.scale, to, c.width);
    else
      clear(to, c.width);
  }
  if (h.by_key) relative_backward(h, block, g);
}

/// Writes the gradients of keys and values that were added up, 0 for keys out of sight.
template <class T>
inline void write_keys(const Head<T>& h, const HeadGradient<T>& g) {
  const HeadCall<T>& c = h.call;
  for (int64_t j = 0; j < c.keys; ++j) {
    T *key = g.key.data + j * g.key.stride, *value = g.value.data + j * g.value.stride;
    const bool seen = j >= h.first && j < h.last;
    const int64_t at = j - h.first;
    if (seen)
      write_row(h.value_sum + at * h.value_width, static_cast<T>(1), value, c.value_width);
    else
      clear(value, c.value_width);
    if (h.pairs && seen)
      write_side(h, h.key_sum + at * h.side_row(), key);
    else if (h.product && seen)
      write_row(h.key_sum + at * h.width, c.scale, key, c.width);
    else
      clear(key, c.width);
  }
}

template <class T>
int64_t attention_scratch(const HeadCall<T>& call, bool backward) {
  Scratch<T> scratch{nullptr};
  const Head<T> head(call, backward, scratch);
  return scratch.used;
}

template <class T>
void attention_forward(const HeadCall<T>& call, const HeadAnswer<T>& answer, T* memory) {
  Scratch<T> scratch{memory};
  Head<T> h(call, false, scratch);
  h.kept_scores = answer.scores;
  pack(h);
  for (int64_t b = 0; b < call.block_count; ++b) forward_block(h, call.blocks[b], answer);
}

template <class T>
void attention_backward(const HeadCall<T>& call, const HeadGradient<T>& g, T* memory) {
  Scratch<T> scratch{memory};
  Head<T> h(call, true, scratch);
  h.known_scores = g.scores;
  pack(h);
  clear(h.value_sum, h.span() * h.value_width);
  if (h.product) clear(h.key_sum, h.span() * h.width);
  if (h.pairs) clear(h.key_sum, h.span() * h.side_row()), clear(h.energy_sum, h.features);
  T slope_total = 0;
  for (int64_t b = 0; b < call.block_count; ++b) backward_block(h, call.blocks[b], g, slope_total);
  write_keys(h, g);
  const int64_t offsets = call.queries + call.keys - 1;
  if (h.by_key) h.by_key.write(g.relative_key, 1 - call.queries, offsets);
  if (h.by_value) h.by_value.write(g.relative_value, 1 - call.queries, offsets);
  if (g.energy == nullptr || !h.pairs) return;
  // tanh = 1 − 2 share.
  for (int64_t a = 0; a < (h.gated ? call.width / 2 : call.width); ++a)
    g.energy[a] = h.gated ? h.energy_sum[a] : slope_total - 2 * h.energy_sum[a];
}

template <class T>
constexpr AttentionKernels<T> attention_set(const char* name) {
  return {name, attention_scratch<T>, attention_forward<T>, attention_backward<T>};
}

}  // namespace fovea::FOVEA_ISA
