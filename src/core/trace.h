// Attention maps taken while a net runs, without changing what it computes.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "src/core/attention.h"

namespace fovea {

/// What one axis of a map counts, in the net's own units.
struct TraceAxis {
  std::string kind = "tokens";    // tokens, grid, time, channels, slots
  int64_t rows = 0, columns = 0;  // of a grid (flattened row by row)
  double stride = 1, offset = 0;  // input units a cell covers, and where cell 0 begins
  std::string field = {};  // the input (or target) field whose positions these are: "text", "image", …; empty
                           // = the net's own slots
  std::vector<int64_t> special = {};  // positions that stand for no input (a sentinel): 0 … n − 1
};

struct TraceAxes {
  TraceAxis query, key;
  int64_t fold = 1;  // consecutive batch rows that belong to one example (patch-series folds its columns)
  std::string part = "part";  // what each of them is of: "column", "patch"
};

/// Which maps are wanted; empty lists mean all.
struct AttentionRequest {
  std::vector<std::string> layers;  // paths, with * and ?
  std::vector<int64_t> heads;
  bool gradient = false;  // weights stay on their device and in the graph: a loss may ask for them
};

/// The weights one attention gave in one forward pass.
struct TracedMap {
  std::string path;  // the attention's name in the net: "encoder.0.self"
  Tensor weights;    // float [B, H, Tq, Tk], on the CPU (with gradient where it was made)
  Tensor visible;    // bool, [B, Tq, Tk], beside them: what some head may see
  TraceAxes axes;
  int64_t rows_seen = 0;            // queries so far, for nets that decode step by step
  std::vector<int64_t> heads = {};  // numbers of the chosen heads; empty = all
};

/// Collects maps. Layers call observe() after their context is computed; without a trace a run pays nothing.
class AttentionTrace {
 public:
  AttentionTrace(const torch::nn::Module& net, AttentionRequest request = {});

  /// Asks `attention` again for the weights of the same call, in slices of at most kSlice queries, without
  /// gradient unless the request says so. Repeated calls of one attention (decoding steps) append their
  /// queries.
  void observe(Attention& attention, const Tensor& query, const Memory& memory, const Call& call,
               const TraceAxes& axes);

  /// Takes weights [B, H, Tq, Tk] that a gate computed itself (squeeze-and-excitation).
  void record(const torch::nn::Module& module, const Tensor& weights, const TraceAxes& axes);

  const std::vector<TracedMap>& maps() const { return maps_; }

  static constexpr int64_t kSlice = 256;

 private:
  std::string wanted_path(const torch::nn::Module& module) const;
  void append(const std::string& path, const Tensor& weights, const Tensor& visible, const TraceAxes& axes);

  std::map<const torch::nn::Module*, std::string> paths_;
  AttentionRequest request_;
  std::vector<TracedMap> maps_;
};

/// The last attention, mean over its heads, of the positions of `query` over those of `key`: [B, Tq, Tk]
/// without the key's special positions; undefined where the net has none.
Tensor last_weights(const AttentionTrace& trace, const std::string& query, const std::string& key);

/// weights [B, H, Tq, Tk] of a call, computed in slices of at most `slice` queries; equal to asking for all
/// at once.
Tensor sliced_weights(Attention& attention, const Tensor& query, const Memory& memory, const Call& call,
                      int64_t slice);

}  // namespace fovea
