// Heads taken away from a net for good (Michel 2019).
#pragma once

#include <string>
#include <vector>

#include "src/core/attention.h"

namespace fovea {

/// An attention and its name in the net: "encoder.0.self".
struct AttentionPlace {
  std::string path;
  Attention* attention;
};

/// All attentions of `net`, in its own order.
std::vector<AttentionPlace> attentions_of(torch::nn::Module& net);

/// Takes heads away: `pruned` lists "path:head,head". Throws ConfigError for what is no such list, no
/// attention or no head of it; `key` opens the message.
void prune_heads(torch::nn::Module& net, const std::vector<std::string>& pruned, const std::string& key);

}  // namespace fovea
