// The half of the programs that computes, a library of its own: it and LibTorch are loaded once a command
// line has been understood, so that help and refusals come at once.
#pragma once

namespace fovea {

/// Runs `program` ("train", "maps", …) of the library beside this executable on its request. The program's
/// exit code; throws Error where the library cannot be loaded, and what the program throws.
int compute(const char* program, const void* request);

}  // namespace fovea
