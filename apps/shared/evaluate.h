// What fovea-evaluate does between the command line and the scores.
#pragma once

#include <string>
#include <vector>

namespace fovea {

struct EvaluateRequest {
  std::vector<std::string> words;  // run folders and key=value overrides
  std::string split = "test", format = "text", checkpoint, device = "cpu", figures;
  std::vector<std::string> figure_formats = {"pdf", "png"};
  bool ensemble = false, quiet = false, verbose = false;
  int64_t batch = 0, threads = 0;
};

/// Exit code of the program; throws Error.
int evaluate(const EvaluateRequest& request);

/// Parts `words` into paths and key=value overrides.
void part_words(const std::vector<std::string>& words, std::vector<std::string>* paths,
                std::vector<std::string>* overrides);

}  // namespace fovea
