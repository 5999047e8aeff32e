// Other programs, run as processes of their own and waited for.
#pragma once

#include <string>
#include <vector>

namespace fovea {

/// Path of fovea-VERB beside this executable; its name alone where the system does not tell.
std::string program_beside(const std::string& verb);

/// Which of a process's streams is taken; its standard output is dropped otherwise, errors go where the
/// caller's go.
enum class Taken { kNothing, kOutput, kErrors };

struct ProcessEnd {
  int code = 0;      // 128 + the signal that ended it
  std::string text;  // what was taken
};

/// Runs `program` (a path, or a name that PATH knows) with `words`. SIGINT and SIGTERM end it, not the
/// caller, who learns of them by the code. Throws Error when it cannot be started.
ProcessEnd run_process(const std::string& program, const std::vector<std::string>& words,
                       Taken taken = Taken::kNothing);

/// What fovea-VERB prints on stdout. Throws Error when it fails.
std::string output_of(const std::string& verb, const std::vector<std::string>& words);

}  // namespace fovea
