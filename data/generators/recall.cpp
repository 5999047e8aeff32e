#include "data/generators/recall.h"

#include <string>

#include "data/generators/keys.h"
#include "src/base/error.h"

namespace fovea {
namespace {

void check(const RecallOptions& options, int64_t keys, int64_t queries) {
  if (options.pairs < 1 || options.pairs > keys)
    throw ConfigError("recall needs a key of its own for every pair; found " + std::to_string(options.pairs) +
                      " pairs and " + std::to_string(keys) + " keys in a vocabulary of " +
                      std::to_string(options.vocabulary));
  if (queries < 1 || queries > options.pairs)
    throw ConfigError("recall asks for 1 to " + std::to_string(options.pairs) +
                      " keys; found queries=" + std::to_string(options.queries));
  if (options.length < 2 * options.pairs + queries)
    throw ConfigError("recall's pairs and queries must fit its length; found 2·" +
                      std::to_string(options.pairs) + " + " + std::to_string(queries) +
                      " tokens in a length of " + std::to_string(options.length));
}

}  // namespace

RecallExample recall_example(const RecallOptions& options, int64_t split, int64_t index) {
  const int64_t first_value = (options.vocabulary + 1) / 2, keys = first_value - 1;
  const int64_t queries = options.queries == 0 ? options.pairs : options.queries;
  check(options, keys, queries);
  Random random = example_random(Generator::kRecall, options.data_seed, split, index);
  const auto length = static_cast<size_t>(options.length);
  RecallExample example{std::vector<int64_t>(length, 0), std::vector<int64_t>(length, -1),
                        std::vector<int64_t>(length, -1)};
  const auto key_order = random.permutation(keys),
             value_order = random.permutation(options.vocabulary - first_value);
  for (size_t pair = 0; pair < static_cast<size_t>(options.pairs); ++pair) {
    example.tokens[2 * pair] = 1 + key_order[pair];
    example.tokens[2 * pair + 1] = first_value + value_order[pair];
  }
  const auto asked = random.permutation(options.pairs),
             places = random.permutation(options.length - 2 * options.pairs);
  for (size_t query = 0; query < static_cast<size_t>(queries); ++query) {
    const auto pair = static_cast<size_t>(asked[query]),
               place = static_cast<size_t>(2 * options.pairs + places[query]);
    example.tokens[place] = example.tokens[2 * pair];
    example.targets[place] = example.tokens[2 * pair + 1];
    example.truth[place] = static_cast<int64_t>(2 * pair + 1);
  }
  return example;
}

}  // namespace fovea
