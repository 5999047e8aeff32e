#include "data/readers/dialogues.h"

#include <algorithm>

#include "data/readers/json_lines.h"
#include "src/base/error.h"
#include "src/base/json.h"
#include "src/base/text.h"

namespace fovea {
namespace {

/// The value of the first of `keys` that the object has, or null.
const Json* first_of(const Json& object, const std::vector<std::string>& keys) {
  for (const std::string& key : keys)
    if (const auto found = object.find(key); found != object.end()) return &*found;
  return nullptr;
}

std::vector<std::string> texts(const Json& value, const std::string& where) {
  if (value.is_string()) return {value.get<std::string>()};
  const auto refuse = [&](const Json& found) {
    throw DataError(where + ": expected turns as texts or a list of texts, found " + found.type_name());
  };
  if (!value.is_array()) refuse(value);
  std::vector<std::string> list;
  for (const Json& turn : value) {
    if (!turn.is_string()) refuse(turn);
    list.push_back(turn.get<std::string>());
  }
  return list;
}

std::string last_turns(const std::vector<std::string>& said, size_t end, int64_t turns) {
  const size_t most = turns > 0 ? std::min(end, static_cast<size_t>(turns)) : end;
  return join({said.begin() + static_cast<int64_t>(end - most), said.begin() + static_cast<int64_t>(end)},
              kTurn);
}

}  // namespace

std::vector<TextPair> read_dialogues(const std::filesystem::path& path, int64_t turns,
                                     const std::string& encoding) {
  std::vector<TextPair> pairs;
  for_each_json_line(path, encoding, [&](const Json& object, const std::string& where) {
    const Json* context = first_of(object, {"context"});
    const Json* responses = first_of(object, {"response", "responses", "positive_responses"});
    const Json* whole = first_of(object, {"turns", "dialog", "dialogue"});
    if (context != nullptr && responses != nullptr) {
      const auto said = texts(*context, where);
      for (const std::string& response : texts(*responses, where))
        pairs.push_back({last_turns(said, said.size(), turns), response, where});
    } else if (whole != nullptr) {
      const auto said = texts(*whole, where);
      for (size_t turn = 1; turn < said.size(); ++turn)
        pairs.push_back({last_turns(said, turn, turns), said[turn], where});
    } else {
      throw DataError(where + ": expected \"context\" and \"responses\", or \"turns\"; found neither");
    }
  });
  if (pairs.empty()) throw DataError(path.string() + ": no turns that answer others; expected some");
  return pairs;
}

}  // namespace fovea
