// Two refusals that a sweep treats apart from other mistakes in a config.
#pragma once

#include <string>

#include "src/base/error.h"

namespace fovea {

/// A field that the chosen name does not have: a sweep over names leaves it out there.
class UnknownFieldError : public ConfigError {
 public:
  UnknownFieldError(std::string key, const std::string& message)
      : ConfigError(message), key_(std::move(key)) {}
  /// "model.attention.heads".
  const std::string& key() const { return key_; }

 private:
  std::string key_;
};

/// Values that are fine each by itself but cannot go together: a sweep leaves that combination out.
class RefusedError : public ConfigError {
 public:
  using ConfigError::ConfigError;
};

}  // namespace fovea
