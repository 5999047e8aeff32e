#include "tests/oracle/loop_attention.h"

#include <algorithm>
#include <cmath>

#include "tests/oracle/loop_scores.h"

namespace fovea::oracle {
namespace {

using Rows = std::vector<Numbers>;  // one vector for each head, or for each position

Numbers slice(const Numbers& x, int64_t begin, int64_t size) {
  return {x.begin() + begin, x.begin() + begin + size};
}

/// x [rows, in] through a torch-style linear: W x + b where the parameters exist, x itself where not.
Rows projected(const Question& q, const std::string& name, const Numbers& flat, int64_t rows, int64_t width) {
  Rows out;
  for (int64_t row = 0; row < rows; ++row) {
    const Numbers x = slice(flat, row * width, width);
    if (q.parameters.count(name + ".weight") == 0) {
      out.push_back(x);
      continue;
    }
    const Parameter& w = q.parameters.at(name + ".weight");
    Numbers y = q.parameters.count(name + ".bias") > 0 ? q.parameters.at(name + ".bias").numbers
                                                       : Numbers(static_cast<size_t>(w.sizes[0]), 0.0);
    for (int64_t r = 0; r < w.sizes[0]; ++r)
      for (int64_t c = 0; c < width; ++c)
        y[static_cast<size_t>(r)] +=
            w.numbers[static_cast<size_t>(r * width + c)] * x[static_cast<size_t>(c)];
    out.push_back(y);
  }
  return out;
}

/// One example's vectors: queries[i][h], keys[j][h], values[j][h].
struct Example {
  std::vector<Rows> queries, keys, values;
  Rows inputs;  // queries before projection
  int64_t real = 0;
};

std::vector<Rows> headed(const Rows& rows, int64_t heads, int64_t groups) {
  std::vector<Rows> split;
  for (const Numbers& row : rows) {
    const auto width = static_cast<int64_t>(row.size()) / groups;
    Rows parts;
    for (int64_t h = 0; h < heads; ++h) parts.push_back(slice(row, h * groups / heads * width, width));
    split.push_back(parts);
  }
  return split;
}

Example example(const Question& q, int64_t b) {
  const int64_t heads = q.config.at("heads"), groups = q.config.at("kv_heads");
  const auto rows = [&](const char* name, const Numbers& all, int64_t count, int64_t width) {
    return projected(q, name, slice(all, b * count * width, count * width), count, width);
  };
  Example one;
  one.queries = headed(rows("query", q.query, q.queries, q.query_width), heads, heads);
  one.keys = headed(rows("key", q.key, q.keys, q.key_width), heads, groups);
  one.values = headed(rows("value", q.value, q.keys, q.value_width), heads, groups);
  one.inputs = rows("no projection", q.query, q.queries, q.query_width);
  one.real = q.lengths[static_cast<size_t>(b)];
  return one;
}

bool has(const Question& q, const std::string& pattern) {
  const auto names = patterns(q);
  return std::find(names.begin(), names.end(), pattern) != names.end();
}

/// What a stateful scorer adds inside its tanh for key j, from its state.
Numbers seen_before(const Question& q, const Numbers& state, int64_t j, int64_t head) {
  const std::string scorer = q.config.at("scorer");
  if (scorer == "coverage") {
    Numbers add = own(q, "scorer.coverage.weight", head);
    for (double& a : add) a *= state[static_cast<size_t>(j)];
    return add;
  }
  if (scorer != "location-aware") return {};
  const Numbers filters = own(q, "scorer.location.convolution.weight", head),
                projection = own(q, "scorer.location.projection.weight", head);
  const int64_t size = q.config.at("kernel"), count = q.config.at("filters");
  Numbers add(projection.size() / static_cast<size_t>(count), 0.0);
  for (int64_t f = 0; f < count; ++f) {
    double convolved = 0;
    for (int64_t t = 0; t < size; ++t) {
      const int64_t at = j + t - size / 2;
      if (at >= 0 && at < q.keys)
        convolved += filters[static_cast<size_t>(f * size + t)] * state[static_cast<size_t>(at)];
    }
    for (size_t a = 0; a < add.size(); ++a)
      add[a] += projection[a * static_cast<size_t>(count) + static_cast<size_t>(f)] * convolved;
  }
  return add;
}

Numbers start(const Question& q, const Example& one, int64_t head) {
  Numbers state(static_cast<size_t>(q.keys), 0.0);
  if (q.config.at("scorer") != "location-aware") return state;
  int64_t count = 0;
  for (int64_t j = 0; j < one.real; ++j) count += sees(q, q.first, j, head) ? 1 : 0;
  for (int64_t j = 0; j < one.real; ++j)
    if (sees(q, q.first, j, head)) state[static_cast<size_t>(j)] = 1.0 / static_cast<double>(count);
  return state;
}

/// out[g] = Σ_h M[g, h] · rows[h].
Rows mixed(const Parameter& matrix, const Rows& rows) {
  Rows out(rows.size(), Numbers(rows[0].size(), 0.0));
  for (size_t g = 0; g < rows.size(); ++g)
    for (size_t h = 0; h < rows.size(); ++h)
      for (size_t j = 0; j < rows[0].size(); ++j)
        out[g][j] += matrix.numbers[g * rows.size() + h] * rows[h][j];
  return out;
}

/// p of local-predictive.
double centre(const Question& q, const Numbers& query, double real, int64_t head) {
  const Numbers w = own(q, "pattern.hidden.weight", head), v = own(q, "pattern.energy.weight", head);
  double energy = 0;
  for (size_t r = 0; r < v.size(); ++r) {
    double inside = 0;
    for (size_t c = 0; c < query.size(); ++c) inside += w[r * query.size() + c] * query[c];
    energy += v[r] * std::tanh(inside);
  }
  return real / (1 + std::exp(-energy));
}

/// Weights [H][Tk] of one row of queries; `states` [H] are those of a stateful scorer.
Rows row_weights(const Question& q, const Example& one, int64_t row, const Rows& states) {
  const auto heads = static_cast<int64_t>(states.size());
  const int64_t i = q.first + row;
  Rows scores;
  for (int64_t h = 0; h < heads; ++h) {
    Numbers line(static_cast<size_t>(q.keys), 0.0);
    for (int64_t j = 0; j < one.real && q.config.at("normalizer") != "uniform"; ++j)
      line[static_cast<size_t>(j)] =
          score_at(q, one.queries[static_cast<size_t>(row)][static_cast<size_t>(h)],
                   one.keys[static_cast<size_t>(j)][static_cast<size_t>(h)], i, j, h,
                   seen_before(q, states[static_cast<size_t>(h)], j, h));
    scores.push_back(line);
  }
  const bool talking = q.config.at("talking_heads");
  if (talking) scores = mixed(q.parameters.at("talking.before"), scores);
  Rows weights;
  for (int64_t h = 0; h < heads; ++h) {
    const auto head = static_cast<size_t>(h);
    const double p =
        has(q, "local-predictive")
            ? centre(q, one.queries[static_cast<size_t>(row)][head],
                     static_cast<double>(q.causal_slot ? std::min(one.real, i + 1) : one.real), h)
            : 0;
    const double window = has(q, "local-predictive") ? q.config.at("window").get<double>() : 0;
    std::vector<int64_t> visible;
    Numbers chosen;
    for (int64_t j = 0; j < one.real; ++j) {
      if (!sees(q, i, j, h)) continue;
      if (has(q, "local-predictive") && std::abs(static_cast<double>(j) - p) > window) continue;
      visible.push_back(j);
      chosen.push_back(scores[head][static_cast<size_t>(j)] +
                       (has(q, "adaptive-span") ? std::log(span(q, i, j, h)) : 0));
    }
    const Numbers found = normalised(q, chosen);
    Numbers line(static_cast<size_t>(q.keys), 0.0);
    for (size_t n = 0; n < visible.size(); ++n) {
      const double off = static_cast<double>(visible[n]) - p;
      line[static_cast<size_t>(visible[n])] =
          found[n] * (has(q, "local-predictive") ? std::exp(-off * off / (2 * window * window / 4)) : 1);
    }
    weights.push_back(line);
  }
  return talking ? mixed(q.parameters.at("talking.after"), weights) : weights;
}

/// Whether there is no score matrix, and so none of the axes.
bool is_direct(const Question& q) {
  return !q.config.contains("scorer");
}

double product(const Numbers& a, const Numbers& b) {
  double sum = 0;
  for (size_t d = 0; d < a.size(); ++d) sum += a[d] * b[d];
  return sum;
}

/// φ(x) of linear and performer.
Numbers features(const Question& q, const Numbers& x) {
  Numbers out;
  if (q.config.at("name") == "linear") {
    for (const double value : x) out.push_back(value > 0 ? value + 1 : std::exp(value));
    return out;
  }
  Numbers small = x;
  for (double& value : small) value /= std::sqrt(std::sqrt(static_cast<double>(x.size())));
  const Numbers& w = q.parameters.at("features.projection").numbers;
  for (size_t r = 0; r * x.size() < w.size(); ++r) {
    double inside = -product(small, small) / 2;
    for (size_t d = 0; d < x.size(); ++d) inside += w[r * x.size() + d] * small[d];
    out.push_back(std::exp(inside));
  }
  return out;
}

/// Implied weights [Tk] of linformer: softmax over the projected keys, spread over time again.
Numbers projected_weights(const Question& q, const Example& one, const Numbers& query, size_t head) {
  const Parameter &e = q.parameters.at("keys.weight"), &f = q.parameters.at("values.weight");
  const auto slots = static_cast<size_t>(e.sizes[0]), length = static_cast<size_t>(e.sizes[1]);
  Numbers soft(slots, 0.0);
  double total = 0;
  for (size_t s = 0; s < slots; ++s) {
    for (size_t j = 0; j < static_cast<size_t>(one.real); ++j)
      soft[s] += e.numbers[s * length + j] * product(query, one.keys[j][head]);
    soft[s] = std::exp(soft[s] / std::sqrt(static_cast<double>(query.size())));
    total += soft[s];
  }
  Numbers line(static_cast<size_t>(q.keys), 0.0);
  for (size_t j = 0; j < static_cast<size_t>(one.real); ++j)
    for (size_t s = 0; s < slots; ++s) line[j] += soft[s] / total * f.numbers[s * length + j];
  return line;
}

/// Weights [H][Tk] of one row where there is no score matrix.
Rows direct_weights(const Question& q, const Example& one, int64_t row) {
  Rows weights;
  const Rows& queries = one.queries[static_cast<size_t>(row)];
  for (size_t h = 0; h < queries.size(); ++h) {
    if (q.config.at("name") == "linformer") {
      weights.push_back(projected_weights(q, one, queries[h], h));
      continue;
    }
    Numbers line(static_cast<size_t>(q.keys), 0.0);
    double total = 0;
    for (int64_t j = 0; j < one.real; ++j) {
      if (!sees(q, q.first + row, j, static_cast<int64_t>(h))) continue;
      const auto key = static_cast<size_t>(j);
      line[key] = product(features(q, queries[h]), features(q, one.keys[key][h]));
      total += line[key];
    }
    for (double& weight : line) weight = total == 0 ? 0 : weight / total;
    weights.push_back(line);
  }
  return weights;
}

/// The attended values of a row, gated and projected.
Numbers row_context(const Question& q, const Example& one, int64_t row, const Rows& weights) {
  Numbers joined;
  for (size_t h = 0; h < weights.size(); ++h) {
    Numbers attended(one.values[0][h].size(), 0.0);
    for (int64_t j = 0; j < one.real; ++j)
      for (size_t d = 0; d < attended.size(); ++d) {
        double value = one.values[static_cast<size_t>(j)][h][d];
        if (!is_direct(q) && q.config.at("position") == "shaw")
          value += q.parameters.at("position.value")
                       .numbers[static_cast<size_t>(shaw_row(q, q.first + row, j)) * attended.size() + d];
        attended[d] += weights[h][static_cast<size_t>(j)] * value;
      }
    joined.insert(joined.end(), attended.begin(), attended.end());
  }
  if (!is_direct(q) && q.config.at("output_gate").get<bool>()) {
    const Numbers gate = projected(q, "gate", one.inputs[static_cast<size_t>(row)], 1, q.query_width)[0];
    for (size_t d = 0; d < joined.size(); ++d) joined[d] /= 1 + std::exp(-gate[d]);
  }
  return projected(q, "output", joined, 1, static_cast<int64_t>(joined.size()))[0];
}

}  // namespace

Answer attend(const Question& q) {
  Answer answer;
  const int64_t heads = q.config.at("heads");
  std::vector<Rows> all;  // [B·Tq][H]
  for (int64_t b = 0; b < q.batch; ++b) {
    const Example one = example(q, b);
    Rows states;
    if (!is_direct(q))
      for (int64_t h = 0; h < heads; ++h) states.push_back(start(q, one, h));
    for (int64_t row = 0; row < q.queries; ++row) {
      const Rows weights = is_direct(q) ? direct_weights(q, one, row) : row_weights(q, one, row, states);
      const Numbers context = row_context(q, one, row, weights);
      answer.context.insert(answer.context.end(), context.begin(), context.end());
      all.push_back(weights);
      for (size_t h = 0; h < states.size(); ++h)
        for (size_t j = 0; j < weights[h].size(); ++j)
          states[h][j] = weights[h][j] + (q.config.at("scorer") == "coverage" ? states[h][j] : 0);
    }
  }
  for (int64_t b = 0; b < q.batch; ++b)
    for (int64_t h = 0; h < heads; ++h)
      for (int64_t row = 0; row < q.queries; ++row) {
        const Numbers& line = all[static_cast<size_t>(b * q.queries + row)][static_cast<size_t>(h)];
        answer.weights.insert(answer.weights.end(), line.begin(), line.end());
      }
  return answer;
}

}  // namespace fovea::oracle
