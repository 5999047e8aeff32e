// Completion of the command line in bash, zsh and fish.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "src/base/json.h"

namespace fovea {

/// All that can be typed.
struct Vocabulary {
  std::vector<Json> programs;                              // described(…) of each verb, in their order
  std::vector<std::string> recipes, datasets, lists;       // lists: what `fovea list` knows
  std::vector<std::string> keys;                           // task.length, model.attention, …
  std::map<std::string, std::vector<std::string>> values;  // of the keys that have a few
};

/// Asks the programs beside this one.
Vocabulary ask_programs();

/// A script for "bash", "zsh" or "fish".
std::string completion_script(const Vocabulary& words, const std::string& shell);

}  // namespace fovea
