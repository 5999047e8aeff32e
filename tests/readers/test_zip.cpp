#include "data/readers/folder_table.h"
#include "data/readers/zip.h"
#include "tests/readers/scratch.h"
#include "tests/readers/zip_file.h"

using namespace fovea;
using Catch::Contains;

namespace {

/// The message with which opening the zip of `entries` and reading all of it fails.
std::string problem(const std::vector<ZipEntry>& entries, const ZipLimits& limits = {}) {
  const Scratch scratch;
  const auto path = scratch.file("a.zip", zip_file(entries));
  const std::string message = data_error([&] {
    ZipFile zip(path, limits);
    for (const std::string& name : zip.names()) zip.read(name);
  });
  CHECK(message.starts_with(path.string() + ": "));
  return message.substr(path.string().size() + 2);
}

std::vector<std::string> listed(const std::vector<std::string>& names) {
  const Scratch scratch;
  std::vector<ZipEntry> entries;
  for (const std::string& name : names) entries.push_back({.name = name, .content = "x"});
  std::vector<std::string> found;
  for (const ClassFile& file : class_files(ZipFile(scratch.file("a.zip", zip_file(entries))), {".png"}))
    found.push_back(file.label + " " + file.path.string());
  return found;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("Entries are read, stored or deflated, empty or larger than a piece") {
  const Scratch scratch;
  const std::string large(200000, 'x');
  ZipFile zip(scratch.file("a.zip", zip_file({{.name = "d/b.txt", .content = large},
                                              {.name = "d/", .content = "", .method = 0},
                                              {.name = "a.txt", .content = "stored", .method = 0}})));
  CHECK(zip.names() == Names{"a.txt", "d/", "d/b.txt"});
  CHECK(zip.read("a.txt") == "stored");
  CHECK(zip.read("d/b.txt") == large);
  CHECK(zip.read("d/").empty());
}

TEST_CASE("What is no zip, or only the start of one, is refused") {
  const Scratch scratch;
  const std::string bytes = zip_file({{.name = "d/a.txt", .content = "some text"}});
  for (size_t size = 1; size < bytes.size(); ++size)
    CHECK_THAT(data_error([&] { ZipFile zip(scratch.file("cut.zip", bytes.substr(0, size))); }),
               Contains("cut.zip: not a readable zip; found") && Contains("expected a whole zip file"));
  CHECK_THAT(data_error([&] { ZipFile zip(scratch.path("absent.zip")); }),
             Contains("absent.zip: not a readable zip"));
}

TEST_CASE("A damaged entry is named") {
  const Scratch scratch;
  std::string bytes = zip_file({{.name = "d/a.txt", .content = "some text", .method = 0}});
  bytes[bytes.find("text")] ^= 1;
  const auto path = scratch.file("a.zip", bytes);
  CHECK(data_error([&] { ZipFile(path).read("d/a.txt"); }) ==
        path.string() + ": d/a.txt: not a readable zip; found CRC error; expected a whole zip file");
  CHECK_THAT(problem({{.name = "a", .content = "packed", .method = 77}}), Contains("a: not a readable zip"));
}

TEST_CASE("An encrypted entry is refused") {
  CHECK(problem({{.name = "a", .content = "some text of more than a header", .method = 0, .flags = 1}}) ==
        "a: found an encrypted entry; expected one without a password");
}

TEST_CASE("An entry that claims too much is refused before it is unpacked") {
  CHECK(problem({{.name = "a", .content = "x", .claimed = 4000000000u}}) ==
        "a: too large; found 4000000000 bytes unpacked; expected at most 268435456");
  CHECK(problem({{.name = "a", .content = std::string(11, 'x')}}, {.entry = 10, .total = 100}) ==
        "a: too large; found 11 bytes unpacked; expected at most 10");
}

TEST_CASE("All entries together have a limit") {
  CHECK(problem(
            {{.name = "a", .content = std::string(60, 'x')}, {.name = "b", .content = std::string(60, 'x')}},
            {.entry = 100, .total = 100}) == "too large; found 120 bytes unpacked; expected at most 100");
}

TEST_CASE("An entry that unpacks to more or less than it claims is refused") {
  const std::string content(100000, 'x');
  CHECK_THAT(problem({{.name = "a", .content = content, .claimed = 10}}),
             Contains("a: not a readable zip; found more than the 10 bytes it claims"));
  CHECK_THAT(problem({{.name = "a", .content = content, .claimed = 100001}}),
             Contains("a: not a readable zip; found"));
}

TEST_CASE("Names that could lie outside the folder are refused") {
  for (const char* name : {"../a", "d/../a", "d/..", "/a", "C:/a", "d\\a", "./a", "d//a", "d/\na", "//"})
    CHECK_THAT(problem({{.name = name, .content = "x"}}), Contains("an unsafe name; found \""));
  CHECK_THAT(problem({{.name = "", .content = "x"}}),
             Contains("unsafe name") || Contains("not a readable zip"));
  const Scratch scratch;
  CHECK(ZipFile(scratch.file("a.zip", zip_file({{.name = "d/..a..png", .content = "x"}}))).names().size() ==
        1);
}

TEST_CASE("A name that comes twice is refused") {
  CHECK(problem({{.name = "d/a", .content = "x"}, {.name = "d/a", .content = "y"}}) ==
        "a name twice; found \"d/a\" again; expected each name once");
}

TEST_CASE("Classes of a zip are its folders, sorted as on disk") {
  CHECK(listed({"b/2.png", "b/10.PNG", "a/notes.txt", "a/9.png", "README.png"}) ==
        Names{"a a/9.png", "b b/10.PNG", "b b/2.png"});
  CHECK(listed({"a b/1.png", "a/1.png", "a-b/1.png"}) ==
        Names{"a a/1.png", "a b a b/1.png", "a-b a-b/1.png"});
}

TEST_CASE("One common folder above the classes is passed over") {
  CHECK(listed({"top/", "top/b/", "top/b/1.png", "top/a/1.png", "top/README", "LICENSE"}) ==
        Names{"a top/a/1.png", "b top/b/1.png"});
  CHECK(listed({"a/1.png"}) == Names{"a a/1.png"});
  CHECK(listed({"a/1.png", "a/more/2.png"}) == Names{"a a/1.png"});
}

TEST_CASE("Hidden files and those of another system are passed over") {
  CHECK(listed({"top/a/1.png", "__MACOSX/top/a/._1.png", "top/a/._1.png", "top/.DS_Store", ".git/x/1.png"}) ==
        Names{"a top/a/1.png"});
}

TEST_CASE("A class without pictures and a zip without classes are refused as folders are") {
  CHECK_THAT(data_error([] { listed({"a/1.png", "b/"}); }),
             Contains("a.zip: b: an empty class; found no .png file; expected at least one"));
  CHECK_THAT(data_error([] { listed({"a/1.png", "b/c/1.png"}); }), Contains("a.zip: b: an empty class"));
  for (const Names& names : {Names{}, Names{"1.png"}, Names{"__MACOSX/a/1.png"}})
    CHECK_THAT(data_error([&] { listed(names); }), Contains("a.zip: no classes; found no sub-folder"));
}
