// Summaries, formats, classification and regression scores against closed forms and scikit-learn.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "src/base/files.h"
#include "src/base/json.h"
#include "src/base/random.h"
#include "src/stats/classification.h"
#include "src/stats/format.h"
#include "src/stats/metric.h"
#include "src/stats/regression.h"
#include "src/stats/summary.h"

using namespace fovea;

namespace {

const std::string kPython = std::string(FOVEA_SOURCE_DIR) + "/.venv/bin/python";

/// Random labels and predictions; probabilities on a coarse grid, so that ties are common. Class `absent`
/// never is a label.
Classified random_case(uint64_t key, int64_t n, int64_t classes, int64_t absent = -1) {
  Random random(key);
  Classified c;
  c.classes = classes;
  for (int64_t i = 0; i < n; ++i) {
    int64_t label = random.below(classes);
    if (label == absent) label = (label + 1) % classes;
    std::vector<double> row;
    double sum = 0;
    for (int64_t k = 0; k < classes; ++k)
      row.push_back(1 + random.below(4) + (k == label ? 2 : 0)), sum += row.back();
    for (double value : row) c.probabilities.push_back(value / sum);
    c.labels.push_back(label);
    c.predicted.push_back(std::max_element(row.begin(), row.end()) - row.begin());
  }
  return c;
}

}  // namespace

TEST_CASE("summary: mean, sd and t interval of 1 … 5", "[stats]") {
  const Summary s = summarise({1, 2, 3, 4, 5});
  CHECK(s.n == 5);
  CHECK(s.mean == 3);
  CHECK(s.sd == Approx(std::sqrt(2.5)));
  // t(0.975; 4) = 2.776445105 (tables)
  CHECK(s.high - s.mean == Approx(2.776445105 * std::sqrt(0.5)).epsilon(1e-9));
  CHECK(s.low + s.high == Approx(6));
}

TEST_CASE("summary: what is undefined is NaN", "[stats]") {
  CHECK(std::isnan(summarise({}).mean));
  CHECK(summarise({7}).mean == 7);
  CHECK(std::isnan(summarise({7}).sd));
  CHECK(std::isnan(summarise({7}).low));
  CHECK(summarise({2, 2, 2}).sd == 0);
}

TEST_CASE("summary: compensated sums keep small terms", "[stats]") {
  CompensatedSum sum;
  for (double term : {1.0, 1e100, 1.0, -1e100}) sum.add(term);
  CHECK(sum.value() == 2);
}

TEST_CASE("format: digits follow the uncertainty", "[stats]") {
  CHECK(with_uncertainty(83.5167, 0.9132) == "83.52 ± 0.91");
  CHECK(with_uncertainty(0.835167, 0.0996) == "0.84 ± 0.10");
  CHECK(with_uncertainty(1234.5, 123.4) == "1234 ± 123");
  CHECK(with_uncertainty(84.2, 12.3) == "84 ± 12");
  CHECK(with_uncertainty(0.5, 0) == "0.50 ± 0.00");
  CHECK(with_uncertainty(0.996, 0) == "0.996 ± 0.000");
  CHECK(with_uncertainty(0.99996, 0) == "1.00 ± 0.00");
  CHECK(with_uncertainty(2.0 / 3, 0) == "0.6667 ± 0.0000");
  CHECK(with_uncertainty(1.2e-7, 1e-8) == "(1.20 ± 0.10)e-7");
  CHECK(with_uncertainty(0.5, std::nan("")) == "0.5");
  CHECK(format_number(std::nan("")) == "–");
  CHECK(format_fixed(-0.001, 2) == "0.00");
  CHECK(format_count(1234567) == "1,234,567");
  CHECK(format_count(-123) == "-123");
  CHECK(format_seconds(0.42) == "0.42 s");
  CHECK(format_seconds(245) == "4 min 05 s");
  CHECK(format_seconds(12000) == "3 h 20 min");
  CHECK(format_bytes(1.5 * 1024 * 1024) == "1.5 MiB");
}

TEST_CASE("classification: counts of a small case", "[stats]") {
  const ClassificationScores s = score_classification({3, {0, 0, 1, 1, 2}, {0, 1, 1, 1, 0}, {}});
  CHECK(s.confusion == std::vector<int64_t>{1, 1, 0, 0, 2, 0, 1, 0, 0});
  CHECK(s.accuracy == Approx(0.6));
  CHECK(s.per_class[1].precision == Approx(2.0 / 3));
  CHECK(s.per_class[2].f1 == 0);
  CHECK(s.macro.recall == Approx((0.5 + 1 + 0) / 3));
  CHECK(s.micro.f1 == Approx(0.6));
  CHECK(std::isnan(s.auc));
}

TEST_CASE("classification: AUC by midrank", "[stats]") {
  CHECK(area_under_roc({0.1, 0.4, 0.35, 0.8}, {false, false, true, true}) == Approx(0.75));
  CHECK(area_under_roc({1, 1, 1, 1}, {false, true, true, false}) == Approx(0.5));
  CHECK(std::isnan(area_under_roc({1, 2}, {true, true})));
}

TEST_CASE("classification: a class absent from the labels is skipped and said", "[stats]") {
  const ClassificationScores s = score_classification(random_case(3, 60, 4, 2));
  CHECK(s.auc_skipped == std::vector<int64_t>{2});
  CHECK(s.auc > 0.5);
}

TEST_CASE("classification: calibration error of one bin is |accuracy − confidence|", "[stats]") {
  const Classified c{2, {1, 1, 0, 1}, {1, 1, 1, 1}, {0.1, 0.9, 0.1, 0.9, 0.1, 0.9, 0.1, 0.9}};
  CHECK(score_classification(c).calibration_error == Approx(0.15));
}

TEST_CASE("classification: sizes and ranges are checked", "[stats]") {
  CHECK_THROWS_AS(score_classification({2, {0, 1}, {0}, {}}), std::logic_error);
  CHECK_THROWS_AS(score_classification({2, {0, 2}, {0, 1}, {}}), std::logic_error);
  CHECK(std::isnan(score_classification({2, {}, {}, {}}).accuracy));
}

TEST_CASE("classification: equal to scikit-learn on random and awkward inputs", "[stats]") {
  if (std::system((kPython + " -c 'import sklearn' 2>/dev/null").c_str()) != 0) {
    WARN("no scikit-learn in .venv: skipped");
    return;
  }
  const std::vector<Classified> cases{
      random_case(1, 200, 2), random_case(2, 300, 5),        random_case(3, 40, 4, 2), random_case(4, 3, 6),
      random_case(5, 500, 3), {3, {1, 1, 1}, {0, 0, 0}, {}}, {2, {0, 0}, {0, 0}, {}}};
  Json inputs = Json::array();
  for (const Classified& c : cases)
    inputs.push_back({{"classes", c.classes}, {"y", c.labels}, {"p", c.predicted}, {"q", c.probabilities}});
  const auto folder = std::filesystem::temp_directory_path() / "fovea-stats";
  make_folders(folder);
  write_file_synced(folder / "in.json", to_text(inputs));
  write_file_synced(folder / "program.py", R"(
import json, numpy as np
from sklearn.metrics import *
out = []
for c in json.load(open('in.json')):
    y, p, k = c['y'], c['p'], c['classes']
    row = {'confusion': confusion_matrix(y, p, labels=range(k)).ravel().tolist(), 'accuracy': accuracy_score(y, p)}
    for average in ('macro', 'micro'):
        row[average] = precision_recall_fscore_support(y, p, average=average, zero_division=0)[:3]
    if c['q']:
        q = np.array(c['q']).reshape(len(y), k)
        if k == 2: row['auc'] = roc_auc_score(y, q[:, 1])
        else:
            there = [i for i in range(k) if 0 < sum(v == i for v in y) < len(y)]
            row['auc'] = float(np.mean([roc_auc_score(np.array(y) == i, q[:, i]) for i in there]))
            if len(there) == k:
                assert abs(row['auc'] - roc_auc_score(y, q, multi_class='ovr')) < 1e-12
    out.append(row)
json.dump(out, open('out.json', 'w'))
)");
  REQUIRE(std::system(("cd '" + folder.string() + "' && " + kPython + " program.py").c_str()) == 0);
  const Json expected = read_json((folder / "out.json").string());
  for (size_t i = 0; i < cases.size(); ++i) {
    INFO("case " << i);
    const ClassificationScores s = score_classification(cases[i]);
    CHECK(s.confusion == expected[i]["confusion"].get<std::vector<int64_t>>());
    CHECK(s.accuracy == Approx(expected[i]["accuracy"].get<double>()).epsilon(1e-12));
    for (const auto& [name, ours] : {std::pair{"macro", s.macro}, std::pair{"micro", s.micro}}) {
      CHECK(ours.precision == Approx(expected[i][name][0].get<double>()).epsilon(1e-12));
      CHECK(ours.recall == Approx(expected[i][name][1].get<double>()).epsilon(1e-12));
      CHECK(ours.f1 == Approx(expected[i][name][2].get<double>()).epsilon(1e-12));
    }
    if (expected[i].contains("auc")) CHECK(s.auc == Approx(expected[i]["auc"].get<double>()).epsilon(1e-12));
  }
}

TEST_CASE("regression: errors do not depend on how values are batched", "[stats]") {
  Random random(7);
  std::vector<float> predicted, target;
  for (int i = 0; i < 1000; ++i) {
    predicted.push_back(static_cast<float>(random.normal()));
    target.push_back(static_cast<float>(random.normal()));
  }
  RegressionErrors whole, pieces;
  whole.add(std::span<const float>(predicted), target);
  for (size_t at = 0; at < predicted.size();) {
    const size_t n = std::min<size_t>(1 + at % 7, predicted.size() - at);
    pieces.add(std::span<const float>(predicted).subspan(at, n),
               std::span<const float>(target).subspan(at, n));
    at += n;
  }
  CHECK(whole.mse() == pieces.mse());
  CHECK(whole.mae() == pieces.mae());
  CHECK(whole.n() == 1000);
}

TEST_CASE("regression: a closed form", "[stats]") {
  RegressionErrors errors;
  errors.add(1, 3);
  errors.add(2, 1);
  CHECK(errors.mse() == 2.5);
  CHECK(errors.mae() == 1.5);
  CHECK(std::isnan(RegressionErrors().mse()));
}

TEST_CASE("A metric's name says whether more of it is worse") {
  for (const char* worse : {"loss", "mse", "mae", "mase", "rmse", "perplexity", "bits_per_character",
                            "calibration_error", "aer", "wer", "cer", "eer"})
    CHECK(lower_is_better(worse));
  for (const char* better : {"accuracy", "auc", "macro_f1", "micro_precision", "macro_recall", "bleu",
                             "exact_match", "pointing", "flawless"})
    CHECK_FALSE(lower_is_better(better));
}
