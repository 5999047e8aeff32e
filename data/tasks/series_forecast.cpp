#include "data/tasks/series_forecast.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "data/generators/lagged_series.h"
#include "data/readers/series.h"
#include "src/base/error.h"
#include "src/base/text.h"
#include "src/core/wide.h"

namespace fovea {

/// The series as read or made, before standardising.
struct SeriesForecast::Raw {
  Series series;
  std::vector<int64_t> ends;
  int64_t lag = 0;
};

namespace {

/// Rows at which the three parts end. Whole numbers above 1 count rows; otherwise fractions of the series.
std::vector<int64_t> part_ends(const std::vector<double>& split, int64_t rows) {
  if (split.size() != 3)
    throw ConfigError(
        "task.split: expected three numbers, such as [8640,2880,2880] or [0.7,0.1,0.2]; found " +
        std::to_string(split.size()));
  const bool counts = std::all_of(split.begin(), split.end(),
                                  [](double part) { return part >= 1 && part == std::floor(part); });
  const double sum = split[0] + split[1] + split[2];
  if (!counts && sum > 1 + 1e-9)
    throw ConfigError("task.split: fractions must sum to at most 1; found " + Json(sum).dump());
  std::vector<int64_t> ends;
  double end = 0;
  for (double part : split) {
    end += counts ? part : part * static_cast<double>(rows);
    if (counts && end > static_cast<double>(rows))
      throw DataError("task.split: the parts need more rows than the " + std::to_string(rows) +
                      " of the series; found " + Json(split).dump());
    ends.push_back(static_cast<int64_t>(std::floor(end + 1e-9)));
  }
  if (!counts && sum > 1 - 1e-9) ends[2] = rows;
  return ends;
}

/// Windows whose targets lie wholly inside [begin, end); inputs may look back before `begin`.
class WindowSource : public ExampleSource {
 public:
  WindowSource(const SeriesForecast::Data& data, const std::vector<std::string>& columns,
               std::vector<int64_t> starts, int64_t input_length, int64_t horizon)
      : data_(data),
        columns_(columns),
        starts_(std::move(starts)),
        input_length_(input_length),
        horizon_(horizon) {}
  int64_t size() const override { return static_cast<int64_t>(starts_.size()); }
  Example get(int64_t index, uint64_t, bool notes) const override {
    const int64_t start = starts_[static_cast<size_t>(index)];
    Example example;
    example.id = index;
    example.inputs["series"] = data_.values.slice(0, start - input_length_, start);  // [L, F]
    example.targets["future"] = data_.values.slice(0, start, start + horizon_);      // [horizon, F]
    if (!notes) return example;
    std::vector<std::string> dates;
    for (int64_t t = start - input_length_; t < start; ++t)
      dates.push_back(data_.dates.empty() ? std::to_string(t) : data_.dates[static_cast<size_t>(t)]);
    example.note = {{"input", dates.front() + " … " + dates.back()}, {"dates", dates}, {"columns", columns_}};
    if (data_.lag > 0) {
      // The first forecast row copies the cause `lag` rows earlier, the second the one after it, …: those
      // inside the window.
      Tensor caused = torch::zeros({input_length_}, torch::kBool);
      const int64_t begin = input_length_ - data_.lag, end = std::min(input_length_, begin + horizon_);
      if (begin >= 0) caused.slice(0, begin, end).fill_(true);
      example.truth["series"] = caused;  // [L]
    }
    return example;
  }

 private:
  const SeriesForecast::Data& data_;
  const std::vector<std::string>& columns_;
  std::vector<int64_t> starts_;
  int64_t input_length_, horizon_;
};

}  // namespace

SeriesForecast::SeriesForecast(const Options& options)
    : options_(options),
      files_(uses_files(options.source, !options.file.empty())),
      raw_(std::make_unique<Lazy<Raw>>([this] { return read_raw(); })),
      data_(std::make_unique<Lazy<Data>>([this] { return prepare(); })) {
  const Raw& raw = raw_->get();
  columns_ = raw.series.columns;
  const auto features = static_cast<int64_t>(columns_.size()), rows = raw.ends[0];
  for (int64_t f = 0; f < features; ++f) {
    double sum = 0, squares = 0;
    for (int64_t t = 0; t < rows; ++t) sum += raw.series.values[static_cast<size_t>(t * features + f)];
    const double mean = sum / static_cast<double>(rows);
    for (int64_t t = 0; t < rows; ++t)
      squares += std::pow(raw.series.values[static_cast<size_t>(t * features + f)] - mean, 2);
    const double deviation = std::sqrt(squares / static_cast<double>(rows));
    if (!std::isfinite(mean) || !std::isfinite(deviation))
      throw DataError(
          (options_.file.empty() ? "generated series" : under_root(options_.root, options_.file)) +
          ": column \"" + columns_[mean_.size()] +
          "\": values too large to standardise; expected a finite mean and deviation");
    mean_.push_back(mean);
    deviation_.push_back(deviation > 1e-12 ? deviation : 1.0);  // a constant column stays at 0
  }
  data_->get();
}

SeriesForecast::SeriesForecast(const Options& options, const std::string& folder)
    : options_(options),
      files_(uses_files(options.source, !options.file.empty())),
      raw_(std::make_unique<Lazy<Raw>>([this] { return read_raw(); })),
      data_(std::make_unique<Lazy<Data>>([this] { return prepare(); })) {
  const Json saved = read_task_json(folder);
  try {
    columns_ = saved.at("columns").get<std::vector<std::string>>();
    mean_ = saved.at("mean").get<std::vector<double>>();
    deviation_ = saved.at("deviation").get<std::vector<double>>();
  } catch (const Json::exception&) {
    throw CheckpointError(folder + "/task.json: expected columns, mean and deviation");
  }
  if (mean_.size() != columns_.size() || deviation_.size() != columns_.size())
    throw CheckpointError(folder + "/task.json: columns, mean and deviation differ in length");
}

SeriesForecast::~SeriesForecast() = default;

SeriesForecast::Raw SeriesForecast::read_raw() const {
  Raw raw;
  if (files_) {
    SeriesOptions reading;
    reading.date = options_.date, reading.columns = options_.columns, reading.header = options_.header;
    raw.series = read_series(under_root(options_.root, options_.file), reading);
  } else {
    LaggedOptions making;
    making.data_seed = static_cast<uint64_t>(options_.data_seed), making.rows = options_.rows,
    making.features = options_.features, making.lag = options_.lag;
    making.window = std::max(options_.input_length, options_.lag),
    making.horizon = std::min(options_.horizon, options_.lag);
    LaggedSeries made = lagged_series(making);
    for (int64_t f = 0; f < options_.features; ++f)
      raw.series.columns.push_back(f == made.target  ? "target"
                                   : f == made.cause ? "cause"
                                                     : "noise" + std::to_string(f));
    raw.series.values = std::move(made.values);
    raw.lag = made.lag;
  }
  raw.ends = part_ends(options_.split, raw.series.rows());
  check_lengths(raw.ends);
  return raw;
}

void SeriesForecast::check_lengths(const std::vector<int64_t>& ends) const {
  const int64_t need = options_.input_length + options_.horizon;
  if (ends[0] < need)
    throw DataError("task.split: training has " + std::to_string(ends[0]) +
                    " rows; input_length + horizon needs " + std::to_string(need));
  for (size_t i = 1; i < 3; ++i)
    if (ends[i] - ends[i - 1] < options_.horizon)
      throw DataError(std::string("task.split: ") + (i == 1 ? "validation" : "test") + " has " +
                      std::to_string(ends[i] - ends[i - 1]) + " rows; the horizon needs " +
                      std::to_string(options_.horizon));
}

Tensor SeriesForecast::standardised(const Tensor& values) const {
  const auto f64 = torch::kFloat64;
  return ((values - torch::tensor(mean_, f64)) / torch::tensor(deviation_, f64))
      .to(torch::kFloat32);  // [T, F]
}

SeriesForecast::Data SeriesForecast::prepare() const {
  const Raw& raw = raw_->get();
  if (raw.series.columns != columns_)
    throw DataError("task.file: columns " + join(raw.series.columns, ", ") + "; this run was trained on " +
                    join(columns_, ", "));
  const Tensor values = torch::tensor(raw.series.values, torch::kFloat64).view({raw.series.rows(), -1});
  return {standardised(values), raw.series.dates, raw.ends, raw.lag};
}

TaskSpec SeriesForecast::spec() const {
  FieldSpec series, future;
  series.kind = future.kind = "series";
  series.channels = future.channels = static_cast<int64_t>(columns_.size());
  series.length = options_.input_length, future.length = options_.horizon;
  return {"series-forecast", {{"series", series}}, {{"future", future}}};
}

std::shared_ptr<const ExampleSource> SeriesForecast::examples(Split split) const {
  const Data& data = data_->get();
  const auto part = static_cast<size_t>(split);
  const int64_t begin = std::max(options_.input_length, part == 0 ? 0 : data.ends[part - 1]);
  std::vector<int64_t> starts;
  for (int64_t start = begin; start + options_.horizon <= data.ends[part]; ++start) starts.push_back(start);
  if (split == Split::kTrain)
    starts = chosen(starts, limited(static_cast<int64_t>(starts.size()), options_.limit,
                                    static_cast<uint64_t>(options_.split_seed)));
  return std::make_shared<WindowSource>(data, columns_, std::move(starts), options_.input_length,
                                        options_.horizon);
}

/// The last window of the CSV at `input`.
Example SeriesForecast::read(const std::string& input) const {
  SeriesOptions reading;
  reading.date = options_.date, reading.columns = columns_, reading.header = options_.header;
  const Series series = read_series(input, reading);
  if (series.rows() < options_.input_length)
    throw DataError(input + ": " + std::to_string(series.rows()) + " rows; the input window needs " +
                    std::to_string(options_.input_length));
  const Tensor values = standardised(torch::tensor(series.values, torch::kFloat64).view({series.rows(), -1}));
  Example example;
  example.inputs["series"] = values.slice(0, series.rows() - options_.input_length);  // [L, F]
  std::vector<std::string> dates;
  for (int64_t t = series.rows() - options_.input_length; t < series.rows(); ++t)
    dates.push_back(series.dates.empty() ? std::to_string(t) : series.dates[static_cast<size_t>(t)]);
  example.note = {{"input", input}, {"dates", dates}, {"columns", columns_}};
  return example;
}

Loss SeriesForecast::loss(const ModelOutput& output, const Batch& batch, const LossOptions&) const {
  const Tensor forecast = at_least_float32(output.values.at("forecast")),
               future = batch.target("future").values;  // [B, horizon, F]
  return {torch::square(forecast - future).sum(),
          torch::full({}, static_cast<double>(future.numel()), forecast.options())};
}

Prediction SeriesForecast::predict(Net&, const Batch&, const ModelOutput& output) const {
  return {
      .values = {{"forecast", output.values.at("forecast").to(torch::kFloat64).cpu()}}};  // [B, horizon, F]
}

std::vector<ExampleScore> SeriesForecast::measure(const Prediction& prediction, const ModelOutput&,
                                                  const Batch& batch) const {
  const Tensor error =
      (prediction.values.at("forecast") - batch.target("future").values.cpu().to(torch::kFloat64))
          .flatten(1);  // [B, horizon·F]
  const Tensor squared = error.square().mean(1), absolute = error.abs().mean(1);
  std::vector<ExampleScore> scores;
  for (int64_t i = 0; i < batch.size(); ++i)
    scores.push_back({batch.ids[static_cast<size_t>(i)],
                      {{"mse", squared.data_ptr<double>()[i]}, {"mae", absolute.data_ptr<double>()[i]}}});
  return scores;
}

Metrics SeriesForecast::metrics(const std::vector<ExampleScore>& scores) const {
  const auto n = static_cast<double>(scores.size());
  const double mse = sum_scores(scores, "mse") / n;
  return {{"loss", mse}, {"mse", mse}, {"mae", sum_scores(scores, "mae") / n}};
}

Json SeriesForecast::show(const Prediction& prediction, const Batch&, int64_t row) const {
  const auto f64 = torch::kFloat64;
  const Tensor values =
      (prediction.values.at("forecast")[row] * torch::tensor(deviation_, f64) + torch::tensor(mean_, f64))
          .contiguous();  // [horizon, F], the data's own units
  Json forecast = Json::object();
  for (size_t f = 0; f < columns_.size(); ++f) {
    const Tensor column = values.select(1, static_cast<int64_t>(f)).contiguous();
    forecast[columns_[f]] =
        std::vector<double>(column.data_ptr<double>(), column.data_ptr<double>() + column.numel());
  }
  return {{"forecast", forecast}};
}

std::vector<std::string> SeriesForecast::labels(const Batch& batch, int64_t row,
                                                const std::string& field) const {
  if (field == "columns") return columns_;
  if (field != "series") return {};
  return batch.notes[static_cast<size_t>(row)].at("dates").get<std::vector<std::string>>();
}

Json SeriesForecast::data() const {
  const Data& data = data_->get();
  Json json = {{"rows", data.values.size(0)},
               {"examples",
                {{"train", examples(Split::kTrain)->size()},
                 {"validation", examples(Split::kValidation)->size()},
                 {"test", examples(Split::kTest)->size()}}}};
  if (files_) json["file"] = fingerprint(under_root(options_.root, options_.file));
  return json;
}

void SeriesForecast::save(const std::string& folder) const {
  write_task_json(folder, {{"format", 1},
                           {"task", "series-forecast"},
                           {"columns", columns_},
                           {"mean", mean_},
                           {"deviation", deviation_}});
}

}  // namespace fovea
