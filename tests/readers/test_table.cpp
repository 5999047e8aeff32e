#include "data/readers/gzip.h"
#include "data/readers/table.h"
#include "src/base/random.h"
#include "tests/readers/scratch.h"

using namespace fovea;
using Catch::Contains;
using Cells = std::vector<std::string>;

namespace {

Cells cells_of(const std::vector<TableRow>& rows) {
  Cells all;
  for (const TableRow& row : rows) all.insert(all.end(), row.cells.begin(), row.cells.end());
  return all;
}

}  // namespace

TEST_CASE("CSV cells may hold commas, quotes and line ends") {
  const auto rows = parse_csv("a,\"b, \"\"c\"\"\r\nd\",e\r\n1,,\"\"\n", "x.csv");
  CHECK(cells_of(rows) == Cells{"a", "b, \"c\"\r\nd", "e", "1", "", ""});
  CHECK(rows[0].line == 1);
  CHECK(rows[1].line == 3);
}

TEST_CASE("A quote inside an unquoted CSV cell is an ordinary character") {
  CHECK(cells_of(parse_csv("5\" disk,x", "x.csv")) == Cells{"5\" disk", "x"});
}

TEST_CASE("What csv_line writes parse_csv reads back") {
  Random random(7);
  const Cells pieces = {"a", "\"", ",", "\n", "\r\n", " ", "é", "中", "\t", ""};
  for (int round = 0; round < 500; ++round) {
    const size_t width = static_cast<size_t>(random.between(1, 4)),
                 height = static_cast<size_t>(random.between(1, 4));
    Cells written;
    std::string text;
    for (size_t r = 0; r < height; ++r) {
      Cells row;
      for (size_t c = 0; c < width; ++c) {
        std::string cell;
        for (int64_t n = random.below(5); n > 0; --n) cell += random.pick(pieces);
        row.push_back(cell);
      }
      text += csv_line(row);
      written.insert(written.end(), row.begin(), row.end());
    }
    const auto rows = parse_csv(text, "x.csv");
    REQUIRE(rows.size() == height);
    REQUIRE(cells_of(rows) == written);
  }
}

TEST_CASE("A ragged CSV row is named with both widths") {
  CHECK(data_error([] { parse_csv("a,b\n1,2\n3\n", "x.csv"); }) ==
        "x.csv:3: a row of another width; found 1 cells; expected 2 as in line 1");
  CHECK_THAT(data_error([] { parse_csv("a,b\n\n1,2\n", "x.csv"); }),
             Contains("x.csv:2: a row of another width"));
}

TEST_CASE("Blank lines end a table, and inside a one-column table they are empty cells") {
  CHECK(parse_csv("a,b\n1,2\n\n\r\n\n", "x.csv").size() == 2);
  CHECK(cells_of(parse_csv("a\n\nb\n\n", "x.csv")) == Cells{"a", "", "b"});
  CHECK(cells_of(parse_csv("a\n\"\"\n", "x.csv")) == Cells{"a", ""});
}

TEST_CASE("A quote that is never closed is named by the line where it opened") {
  CHECK_THAT(
      data_error([] { parse_csv("a,b\n1,\"two\nthree\nfour", "x.csv"); }),
      Contains("x.csv:2: a quoted cell is not closed; found the end of the file; expected \" after \"two"));
}

TEST_CASE("Text after a closing quote is refused") {
  CHECK(data_error([] { parse_csv("a,b\n\"x\"y,2\n", "x.csv"); }) ==
        "x.csv:2: text after a closing quote; found \"y,2\"; expected a separator or the end of the line");
}

TEST_CASE("Quotes in TSV count only around a whole cell of one line") {
  CHECK(cells_of(parse_tsv("\"a\tb\"\t\"c \"\"d\"\"\"\n", "x.tsv")) == Cells{"a\tb", "c \"d\""});
  CHECK(cells_of(parse_tsv("\"hello\tx\n\"a\" b\ty\n", "x.tsv")) == Cells{"\"hello", "x", "\"a\" b", "y"});
}

TEST_CASE("The format follows the name of the file") {
  const Scratch scratch;
  CHECK(table_format("a/b.csv.gz", {}) == "csv");
  CHECK(table_format("b.TSV", {}) == "tsv");
  CHECK(table_format("b.json-lines", {}) == "jsonl");
  CHECK(table_format("stsa.binary.train", {}) == "label-first");
  CHECK(table_format(scratch.path(""), {}) == "folder");
  CHECK_THROWS_WITH(table_format("x", {.format = "csvs"}),
                    Contains("unknown format \"csvs\"; did you mean csv"));
}

TEST_CASE("A header is told by the columns asked for, or by usual names") {
  const Scratch scratch;
  const auto named = scratch.file("a.csv", "\xEF\xBB\xBFstars,words\n5,fine\n");
  const auto usual = scratch.file("b.csv", "label,review\n1,fine\n");
  const auto none = scratch.file("c.csv", "1,fine\n0,bad\n");
  CHECK(read_table(named, {.text = {"words"}, .label = "stars"}).rows.size() == 1);
  CHECK(read_table(named).rows.size() == 2);
  CHECK(read_table(named, {.header = "true"}).columns == Cells{"stars", "words"});
  CHECK(read_table(usual).columns == Cells{"label", "review"});
  CHECK(read_table(usual, {.text = {"1"}, .label = "0"}).rows.size() == 1);
  CHECK(read_table(usual, {.header = "false"}).columns == Cells{"0", "1"});
  CHECK(read_table(none).columns == Cells{"0", "1"});
  CHECK_THROWS_AS(read_table(none, {.header = "yes"}), ConfigError);
}

TEST_CASE("A missing column is named with the nearest one") {
  const Scratch scratch;
  const auto path = scratch.file("a.csv", "label,review\n1,fine\n");
  const Table table = read_table(path);
  CHECK(data_error([&] { column_index(table, "reviw", path); }) ==
        path.string() + ":1: no column \"reviw\"; found columns \"label\", \"review\"; did you mean review?");
  CHECK_THAT(data_error([&] { column_index(table, "7", path); }), Contains("expected one of them"));
  CHECK(column_index(table, "1", path) == 1);
}

TEST_CASE("An empty table is refused") {
  const Scratch scratch;
  for (const char* name : {"a.csv", "a.tsv", "a.jsonl", "a.txt"}) {
    const auto path = scratch.file(name, "\n");
    CHECK_THAT(data_error([&] { read_table(path); }),
               Contains(path.string() + ": no rows; found an empty file; expected"));
  }
}

TEST_CASE("JSON lines give strings, numbers and booleans as text") {
  const Scratch scratch;
  const auto path = scratch.file(
      "a.jsonl",
      "{\"text\":\"a\\nb\",\"label\":1,\"more\":[1]}\n{\"label\":true,\"text\":\"c\",\"x\":2.5}\n\n");
  const Table table = read_table(path);
  CHECK(table.columns == Cells{"label", "text"});
  CHECK(cells_of(table.rows) == Cells{"1", "a\nb", "true", "c"});
  CHECK(table.rows[1].line == 2);
}

TEST_CASE("A malformed JSON line is named") {
  const Scratch scratch;
  const auto message = [&](const char* second) {
    const auto path = scratch.file("a.jsonl", std::string("{\"text\":\"a\",\"label\":1}\n") + second + "\n");
    return data_error([&] { read_table(path, {.text = {"text"}, .label = "label"}); });
  };
  CHECK_THAT(message("{\"text\":"), Contains("a.jsonl:2: not JSON at byte") && Contains("found \"{"));
  CHECK_THAT(message("[1]"), Contains("a.jsonl:2: not a JSON object; found array; expected an object"));
  CHECK_THAT(message("{\"txt\":\"b\",\"label\":0}"),
             Contains("a.jsonl:2: no key \"text\"; found keys label, txt; did you mean txt?"));
  CHECK_THAT(message("{\"text\":null,\"label\":0}"),
             Contains("a.jsonl:2: key \"text\" holds no text; found null; expected a string"));
  CHECK_THAT(message("{\"text\":\"b\",\"text\":\"c\",\"label\":0}"),
             Contains("a.jsonl:2: key \"text\" appears twice"));
}

TEST_CASE("A label may stand alone on its line, a text may not") {
  const Scratch scratch;
  const auto path = scratch.file("a.txt", "1 a b\n0\n1\tc\n\n");
  CHECK(cells_of(read_table(path).rows) == Cells{"1", "a b", "0", "", "1", "c"});
  CHECK_THAT(data_error([&] { read_table(scratch.file("b.txt", "1 a\n text\n")); }),
             Contains("b.txt:2: no label; found \" text\"; expected a label, a space and a text"));
}

TEST_CASE("A folder gives its classes and files in order") {
  const Scratch scratch;
  scratch.file("d/pos/2.txt", "good\n");
  scratch.file("d/pos/10.txt.gz", gzip("fine"));
  scratch.file("d/neg/1.txt", "bad\r\n");
  scratch.file("d/neg/.hidden.txt", "x");
  scratch.file("d/README", "x");
  const Table table = read_table(scratch.path("d"));
  REQUIRE(table.rows.size() == 3);
  CHECK(table.rows[0].cells == Cells{"neg", "bad", scratch.path("d/neg/1.txt").string()});
  CHECK(table.rows[1].cells[1] == "fine");
  scratch.file("d/void/x.doc", "x");
  CHECK_THAT(data_error([&] { read_table(scratch.path("d")); }),
             Contains("d/void: an empty class; found no .txt or .txt.gz file"));
  make_folders(scratch.path("e"));
  CHECK_THAT(data_error([&] { read_table(scratch.path("e")); }),
             Contains("e: no classes; found no sub-folder; expected one"));
}
