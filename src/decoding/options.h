// How an output is chosen token by token: the keys of `task.decoding`.
#pragma once

#include <string>

#include "src/config/fields.h"

namespace fovea {

struct DecodingOptions {
  std::string method = "greedy";
  int64_t beam = 5, best = 1, shortest = 0, longest = 0, no_repeat = 0, top_k = 0, seed = 0;
  double length_penalty = 0.6, temperature = 1, top_p = 1;
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("method", self.method, "the most probable token, the best of several outputs, or drawn",
          one_of({"greedy", "beam", "sample"}));
    visit("beam", self.beam, "outputs kept at each step of beam", at_least(1));
    visit("best", self.best, "outputs given for an input: of beam the best ones, of sample so many draws",
          at_least(1));
    visit("length_penalty", self.length_penalty,
          "of beam: log-probabilities are divided by ((5 + tokens) / 6)^this (Wu 2016, eq. 14); 0 = not",
          at_least(0));
    visit("shortest", self.shortest, "fewest tokens of an output", at_least(0));
    visit("longest", self.longest,
          "most tokens of an output; 0 = the longest training target and half as many again, of a language "
          "model task.context after a text and else one",
          at_least(0));
    visit("no_repeat", self.no_repeat, "no run of so many tokens comes twice in an output; 0 = may",
          at_least(0));
    visit("temperature", self.temperature, "of sample: logits are divided by it", above(0));
    visit("top_k", self.top_k, "of sample: only among the k most probable tokens; 0 = all", at_least(0));
    visit("top_p", self.top_p,
          "of sample: only among the most probable tokens that make up this mass (Holtzman 2020, §3.1)",
          between(0, 1));
    visit("seed", self.seed, "of sample", at_least(0));
  }
};

/// Throws ConfigError, `key` before the field, where fields exclude each other.
void require_decoding(const DecodingOptions& options, const std::string& key);

}  // namespace fovea
