#include "data/generators/sequences.h"

#include <algorithm>
#include <numeric>

#include "data/generators/keys.h"
#include "data/generators/toy_language.h"
#include "src/base/error.h"
#include "src/base/text.h"

namespace fovea {
namespace {

/// `number` with leading zeros to as many digits as the largest token has.
std::string padded(int64_t number, int64_t vocabulary) {
  const std::string digits = std::to_string(number);
  return std::string(std::to_string(vocabulary - 1).size() - digits.size(), '0') + digits;
}

/// "a" … "z", then "t26", "t27", …: letters are easier on the eye in a map.
std::string symbol(int64_t number) {
  return number < 26 ? std::string(1, static_cast<char>('a' + number)) : "t" + std::to_string(number);
}

/// order[j] = the source position that target position j shows.
std::vector<int64_t> target_order(const std::string& kind, const std::vector<int64_t>& numbers) {
  std::vector<int64_t> order(numbers.size());
  std::iota(order.begin(), order.end(), int64_t{0});
  if (kind == "reverse") std::reverse(order.begin(), order.end());
  if (kind == "sort")
    std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
      return numbers[static_cast<size_t>(a)] < numbers[static_cast<size_t>(b)];
    });
  return order;
}

void check(const SequenceOptions& options) {
  static const std::vector<std::string> kinds = {"copy", "reverse", "sort", "toy-language", "toy-idioms"};
  if (std::find(kinds.begin(), kinds.end(), options.kind) == kinds.end())
    throw ConfigError("unknown sequence kind \"" + options.kind + "\"" + hint(options.kind, kinds));
  if (options.min_length < 1 || options.max_length < options.min_length)
    throw ConfigError("sequence lengths must satisfy 1 ≤ min_length ≤ max_length; found " +
                      std::to_string(options.min_length) + " and " + std::to_string(options.max_length));
  if (options.vocabulary < 2)
    throw ConfigError("a sequence vocabulary must have at least 2 tokens; found " +
                      std::to_string(options.vocabulary));
}

}  // namespace

AlignedPair aligned_pair(const SequenceOptions& options, int64_t split, int64_t index) {
  check(options);
  if (options.kind == "toy-language" || options.kind == "toy-idioms")
    return toy_sentence(options, split, index);
  Random random = example_random(Generator::kSequences, options.data_seed, split, index);
  std::vector<int64_t> numbers(static_cast<size_t>(random.between(options.min_length, options.max_length)));
  for (int64_t& number : numbers) number = random.below(options.vocabulary);
  AlignedPair pair;
  for (int64_t number : numbers)
    pair.source.push_back(options.kind == "sort" ? padded(number, options.vocabulary) : symbol(number));
  for (int64_t from : target_order(options.kind, numbers)) {
    pair.alignment.emplace_back(from, static_cast<int64_t>(pair.target.size()));
    pair.target.push_back(pair.source[static_cast<size_t>(from)]);
  }
  return pair;
}

}  // namespace fovea
