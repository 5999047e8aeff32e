// While a device records what it is told, to do it again by itself: what the host decides would be done again
// as it was, so asking it is an error, at the doors that are known: `moved`, `Batch::on_host`,
// `draw_dropout_key`. A net that decides by numbers of its own (a count of its steps, a layer left out at
// random) calls `ask_host`.
#pragma once

#include <stdexcept>
#include <string>

namespace fovea {

/// Somebody wanted a number of the host's while a device was recording.
class HostAsked : public std::runtime_error {
 public:
  explicit HostAsked(const std::string& what)
      : std::runtime_error(what + " decides what a step does, on the host") {}
};

/// Its life is the recording, whatever thread works for it. One at a time.
class Recording {
 public:
  Recording();
  ~Recording();
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;
};

/// Whether a device records: what is made now is there only when that is done again, anew each time.
bool device_records();

/// Throws HostAsked while a device records. `what` is about to be asked for.
void ask_host(const char* what);

}  // namespace fovea
