// Contract of every net and task: several threads may evaluate batches of one split at once.
#include <catch2/catch.hpp>

#include "src/train/evaluate.h"
#include "tests/contracts/net_cases.h"
#include "tests/support/threads.h"

using namespace fovea;
using namespace fovea::contracts;

TEST_CASE("every net is evaluated by several threads as by one", "[contract]") {
  EvaluationOptions options;
  options.batch = 2;
  for (const NetCase& one : net_cases()) {
    INFO(one.label << " on " << one.task);
    const auto net = make(one);
    const auto& task = *small_tasks().at(one.task);
    const auto evaluated = [&](int threads) {
      const Threads some(threads);
      return evaluate_split(*net, task, Split::kTrain, options);
    };
    const Evaluation alone = evaluated(1), together = evaluated(3);
    REQUIRE(together.scores.size() == alone.scores.size());
    for (size_t i = 0; i < alone.scores.size(); ++i) CHECK(together.scores[i].id == alone.scores[i].id);
    REQUIRE(together.metrics.size() == alone.metrics.size());
    for (const auto& [metric, value] : alone.metrics) {
      INFO(metric);
      CHECK(together.metrics.at(metric) == Approx(value).epsilon(1e-6));
    }
  }
}
