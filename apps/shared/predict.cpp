#include "apps/shared/predict.h"

#include <algorithm>
#include <iostream>

#include "apps/shared/input_lines.h"
#include "apps/shared/session.h"
#include "src/base/error.h"
#include "src/base/files.h"
#include "src/train/capture.h"

namespace fovea {
namespace {

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

std::string answer_lines(LoadedRun& run, const std::vector<Example>& examples, const PredictRequest& request,
                         torch::Device device) {
  torch::NoGradGuard no_gradient;
  const Batch batch = collate(examples, run.task->spec()).to(device);
  // A decoder has no target to be forced along: its prediction is made from the input alone.
  const bool decodes = !run.task->spec().targets.empty() && run.task->spec().targets.count("target") > 0;
  AttentionTrace trace(*run.net);
  ModelOutput output;
  if (!decodes) output = run.net->forward(batch, &trace);
  const Prediction prediction = run.task->predict(*run.net, batch, output);
  std::string lines;
  for (int64_t row = 0; row < batch.size(); ++row) {
    Json line = run.task->show(prediction, batch, row);
    line["input"] = batch.notes[static_cast<size_t>(row)].at("input");
    const Json attended =
        top_attended(map_records(trace, *run.task, batch, row, Json::object()), request.top);
    if (!attended.empty()) line["attention"] = attended;
    lines += to_text(line) + "\n";
  }
  return lines;
}

}  // namespace

int predict(const PredictRequest& request) {
  prepare_torch(request.threads);
  const torch::Device device = parse_device(request.device);
  LoadedRun run = load_run(request.run, request.checkpoint, {}, device);
  InputLines lines(request.input, text_encoding(run));
  std::string collected;
  std::vector<Example> waiting;
  const auto flush = [&] {
    if (waiting.empty()) return;
    const std::string answers = answer_lines(run, waiting, request, device);
    if (request.output == "-")
      std::cout << answers << std::flush;
    else
      collected += answers;
    waiting.clear();
  };
  for (;;) {
    try {
      const auto line = lines.next();
      if (!line) break;
      waiting.push_back(run.task->read(line->text));
      waiting.back().id = line->index;
    } catch (const DataError&) {
      flush();  // what came before the bad line is answered first
      throw;
    }
    if (static_cast<int64_t>(waiting.size()) == request.batch) flush();
  }
  flush();
  if (request.output != "-") write_file_atomically(request.output, collected);
  return 0;
}

}  // namespace fovea
