// SIGINT and SIGTERM as a flag that the trainer reads between steps; a second signal ends the program at
// once.
#pragma once

#include "src/base/error.h"

namespace fovea {

/// Asked to stop, with everything saved: exit 130 or 143.
class Interrupted : public Error {
 public:
  Interrupted(int signal, const std::string& what);
};

/// Catches both signals while it lives; afterwards the handlers from before are back and nothing is caught.
class SignalWatch {
 public:
  SignalWatch();
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

  /// The signal that came, or 0.
  static int caught();
  /// Throws Interrupted ("stopped while …") when one came.
  static void check(const std::string& phase);

 private:
  void (*interrupt_)(int);
  void (*terminate_)(int);
};

}  // namespace fovea
