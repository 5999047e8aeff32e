#include "tests/oracle/loop_scores.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "src/base/text.h"

namespace fovea::oracle {
namespace {

double sigmoid(double x) {
  return 1 / (1 + std::exp(-x));
}

/// W x for W [rows, x.size()] row by row.
Numbers product(const Numbers& w, const Numbers& x) {
  Numbers y(w.size() / x.size());
  for (size_t r = 0; r < y.size(); ++r)
    for (size_t c = 0; c < x.size(); ++c) y[r] += w[r * x.size() + c] * x[c];
  return y;
}

Numbers rotated(const Numbers& x, int64_t position, double base) {
  Numbers y(x.size());
  for (size_t m = 0; 2 * m < x.size(); ++m) {
    const double angle = static_cast<double>(position) *
                         std::pow(base, -2.0 * static_cast<double>(m) / static_cast<double>(x.size()));
    y[2 * m] = x[2 * m] * std::cos(angle) - x[2 * m + 1] * std::sin(angle);
    y[2 * m + 1] = x[2 * m] * std::sin(angle) + x[2 * m + 1] * std::cos(angle);
  }
  return y;
}

Numbers sum(const Numbers& a, const Numbers& b) {
  Numbers c(a.size());
  for (size_t n = 0; n < a.size(); ++n) c[n] = a[n] + b[n];
  return c;
}

Numbers part(const Numbers& x, int64_t index, size_t width) {
  const auto begin = x.begin() + index * static_cast<int64_t>(width);
  return {begin, begin + static_cast<int64_t>(width)};
}

int64_t t5_bucket(int64_t offset, int64_t buckets, bool one_directional) {
  int64_t base = 0, distance = std::max<int64_t>(-offset, 0);
  if (!one_directional) {
    buckets /= 2;
    base = offset > 0 ? buckets : 0;
    distance = std::abs(offset);
  }
  const int64_t exact = buckets / 2;
  if (distance < exact) return base + distance;
  const double scaled = std::log(static_cast<double>(distance) / static_cast<double>(exact)) /
                        std::log(128.0 / static_cast<double>(exact)) * static_cast<double>(buckets - exact);
  return base + std::min(buckets - 1, exact + static_cast<int64_t>(scaled));
}

Numbers waves(int64_t distance, int64_t width) {
  Numbers sines, cosines;
  for (int64_t m = 0; m < width; m += 2) {
    const double angle = static_cast<double>(distance) *
                         std::pow(10000.0, -static_cast<double>(m) / static_cast<double>(width));
    sines.push_back(std::sin(angle));
    cosines.push_back(std::cos(angle));
  }
  sines.insert(sines.end(), cosines.begin(), cosines.end());
  sines.resize(static_cast<size_t>(width));
  return sines;
}

/// The threshold t with Σ max(x − t, 0)^power = 1, by bisection to the last bit.
double threshold(const Numbers& x, double power) {
  const auto [least, most] = std::minmax_element(x.begin(), x.end());
  double low = *least - 1, high = *most;
  for (int step = 0; step < 300; ++step) {
    const double middle = (low + high) / 2;
    double total = 0;
    for (double one : x) total += std::pow(std::max(one - middle, 0.0), power);
    (total > 1 ? low : high) = middle;
  }
  return (low + high) / 2;
}

Numbers softmax(const Numbers& scores, double extra = 0) {
  const double most = *std::max_element(scores.begin(), scores.end());
  double total = extra * std::exp(-most);
  for (double s : scores) total += std::exp(s - most);
  Numbers weights;
  for (double s : scores) weights.push_back(std::exp(s - most) / total);
  return weights;
}

}  // namespace

double dot(const Numbers& a, const Numbers& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

Numbers own(const Question& q, const std::string& name, int64_t head) {
  const Parameter& all = q.parameters.at(name);
  const int64_t heads = q.config.at("heads");
  if (heads == 1) return all.numbers;
  return part(all.numbers, head, all.numbers.size() / static_cast<size_t>(heads));
}

double score(const Question& question, const Numbers& q, const Numbers& k, int64_t j, int64_t head,
             const Numbers& seen) {
  const Json& o = question.config;
  const std::string scorer = o.at("scorer");
  const auto of = [&](const char* name) { return own(question, std::string("scorer.") + name, head); };
  if (scorer == "dot") return dot(q, k);
  if (scorer == "scaled-dot") return dot(q, k) / std::sqrt(static_cast<double>(k.size()));
  if (scorer == "cosine") return dot(q, k) / (o.at("tau").get<double>() * std::sqrt(dot(q, q) * dot(k, k)));
  if (scorer == "location") return dot(part(of("query.weight"), j, q.size()), q);
  if (scorer == "distance") {
    double squared = 0;
    for (size_t n = 0; n < q.size(); ++n) squared += (q[n] - k[n]) * (q[n] - k[n]);
    const double s = o.at("scale");
    return -squared / (2 * s * s);
  }
  if (scorer == "general") {
    const Numbers w = of("weight");
    double total = 0;
    for (size_t a = 0; a < q.size(); ++a)
      for (size_t c = 0; c < k.size(); ++c) total += q[a] * w[a * k.size() + c] * k[c];
    return total;
  }
  if (scorer == "activated") {
    const double x = dot(q, k) + dot(of("key.weight"), k) + of("bias")[0];
    const std::string f = o.at("function");
    return f == "tanh" ? std::tanh(x) : f == "relu" ? std::max(x, 0.0) : sigmoid(x);
  }
  const Numbers energy = scorer == "learned-query" ? of("query") : of("energy.weight");
  Numbers inside;
  if (scorer == "gated") {
    inside = sum(product(of("tanh_query.weight"), q), product(of("tanh_key.weight"), k));
    const Numbers gate = sum(product(of("gate_query.weight"), q), product(of("gate_key.weight"), k));
    double total = 0;
    for (size_t a = 0; a < energy.size(); ++a) total += energy[a] * std::tanh(inside[a]) * sigmoid(gate[a]);
    return total;
  }
  inside = sum(product(of("key.weight"), k), of("bias"));
  if (scorer != "learned-query") inside = sum(inside, product(of("query.weight"), q));
  if (!seen.empty()) inside = sum(inside, seen);
  double total = 0;
  for (size_t a = 0; a < energy.size(); ++a) total += energy[a] * std::tanh(inside[a]);
  return total;
}

double score_at(const Question& question, const Numbers& q, const Numbers& k, int64_t i, int64_t j,
                int64_t head, const Numbers& seen) {
  const Json& o = question.config;
  const std::string position = o.at("position");
  const int64_t heads = o.at("heads");
  const auto plain = [&](const Numbers& a, const Numbers& b) { return score(question, a, b, j, head, seen); };
  if (position == "rope") return plain(rotated(q, i, o.at("base")), rotated(k, j, o.at("base")));
  if (position == "alibi")
    return plain(q, k) - std::exp2(-8.0 * static_cast<double>(head + 1) / static_cast<double>(heads)) *
                             static_cast<double>(std::abs(i - j));
  if (position == "t5") {
    const auto names = patterns(question);
    const bool one_way = std::any_of(names.begin(), names.end(), [](const std::string& name) {
      return name == "causal" || name == "strided";
    });
    return plain(q, k) +
           question.parameters.at("position.bias")
               .numbers[static_cast<size_t>(t5_bucket(j - i, o.at("buckets"), one_way) * heads + head)];
  }
  if (position == "shaw")
    return plain(
        q, sum(k, part(question.parameters.at("position.key").numbers, shaw_row(question, i, j), k.size())));
  if (position == "transformer-xl") {
    const Parameter& w = question.parameters.at("position.projection.weight");
    const Numbers r = part(product(w.numbers, waves(i - j, w.sizes[1])), head, k.size());
    return plain(sum(q, part(question.parameters.at("position.content_bias").numbers, head, q.size())), k) +
           plain(sum(q, part(question.parameters.at("position.position_bias").numbers, head, q.size())), r);
  }
  return plain(q, k);
}

int64_t shaw_row(const Question& question, int64_t i, int64_t j) {
  const int64_t clip = question.config.at("clip");
  return std::clamp(j - i, -clip, clip) + clip;
}

Numbers normalised(const Question& question, const Numbers& scores) {
  if (scores.empty()) return {};
  const Json& o = question.config;
  const std::string normalizer = o.at("normalizer");
  Numbers weights;
  if (normalizer == "uniform") return Numbers(scores.size(), 1.0 / static_cast<double>(scores.size()));
  if (normalizer == "sum") {
    const double total = std::accumulate(scores.begin(), scores.end(), 0.0);
    for (double s : scores) weights.push_back(std::abs(total) < 1e-12 ? 0 : s / total);
    return weights;
  }
  if (normalizer == "sigmoid") {
    for (double s : scores) weights.push_back(sigmoid(s));
    return weights;
  }
  if (normalizer == "sparsemax") {
    const double t = threshold(scores, 1);
    for (double s : scores) weights.push_back(std::max(s - t, 0.0));
    return weights;
  }
  if (normalizer == "entmax15") {
    Numbers half;
    for (double s : scores) half.push_back(s / 2);
    const double t = threshold(half, 2);
    for (double s : half) weights.push_back(std::max(s - t, 0.0) * std::max(s - t, 0.0));
    return weights;
  }
  if (normalizer == "softmax-one") return softmax(scores, 1);
  if (normalizer == "softmax") {
    Numbers cooled;
    for (double s : scores) cooled.push_back(s / o.at("temperature").get<double>());
    return softmax(cooled);
  }
  const size_t k = normalizer == "hard" ? 1 : o.at("k").get<size_t>();
  std::vector<size_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return scores[a] > scores[b]; });
  order.resize(std::min(k, order.size()));
  Numbers kept;
  for (size_t n : order) kept.push_back(scores[n]);
  const Numbers found = softmax(kept);
  weights.assign(scores.size(), 0);
  for (size_t n = 0; n < order.size(); ++n) weights[order[n]] = found[n];
  return weights;
}

std::vector<std::string> patterns(const Question& question) {
  std::vector<std::string> names = split(question.config.at("pattern").get<std::string>(), '&');
  if (question.causal_slot) names.push_back("causal");
  return names;
}

double span(const Question& question, int64_t i, int64_t j, int64_t head) {
  const double ramp = question.config.at("ramp"),
               z = question.parameters.at("pattern.span").numbers[static_cast<size_t>(head)];
  return std::clamp((ramp + z - static_cast<double>(i - j)) / ramp, 0.0, 1.0);
}

bool sees(const Question& question, int64_t i, int64_t j, int64_t head) {
  const Json& o = question.config;
  const auto number = [&](const char* field) { return o.at(field).get<int64_t>(); };
  for (const std::string& name : patterns(question)) {
    const int64_t apart = std::abs(i - j);
    bool seen = true;
    if (name == "causal") seen = j <= i;
    if (name == "local" || name == "local-monotonic") seen = apart <= number("window");
    if (name == "dilated")
      seen = apart % number("dilation") == 0 && apart / number("dilation") <= number("window");
    if (name == "block") seen = i / number("block") == j / number("block");
    if (name == "strided") seen = j <= i && (i - j < number("stride") || (i - j) % number("stride") == 0);
    if (name == "global-local" || name == "bigbird")
      seen = apart <= number("window") || i < number("globals") || j < number("globals");
    if (name == "bigbird" && !seen) {
      const Parameter& keys = question.parameters.at("pattern.keys");
      for (int64_t n = 0; n < keys.sizes[1] && i < keys.sizes[0]; ++n)
        seen = seen || static_cast<int64_t>(keys.numbers[static_cast<size_t>(i * keys.sizes[1] + n)]) == j;
    }
    if (name == "prefix") seen = j < number("prefix") || j <= i;
    const int64_t columns = std::max<int64_t>(1, question.grid_columns);
    if (name == "axial") seen = i / columns == j / columns || i % columns == j % columns;
    if (name == "neighborhood")
      seen = std::abs(i / columns - j / columns) <= number("window") &&
             std::abs(i % columns - j % columns) <= number("window");
    if (name == "bidirectional") seen = head < number("heads") / 2 ? j <= i : j >= i;
    if (name == "adaptive-span") seen = span(question, i, j, head) > 0;
    if (!seen) return false;
  }
  return true;
}

}  // namespace fovea::oracle
