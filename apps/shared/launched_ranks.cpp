#include "apps/shared/launched_ranks.h"

#include <cstdlib>
#include <string>

#include "src/base/error.h"

namespace fovea {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

int64_t number(const char* name, int64_t least, int64_t most) {
  const std::string text = variable(name);
  const bool digits =
      !text.empty() && text.size() < 10 && text.find_first_not_of("0123456789") == std::string::npos;
  if (!digits || std::stoll(text) < least || std::stoll(text) > most)
    throw ConfigError("environment: " + std::string(name) + ": expected a whole number, " +
                      std::to_string(least) + " to " + std::to_string(most) + ", with WORLD_SIZE; found \"" +
                      text + "\"");
  return std::stoll(text);
}

}  // namespace

std::shared_ptr<Ranks> launched_ranks(double seconds) {
  if (variable("WORLD_SIZE").empty()) return nullptr;
  RanksOptions options;
  options.size = number("WORLD_SIZE", 1, 65536);
  if (options.size == 1) return nullptr;
  options.rank = number("RANK", 0, options.size - 1);
  options.port = number("MASTER_PORT", 1, 65535);
  options.address = variable("MASTER_ADDR");
  if (options.address.empty())
    throw ConfigError("environment: MASTER_ADDR: expected a host's name or address, with WORLD_SIZE");
  options.agent = variable("TORCHELASTIC_USE_AGENT_STORE") == "True";
  options.seconds = seconds;
  return join_ranks(options);
}

}  // namespace fovea
