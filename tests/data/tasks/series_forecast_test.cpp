// Forecasting from files: windows, scaling by the training rows, and bad input.
#include <catch2/catch.hpp>

#include "tests/readers/scratch.h"
#include "tests/support/small_tasks.h"

using namespace fovea;

namespace {

const Json kGroup = {{"name", "series-forecast"}, {"input_length", 4}, {"horizon", 2}, {"split", {20, 6, 6}}};

/// `rows` rows of date, x = row², y = 5.
std::string table(int rows) {
  std::string text = "date,x,y\n";
  for (int t = 0; t < rows; ++t) text += "d" + std::to_string(t) + "," + std::to_string(t * t) + ",5\n";
  return text;
}

std::shared_ptr<Task> task_of(const Scratch& scratch, const std::string& content, const Json& more = {}) {
  Json group = kGroup;
  group["file"] = scratch.file("series.csv", content).string();
  if (more.is_object()) group.update(more);
  return make_task(group);
}

constexpr Split kSplits[] = {Split::kTrain, Split::kValidation, Split::kTest};

/// Rows of the file that the targets of `split` hold, by the date of the row before them.
std::vector<int64_t> target_rows(const Task& task, Split split) {
  std::vector<int64_t> rows;
  const auto source = task.examples(split);
  for (int64_t i = 0; i < source->size(); ++i) {
    const auto dates = source->get(i, 0, true).note.at("dates").get<std::vector<std::string>>();
    for (int64_t h = 1; h <= 2; ++h) rows.push_back(std::stoll(dates.back().substr(1)) + h);
  }
  return rows;
}

}  // namespace

TEST_CASE("the targets of the splits never overlap and cover what they are given, inputs look back") {
  const Scratch scratch;
  const auto task = task_of(scratch, table(40));
  const std::pair<int64_t, int64_t> bounds[] = {{4, 20}, {20, 26}, {26, 32}};
  for (size_t i = 0; i < 3; ++i) {
    const auto rows = target_rows(*task, kSplits[i]);
    CHECK(*std::min_element(rows.begin(), rows.end()) == bounds[i].first);
    CHECK(*std::max_element(rows.begin(), rows.end()) == bounds[i].second - 1);
  }
  CHECK(task->examples(Split::kValidation)->get(0, 0, true).note.at("dates")[0] == "d16");
}

TEST_CASE("whole-number splits need not cover the file; fractions that sum to 1 do") {
  const Scratch scratch;
  const auto counted = target_rows(*task_of(scratch, table(100)), Split::kTest);
  CHECK(*std::max_element(counted.begin(), counted.end()) == 31);
  const auto whole = target_rows(*task_of(scratch, table(41), {{"split", {0.5, 0.2, 0.3}}}), Split::kTest);
  CHECK(*std::max_element(whole.begin(), whole.end()) == 40);
}

TEST_CASE("series are standardised by the training rows alone") {
  const Scratch scratch;
  const auto task = task_of(scratch, table(40));
  double mean = 0, square = 0;
  for (int t = 0; t < 20; ++t) mean += t * t / 20.0;
  for (int t = 0; t < 20; ++t) square += (t * t - mean) * (t * t - mean) / 20.0;
  const Tensor last = task->examples(Split::kTest)->get(4, 0, false).targets.at("future");  // rows 30 and 31
  CHECK(last[1][0].item<double>() == Approx((31 * 31 - mean) / std::sqrt(square)).epsilon(1e-6));
  CHECK(last[1][1].item<double>() == 0);  // a constant column stays at 0
  // Later rows do not move the scale.
  std::string spiked = table(40);
  spiked.replace(spiked.find("d39,1521"), 8, "d39,9e99");
  CHECK(torch::equal(task_of(scratch, spiked)->examples(Split::kTest)->get(4, 0, false).targets.at("future"),
                     last));
}

TEST_CASE("a forecast is shown in the data's own units") {
  const Scratch scratch;
  const auto task = task_of(scratch, table(40));
  const Example example = task->examples(Split::kTest)->get(4, 0, true);
  const Prediction prediction{
      .values = {{"forecast", example.targets.at("future").to(torch::kFloat64).unsqueeze(0)}}};
  const Json shown = task->show(prediction, collate({example}, task->spec()), 0);
  CHECK(shown.at("forecast").at("x")[1].get<double>() == Approx(31 * 31).epsilon(1e-5));
  CHECK(shown.at("forecast").at("y")[0].get<double>() == Approx(5));
}

TEST_CASE("read() takes the last window of a file, on the training rows' scale") {
  const Scratch scratch;
  const auto task = task_of(scratch, table(40));
  const Example read = task->read(scratch.file("new.csv", table(32)).string());
  const Tensor expected = task->examples(Split::kTest)->get(4, 0, false).targets.at("future");
  CHECK(torch::equal(read.inputs.at("series").slice(0, 2), expected));
  CHECK(data_error([&] { task->read(scratch.file("short.csv", table(3)).string()); }).find("3 rows") !=
        std::string::npos);
  CHECK(data_error([&] {
          task->read(scratch.file("other.csv", "date,x\nd0,1\n").string());
        }).find("other.csv") != std::string::npos);
}

TEST_CASE("a saved series task forecasts without its training file, and refuses another one's columns") {
  const Scratch scratch;
  const auto task = task_of(scratch, table(40));
  std::filesystem::create_directories(scratch.path("task"));
  task->save(scratch.path("task").string());
  const std::string input = scratch.file("new.csv", table(10)).string();
  const Example before = task->read(input);
  Json group = kGroup;
  group["file"] = scratch.path("series.csv").string();
  std::filesystem::remove(scratch.path("series.csv"));
  CHECK(torch::equal(load_task(group, scratch.path("task").string())->read(input).inputs.at("series"),
                     before.inputs.at("series")));
  std::string renamed = table(40);
  renamed.replace(0, 8, "date,z,y");
  scratch.file("series.csv", renamed);
  CHECK(data_error([&] {
          load_task(group, scratch.path("task").string())->examples(Split::kTest);
        }).find("z, y") != std::string::npos);
}

TEST_CASE("too few rows for a window or a horizon are said for the split they are missing in") {
  const Scratch scratch;
  CHECK(data_error([&] { task_of(scratch, table(31)); }).rfind("task.split:", 0) == 0);
  CHECK(data_error([&] {
          task_of(scratch, table(40), {{"split", {5, 6, 6}}});
        }).find("training has 5 rows") != std::string::npos);
  CHECK(data_error([&] {
          task_of(scratch, table(40), {{"split", {20, 1, 6}}});
        }).find("validation has 1 rows") != std::string::npos);
  CHECK(data_error([&] { task_of(scratch, table(40), {{"split", {20, 6, 1}}}); }).find("test has 1 rows") !=
        std::string::npos);
  CHECK(data_error([&] {
          task_of(scratch, table(40), {{"split", {1e300, 6, 6}}});
        }).rfind("task.split:", 0) == 0);
}

TEST_CASE("a split that cannot be is refused") {
  const Scratch scratch;
  for (const Json& split : {Json{0.5, 0.5}, Json{0.6, 0.3, 0.3}, Json{0, 6, 6}, Json{-1, 6, 6}, Json("half")})
    CHECK_THROWS_AS(task_of(scratch, table(40), {{"split", split}}), ConfigError);
}

TEST_CASE("each kind of bad series is one line that names the file and the place") {
  const Scratch scratch;
  const std::string good = table(40);
  struct Bad {
    std::string content, expected;
  };
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    return text.replace(text.find(from), from.size(), to);
  };
  for (const Bad& bad :
       {Bad{changed("d2,4,5", "d2,nan,5"), ":4"}, Bad{changed("d2,4,5", "d2,inf,5"), ":4"},
        Bad{changed("d2,4,5", "d2,,5"), ":4"}, Bad{changed("d2,4,5", "d2,4"), ":4"},
        Bad{changed("d2,4,5", "d2,four,5"), ":4"}, Bad{changed("d2,4,5", "\"d2,4,5"), ":4"},
        Bad{changed("d2", "\xE9"), ":4"}, Bad{"", "series.csv"}, Bad{"date,x,y\n", "series.csv"}}) {
    const std::string message = data_error([&] { task_of(scratch, bad.content); });
    INFO(message);
    CHECK(message.find("series.csv") != std::string::npos);
    CHECK(message.find(bad.expected) != std::string::npos);
  }
  CHECK(data_error([&] { task_of(scratch, good, {{"columns", {"w"}}}); }).find("w") != std::string::npos);
  Json group = kGroup;
  group["file"] = scratch.path("absent.csv").string();
  CHECK(data_error([&] { make_task(group); }).find("absent.csv") != std::string::npos);
}

TEST_CASE("the planted cause is marked where the window shows it, and nowhere when it lies further back") {
  const auto task = make_task(small_task("series-forecast"));  // window 21, lag 6, horizon 4
  const Example example = task->examples(Split::kTrain)->get(0, 0, true);
  Tensor expected = torch::zeros({21}, torch::kBool);
  expected.slice(0, 15, 19).fill_(true);
  CHECK(torch::equal(example.truth.at("series"), expected));
}
