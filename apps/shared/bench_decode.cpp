// What decoding costs: greedy and a beam of five, from the source's ids to the outputs', with what each net
// remembers between steps. Nets of random weights, or a trained run on its test sources.
#include <algorithm>
#include <filesystem>
#include <iterator>
#include <numeric>

#include "apps/shared/bench.h"
#include "apps/shared/bench_cases.h"
#include "apps/shared/session.h"
#include "src/base/error.h"
#include "src/base/files.h"
#include "src/core/each_batch.h"
#include "src/core/packed_products.h"
#include "src/core/safetensors.h"
#include "src/decoding/decode.h"
#include "src/train/checkpoint.h"

namespace fovea {
namespace {

constexpr int64_t kLongest = 60;  // tokens of a trained run's output at most

/// A net and the batches that it decodes.
struct Decoding {
  std::string name;
  std::shared_ptr<Net> net;
  std::vector<Batch> batches;
  TokenLimits limits;

  int64_t sentences() const {
    return std::accumulate(batches.begin(), batches.end(), int64_t{0},
                           [](int64_t sum, const Batch& batch) { return sum + batch.size(); });
  }
  std::vector<std::vector<Hypothesis>> outputs(const DecodingOptions& options) const {
    // As evaluation hands out batches.
    std::vector<std::vector<std::vector<Hypothesis>>> parts(batches.size());
    each_batch(batches, [&](size_t i) { parts[i] = decode(*net->steps(), batches[i], options, limits); });
    std::vector<std::vector<Hypothesis>> all;
    for (auto& part : parts) std::move(part.begin(), part.end(), std::back_inserter(all));
    return all;
  }
};

/// The nets of bench_cases() that decode. No end token: every output has as many tokens, whatever an
/// untrained net would say.
std::vector<Decoding> untrained() {
  std::vector<Decoding> all;
  for (const BenchCase& of : bench_cases()) {
    if (of.batch.targets.count("target") == 0) continue;
    TokenLimits limits;
    limits.begin = 1, limits.end = -1, limits.longest = of.batch.target("target").values.size(1) - 1;
    all.push_back({of.name, of.make_net(), {of.batch}, limits});
    all.back().net->eval();
  }
  return all;
}

/// A trained run on the first of its test sources, sorted by length.
Decoding trained(const BenchRequest& request) {
  const LoadedRun run = load_run(request.run, "", {}, torch::kCPU);
  if (!run.task->decodes() || run.net->steps() == nullptr)
    throw ConfigError("--run " + request.run + ": expected a run that decodes sources, such as translation");
  const auto source = run.task->examples(Split::kTest);
  std::vector<Example> examples;
  for (int64_t i = 0; i < std::min(request.sentences, source->size()); ++i)
    examples.push_back(source->get(i, 0, false));
  std::stable_sort(examples.begin(), examples.end(), [](const Example& a, const Example& b) {
    return a.inputs.at("source").size(0) < b.inputs.at("source").size(0);
  });
  const FieldSpec target = run.task->spec().target("target", "bench");
  TokenLimits limits;
  limits.begin = target.begin, limits.end = target.end, limits.longest = kLongest;
  limits.never = {target.pad, target.begin};
  Decoding decoding{"run", run.net, {}, limits};
  const auto batch = static_cast<size_t>(request.batch);
  for (size_t begin = 0; begin < examples.size(); begin += batch) {
    const auto at = [&](size_t i) {
      return examples.begin() + static_cast<int64_t>(std::min(i, examples.size()));
    };
    decoding.batches.push_back(batch_of(run, {at(begin), at(begin + batch)}, torch::kCPU));
  }
  return decoding;
}

/// FOLDER/NAME.model.safetensors, and NAME.json with sources and limits: what a peer needs to decode the
/// same.
void save_case(const std::string& folder, const Decoding& of) {
  make_folders(folder);
  const std::string stem = (std::filesystem::path(folder) / of.name).string();
  write_safetensors(stem + ".model.safetensors", module_tensors(*of.net));
  Json batches = Json::array();
  for (const Batch& batch : of.batches) {
    const Field& source = batch.input("source");
    Json rows = Json::array();
    for (int64_t row = 0; row < batch.size(); ++row) {
      const int64_t length =
          source.lengths.defined() ? source.lengths[row].item<int64_t>() : source.values.size(1);
      const Tensor ids = source.values[row].slice(0, 0, length).contiguous();
      rows.push_back(std::vector<int64_t>(ids.data_ptr<int64_t>(), ids.data_ptr<int64_t>() + length));
    }
    batches.push_back(rows);
  }
  write_file_atomically(stem + ".json", to_text(Json{{"begin", of.limits.begin},
                                                     {"end", of.limits.end},
                                                     {"never", of.limits.never},
                                                     {"longest", of.limits.longest},
                                                     {"batches", batches}}));
}

Json measured(const BenchRequest& request, const Decoding& of, const std::string& name,
              const DecodingOptions& options) {
  const PackedProducts::Kept kept;  // as evaluation and prediction do
  const auto outputs = of.outputs(options);
  const Milliseconds time = median_milliseconds(request.runs, [&] { of.outputs(options); });
  size_t tokens = 0;
  Json written = Json::array();
  for (const auto& row : outputs) tokens += row.at(0).tokens.size(), written.push_back(row[0].tokens);
  Json result = {{"name", name},
                 {"threads", at::get_num_threads()},
                 {"sentences", of.sentences()},
                 {"tokens", tokens},
                 {"milliseconds", time.wall},
                 {"processor_milliseconds", time.processor},
                 {"tokens_per_second", 1000 * static_cast<double>(tokens) / time.wall}};
  if (request.format == "json") result["outputs"] = written;
  if (request.operators) result["operators"] = operators_of(request.runs, [&] { of.outputs(options); });
  return result;
}

}  // namespace

Json bench_decode(const BenchRequest& request) {
  const torch::NoGradGuard no_gradient;
  Json results = Json::array();
  for (const Decoding& of : request.run.empty() ? untrained() : std::vector<Decoding>{trained(request)}) {
    bool saved = request.save.empty();
    for (const int64_t beam : {int64_t{1}, int64_t{5}}) {
      DecodingOptions options;
      options.method = beam > 1 ? "beam" : "greedy", options.beam = beam;
      const std::string name = of.name + (beam > 1 ? "-beam-" + std::to_string(beam) : "-greedy");
      if (!wanted(request, name)) continue;
      if (!saved) save_case(request.save, of);
      saved = true;
      results.push_back(measured(request, of, name, options));
    }
  }
  return results;
}

}  // namespace fovea
