// The maximum flow through a network with real capacities.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace fovea {

/// A directed network whose arcs are added once and whose maximum flows are asked for many pairs of nodes.
class FlowNetwork {
 public:
  explicit FlowNetwork(int64_t nodes);

  /// Throws std::logic_error for a node outside 0 … nodes − 1 or a capacity that is negative or not finite.
  void add_arc(int64_t from, int64_t to, double capacity);

  /// The value of a maximum flow by Dinic's algorithm (1970): shortest augmenting paths, a blocking flow for
  /// each length; O(nodes² · arcs) at most, far less on layers. What is left on an arc below 1e-12 of the
  /// largest capacity counts as 0, so the value is short by at most that for each arc of a minimum cut.
  /// Throws std::logic_error when source and sink are one node or no node.
  double max_flow(int64_t source, int64_t sink);

 private:
  bool find_levels(int64_t source, int64_t sink);
  double blocking_flow(int64_t source, int64_t sink);
  double push_along_path();
  bool advance(int64_t& node);
  double capacity_around(int64_t source, int64_t sink) const;
  void reset();

  // Arc a and its reverse a ^ 1 stand side by side.
  std::vector<int64_t> head_;
  std::vector<double> capacity_, left_;
  std::vector<std::vector<int64_t>> arcs_;  // of a node
  std::vector<int64_t> level_;              // arcs from a node to the sink; −1 = the sink is out of reach
  std::vector<std::size_t> next_;           // first arc of a node that may still lead on
  std::vector<int64_t> path_, changed_;
  double slack_ = 0;
};

}  // namespace fovea
