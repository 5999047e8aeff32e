// Attention maps taken while a net runs, without changing what it computes.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "src/core/attention.h"
#include "src/core/map_summary.h"

namespace fovea {

/// Which maps are wanted; empty lists mean all.
struct AttentionRequest {
  std::vector<std::string> layers;  // paths, with * and ?
  std::vector<int64_t> heads;
  bool gradient = false;  // weights stay on their device and in the graph: a loss may ask for them
  bool summary = false;   // no weights are kept, only what is said of them: for long inputs
};

/// The weights one attention gave in one forward pass.
struct TracedMap {
  std::string path;  // the attention's name in the net: "encoder.0.self"
  Tensor weights;    // float [B, H, Tq, Tk], on the CPU (with gradient where it was made)
  Tensor visible;    // bool, beside them: who may see what, [B, 1, Tq, Tk] or a mask a head [B, H, Tq, Tk]
  TraceAxes axes;
  int64_t rows_seen = 0;            // queries so far, for nets that decode step by step
  std::vector<int64_t> heads = {};  // numbers of the chosen heads; empty = all
};

/// What one attention's weights were like, where they were too many to keep.
struct TracedSummary {
  std::string path;
  MapSummary summary;
  TraceAxes axes;
  int64_t queries = 0, keys = 0;
  std::vector<int64_t> heads = {};
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
  const std::vector<TracedSummary>& summaries() const { return summaries_; }

  static constexpr int64_t kSlice = 256;

 private:
  std::string wanted_path(const torch::nn::Module& module) const;
  void summarise(const std::string& path, Attention& attention, const Tensor& query, const Memory& memory,
                 const Call& call, const TraceAxes& axes);
  void append(const std::string& path, const Tensor& weights, const Tensor& visible, const TraceAxes& axes);

  std::map<const torch::nn::Module*, std::string> paths_;
  AttentionRequest request_;
  std::vector<TracedMap> maps_;
  std::vector<TracedSummary> summaries_;
};

/// The last attention, mean over its heads, of the positions of `query` over those of `key`: [B, Tq, Tk]
/// without the key's special positions; undefined where the net has none.
Tensor last_weights(const AttentionTrace& trace, const std::string& query, const std::string& key);

/// weights [B, H, Tq, Tk] of a call, computed in slices of at most `slice` queries; equal to asking for all
/// at once.
Tensor sliced_weights(Attention& attention, const Tensor& query, const Memory& memory, const Call& call,
                      int64_t slice);

}  // namespace fovea
