// The verbs of fovea, in the order in which help lists them.
#pragma once

#include <array>

namespace fovea {

struct Verb {
  const char* name;
  const char* what;
};

inline constexpr std::array kVerbs{
    Verb{"train", "train a net on a task, or continue a run"},
    Verb{"evaluate", "score trained runs on a split"},
    Verb{"predict", "label, decode or forecast new inputs"},
    Verb{"maps", "write, draw and score attention maps"},
    Verb{"attend", "run one attention on arrays"},
    Verb{"ablate", "sweep over keys of a recipe, with seeds and statistics"},
    Verb{"status", "how far the cells of a sweep are"},
    Verb{"report", "tables and a page from runs and sweeps"},
    Verb{"curves", "learning curves, in the terminal and as figures"},
    Verb{"diff", "in what two runs differ"},
    Verb{"repro", "make a run again and compare the bytes"},
    Verb{"gc", "what finished runs no longer need"},
    Verb{"list", "everything that can be chosen by name"},
    Verb{"data", "list, fetch and check public data sets"},
    Verb{"bench", "times attention, training, decoding or maps on this machine"},
    Verb{"doctor", "versions, threads, device, self-tests"},
    Verb{"completion", "completion for bash, zsh and fish"},
    Verb{"man", "manual pages"},
};

}  // namespace fovea
