#include "data/tasks/classification.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "src/base/error.h"
#include "src/base/text.h"
#include "src/core/wide.h"

namespace fovea {
namespace {

bool whole_number(const std::string& text) {
  return !text.empty() && text.size() < 10 && text.find_first_not_of("0123456789") == std::string::npos;
}

}  // namespace

std::vector<std::string> distinct_labels(const std::vector<std::string>& labels) {
  const std::set<std::string> distinct(labels.begin(), labels.end());
  std::vector<std::string> sorted(distinct.begin(), distinct.end());
  if (std::all_of(sorted.begin(), sorted.end(), whole_number))
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const auto& a, const auto& b) { return std::stoll(a) < std::stoll(b); });
  return sorted;
}

FieldSpec ClassificationTask::label_spec() const {
  FieldSpec label;
  label.kind = "label";
  label.vocabulary = static_cast<int64_t>(classes().size());
  label.words = std::make_shared<const std::vector<std::string>>(classes());
  return label;
}

int64_t ClassificationTask::class_id(const std::string& label, const std::string& where) const {
  const auto found = std::find(classes().begin(), classes().end(), label);
  if (found == classes().end())
    throw DataError(where + ": label \"" + label +
                    "\" does not occur in the training data; expected one of " + join(classes(), ", "));
  return found - classes().begin();
}

Loss ClassificationTask::loss(const ModelOutput& output, const Batch& batch,
                              const LossOptions& options) const {
  return cross_entropy(at_least_float32(output.values.at("logits")), batch.target("label").values,
                       options.label_smoothing);
}

Prediction ClassificationTask::predict(Net&, const Batch&, const ModelOutput& output) const {
  return {.values = {{"probabilities",
                      torch::softmax(output.values.at("logits").to(torch::kFloat64), -1).cpu()}}};  // [B, C]
}

std::vector<ExampleScore> ClassificationTask::measure(const Prediction& prediction, const ModelOutput&,
                                                      const Batch& batch) const {
  const Tensor probabilities = prediction.values.at("probabilities").contiguous();
  const Tensor predicted = probabilities.argmax(-1), labels = batch.target("label").values.cpu();
  const auto* p = probabilities.data_ptr<double>();
  const int64_t count = probabilities.size(1);
  std::vector<ExampleScore> scores;
  for (int64_t i = 0; i < batch.size(); ++i) {
    const int64_t label = labels.data_ptr<int64_t>()[i], guess = predicted.data_ptr<int64_t>()[i];
    // A probability that underflows to 0 still has a finite loss: the smallest positive double's.
    const double nll = -std::log(std::max(p[i * count + label], 1e-300));
    scores.push_back({batch.ids[static_cast<size_t>(i)],
                      {{"label", classes()[static_cast<size_t>(label)]},
                       {"predicted", classes()[static_cast<size_t>(guess)]},
                       {"correct", label == guess ? 1 : 0},
                       {"loss", nll},
                       {"probabilities", std::vector<double>(p + i * count, p + (i + 1) * count)}}});
  }
  return scores;
}

ClassificationScores ClassificationTask::scored(const std::vector<ExampleScore>& scores) const {
  Classified all;
  all.classes = static_cast<int64_t>(classes().size());
  for (const ExampleScore& one : scores) {
    all.labels.push_back(class_id(one.values.at("label").get<std::string>(), "label"));
    all.predicted.push_back(class_id(one.values.at("predicted").get<std::string>(), "predicted"));
    for (const Json& p : one.values.at("probabilities")) all.probabilities.push_back(p.get<double>());
  }
  return score_classification(all);
}

Metrics ClassificationTask::metrics(const std::vector<ExampleScore>& scores) const {
  const auto found = scored(scores);
  return {{"loss", sum_scores(scores, "loss") / static_cast<double>(scores.size())},
          {"accuracy", found.accuracy},
          {"macro_precision", found.macro.precision},
          {"macro_recall", found.macro.recall},
          {"macro_f1", found.macro.f1},
          {"micro_f1", found.micro.f1},
          {"auc", found.auc},
          {"calibration_error", found.calibration_error}};
}

Json ClassificationTask::details(const std::vector<ExampleScore>& scores) const {
  const auto found = scored(scores);
  Json per_class = Json::array();
  const size_t n = classes().size();
  for (size_t c = 0; c < n; ++c) {
    const ClassScores& one = found.per_class[c];
    per_class.push_back({{"label", classes()[c]},
                         {"precision", one.precision},
                         {"recall", one.recall},
                         {"f1", one.f1},
                         {"support", one.support}});
  }
  Json confusion = Json::array();
  for (size_t c = 0; c < n; ++c)
    confusion.push_back(std::vector<int64_t>(found.confusion.begin() + static_cast<int64_t>(c * n),
                                             found.confusion.begin() + static_cast<int64_t>((c + 1) * n)));
  return {{"classes", classes()}, {"per_class", per_class}, {"confusion", confusion}};
}

Json ClassificationTask::show(const Prediction& prediction, const Batch&, int64_t row) const {
  const Tensor p = prediction.values.at("probabilities")[row];
  Json probabilities = Json::object();
  for (size_t c = 0; c < classes().size(); ++c)
    probabilities[classes()[c]] = p[static_cast<int64_t>(c)].item<double>();
  return {{"label", classes()[static_cast<size_t>(p.argmax().item<int64_t>())]},
          {"probabilities", probabilities}};
}

}  // namespace fovea
