#include "data/generators/list_ops.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>

#include "data/generators/keys.h"
#include "src/base/error.h"

namespace fovea {
namespace {

constexpr int64_t kLeast = 4, kArguments = 5;  // tokens of an operation on two digits; most arguments
const std::vector<std::string> kOperators = {"[MAX", "[MIN", "[MED", "[SM"};

int64_t applied(const std::string& name, std::vector<int64_t> numbers) {
  if (name == "[SM") return std::accumulate(numbers.begin(), numbers.end(), int64_t{0}) % 10;
  std::sort(numbers.begin(), numbers.end());
  if (name == "[MED") return numbers[(numbers.size() - 1) / 2];
  return name == "[MIN" ? numbers.front() : numbers.back();
}

/// Appends an operation of exactly `length` tokens.
void write(std::vector<std::string>& tokens, int64_t length, Random& random) {
  tokens.push_back(random.pick(kOperators));
  // Arguments of one token each; what is left makes some of them operations.
  const int64_t inside = length - 2;
  std::vector<int64_t> sizes(static_cast<size_t>(std::min(inside, random.between(2, kArguments))), 1);
  for (int64_t left = inside - static_cast<int64_t>(sizes.size()); left > 0;) {
    int64_t& size = sizes[static_cast<size_t>(random.below(static_cast<int64_t>(sizes.size())))];
    const int64_t wanted = size == 1 ? kLeast - 1 : 1;
    if (left >= wanted) {
      const int64_t more = random.between(wanted, left);
      size += more, left -= more;
    } else if (static_cast<int64_t>(sizes.size()) < kArguments) {
      sizes.push_back(1), --left;
    } else if (const auto big = std::max_element(sizes.begin(), sizes.end()); *big > 1) {
      *big += left, left = 0;
    } else {
      sizes.push_back(1), --left;  // one or two tokens too many for five digits, too few for an operation
    }
  }
  for (const int64_t size : sizes) {
    if (size == 1)
      tokens.push_back(std::to_string(random.below(10)));
    else
      write(tokens, size, random);
  }
  tokens.push_back("]");
}

[[noreturn]] void refuse(const std::string& what) {
  throw std::invalid_argument("[list_ops_value] " + what);
}

}  // namespace

std::vector<std::string> list_ops_tokens() {
  std::vector<std::string> tokens = kOperators;
  tokens.push_back("]");
  for (int64_t digit = 0; digit < 10; ++digit) tokens.push_back(std::to_string(digit));
  return tokens;
}

int64_t list_ops_value(const std::vector<std::string>& tokens) {
  struct Open {
    std::string name;
    std::vector<int64_t> numbers;
  };
  std::vector<Open> open = {{"", {}}};  // what stands around the expression takes its value
  for (const std::string& token : tokens) {
    if (std::find(kOperators.begin(), kOperators.end(), token) != kOperators.end()) {
      open.push_back({token, {}});
    } else if (token == "]") {
      if (open.size() < 2 || open.back().numbers.empty()) refuse("\"]\" must close an operation on numbers");
      const int64_t value = applied(open.back().name, open.back().numbers);
      open.pop_back();
      open.back().numbers.push_back(value);
    } else if (token.size() == 1 && token[0] >= '0' && token[0] <= '9') {
      open.back().numbers.push_back(token[0] - '0');
    } else {
      refuse("expected an operator, a digit or \"]\"; found \"" + token + "\"");
    }
  }
  if (open.size() != 1 || open[0].numbers.size() != 1) refuse("expected one whole expression");
  return open[0].numbers[0];
}

ListOpsExample list_ops_example(const ListOpsOptions& options, int64_t split, int64_t index) {
  if (options.shortest < kLeast || options.longest < options.shortest)
    throw ConfigError("list-ops: lengths must satisfy 4 ≤ shortest ≤ longest; found " +
                      std::to_string(options.shortest) + " and " + std::to_string(options.longest));
  Random random = example_random(Generator::kListOps, options.data_seed, split, index);
  ListOpsExample example;
  write(example.tokens, random.between(options.shortest, options.longest), random);
  example.answer = list_ops_value(example.tokens);
  return example;
}

}  // namespace fovea
