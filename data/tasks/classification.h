// What text and image classification share: loss, prediction, scores.
#pragma once

#include "data/tasks/common.h"
#include "src/stats/classification.h"

namespace fovea {

class ClassificationTask : public Task {
 public:
  Loss loss(const ModelOutput& output, const Batch& batch, const LossOptions& options) const override;
  Prediction predict(Net& net, const Batch& batch, const ModelOutput& output) const override;
  std::vector<ExampleScore> measure(const Prediction& prediction, const ModelOutput& output,
                                    const Batch& batch) const override;
  Metrics metrics(const std::vector<ExampleScore>& scores) const override;
  Json details(const std::vector<ExampleScore>& scores) const override;
  Json show(const Prediction& prediction, const Batch& batch, int64_t row) const override;
  std::string primary_metric() const override { return "accuracy"; }

  /// The classes in id order.
  virtual const std::vector<std::string>& classes() const = 0;

 protected:
  FieldSpec label_spec() const;
  /// Id of `label`; throws DataError "where: label … not among …".
  int64_t class_id(const std::string& label, const std::string& where) const;

 private:
  /// From what measure() wrote of each example, which names the classes.
  ClassificationScores scored(const std::vector<ExampleScore>& scores) const;
};

/// Distinct labels in order: by number where all are whole numbers, else by bytes.
std::vector<std::string> distinct_labels(const std::vector<std::string>& labels);

}  // namespace fovea
