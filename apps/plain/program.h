// What every program does around its work: one line for an error, the documented exit code.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

namespace fovea {

/// Parses the command line into `app` and runs `body`. Usage errors print one line and return 2; Errors print
/// their line and return their code; anything else (LibTorch's own, out of memory) prints its first line and
/// returns 1. Never throws.
int run_program(CLI::App& app, int argc, char** argv, const std::function<int()>& body);

constexpr int64_t kMostNumber = 999999999999999999;

/// Makes `option` take whole numbers from `least` to `most` only.
void whole_number(CLI::Option* option, int64_t least, int64_t most);

/// --checkpoint, which of a run's is read.
void add_checkpoint(CLI::App& app, std::string& checkpoint);

/// --threads, 1 to 1024.
void add_threads(CLI::App& app, int64_t& threads, const std::string& help = "threads of one operation");

/// One line on stderr: "fovea-train: message".
void print_error(const std::string& program, const std::string& message);

/// A line on stderr that --quiet keeps: "warning: message".
void print_warning(const std::string& message);

/// Sets the name, the description, the examples shown under --help and --version.
void describe_program(CLI::App& app, const std::string& verb, const std::string& summary,
                      const std::string& examples);

}  // namespace fovea
