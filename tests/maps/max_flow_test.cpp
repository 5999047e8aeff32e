// Maximum flow against networks done by hand; maps_python.py compares random ones with SciPy.
#include "src/maps/max_flow.h"

#include <catch2/catch.hpp>
#include <limits>
#include <stdexcept>
#include <tuple>
#include <utility>
#include <vector>

using namespace fovea;

TEST_CASE("the flow of a chain is its narrowest arc", "[maps]") {
  FlowNetwork network(4);
  network.add_arc(0, 1, 0.7), network.add_arc(1, 2, 0.25), network.add_arc(2, 3, 0.5);
  CHECK(network.max_flow(0, 3) == 0.25);
  CHECK(network.max_flow(3, 0) == 0);
}

TEST_CASE("a flow takes back what a shorter path took wrongly", "[maps]") {
  // The shortest path, 0-1-2-3, blocks both 0-4-5-2-3 and 0-1-6-7-8-3, which together carry 2.
  FlowNetwork network(9);
  for (const auto& [from, to] : std::vector<std::pair<int64_t, int64_t>>{
           {0, 1}, {1, 2}, {2, 3}, {0, 4}, {4, 5}, {5, 2}, {1, 6}, {6, 7}, {7, 8}, {8, 3}})
    network.add_arc(from, to, 1);
  CHECK(network.max_flow(0, 3) == 2);
}

TEST_CASE("six nodes from a textbook: 23", "[maps]") {
  FlowNetwork network(6);
  for (const auto& [from, to, capacity] : std::vector<std::tuple<int64_t, int64_t, double>>{{0, 1, 16},
                                                                                            {0, 2, 13},
                                                                                            {2, 1, 4},
                                                                                            {1, 3, 12},
                                                                                            {3, 2, 9},
                                                                                            {2, 4, 14},
                                                                                            {4, 3, 7},
                                                                                            {3, 5, 20},
                                                                                            {4, 5, 4}})
    network.add_arc(from, to, capacity);
  CHECK(network.max_flow(0, 5) == 23);
}

TEST_CASE("one network answers for many pairs, each as if it were the first", "[maps]") {
  FlowNetwork network(3);
  network.add_arc(0, 1, 0.5), network.add_arc(1, 2, 0.3), network.add_arc(0, 2, 0.1);
  CHECK(network.max_flow(0, 2) == Approx(0.4));
  CHECK(network.max_flow(0, 1) == 0.5);
  CHECK(network.max_flow(0, 2) == Approx(0.4));
}

TEST_CASE("a flow network refuses what is no arc and no pair", "[maps]") {
  FlowNetwork network(2);
  CHECK_THROWS_AS(network.add_arc(0, 2, 1), std::logic_error);
  CHECK_THROWS_AS(network.add_arc(0, 1, -1), std::logic_error);
  CHECK_THROWS_AS(network.add_arc(0, 1, std::numeric_limits<double>::infinity()), std::logic_error);
  CHECK_THROWS_AS(network.max_flow(0, 0), std::logic_error);
  CHECK_THROWS_AS(network.max_flow(-1, 0), std::logic_error);
}
