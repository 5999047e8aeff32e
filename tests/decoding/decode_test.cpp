// Greedy, beam search and sampling on models whose every probability is known.
#include "src/decoding/decode.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <set>

#include "src/base/error.h"
#include "src/decoding/rules.h"
#include "src/decoding/sliding_window.h"

using namespace fovea;

namespace {

constexpr int64_t kEnd = 3;

/// P(next | last token): a table of logits, so that every output's probability can be written down.
class Chain : public StepModel {
 public:
  explicit Chain(Tensor logits) : logits_(std::move(logits)) {}
  StepState start(const Batch& batch) override {
    StepState state;
    state.tensors = {torch::zeros({batch.size(), 1})};
    return state;
  }
  Tensor step(const Tensor& tokens, StepState& state, AttentionTrace*) override {
    REQUIRE(state.tensors[0].size(0) == tokens.size(0));
    rows.push_back(tokens.size(0));
    ++state.position;
    return logits_.index_select(0, tokens);
  }
  std::vector<int64_t> rows;  // of each step

 private:
  Tensor logits_;  // [V, V]
};

Batch rows(int64_t n) {
  Batch batch;
  batch.inputs["source"] = {torch::zeros({n, 1}, torch::kInt64), {}};
  for (int64_t id = 0; id < n; ++id) batch.ids.push_back(id);
  return batch;
}

Tensor random_table(uint64_t seed, int64_t vocabulary) {
  torch::manual_seed(seed);
  return 1.5 * torch::randn({vocabulary, vocabulary}, torch::kFloat64);
}

/// Every output of at most `longest` tokens with its log-probability, ended or cut there.
void spell(const Tensor& log_p, int64_t longest, Hypothesis so_far, std::vector<Hypothesis>& all) {
  const int64_t last = so_far.tokens.empty() ? 2 : so_far.tokens.back();
  Hypothesis ended = so_far;
  ended.log_probability += log_p[last][kEnd].item<double>();
  all.push_back(ended);
  if (static_cast<int64_t>(so_far.tokens.size()) == longest) return;
  for (int64_t token = 0; token < log_p.size(1); ++token) {
    if (token == kEnd || token == 0 || token == 2) continue;  // never
    Hypothesis next = so_far;
    next.tokens.push_back(token), next.log_probability += log_p[last][token].item<double>();
    spell(log_p, longest, next, all);
  }
}

TokenLimits limits(int64_t longest) {
  TokenLimits limits;
  limits.longest = longest, limits.never = {0, 2};
  return limits;
}

DecodingOptions method(const std::string& name) {
  DecodingOptions options;
  options.method = name;
  return options;
}

}  // namespace

TEST_CASE("a beam as wide as all outputs finds the best of them, under any length penalty") {
  for (uint64_t seed = 0; seed < 6; ++seed)
    for (const double penalty : {0.0, 0.6, 1.0, 2.0}) {
      const Tensor table = random_table(seed, 7);
      std::vector<Hypothesis> all;
      spell(torch::log_softmax(table, -1), 3, {}, all);
      for (Hypothesis& one : all)
        one.score =
            one.log_probability / std::pow((5.0 + static_cast<double>(one.tokens.size() + 1)) / 6, penalty);
      std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.score > b.score; });
      DecodingOptions options = method("beam");
      options.beam = 500, options.best = 20, options.length_penalty = penalty;
      Chain model(table);
      const auto found = decode(model, rows(1), options, limits(3))[0];
      REQUIRE(found.size() == 20);
      for (size_t i = 0; i < found.size(); ++i) {
        INFO("seed " << seed << " penalty " << penalty << " output " << i);
        CHECK(found[i].tokens == all[i].tokens);
        CHECK(found[i].score == Approx(all[i].score));
        CHECK(found[i].log_probability == Approx(all[i].log_probability));
      }
    }
}

TEST_CASE("a beam of one is greedy, and a wider one finds what is no less probable") {
  int better = 0;
  for (uint64_t seed = 0; seed < 40; ++seed) {
    const Tensor table = random_table(seed, 9);
    Chain model(table);
    const auto greedy = decode(model, rows(1), method("greedy"), limits(6))[0];
    DecodingOptions one = method("beam"), four = one;
    one.beam = 1, four.beam = 4, four.length_penalty = 0;
    const auto narrow = decode(model, rows(1), one, limits(6))[0];
    CHECK(narrow[0].tokens == greedy[0].tokens);
    CHECK(narrow[0].log_probability == Approx(greedy[0].log_probability));
    const auto wide = decode(model, rows(1), four, limits(6))[0];
    if (wide[0].log_probability > greedy[0].log_probability + 1e-9) ++better;
  }
  CHECK(better > 5);
}

TEST_CASE("an output ends at its end token, or is ended at the most tokens it may have") {
  Tensor table = torch::full({9, 9}, -5.0, torch::kFloat64);
  table[2][5] = 5, table[5][6] = 5, table[6][kEnd] = 5;
  Chain model(table);
  for (const char* name : {"greedy", "beam"}) {
    CHECK(decode(model, rows(2), method(name), limits(5))[1][0].tokens == Tokens{5, 6});
    const Hypothesis cut = decode(model, rows(1), method(name), limits(1))[0][0];
    CHECK(cut.tokens == Tokens{5});
    const Tensor log_p = torch::log_softmax(table, -1);
    CHECK(cut.log_probability == Approx((log_p[2][5] + log_p[5][kEnd]).item<double>()));
  }
  DecodingOptions shorter = method("greedy");
  shorter.longest = 1;
  CHECK(decode(model, rows(1), shorter, limits(5))[0][0].tokens == Tokens{5});
}

TEST_CASE("rows whose outputs have ended are computed no more") {
  // From token 5 it goes on, from token 6 it ends: the first row's draw decides.
  Tensor table = torch::zeros({9, 9}, torch::kFloat64);
  table[2][5] = table[2][6] = 40, table[5][5] = 40, table[6][kEnd] = 40;
  Chain model(table);
  DecodingOptions options = method("sample");
  const auto drawn = decode(model, rows(64), options, limits(4));
  const auto going =
      std::count_if(drawn.begin(), drawn.end(), [](const auto& row) { return row[0].tokens[0] == 5; });
  CHECK(going > 10);
  CHECK(going < 54);
  CHECK(model.rows == std::vector<int64_t>{64, 64, going, going, going});
}

TEST_CASE("tokens that may never come do not, however probable") {
  Tensor table = torch::zeros({9, 9}, torch::kFloat64);
  table.select(1, 0).fill_(9), table.select(1, 2).fill_(9);
  Chain model(table);
  for (const char* name : {"greedy", "beam", "sample"})
    for (const auto& row : decode(model, rows(20), method(name), limits(6)))
      for (const int64_t token : row[0].tokens) CHECK((token != 0 && token != 2));
}

TEST_CASE("no run of tokens comes twice where that is asked for, and outputs are no shorter than asked") {
  for (const char* name : {"greedy", "beam", "sample"})
    for (uint64_t seed = 0; seed < 10; ++seed) {
      Tensor table = random_table(seed, 8);
      table.select(1, kEnd) += 2;
      Chain model(table);
      DecodingOptions options = method(name);
      options.no_repeat = 2, options.shortest = 5;
      for (const auto& row : decode(model, rows(3), options, limits(12))) {
        const Tokens& tokens = row[0].tokens;
        CHECK(tokens.size() >= 5);
        std::set<std::pair<int64_t, int64_t>> pairs;
        for (size_t i = 0; i + 1 < tokens.size(); ++i) CHECK(pairs.insert({tokens[i], tokens[i + 1]}).second);
      }
    }
  CHECK(repeats({4, 5, 6, 4, 5}, 3) == Tokens{6});
  CHECK(repeats({4, 5, 4}, 2) == Tokens{5});
  CHECK(repeats({4, 4}, 1) == Tokens{4, 4});
  CHECK(repeats({4}, 2).empty());
  CHECK(repeats({4, 5}, 0).empty());
}

TEST_CASE("where the rules leave nothing they give way") {
  Chain model(torch::zeros({5, 5}, torch::kFloat64));  // 1, 4 and the end may come
  DecodingOptions options = method("greedy");
  options.no_repeat = 1, options.shortest = 4;
  CHECK(decode(model, rows(1), options, limits(6))[0][0].tokens.size() <= 6);
}

TEST_CASE("draws follow the distribution, its temperature and its cuts") {
  Tensor table = torch::zeros({8, 8}, torch::kFloat64);
  table[2] = torch::tensor({-9.0, 1.0, -9.0, 0.5, 2.0, 0.0, 1.5, -1.0}, torch::kFloat64);
  constexpr int64_t kDraws = 20000;
  const auto frequencies = [&](const DecodingOptions& options) {
    Chain model(table);
    Tensor counts = torch::zeros({8}, torch::kFloat64);
    for (const auto& row : decode(model, rows(kDraws), options, limits(1)))
      counts[row[0].tokens.empty() ? kEnd : row[0].tokens[0]] += 1;
    return counts / static_cast<double>(kDraws);
  };
  const auto close = [](const Tensor& found, const Tensor& expected) {
    const Tensor error = 5 * (expected * (1 - expected) / static_cast<double>(kDraws)).sqrt() + 1e-12;  // 5 σ
    return ((found - expected).abs() <= error).all().item<bool>();
  };
  Tensor logits = table[2].clone();
  logits[0] = logits[2] = -INFINITY;  // never
  CHECK(close(frequencies(method("sample")), torch::softmax(logits, 0)));
  DecodingOptions warm = method("sample");
  warm.temperature = 2;
  CHECK(close(frequencies(warm), torch::softmax(logits / 2, 0)));
  DecodingOptions few = method("sample");
  few.top_k = 3;
  Tensor kept = torch::full({8}, -INFINITY, torch::kFloat64);
  for (const int64_t token : {4, 6, 1}) kept[token] = logits[token];
  CHECK(close(frequencies(few), torch::softmax(kept, 0)));
  DecodingOptions nucleus = method("sample");
  nucleus.top_p = 0.6;  // 4 has .418, 6 .254: together over .6
  Tensor two = torch::full({8}, -INFINITY, torch::kFloat64);
  for (const int64_t token : {4, 6}) two[token] = logits[token];
  CHECK(close(frequencies(nucleus), torch::softmax(two, 0)));
}

TEST_CASE("a seed's draws are its own") {
  Chain model(random_table(1, 9));
  DecodingOptions options = method("sample"), other = options;
  options.best = 3, other.best = 3, other.seed = 1;
  const auto one = decode(model, rows(20), options, limits(8)),
             again = decode(model, rows(20), options, limits(8)),
             two = decode(model, rows(20), other, limits(8));
  int same = 0;
  for (size_t row = 0; row < one.size(); ++row)
    for (size_t i = 0; i < 3; ++i) {
      CHECK(one[row][i].tokens == again[row][i].tokens);
      same += one[row][i].tokens == two[row][i].tokens;
    }
  CHECK(same < 30);
  CHECK(one[0][0].tokens != one[1][0].tokens);
}

TEST_CASE("ways of decoding that exclude each other are refused") {
  DecodingOptions options = method("greedy");
  options.best = 2;
  CHECK_THROWS_AS(require_decoding(options, "task.decoding"), ConfigError);
  options.method = "beam", options.beam = 1;
  CHECK_THROWS_AS(require_decoding(options, "task.decoding"), ConfigError);
  options.beam = 2;
  CHECK_NOTHROW(require_decoding(options, "task.decoding"));
  options.shortest = 9, options.longest = 8;
  CHECK_THROWS_AS(require_decoding(options, "task.decoding"), ConfigError);
}

TEST_CASE("without an end token every output is as long as it may be, and beams order what they hold") {
  const Tensor log_p = torch::log_softmax(random_table(5, 6), -1);
  Chain model(log_p);
  TokenLimits no_end = limits(4);
  no_end.end = -1;
  for (const char* name : {"greedy", "sample", "beam"}) {
    INFO(name);
    DecodingOptions options = method(name);
    options.beam = 200, options.best = name == std::string("greedy") ? 1 : 3;
    const auto outputs = decode(model, rows(2), options, no_end)[1];
    REQUIRE(outputs.size() == (name == std::string("greedy") ? 1U : 3U));
    for (const Hypothesis& output : outputs) {
      REQUIRE(output.tokens.size() == 4);
      double expected = 0;
      int64_t last = 2;
      for (const int64_t token : output.tokens) expected += log_p[last][token].item<double>(), last = token;
      CHECK(output.log_probability == Approx(expected).epsilon(1e-12));
    }
  }
  // A beam as wide as there are outputs finds the most probable of them.
  DecodingOptions all = method("beam");
  all.beam = 600, all.best = 1;
  double best = -1e9;
  for (int64_t a = 0; a < 6; ++a)
    for (int64_t b = 0; b < 6; ++b)
      for (int64_t c = 0; c < 6; ++c)
        for (int64_t d = 0; d < 6; ++d) {
          if (std::min({a, b, c, d}) == 0 || a == 2 || b == 2 || c == 2 || d == 2) continue;  // never
          best = std::max(best, (log_p[2][a] + log_p[a][b] + log_p[b][c] + log_p[c][d]).item<double>());
        }
  CHECK(decode(model, rows(1), all, no_end)[0][0].log_probability == Approx(best).epsilon(1e-12));
}

TEST_CASE("outputs go on from any token that they are started with") {
  Chain model(random_table(6, 6));
  const Batch batch = rows(2);
  const auto from = [&](int64_t token) {
    return decode(model, DecodingStart{model.start(batch), torch::full({2}, token, torch::kInt64), batch.ids},
                  method("greedy"), limits(5));
  };
  CHECK(from(2)[0][0].tokens == decode(model, batch, method("greedy"), limits(5))[0][0].tokens);
  CHECK(from(4)[1][0].tokens != from(2)[1][0].tokens);
}

namespace {

/// Logits that tell which tokens the state has consumed, at most four.
class Rememberer : public StepModel {
 public:
  StepState start(const Batch&) override { return {}; }
  Tensor step(const Tensor& tokens, StepState& state, AttentionTrace*) override {
    REQUIRE(state.position < most_positions());
    const Tensor one = tokens.unsqueeze(1);
    state.tensors = {state.tensors.empty() ? one : torch::cat({state.tensors[0], one}, 1)};
    ++state.position;
    return state.tensors[0].to(torch::kFloat64);
  }
  int64_t most_positions() const override { return 4; }
};

}  // namespace

TEST_CASE("a window slides: full, it begins anew with the newer half of what it has seen") {
  Rememberer inner;
  SlidingWindow model(inner);
  StepState state = model.start({});
  const auto seen = [&](int64_t a, int64_t b) {
    return model.step(torch::tensor({a, b}, torch::kInt64), state, nullptr).to(torch::kInt64);
  };
  const auto rows_of = [](std::vector<int64_t> values, int64_t columns) {
    return torch::tensor(values, torch::kInt64).view({-1, columns});
  };
  CHECK(torch::equal(seen(1, 11), rows_of({1, 11}, 1)));
  seen(2, 12), seen(3, 13);
  CHECK(torch::equal(seen(4, 14), rows_of({1, 2, 3, 4, 11, 12, 13, 14}, 4)));
  CHECK(torch::equal(seen(5, 15), rows_of({4, 5, 14, 15}, 2)));
  state = state.select(torch::tensor({1, 0}, torch::kInt64));  // as a beam search reorders
  CHECK(torch::equal(seen(16, 6), rows_of({14, 15, 16, 4, 5, 6}, 3)));
  seen(17, 7);
  CHECK(torch::equal(seen(18, 8), rows_of({17, 18, 7, 8}, 2)));
}

TEST_CASE("what a model says can never come does not, however wide or hot the search") {
  Tensor table = random_table(7, 6);
  table.select(1, 5).fill_(-1e30);
  Chain model(table);
  for (const char* name : {"greedy", "sample", "beam"}) {
    INFO(name);
    DecodingOptions options = method(name);
    options.beam = 60, options.best = name == std::string("greedy") ? 1 : 50;
    options.temperature = 1e4, options.no_repeat = 1, options.shortest = 5;
    const auto outputs = decode(model, rows(1), options, limits(5));
    for (const Hypothesis& output : outputs[0]) {
      CHECK(std::count(output.tokens.begin(), output.tokens.end(), 5) == 0);
      CHECK(output.log_probability > -1e10);
    }
  }
}
