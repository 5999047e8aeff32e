#include "apps/shared/summaries.h"

#include <cmath>

#include "src/base/files.h"
#include "src/files/npy.h"

namespace fovea {
namespace {

/// The mean of what is a number.
Json mean_of(const Tensor& values) {
  const Tensor kept = values.masked_select(values.isfinite()).to(torch::kFloat64);
  return kept.numel() == 0 ? Json() : Json(kept.mean().item<double>());
}

template <class T>
Array array_of(const Tensor& tensor) {
  const Tensor plain = tensor.contiguous();
  return Array::of<T>(plain.sizes().vec(),
                      std::vector<T>(plain.data_ptr<T>(), plain.data_ptr<T>() + plain.numel()));
}

}  // namespace

Json summary_json(const SummaryRecord& record) {
  const MapSummary& summary = record.summary;
  const Tensor visible = summary.visible.to(torch::kFloat64);  // [Tq]
  Json heads = Json::array();
  for (int64_t head = 0; head < record.axes.heads; ++head) {
    const Tensor entropy = summary.entropy[head].to(torch::kFloat64);
    const Tensor share = torch::where(visible >= 2, entropy / visible.clamp_min(2).log(), NAN);
    heads.push_back({{"head", record.axes.head_number(head)},
                     {"entropy", mean_of(entropy)},
                     {"normalised_entropy", mean_of(share)},
                     {"effective_span", mean_of(entropy.exp())},
                     {"mean_distance", mean_of(summary.distance[head])},
                     {"sink_mass", mean_of(summary.sink[head])}});
  }
  Json json = map_sidecar(record.axes);
  for (const char* absent : {"mask", "truth"}) json.erase(absent);
  json["heads"] = heads;
  json["rows"] = (summary.visible > 0).sum().item<int64_t>();
  return json;
}

void write_summary(const std::filesystem::path& stem, const SummaryRecord& record) {
  const auto path = [&](const char* end) { return std::filesystem::path(stem.string() + end); };
  write_npy(path(".entropy.npy"), array_of<float>(record.summary.entropy));
  write_npy(path(".received.npy"), array_of<float>(record.summary.received));
  write_npy(path(".top_keys.npy"), array_of<int64_t>(record.summary.top_keys));
  write_npy(path(".top_weights.npy"), array_of<float>(record.summary.top_weights));
  write_file_atomically(path(".summary.json"), to_text(summary_json(record)) + "\n");
}

}  // namespace fovea
