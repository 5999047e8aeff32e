// What decoding costs: greedy and a beam of five, from the source's ids to the outputs', with what each net
// remembers between steps.
#include "apps/shared/bench.h"
#include "apps/shared/bench_cases.h"
#include "src/decoding/decode.h"

namespace fovea {

Json bench_decode(const BenchRequest& request) {
  const torch::NoGradGuard no_gradient;
  Json results = Json::array();
  for (const BenchCase& of : bench_cases()) {
    if (of.batch.targets.count("target") == 0) continue;
    const auto net = of.make_net();
    net->eval();
    // No end token: every output has as many tokens, whatever an untrained net would say.
    TokenLimits limits;
    limits.begin = 1, limits.end = -1, limits.longest = of.batch.target("target").values.size(1) - 1;
    for (const int64_t beam : {int64_t{1}, int64_t{5}}) {
      DecodingOptions options;
      options.method = beam > 1 ? "beam" : "greedy", options.beam = beam;
      const std::string name = of.name + (beam > 1 ? "-beam-" + std::to_string(beam) : "-greedy");
      if (!wanted(request, name)) continue;
      const double milliseconds =
          median_milliseconds(request.runs, [&] { decode(*net->steps(), of.batch, options, limits); }).wall;
      const auto tokens = static_cast<double>(of.batch.size() * limits.longest);
      results.push_back({{"name", name},
                         {"threads", at::get_num_threads()},
                         {"sentences", of.batch.size()},
                         {"tokens", limits.longest},
                         {"milliseconds", milliseconds},
                         {"tokens_per_second", 1000 * tokens / milliseconds}});
    }
  }
  return results;
}

}  // namespace fovea
