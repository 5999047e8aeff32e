#include "data/readers/series.h"
#include "tests/readers/scratch.h"

using namespace fovea;
using Catch::Contains;
using Names = std::vector<std::string>;

TEST_CASE("A series has dates, names and values by row") {
  const Scratch scratch;
  const auto path = scratch.file("a.csv", "date,x,y\n2020-01-01,1,2.5\n2020-01-02,-3e2,+4\n");
  const Series series = read_series(path);
  CHECK(series.columns == Names{"x", "y"});
  CHECK(series.dates == Names{"2020-01-01", "2020-01-02"});
  CHECK(series.values == std::vector<double>{1, 2.5, -300, 4});
  CHECK(series.rows() == 2);
  CHECK(read_series(path, {.columns = {"y"}}).values == std::vector<double>{2.5, 4});
  CHECK(read_series(path, {.columns = {"all"}}).columns == Names{"x", "y"});
}

TEST_CASE("A series may have neither dates nor a header") {
  const Scratch scratch;
  const Series plain = read_series(scratch.file("a.csv", "1,2\n3,4\n"));
  CHECK(plain.dates.empty());
  CHECK(plain.columns == Names{"0", "1"});
  const Series dated = read_series(scratch.file("b.csv", "2020-01-01,2\n2020-01-02,4\n"));
  CHECK(dated.columns == Names{"1"});
  CHECK(dated.dates.size() == 2);
  CHECK(read_series(scratch.file("c.csv", "x\n1\n2\n"), {.date = "none"}).rows() == 2);
  CHECK(read_series(scratch.file("d.csv", "5\n1\n2\n")).rows() == 3);
}

TEST_CASE("The date column may be any column") {
  const Scratch scratch;
  const Series series = read_series(scratch.file("a.csv", "x,when,y\n1,mon,2\n"), {.date = "when"});
  CHECK(series.columns == Names{"x", "y"});
  CHECK(series.dates == Names{"mon"});
  CHECK(read_series(scratch.file("b.csv", "timestamp,x\n1577836800,1\n")).columns == Names{"x"});
}

TEST_CASE("A cell that is no finite number is named with its line and column") {
  const Scratch scratch;
  const auto message = [&](const std::string& cell) {
    const auto path = scratch.file("a.csv", "date,x,load\n1 May,1,2\n2 May,3," + cell + "\n");
    return data_error([&] { read_series(path); }).substr(path.string().size());
  };
  CHECK(message("") == ":3: column \"load\": not a number; found an empty cell; expected a finite number");
  CHECK(message("nan") == ":3: column \"load\": not a number; found \"nan\"; expected a finite number");
  CHECK_THAT(message("inf"), Contains("found \"inf\""));
  CHECK_THAT(message("1e999"), Contains("found \"1e999\""));
  CHECK_THAT(message("12kW"), Contains("found \"12kW\""));
  CHECK_THAT(message("0x10"), Contains("found \"0x10\""));
}

TEST_CASE("A missing or repeated column of a series is refused") {
  const Scratch scratch;
  const auto path = scratch.file("a.csv", "date,load,wind\n1 May,1,2\n");
  CHECK_THAT(data_error([&] { read_series(path, {.columns = {"laod"}}); }),
             Contains("no column \"laod\"") && Contains("found columns \"date\", \"load\", \"wind\""));
  CHECK_THAT(data_error([&] { read_series(path, {.date = "when"}); }), Contains("no column \"when\""));
  CHECK_THAT(data_error([&] { read_series(path, {.columns = {"load", "load"}}); }),
             Contains("column \"load\" appears twice"));
  CHECK_THAT(data_error([&] { read_series(scratch.file("b.csv", "date,x\n")); }),
             Contains("found only a header"));
  CHECK_THAT(data_error([&] { read_series(scratch.file("c.csv", "")); }), Contains("found an empty file"));
  CHECK_THAT(data_error([&] { read_series(scratch.file("d.csv", "date\nmon\n")); }),
             Contains("found only dates"));
}

TEST_CASE("ETTh1 holds 17420 hours of 7 quantities") {
  const auto path = dataset("ett/ETTh1.csv");
  if (path.empty()) return;
  const Series series = read_series(path);
  CHECK(series.rows() == 17420);
  CHECK(series.columns == Names{"HUFL", "HULL", "MUFL", "MULL", "LUFL", "LULL", "OT"});
  CHECK(series.dates.front() == "2016-07-01 00:00:00");
}
