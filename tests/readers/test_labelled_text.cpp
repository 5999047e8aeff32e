#include <map>

#include "data/readers/content.h"
#include "data/readers/gzip.h"
#include "data/readers/labelled_text.h"
#include "tests/readers/scratch.h"
#include "tests/readers/zip_file.h"

using namespace fovea;
using Catch::Contains;

TEST_CASE("Text and label are found by their usual names") {
  const Scratch scratch;
  const auto texts =
      read_labelled_texts(scratch.file("a.csv", "id,Label,review\n7, pos ,\"so, so\"\n8,neg,\n"));
  REQUIRE(texts.size() == 2);
  CHECK(texts[0].text == "so, so");
  CHECK(texts[0].label == "pos");
  CHECK(texts[1].text.empty());
  CHECK(texts[1].where == scratch.path("a.csv").string() + ":3");
}

TEST_CASE("Several text columns are joined with a space") {
  const Scratch scratch;
  const auto path = scratch.file("a.tsv", "title\tbody\tstars\nA\tB c\t5\n");
  const auto texts = read_labelled_texts(path, {.text = {"title", "body"}, .label = "stars"});
  CHECK(texts.at(0).text == "A B c");
}

TEST_CASE("Of two columns without names the one with fewer distinct cells is the label") {
  const Scratch scratch;
  const auto first = read_labelled_texts(scratch.file("a.csv", "1,good\n0,bad\n1,fine\n"));
  const auto second = read_labelled_texts(scratch.file("b.csv", "good,1\nbad,0\nfine,1\n"));
  CHECK(first.at(2).label == "1");
  CHECK(second.at(2).label == "1");
  CHECK(second.at(2).text == "fine");
}

TEST_CASE("Of two columns one name is enough") {
  const Scratch scratch;
  CHECK(read_labelled_texts(scratch.file("a.csv", "y,words\n1,good\n"), {.label = "y"}).at(0).text == "good");
  CHECK(read_labelled_texts(scratch.file("a.csv", "y,words\n1,good\n"), {.text = {"words"}}).at(0).label ==
        "1");
}

TEST_CASE("Columns that cannot be told are listed") {
  const Scratch scratch;
  const auto path = scratch.file("a.csv", "a,b,c\n1,2,3\n");
  CHECK(data_error([&] { read_labelled_texts(path, {.header = "true"}); }) ==
        path.string() +
            ":1: cannot tell which column is the label; found columns \"a\", \"b\", \"c\"; expected "
            "task.text and task.label to name them");
  CHECK_THAT(data_error([&] { read_labelled_texts(path, {.header = "true", .label = "a"}); }),
             Contains("which column is the text"));
  CHECK_THAT(data_error([&] { read_labelled_texts(path, {.text = {"b"}, .label = "d"}); }),
             Contains("no column \"d\""));
}

TEST_CASE("An empty label and a table of only a header are refused") {
  const Scratch scratch;
  CHECK_THAT(data_error([&] { read_labelled_texts(scratch.file("a.csv", "label,text\n1,x\n  ,y\n")); }),
             Contains("a.csv:3: an empty label; found nothing in column \"label\"; expected a class"));
  CHECK_THAT(data_error([&] { read_labelled_texts(scratch.file("b.csv", "label,text\n")); }),
             Contains("b.csv: no rows; found only a header; expected at least one row"));
}

TEST_CASE("JSON lines may hold lists and gaps in keys that are not read") {
  const Scratch scratch;
  const auto path = scratch.file(
      "a.jsonl", "{\"text\":\"x\",\"label\":2,\"id\":1,\"spans\":[1,2]}\n{\"text\":\"y\",\"label\":3}\n");
  CHECK(read_labelled_texts(path).at(1).label == "3");
}

TEST_CASE("A folder's texts are named by their file") {
  const Scratch scratch;
  scratch.file("d/pos/1.txt", "good\n");
  CHECK(read_labelled_texts(scratch.path("d")).at(0).where == scratch.path("d/pos/1.txt").string() + ":1");
}

TEST_CASE("Parallel files are paired line by line, packed or not") {
  const Scratch scratch;
  scratch.file("p.en", "a\nb\n");
  scratch.file("p.de.gz", gzip("c\nd\n"));
  const auto prefix = scratch.path("p").string();
  CHECK(read_parallel(prefix, "en", "de") == std::vector<TextPair>{{"a", "c"}, {"b", "d"}});
  scratch.file("p.fr", "a\n");
  CHECK(data_error([&] { read_parallel(prefix, "en", "fr"); }) ==
        prefix + ".en:2: a line with none beside it in " + prefix +
            ".fr; found 2 and 1 lines; expected as many");
  CHECK_THAT(data_error([&] { read_parallel(prefix, "en", "xx"); }),
             Contains("cannot read " + prefix + ".xx or " + prefix + ".xx.gz"));
}

TEST_CASE("Pairs come from two columns by name or by index") {
  const Scratch scratch;
  const auto tsv = scratch.file("p.txt", "Hi.\t嗨。\tCC-BY\nRun!\t跑！\tCC-BY\n");
  CHECK(read_parallel_columns(tsv, "0", "1").at(1) == TextPair{"Run!", "跑！"});
  const auto jsonl = scratch.file("p.jsonl", "{\"source\":\"a\",\"target\":\"b\"}\n");
  CHECK(read_parallel_columns(jsonl, "source", "target").at(0) == TextPair{"a", "b"});
  CHECK_THAT(data_error([&] { read_parallel_columns(jsonl, "sorce", "target"); }),
             Contains("did you mean source?"));
}

TEST_CASE("Pairs come from lines with something between source and target, in a file or inside a zip") {
  const Scratch scratch;
  const std::string text = "IN: jump twice OUT: JUMP JUMP\nIN: walk OUT: WALK\n";
  const std::vector<TextPair> expected = {{"jump twice", "JUMP JUMP"}, {"walk", "WALK"}};
  CHECK(read_separated(scratch.file("tasks.txt", text), "IN: ", " OUT: ") == expected);
  const auto zip = scratch.file("tasks.zip", zip_file({{.name = "simple/train.txt", .content = text}}));
  CHECK(read_separated(zip / "simple/train.txt", "IN: ", " OUT: ") == expected);
  CHECK_THAT(data_error([&] { read_separated(zip / "simple/trian.txt", "IN: ", " OUT: "); }),
             Contains("tasks.zip: no entry \"simple/trian.txt\"") && Contains("simple/train.txt?"));
  CHECK(read_separated(scratch.file("a.txt", "a b  |||  c ||| d\n"), "", "|||").at(0) ==
        TextPair{"a b", "c ||| d"});
  CHECK(read_separated(scratch.file("b.txt", "||| c\n"), "", "|||").at(0) == TextPair{"", "c"});
  CHECK_THAT(
      data_error([&] { read_separated(scratch.file("c.txt", "IN: a OUT: b\nIN: a\n"), "IN: ", " OUT: "); }),
      Contains("c.txt:2: found \"IN: a\"; expected two texts with \" OUT: \" between them"));
  CHECK_THAT(data_error([&] { read_separated(scratch.file("d.txt", "a OUT: b\n"), "IN: ", " OUT: "); }),
             Contains("d.txt:1:") && Contains("expected a line that begins with \"IN: \""));
  CHECK_THAT(data_error([&] { read_separated(scratch.file("e.txt", ""), "", "|||"); }),
             Contains("e.txt: no lines"));
}

TEST_CASE("SCAN's splits hold as many commands as their paper says") {
  const auto zip = dataset("scan/SCAN-simple-length.zip");
  if (zip.empty()) return;
  CHECK(read_separated(zip / "simple_split/tasks_train_simple.txt", "IN: ", " OUT: ").size() == 16728);
  CHECK(read_separated(zip / "length_split/tasks_test_length.txt", "IN: ", " OUT: ").size() == 3920);
}

TEST_CASE("The sent-conv files hold as many texts as their papers say") {
  const auto folder = dataset("sent-conv/data");
  if (folder.empty()) return;
  CHECK(read_labelled_texts(folder / "stsa.binary.train").size() == 6920);
  CHECK(read_labelled_texts(folder / "stsa.binary.dev").size() == 872);
  CHECK(read_labelled_texts(folder / "stsa.binary.test").size() == 1821);
  CHECK(read_labelled_texts(folder / "TREC.train.all", {.encoding = "latin-1"}).size() == 5452);
  CHECK_THAT(data_error([&] { read_labelled_texts(folder / "TREC.train.all"); }),
             Contains("expected UTF-8, or encoding=latin-1"));
}

TEST_CASE("ChnSentiCorp's quoted reviews are read as 7766 rows") {
  const auto path = dataset("chnsenticorp-htl/ChnSentiCorp_htl_all.csv");
  if (path.empty()) return;
  std::map<std::string, int> counts;
  for (const LabelledText& text : read_labelled_texts(path)) ++counts[text.label];
  CHECK(counts == std::map<std::string, int>{{"0", 2444}, {"1", 5322}});
}

TEST_CASE("Multi30k is line-aligned") {
  const auto folder = dataset("multi30k-en-de/data/task1/raw");
  if (folder.empty()) return;
  CHECK(read_parallel((folder / "train").string(), "en", "de").size() == 29000);
}
