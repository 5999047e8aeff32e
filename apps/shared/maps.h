// What fovea-maps does between the command line and the files.
#pragma once

#include <string>
#include <vector>

namespace fovea {

struct MapsRequest {
  std::string run, split = "test", examples = "0-7", input, out, checkpoint, device = "cpu";
  std::string from, rows, columns, mask, truth;  // of maps that another framework made
  std::vector<std::string> overrides, layers, formats = {"npy", "json"};
  std::vector<int64_t> heads;
  bool decoded = false, score = false, quiet = false, verbose = false, causal = false,
       allow_unnormalized = false;
  int64_t threads = 0;
};

/// Exit code of the program; throws Error.
int maps(const MapsRequest& request);

/// "0,5,10-19" as numbers, in the order given, without repeats. Throws ConfigError.
std::vector<int64_t> parse_ranges(const std::string& text, int64_t size);

}  // namespace fovea
