// The arithmetic of one head of one example, forward and backward, in tiles of query rows: scores, bias,
// mask, weights, attended values, without LibTorch and without [Tq, Tk] in memory. models/attention/fused
// makes an attention of it.
#pragma once

#include <stdint.h>

namespace fovea {

/// How the score of a query and a key comes about.
enum class PairRule {
  kNone,     // it is 0: the weights look at no score
  kProduct,  // q · k, times a scale
  kTanh,     // Σ_a e_a tanh(q_a + k_a)
  kGated     // Σ_a e_a tanh(q_a + k_a) sigmoid(q_{A+a} + k_{A+a})
};

/// How a row of scores becomes weights; `number` is the temperature of kSoftmax and the k of kTopK.
enum class RowRule { kSoftmax, kSoftmaxOne, kSigmoid, kSum, kSparsemax, kEntmax15, kTopK, kHard, kUniform };

/// Keys begin … end − 1 of a block of rows, which stand in its columns from `column` on. `begin` is a
/// multiple of kKeyTile; room is kept for a multiple of kKeyRoom.
struct KeyRun {
  int64_t begin = 0, end = 0, column = 0;
  /// Who may see whom among the keys mask_begin … mask_end − 1 (all others of the run are visible):
  /// mask[b·batch + h·head + (i − the block's begin)·row + (j − mask_begin)·key], or null.
  const uint8_t* mask = nullptr;
  int64_t mask_batch = 0, mask_head = 0, mask_row = 0, mask_key = 0, mask_begin = 0, mask_end = 0;
};

/// Keys are skipped in tiles of so many.
constexpr int64_t kKeyTile = 64;
/// What a run's columns are a multiple of: whole panels of every instruction set.
constexpr int64_t kKeyRoom = 32;
/// Rows are answered in blocks of so many, the last ones together where they are at most kMostRows.
constexpr int64_t kRowBlock = 48, kMostRows = 64;

/// Where the block ends that begins with row `begin` of `rows`.
constexpr int64_t block_end(int64_t begin, int64_t rows) {
  return rows - begin <= kMostRows ? rows : begin + kRowBlock;
}

/// Rows that are answered together, and the keys any of them may see.
struct RowBlock {
  int64_t begin = 0, end = 0;
  const KeyRun* runs = nullptr;  // in rising order
  int64_t run_count = 0;
  int64_t columns = 0;  // of all runs
};

/// Rows of numbers: row r begins at data + r · stride.
template <class T>
struct RowsOf {
  T* data = nullptr;
  int64_t stride = 0;
};

/// Which weights fall: the one of row i and key j when the upper half of mix(mix(hash ^ mix(first_query + i))
/// + j) is below the threshold; the others are multiplied by `scale` (models/attention/counter_dropout.h).
struct DropoutRule {
  bool on = false;
  uint64_t hash = 0, threshold = 0;  // hash: of the call's key, the example and the head
  float scale = 1;
  int64_t first_query = 0;
};

/// One head of one example.
template <class T>
struct HeadCall {
  int64_t batch = 0, head = 0;
  int64_t queries = 0, keys = 0;
  int64_t width = 0, value_width = 0;  // X of q and k; Dv
  RowsOf<const T> query, key, value;   // [Tq, X], [Tk, X], [Tk, Dv]
  PairRule pair = PairRule::kProduct;
  T scale = 1;                // of products
  const T* energy = nullptr;  // [A]
  RowRule row = RowRule::kSoftmax;
  double number = 1;
  const T* bias = nullptr;  // bias[j − i] is added to the score of row i and key j; or null
  /// Added to the score of row i and key j: relative_query[i] · relative_key[j − i], of width X; to row i's
  /// value of key j: relative_value[j − i]. Offsets from −(Tq − 1) to Tk − 1; or null. Of kProduct only.
  RowsOf<const T> relative_query, relative_key, relative_value;
  const uint8_t* padding = nullptr;  // [Tk], 0 = hidden; or null
  DropoutRule dropout;
  const RowBlock* blocks = nullptr;  // that this call answers
  int64_t block_count = 0;
};

/// What a forward pass writes: attended values [Tq, Dv]; two numbers of every row [Tq, 2] that the backward
/// pass wants back, or null; the weights [Tq, Tk] before dropout, or null; of kTanh and kGated the scores
/// [Tq, Tk] without bias and mask where any row of a block looks, which spare the backward pass making them
/// again, or null.
template <class T>
struct HeadAnswer {
  RowsOf<T> attended;
  T* rows = nullptr;
  RowsOf<T> weights, scores;
};

/// What a backward pass reads and writes. The rows of `query` that the call answers, and all of the others,
/// are written, not added to; those of keys that no row sees are 0.
template <class T>
struct HeadGradient {
  RowsOf<const T> attended;  // of the attended values [Tq, Dv]
  const T* rows = nullptr;
  RowsOf<const T> scores;  // as the forward pass wrote them, or null
  RowsOf<T> query, key, value;
  RowsOf<T> relative_query, relative_key, relative_value;  // written; where the call has them
  T* energy = nullptr;                                     // [A], or null
  T* bias = nullptr;                                       // as HeadCall::bias, added to; or null
};

template <class T>
struct AttentionKernels {
  const char* name;
  /// Numbers of scratch memory that a call needs.
  int64_t (*scratch)(const HeadCall<T>& call, bool backward);
  void (*forward)(const HeadCall<T>& call, const HeadAnswer<T>& answer, T* scratch);
  void (*backward)(const HeadCall<T>& call, const HeadGradient<T>& gradient, T* scratch);
};

}  // namespace fovea
