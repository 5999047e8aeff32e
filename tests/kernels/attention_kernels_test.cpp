// The kernels of every instruction set that this machine has, against loops in double.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "src/base/random.h"
#include "src/kernels/kernel_sets.h"

using namespace fovea;

namespace {

using Numbers = std::vector<double>;

/// One head: numbers of its inputs, and what may be seen.
struct Problem {
  int64_t queries = 50, keys = 70, width = 20, value_width = 12;
  PairRule pair = PairRule::kProduct;
  RowRule row = RowRule::kSoftmax;
  double number = 1;
  bool causal = false, relative = false;
  Numbers query, key, value, energy, bias, grad;         // bias of j − i from −(Tq − 1) on
  Numbers relative_query, relative_key, relative_value;  // the latter likewise
  double spread = 1;                                     // of queries and keys
  double lift = 0;                                       // of every score

  int64_t features() const { return pair == PairRule::kGated ? width / 2 : width; }
  bool sees(int64_t i, int64_t j) const { return !causal || j <= i + keys - queries; }
  void draw(uint64_t seed) {
    Random random(seed);
    const auto fill = [&](Numbers& x, int64_t count, double scale) {
      x.resize(static_cast<size_t>(count));
      for (double& one : x) one = static_cast<float>(random.normal() * scale);  // the same in float
    };
    fill(query, queries * width, spread), fill(key, keys * width, spread);
    fill(value, keys * value_width, 1), fill(grad, queries * value_width, 1);
    fill(energy, features(), 0.5), fill(bias, queries + keys - 1, 0.5);
    for (double& one : bias) one += lift;
    if (!relative) return;
    fill(relative_query, queries * width, spread), fill(relative_key, (queries + keys - 1) * width, spread);
    fill(relative_value, (queries + keys - 1) * value_width, 1);
  }
};

double score(const Problem& p, int64_t i, int64_t j) {
  const double *q = &p.query[i * p.width], *k = &p.key[j * p.width];
  const int64_t n = p.features();
  double sum = 0;
  for (int64_t a = 0; a < n; ++a) {
    if (p.pair == PairRule::kProduct) sum += q[a] * k[a];
    if (p.pair == PairRule::kTanh) sum += p.energy[a] * std::tanh(q[a] + k[a]);
    if (p.pair == PairRule::kGated)
      sum += p.energy[a] * std::tanh(q[a] + k[a]) / (1 + std::exp(-q[n + a] - k[n + a]));
  }
  const int64_t offset = j - i + p.queries - 1;
  for (int64_t a = 0; a < p.width && p.relative; ++a)
    sum += p.relative_query[i * p.width + a] * p.relative_key[offset * p.width + a];
  return sum + p.bias[offset];
}

/// Weights from visible scores; thresholds by bisection.
Numbers weigh(const Problem& p, const Numbers& s) {
  const double top = *std::max_element(s.begin(), s.end());
  Numbers w(s.size());
  double total = p.row == RowRule::kSoftmaxOne ? 1 : 0;
  const auto each = [&](auto of) {
    for (size_t j = 0; j < s.size(); ++j) w[j] = of(s[j]);
  };
  const auto divide = [&] {
    for (double x : w) total += x;
    for (double& x : w) x /= total;
  };
  const auto above = [&](double divisor, double power) {
    double low = -1, high = 0;
    for (int step = 0; step < 100; ++step) {
      const double middle = (low + high) / 2;
      double sum = 0;
      for (double x : s) sum += std::pow(std::max((x - top) / divisor - middle, 0.0), power);
      (sum > 1 ? low : high) = middle;
    }
    each([&](double x) { return std::pow(std::max((x - top) / divisor - low, 0.0), power); });
  };
  Numbers sorted = s;
  std::sort(sorted.begin(), sorted.end(), std::greater<>());
  switch (p.row) {
    case RowRule::kSoftmax:
      each([&](double x) { return std::exp((x - top) / p.number); }), divide();
      break;
    case RowRule::kSoftmaxOne:
      each([](double x) { return std::exp(x); }), divide();
      break;
    case RowRule::kSigmoid:
      each([](double x) { return 1 / (1 + std::exp(-x)); });
      break;
    case RowRule::kSum:
      each([](double x) { return x; }), divide();
      break;
    case RowRule::kSparsemax:
      above(1, 1);
      break;
    case RowRule::kEntmax15:
      above(2, 2);
      break;
    case RowRule::kTopK: {
      const double least = sorted[std::min(sorted.size(), static_cast<size_t>(p.number)) - 1];
      each([&](double x) { return x < least ? 0 : std::exp(x - top); }), divide();
      break;
    }
    case RowRule::kHard:
      each([&](double x) { return x == top ? 1 : 0; });
      break;
    case RowRule::kUniform:
      each([](double) { return 1; }), divide();
      break;
  }
  return w;
}

Numbers attend(const Problem& p) {
  Numbers out(p.queries * p.value_width);
  for (int64_t i = 0; i < p.queries; ++i) {
    Numbers s;
    for (int64_t j = 0; j < p.keys; ++j)
      if (p.sees(i, j)) s.push_back(score(p, i, j));
    if (s.empty()) continue;
    const Numbers w = weigh(p, s);
    for (size_t j = 0; j < w.size(); ++j)  // what is visible comes first, under causal as well
      for (int64_t d = 0; d < p.value_width; ++d)
        out[i * p.value_width + d] +=
            w[j] * (p.value[j * p.value_width + d] +
                    (p.relative ? p.relative_value[(j - i + p.queries - 1) * p.value_width + d] : 0));
  }
  return out;
}

/// What the kernels make of it.
template <class T>
struct Answer {
  std::vector<T> attended, query, key, value, energy, bias, relative_query, relative_key, relative_value;
  std::vector<T> scores;  // those that were kept
};

/// With `keeps` the backward pass takes over the scores of pairs instead of making them again.
template <class T>
Answer<T> run(const AttentionKernels<T>& kernels, const Problem& p, bool keeps = false) {
  const auto as = [](const Numbers& x) { return std::vector<T>(x.begin(), x.end()); };
  const std::vector<T> query = as(p.query), key = as(p.key), value = as(p.value), energy = as(p.energy),
                       bias = as(p.bias), grad = as(p.grad), relative_query = as(p.relative_query),
                       relative_key = as(p.relative_key), relative_value = as(p.relative_value);
  std::vector<uint8_t> mask(p.queries * p.keys);
  for (size_t n = 0; n < mask.size(); ++n) mask[n] = p.sees(n / p.keys, n % p.keys);
  std::vector<RowBlock> blocks;
  std::vector<KeyRun> runs;
  runs.reserve(static_cast<size_t>(p.queries));  // blocks point at them
  for (int64_t begin = 0; begin < p.queries; begin = block_end(begin, p.queries)) {
    RowBlock block;
    block.begin = begin, block.end = block_end(begin, p.queries);
    runs.push_back({.begin = 0,
                    .end = p.keys,
                    .mask = mask.data() + begin * p.keys,
                    .mask_row = p.keys,
                    .mask_key = 1,
                    .mask_end = p.keys});
    block.runs = &runs.back(), block.run_count = 1;
    block.columns = (p.keys + kKeyRoom - 1) / kKeyRoom * kKeyRoom;
    blocks.push_back(block);
  }
  HeadCall<T> call;
  call.queries = p.queries, call.keys = p.keys, call.width = p.width, call.value_width = p.value_width;
  call.query = {query.data(), p.width}, call.key = {key.data(), p.width};
  call.value = {value.data(), p.value_width};
  call.pair = p.pair, call.row = p.row, call.number = p.number;
  call.energy = energy.data(), call.bias = bias.data() + p.queries - 1;
  if (p.relative) {
    call.relative_query = {relative_query.data(), p.width};
    call.relative_key = {relative_key.data() + (p.queries - 1) * p.width, p.width};
    call.relative_value = {relative_value.data() + (p.queries - 1) * p.value_width, p.value_width};
  }
  call.blocks = blocks.data(), call.block_count = static_cast<int64_t>(blocks.size());

  Answer<T> a;
  a.attended.resize(p.queries * p.value_width), a.query.resize(query.size()), a.key.resize(key.size());
  a.value.resize(value.size()), a.energy.resize(energy.size()), a.bias.resize(bias.size());
  std::vector<T> numbers(2 * p.queries), scratch(kernels.scratch(call, true));
  a.scores.resize(keeps ? p.queries * p.keys : 0);
  HeadAnswer<T> answer{{a.attended.data(), p.value_width}, numbers.data()};
  if (keeps) answer.scores = {a.scores.data(), p.keys};
  kernels.forward(call, answer, scratch.data());
  HeadGradient<T> gradient;
  if (keeps) gradient.scores = {a.scores.data(), p.keys};
  gradient.attended = {grad.data(), p.value_width}, gradient.rows = numbers.data();
  gradient.query = {a.query.data(), p.width}, gradient.key = {a.key.data(), p.width};
  gradient.value = {a.value.data(), p.value_width};
  gradient.energy = a.energy.data(), gradient.bias = a.bias.data() + p.queries - 1;
  if (p.relative) {
    a.relative_query.resize(relative_query.size()), a.relative_key.resize(relative_key.size());
    a.relative_value.resize(relative_value.size());
    gradient.relative_query = {a.relative_query.data(), p.width};
    gradient.relative_key = {a.relative_key.data() + (p.queries - 1) * p.width, p.width};
    gradient.relative_value = {a.relative_value.data() + (p.queries - 1) * p.value_width, p.value_width};
  }
  kernels.backward(call, gradient, scratch.data());
  return a;
}

template <class T>
std::vector<const AttentionKernels<T>*> available() {
  std::vector<const AttentionKernels<T>*> found;
  for (const char* name : {"generic", "avx2", "avx512"})
    if (const auto* kernels = kernel_set(name)) found.push_back(kernels);
  return found;
}

std::vector<Problem> problems() {
  std::vector<Problem> list;
  for (const bool causal : {false, true}) {
    for (const RowRule row : {RowRule::kSoftmax, RowRule::kSoftmaxOne, RowRule::kSigmoid, RowRule::kSparsemax,
                              RowRule::kEntmax15, RowRule::kTopK, RowRule::kHard, RowRule::kUniform}) {
      Problem p;
      p.row = row, p.causal = causal, p.spread = 0.5;
      p.number = row == RowRule::kTopK ? 5 : row == RowRule::kSoftmax ? 1.5 : 1;
      list.push_back(p);
      p.relative = true;
      list.push_back(p);
    }
    for (const PairRule pair : {PairRule::kTanh, PairRule::kGated})
      for (const RowRule row : {RowRule::kSoftmax, RowRule::kSparsemax})
        for (const double spread : {1.0, 3.0, 30.0}) {  // of 30, exponentials would overflow
          Problem p;
          p.pair = pair, p.row = row, p.causal = causal, p.spread = spread;
          list.push_back(p);
        }
  }
  // One block and several, panels in whole vectors and not, the last tile of keys nearly full and nearly
  // empty.
  const int64_t sizes[][4] = {{49, 49, 16, 16}, {64, 64, 32, 48}, {113, 150, 16, 33}, {65, 161, 9, 8}};
  for (const auto& [queries, keys, width, value_width] : sizes)
    for (const bool causal : {false, true}) {
      Problem p;
      p.queries = queries, p.keys = keys, p.width = width, p.value_width = value_width, p.causal = causal;
      p.spread = 0.5;
      list.push_back(p);
      p.relative = true;
      list.push_back(p);
    }
  for (const bool causal : {false, true})
    for (const PairRule pair : {PairRule::kProduct, PairRule::kTanh}) {
      Problem sum;  // of scores that are far from cancelling
      sum.row = RowRule::kSum, sum.pair = pair, sum.causal = causal, sum.spread = 0.2, sum.lift = 6;
      list.push_back(sum);
    }
  Problem one_query;
  one_query.queries = 1, one_query.pair = PairRule::kTanh;
  list.push_back(one_query);
  Problem several;  // blocks of pairs
  several.queries = 113, several.keys = 150, several.pair = PairRule::kGated, several.causal = true;
  list.push_back(several);
  for (Problem& p : list) p.draw(11);
  return list;
}

template <class T>
double farthest(const std::vector<T>& found, const Numbers& expected) {
  double most = 0;
  for (size_t i = 0; i < expected.size(); ++i) most = std::max(most, std::abs(found[i] - expected[i]));
  return most;
}

/// dL/dx of some elements of x by central differences, L = Σ grad · attended; the largest error of `found`
/// there.
template <class T>
double worst_slope(Problem p, Numbers Problem::*member, const std::vector<T>& found) {
  constexpr double kStep = 1e-5;
  const auto loss = [&] {
    const Numbers out = attend(p);
    double sum = 0;
    for (size_t i = 0; i < out.size(); ++i) sum += out[i] * p.grad[i];
    return sum;
  };
  Numbers& x = p.*member;
  double worst = 0;
  for (size_t n = 0; n < 2; ++n) {
    const size_t at = (n * 7919 + 13) % x.size();
    const double middle = x[at];
    x[at] = middle + kStep;
    const double above = loss();
    x[at] = middle - kStep;
    const double slope = (above - loss()) / (2 * kStep);
    x[at] = middle;
    worst = std::max(worst, std::abs(slope - found[at]) / (1 + std::abs(slope)));
  }
  return worst;
}

/// `exact`: what a sum of some hundred numbers near 1 leaves in T; `slope`: and differences of a loss of some
/// tens.
template <class T>
void check_all(double exact, double slope) {
  for (const auto* kernels : available<T>())
    for (const Problem& p : problems()) {
      CAPTURE(kernels->name, static_cast<int>(p.pair), static_cast<int>(p.row), p.causal, p.spread, p.queries,
              p.relative);
      const Answer<T> found = run(*kernels, p);
      // Scores of features of 30 reach some tens themselves, and so do their errors.
      const double scale = p.spread > 1 ? 10 : 1;
      CHECK(farthest(found.attended, attend(p)) < exact * scale);
      if (p.row == RowRule::kHard) continue;  // its gradient is softmax's, not its own
      CHECK(worst_slope(p, &Problem::value, found.value) < slope * scale);
      CHECK(worst_slope(p, &Problem::query, found.query) < slope * scale);
      CHECK(worst_slope(p, &Problem::key, found.key) < slope * scale);
      CHECK(worst_slope(p, &Problem::bias, found.bias) < slope * scale);
      if (p.relative) {
        CHECK(worst_slope(p, &Problem::relative_query, found.relative_query) < slope);
        CHECK(worst_slope(p, &Problem::relative_key, found.relative_key) < slope);
        CHECK(worst_slope(p, &Problem::relative_value, found.relative_value) < slope);
      }
      if (p.pair != PairRule::kProduct) CHECK(worst_slope(p, &Problem::energy, found.energy) < slope * scale);
    }
}

}  // namespace

TEST_CASE("kernels of every instruction set are the loops, in double") {
  check_all<double>(1e-12, 1e-7);
}

TEST_CASE("kernels of every instruction set are the loops, in float") {
  check_all<float>(2e-5, 1e-4);
}

TEST_CASE("scores of pairs that are kept give the gradients that scores made again do") {
  for (const auto* kernels : available<float>())
    for (const Problem& p : problems()) {
      if (p.pair == PairRule::kProduct) continue;
      CAPTURE(kernels->name, static_cast<int>(p.pair), static_cast<int>(p.row), p.causal, p.spread,
              p.queries);
      const Answer<float> again = run(*kernels, p), kept = run(*kernels, p, true);
      CHECK(kept.attended == again.attended);
      CHECK(kept.query == again.query);
      CHECK(kept.key == again.key);
      CHECK(kept.value == again.value);
      CHECK(kept.energy == again.energy);
      CHECK(kept.bias == again.bias);
    }
}

TEST_CASE("pairs at the largest exponents, and just beyond, are the loops") {
  for (const PairRule pair : {PairRule::kTanh, PairRule::kGated})
    for (const double size : {10.45, 10.55}) {  // 2q + 2k of 42 is where exponentials of pairs begin
      Problem p;
      p.pair = pair, p.draw(3);
      for (Numbers* side : {&p.query, &p.key})
        for (size_t n = 0; n < side->size(); ++n)
          (*side)[n] = static_cast<float>(n % 7 < 3   ? size
                                          : n % 7 < 5 ? -size
                                                      : 0.1 * static_cast<double>(n % 11));
      for (const auto* kernels : available<float>()) {
        CAPTURE(kernels->name, static_cast<int>(pair), size);
        const Answer<float> found = run(*kernels, p);
        CHECK(farthest(found.attended, attend(p)) < 2e-5);
        for (const auto& [member, gradient] :
             {std::pair(&Problem::query, &found.query), std::pair(&Problem::key, &found.key),
              std::pair(&Problem::energy, &found.energy), std::pair(&Problem::value, &found.value)})
          CHECK(worst_slope(p, member, *gradient) < 1e-4);
      }
    }
}

TEST_CASE("of equal scores top-k takes the first") {
  for (const double k : {3.0, 20.0, 40.0})
    for (const auto* kernels : available<float>()) {
      CAPTURE(kernels->name, k);
      Problem p;
      p.row = RowRule::kTopK, p.number = k;
      p.draw(5);
      p.query.assign(p.query.size(), 0), p.bias.assign(p.bias.size(), 0);
      for (int64_t j = 10; j < 20; ++j)
        p.bias[p.queries - 1 + j] = 1;  // of the first query, ten that stand above
      const Answer<float> found = run(*kernels, p);
      for (int64_t d = 0; d < p.value_width; ++d) {
        double sum = 0, weight = 0;
        // Its ten best come first, then the lowest columns; of the second query (all shifted by one)
        // likewise.
        int64_t left = static_cast<int64_t>(k);
        for (const double level : {1.0, 0.0})
          for (int64_t j = 0; j < p.keys; ++j)
            if (p.bias[p.queries - 1 + j] == level && left > 0) {
              --left;
              sum += std::exp(level) * p.value[j * p.value_width + d], weight += std::exp(level);
            }
        CHECK(found.attended[d] == Approx(sum / weight).margin(1e-5));
      }
    }
}

TEST_CASE("every machine has the generic kernels, and takes the widest there are") {
  REQUIRE(kernel_set("generic") != nullptr);
  CHECK(kernel_set("sse9") == nullptr);
  // By name: the set of AMX has copies of AVX-512's kernels of attention.
  CHECK(std::string(kernels<AttentionKernels<float>>().name) == available<float>().back()->name);
  CHECK(std::string(kernels<AttentionKernels<double>>().name) == available<double>().back()->name);
}

TEST_CASE("a score that is not a number leaves none in its row") {
  for (const auto* kernels : available<float>())
    for (Problem p : problems()) {
      if (p.row == RowRule::kUniform) continue;
      CAPTURE(kernels->name, static_cast<int>(p.pair), static_cast<int>(p.row));
      p.query[0] = std::numeric_limits<double>::quiet_NaN();
      const Answer<float> found = run(*kernels, p);
      for (int64_t d = 0; d < p.value_width; ++d) CHECK(std::isnan(found.attended[d]));
      if (p.queries > 1) CHECK(!std::isnan(found.attended[p.value_width]));
    }
}

TEST_CASE("tanh of the pair kernels errs by at most 4e-7 in float") {
  // One feature whose energy is 1: the scores are the tanhs, each row's beside others, as two share one
  // division.
  for (const auto* kernels : available<float>()) {
    CAPTURE(kernels->name);
    Problem p;
    p.queries = 201, p.keys = 203, p.width = 1, p.value_width = 1, p.pair = PairRule::kTanh;
    p.draw(1);
    p.energy = {1}, p.bias.assign(p.bias.size(), 0);
    for (int64_t i = 0; i < p.queries; ++i) p.query[i] = static_cast<float>(i * 37 % 201 - 100) * 0.051f;
    for (int64_t j = 0; j < p.keys; ++j) p.key[j] = static_cast<float>(j - 101) * 0.05f;
    const std::vector<float> found = run(*kernels, p, true).scores;
    double worst = 0;
    for (int64_t i = 0; i < p.queries; ++i)
      for (int64_t j = 0; j < p.keys; ++j)
        worst = std::max(worst, std::abs(found[i * p.keys + j] - score(p, i, j)));
    CHECK(worst < 4e-7);
    CHECK(worst > 0);
  }
}

TEST_CASE("tanh of two rows that are alike errs by at most 2.4e-7 in float") {
  // One feature whose energy is 1; the one weight is the sigmoid of the score.
  for (const auto* kernels : available<float>()) {
    CAPTURE(kernels->name);
    double worst = 0;
    for (int n = -2000; n <= 2000; ++n) {
      Problem p;
      p.queries = 2, p.keys = 1, p.width = 1, p.value_width = 1, p.pair = PairRule::kTanh,
      p.row = RowRule::kSigmoid;
      p.draw(1);
      const float x = static_cast<float>(n) * 0.005f;
      p.query = {x / 2, x / 2}, p.key = {x / 2}, p.value = {1}, p.energy = {1}, p.bias = {0, 0};
      const double weight = run(*kernels, p).attended[0], exact = 1 / (1 + std::exp(-std::tanh(x)));
      // d sigmoid ≥ 0.19 d tanh for |tanh| ≤ 1; the weight itself is rounded to 6e-8.
      worst = std::max(worst, (std::abs(weight - exact) - 1.2e-7) / 0.19);
    }
    CHECK(worst < 2.4e-7);
  }
}
