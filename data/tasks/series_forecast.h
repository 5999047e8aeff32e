// The next rows of a multivariate series from a window of earlier ones.
#pragma once

#include "data/tasks/common.h"
#include "src/config/fields.h"

namespace fovea {

class SeriesForecast : public Task {
 public:
  struct Options {
    std::string source = "auto", root, file, date, header = "auto";
    std::vector<std::string> columns;
    std::vector<double> split = {0.7, 0.1, 0.2};
    int64_t input_length = 96, horizon = 24, data_seed = 0, limit = 0, batch = 32, split_seed = 0;
    int64_t rows = 3000, features = 4, lag = 24;
    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit) {
      visit("source", self.source, "a file, a generated series, or the file when it is named",
            one_of({"auto", "generated", "files"}));
      visit("root", self.root, "folder that a relative file name starts from");
      visit("file", self.file, "CSV with a row per date (.gz allowed)");
      visit("date", self.date, "column of the date, or none; empty = the first column if it is no number");
      visit("header", self.header, "whether the file begins with column names",
            one_of({"auto", "true", "false"}));
      visit("columns", self.columns, "columns read and forecast; empty or all = all but the date");
      visit("split", self.split, "rows (or fractions) of training, validation and test, in time order",
            above(0));
      visit("input_length", self.input_length, "rows of the input window", at_least(1));
      visit("horizon", self.horizon, "rows forecast", at_least(1));
      visit("limit", self.limit, "first N of the shuffled training windows; 0 = all", at_least(0));
      visit("batch", self.batch, "windows in a batch", at_least(1));
      visit("split_seed", self.split_seed, "of the order that limit cuts", at_least(0));
      visit("data_seed", self.data_seed, "of the generated series", at_least(0));
      visit("rows", self.rows, "rows of the generated series", at_least(10));
      visit("features", self.features, "columns of the generated series: a target, its cause, distractors",
            at_least(2));
      visit("lag", self.lag, "rows by which the planted cause leads the target", at_least(1));
    }
  };

  explicit SeriesForecast(const Options& options);
  SeriesForecast(const Options& options, const std::string& folder);
  ~SeriesForecast() override;

  TaskSpec spec() const override;
  std::shared_ptr<const ExampleSource> examples(Split split) const override;
  int64_t batch_size() const override { return options_.batch; }
  Example read(const std::string& input) const override;
  Loss loss(const ModelOutput& output, const Batch& batch, const LossOptions& options) const override;
  Prediction predict(Net& net, const Batch& batch, const ModelOutput& output) const override;
  std::vector<ExampleScore> measure(const Prediction& prediction, const ModelOutput& output,
                                    const Batch& batch) const override;
  Metrics metrics(const std::vector<ExampleScore>& scores) const override;
  Json show(const Prediction& prediction, const Batch& batch, int64_t row) const override;
  std::vector<std::string> labels(const Batch& batch, int64_t row, const std::string& field) const override;
  std::string primary_metric() const override { return "mse"; }
  bool higher_is_better() const override { return false; }
  Json data() const override;
  void save(const std::string& folder) const override;

  /// The whole series, standardised by the training rows' mean and deviation.
  struct Data {
    Tensor values;                   // float [T, F]
    std::vector<std::string> dates;  // T or none
    std::vector<int64_t> ends;       // rows at which training, validation and test end
    int64_t lag = 0;                 // planted, or 0
  };

 private:
  struct Raw;
  Raw read_raw() const;
  Data prepare() const;
  void check_lengths(const std::vector<int64_t>& ends) const;
  Tensor standardised(const Tensor& values) const;

  Options options_;
  bool files_;
  std::vector<std::string> columns_;
  std::vector<double> mean_, deviation_;
  std::unique_ptr<Lazy<Raw>> raw_;
  std::unique_ptr<Lazy<Data>> data_;
};

}  // namespace fovea
