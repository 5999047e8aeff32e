// Counter-based random numbers: a value is a hash of what it is for, so order and thread count never matter.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <numeric>
#include <vector>

namespace fovea {

/// SplitMix64's finaliser (Steele 2014): a bijection of 64-bit words that mixes every bit.
constexpr uint64_t mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

/// One 64-bit hash of a list of words, order mattering: `hash_words({seed, epoch, index})`.
constexpr uint64_t hash_words(std::initializer_list<uint64_t> words) {
  uint64_t hash = 0x243f6a8885a308d3ULL;
  for (uint64_t word : words) hash = mix(hash ^ mix(word));
  return hash;
}

/// A small stream of random numbers from one key; the same on every machine (unlike std:: distributions).
class Random {
 public:
  explicit Random(uint64_t key) : key_(key) {}
  uint64_t bits() { return mix(key_ + 0x9e3779b97f4a7c15ULL * ++count_); }
  /// Uniform in [0, 1).
  double uniform() { return static_cast<double>(bits() >> 11) * 0x1.0p-53; }
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  /// Uniform in {0, …, n−1}; n ≥ 1. Bias is below n / 2^64.
  int64_t below(int64_t n) {
    return static_cast<int64_t>((static_cast<unsigned __int128>(bits()) * static_cast<uint64_t>(n)) >> 64);
  }
  /// Uniform in {low, …, high}.
  int64_t between(int64_t low, int64_t high) { return low + below(high - low + 1); }
  /// Standard normal (Box–Muller).
  double normal();
  template <class T>
  void shuffle(std::vector<T>& items) {
    for (std::size_t i = items.size(); i > 1; --i)
      std::swap(items[i - 1], items[static_cast<std::size_t>(below(static_cast<int64_t>(i)))]);
  }
  template <class T>
  const T& pick(const std::vector<T>& items) {
    return items[static_cast<std::size_t>(below(static_cast<int64_t>(items.size())))];
  }
  /// {0, …, n−1} in random order.
  std::vector<int64_t> permutation(int64_t n) {
    std::vector<int64_t> order(static_cast<std::size_t>(n));
    std::iota(order.begin(), order.end(), int64_t{0});
    shuffle(order);
    return order;
  }

 private:
  uint64_t key_;
  uint64_t count_ = 0;
};

}  // namespace fovea
