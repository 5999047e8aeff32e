#include "src/maps/max_flow.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace fovea {
namespace {

constexpr double kSlack = 1e-12;

void require(bool holds, const std::string& what) {
  if (!holds) throw std::logic_error("[FlowNetwork] " + what);
}

}  // namespace

FlowNetwork::FlowNetwork(int64_t nodes) : arcs_(static_cast<size_t>(nodes)) {}

void FlowNetwork::add_arc(int64_t from, int64_t to, double capacity) {
  const auto nodes = static_cast<int64_t>(arcs_.size());
  require(std::min(from, to) >= 0 && std::max(from, to) < nodes,
          "an arc must join nodes below " + std::to_string(nodes) + "; found " + std::to_string(from) +
              " and " + std::to_string(to));
  require(std::isfinite(capacity) && capacity >= 0,
          "a capacity must be finite and not negative; found " + std::to_string(capacity));
  const auto arc = static_cast<int64_t>(head_.size());
  head_.insert(head_.end(), {to, from});
  capacity_.insert(capacity_.end(), {capacity, 0});
  left_.insert(left_.end(), {capacity, 0});
  arcs_[static_cast<size_t>(from)].push_back(arc);
  arcs_[static_cast<size_t>(to)].push_back(arc + 1);
  slack_ = std::max(slack_, kSlack * capacity);
}

double FlowNetwork::max_flow(int64_t source, int64_t sink) {
  const auto nodes = static_cast<int64_t>(arcs_.size());
  require(source != sink && std::min(source, sink) >= 0 && std::max(source, sink) < nodes,
          "source and sink must be two nodes below " + std::to_string(nodes) + "; found " +
              std::to_string(source) + " and " + std::to_string(sink));
  reset();
  const double bound = capacity_around(source, sink);
  double flow = 0;
  // Reaching the bound spares the search that would find no further path.
  while (flow < bound - slack_ && find_levels(source, sink)) flow += blocking_flow(source, sink);
  return flow;
}

void FlowNetwork::reset() {
  for (int64_t arc : changed_) {
    const auto a = static_cast<size_t>(arc);
    left_[a] = capacity_[a], left_[a ^ 1] = capacity_[a ^ 1];
  }
  changed_.clear();
}

/// The smaller of what can leave the source and what can enter the sink.
double FlowNetwork::capacity_around(int64_t source, int64_t sink) const {
  double out = 0, in = 0;
  for (int64_t arc : arcs_[static_cast<size_t>(source)]) out += capacity_[static_cast<size_t>(arc)];
  for (int64_t arc : arcs_[static_cast<size_t>(sink)]) in += capacity_[static_cast<size_t>(arc ^ 1)];
  return std::min(out, in);
}

/// Distances to the sink over arcs with something left, from the sink back until the source is met. Seen from
/// the sink, no path leads into nodes that cannot reach it.
bool FlowNetwork::find_levels(int64_t source, int64_t sink) {
  level_.assign(arcs_.size(), -1);
  level_[static_cast<size_t>(sink)] = 0;
  std::vector<int64_t> queue{sink};
  for (size_t at = 0; at < queue.size(); ++at) {
    const int64_t node = queue[at];
    for (int64_t arc : arcs_[static_cast<size_t>(node)]) {
      const int64_t from = head_[static_cast<size_t>(arc)];
      if (level_[static_cast<size_t>(from)] >= 0 || left_[static_cast<size_t>(arc ^ 1)] <= slack_) continue;
      level_[static_cast<size_t>(from)] = level_[static_cast<size_t>(node)] + 1;
      if (from == source) return true;  // all nodes nearer to the sink have their level
      queue.push_back(from);
    }
  }
  return false;
}

/// Depth first, without recursion: networks may be deep.
double FlowNetwork::blocking_flow(int64_t source, int64_t sink) {
  next_.assign(arcs_.size(), 0);
  path_.clear();
  double flow = 0;
  for (int64_t node = source;;) {
    if (node == sink) {
      flow += push_along_path();
      node = path_.empty() ? source : head_[static_cast<size_t>(path_.back())];
    } else if (!advance(node)) {
      if (path_.empty()) return flow;
      node = head_[static_cast<size_t>(path_.back() ^ 1)];
      path_.pop_back();
      ++next_[static_cast<size_t>(node)];
    }
  }
}

/// Takes the node's next arc one level down; false when it has none left.
bool FlowNetwork::advance(int64_t& node) {
  const auto n = static_cast<size_t>(node);
  for (size_t& next = next_[n]; next < arcs_[n].size(); ++next) {
    const auto arc = static_cast<size_t>(arcs_[n][next]);
    const auto to = static_cast<size_t>(head_[arc]);
    if (left_[arc] <= slack_ || level_[to] < 0 || level_[to] != level_[n] - 1) continue;
    path_.push_back(static_cast<int64_t>(arc));
    node = head_[arc];
    return true;
  }
  return false;
}

/// Pushes what the path holds and cuts the path before its first arc that is used up.
double FlowNetwork::push_along_path() {
  double amount = left_[static_cast<size_t>(path_[0])];
  for (int64_t arc : path_) amount = std::min(amount, left_[static_cast<size_t>(arc)]);
  size_t full = path_.size();
  for (size_t i = path_.size(); i-- > 0;) {
    const auto arc = static_cast<size_t>(path_[i]);
    left_[arc] -= amount, left_[arc ^ 1] += amount;
    changed_.push_back(path_[i]);
    if (left_[arc] <= slack_) full = i;
  }
  path_.resize(full);
  return amount;
}

}  // namespace fovea
