#include "src/probe/pruning.h"

#include <algorithm>
#include <map>

#include "src/base/error.h"
#include "src/base/text.h"

namespace fovea {
namespace {

int64_t whole(const std::string& text, const std::string& entry, const std::string& key) {
  if (text.empty() || text.size() > 6 || text.find_first_not_of("0123456789") != std::string::npos)
    throw ConfigError(key + ": expected path:head,head such as encoder.0.self:1,3; found \"" + entry + "\"");
  return std::stoll(text);
}

}  // namespace

std::vector<AttentionPlace> attentions_of(torch::nn::Module& net) {
  std::vector<AttentionPlace> places;
  for (const auto& item : net.named_modules("", false))
    if (auto* attention = dynamic_cast<Attention*>(item.value().get()))
      places.push_back({item.key(), attention});
  return places;
}

void prune_heads(torch::nn::Module& net, const std::vector<std::string>& pruned, const std::string& key) {
  const std::vector<AttentionPlace> places = attentions_of(net);
  std::vector<std::string> paths;
  for (const AttentionPlace& place : places) paths.push_back(place.path);
  std::map<std::string, std::vector<int64_t>> heads;  // a path may be named more than once
  for (const std::string& entry : pruned) {
    const size_t colon = entry.rfind(':');
    const std::string path = entry.substr(0, colon);
    if (std::find(paths.begin(), paths.end(), path) == paths.end())
      throw ConfigError(key + ": no attention called " + path + hint(path, paths));
    const std::string numbers = colon == std::string::npos ? "" : entry.substr(colon + 1);
    for (const std::string& number : split(numbers, ',')) heads[path].push_back(whole(number, entry, key));
  }
  for (const AttentionPlace& place : places) {
    if (heads.count(place.path) == 0) continue;
    try {
      place.attention->prune(heads[place.path]);
    } catch (const ConfigError& error) {
      throw ConfigError(key + ": " + place.path + ": " + error.what());
    }
  }
}

}  // namespace fovea
