#include "apps/shared/predict.h"

#include <algorithm>
#include <iostream>
#include <numeric>
#include <optional>

#include "apps/shared/input_lines.h"
#include "apps/shared/session.h"
#include "models/attention/composed.h"
#include "src/base/error.h"
#include "src/base/files.h"
#include "src/base/text.h"
#include "src/core/packed_products.h"
#include "src/train/capture.h"

namespace fovea {
namespace {

/// Batches read ahead, among which inputs of like length are put together.
constexpr int64_t kBatches = 16;

/// The most attended labels of the last layer that looks at an input, mean over heads and queries.
Json top_attended(const std::vector<MapRecord>& records, int64_t top) {
  Json list = Json::array();
  const auto usable = [](const MapRecord& record) {
    return !record.key.labels.empty() && record.key.kind == "tokens";
  };
  const auto last = std::find_if(records.rbegin(), records.rend(), usable);
  if (last == records.rend()) return list;
  std::vector<std::pair<double, int64_t>> mass;
  for (int64_t k = 0; k < last->keys; ++k) {
    double sum = 0;
    for (int64_t h = 0; h < last->heads; ++h)
      for (int64_t q = 0; q < last->queries; ++q) sum += last->weight(h, q, k);
    mass.emplace_back(sum / static_cast<double>(std::max<int64_t>(1, last->heads * last->queries)), k);
  }
  std::stable_sort(mass.begin(), mass.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  for (size_t i = 0; i < mass.size() && i < static_cast<size_t>(top); ++i)
    list.push_back({{"token", last->key.labels[static_cast<size_t>(mass[i].second)]},
                    {"position", mass[i].second},
                    {"weight", mass[i].first}});
  return list;
}

/// One line an example.
std::vector<std::string> answer_batch(LoadedRun& run, const std::vector<Example>& examples,
                                      const PredictRequest& request, torch::Device device) {
  torch::NoGradGuard no_gradient;
  const Batch batch = batch_of(run, examples, device);
  const bool decodes = run.task->decodes() && !request.forced;  // what is given is followed at once
  AttentionTrace trace(*run.net);
  ModelOutput output;
  if (!decodes) output = run.net->forward(batch, &trace);
  const Prediction prediction =
      request.forced ? run.task->forced(batch, output) : run.task->answer(*run.net, batch, output);
  const Batch shown = decodes ? run.task->follow(batch, prediction) : batch;
  if (decodes && request.top > 0) run.net->forward(shown, &trace);
  std::vector<std::string> lines;
  for (int64_t row = 0; row < batch.size(); ++row) {
    Json line = run.task->show(prediction, batch, row);
    line["input"] = batch.notes[static_cast<size_t>(row)].at("input");
    const Json attended =
        top_attended(map_records(trace.maps(), *run.task, shown, row, Json::object()), request.top);
    if (!attended.empty()) line["attention"] = attended;
    lines.push_back(to_text(line) + "\n");
  }
  return lines;
}

/// The lines of `examples` in their order. Inputs of like length are answered together.
std::string answers_of(LoadedRun& run, const std::vector<Example>& examples, const PredictRequest& request,
                       torch::Device device) {
  std::vector<size_t> order(examples.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return examples[a].length < examples[b].length; });
  std::vector<std::string> lines(examples.size());
  const auto batch = static_cast<size_t>(request.batch);
  for (size_t begin = 0; begin < order.size(); begin += batch) {
    const size_t end = std::min(order.size(), begin + batch);
    std::vector<Example> alike;
    for (size_t i = begin; i < end; ++i) alike.push_back(examples[order[i]]);
    std::vector<std::string> answered = answer_batch(run, alike, request, device);
    for (size_t i = begin; i < end; ++i) lines[order[i]] = std::move(answered[i - begin]);
  }
  return join(lines, "");
}

}  // namespace

int predict(const PredictRequest& request) {
  prepare_torch(request.threads);
  const torch::Device device = parse_device(request.device);
  LoadedRun run = load_run(request.run, request.checkpoint, request.overrides, device);
  if (request.verbose) std::cerr << engine_lines(*run.net);
  const PackedProducts::Kept kept;
  InputLines lines(request.input, text_encoding(run));
  std::optional<OutputFile> file;
  if (request.output != "-") file.emplace(request.output);
  std::vector<Example> waiting;
  const auto answer = [&](const std::vector<Example>& examples) {
    const std::string answers = answers_of(run, examples, request, device);
    if (file)
      file->write(answers);
    else
      std::cout << answers << std::flush;
  };
  const auto flush = [&] {
    try {
      answer(waiting);
    } catch (const DataError&) {  // some line is more than the net can take: those before it are answered
      for (const Example& one : waiting) {
        try {
          answer({one});
        } catch (const DataError& error) {
          throw DataError(lines.place(one.id) + ": " + error.what());
        }
      }
    }
    waiting.clear();
  };
  const auto answer_all = [&] {
    for (;;) {
      try {
        const auto line = lines.next();
        if (!line) break;
        waiting.push_back(example_of(run, *line, request.forced));
      } catch (const DataError&) {
        flush();  // what came before the bad line is answered first
        throw;
      }
      // Who types, or sends line by line, need not wait for others.
      if (static_cast<int64_t>(waiting.size()) == kBatches * request.batch || !lines.ready()) flush();
    }
    flush();
  };
  try {
    answer_all();
  } catch (const DataError&) {
    if (file) file->keep();
    throw;
  }
  if (file) file->keep();
  return 0;
}

}  // namespace fovea
