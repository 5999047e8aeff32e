#include "data/readers/content.h"
#include "data/readers/gzip.h"
#include "tests/readers/scratch.h"

using namespace fovea;
using Catch::Contains;

TEST_CASE("A plain file and a gzip file of it read the same") {
  const Scratch scratch;
  const std::string content(300000, 'x');
  CHECK(read_maybe_gzip(scratch.file("a.txt", content)) == content);
  CHECK(read_maybe_gzip(scratch.file("a.txt.gz", gzip(content))) == content);
  CHECK(read_maybe_gzip(scratch.file("named-wrongly.txt", gzip(content))) == content);
}

TEST_CASE("All members of a gzip file are read, and zero padding after them is not") {
  CHECK(gunzip(gzip("one ") + gzip("") + gzip("two"), "x") == "one two");
  CHECK(gunzip(gzip("one") + std::string(512, '\0'), "x") == "one");
}

TEST_CASE("A truncated gzip file is refused wherever it is cut") {
  const std::string packed = gzip("some text that is packed, some text that is packed");
  for (size_t size = 2; size < packed.size(); ++size)
    CHECK_THAT(data_error([&] { gunzip(packed.substr(0, size), "f.gz"); }),
               Contains("f.gz: truncated gzip; found") && Contains("expected"));
}

TEST_CASE("A corrupt gzip file is refused with its path") {
  const Scratch scratch;
  std::string packed = gzip("some text that is packed");
  packed[packed.size() - 6] ^= 1;  // its checksum
  const auto path = scratch.file("x.gz", packed);
  CHECK_THAT(data_error([&] { read_maybe_gzip(path); }),
             Contains(path.string() + ": corrupt gzip; found incorrect data check; expected"));
  CHECK_THAT(data_error([&] { gunzip(gzip("a") + "rubbish", "x"); }),
             Contains("found 7 bytes that are not a gzip member"));
}

TEST_CASE("Content beyond the limit is refused, packed or not") {
  const Scratch scratch;
  const std::string content(100000, 'x');
  CHECK_THAT(data_error([&] { read_maybe_gzip(scratch.file("a.gz", gzip(content)), 99999); }),
             Contains("too large; expected at most 99999"));
  CHECK_THAT(data_error([&] { read_maybe_gzip(scratch.file("a", content), 99999); }), Contains("too large"));
  CHECK(read_maybe_gzip(scratch.path("a.gz"), 100000) == content);
}

TEST_CASE("An absent file is named") {
  CHECK_THAT(data_error([&] { read_maybe_gzip("/no/such/file.csv"); }), Contains("/no/such/file.csv"));
}

TEST_CASE("Lines lose \\n and \\r\\n and a byte order mark, nothing else") {
  const Scratch scratch;
  CHECK(lines_of("a\r\nb\n\n c \r\n") == std::vector<std::string>{"a", "b", "", " c "});
  CHECK(lines_of("").empty());
  CHECK(read_lines(scratch.file("bom.txt", "\xEF\xBB\xBFgr\xC3\xBC\xC3\x9F\nx")) ==
        std::vector<std::string>{"grüß", "x"});
}

TEST_CASE("A byte that is not UTF-8 is named with its line and its place in it") {
  const Scratch scratch;
  const auto path = scratch.file("x.txt", "one\ntw\xE9\n");
  CHECK(data_error([&] { read_lines(path); }) ==
        path.string() +
            ":2: not UTF-8; found 0xE9 at byte 3 of the line; expected UTF-8, or encoding=latin-1");
  CHECK(read_lines(path, "latin-1")[1] == "twé");
  CHECK_THROWS_AS(read_lines(path, "latin1"), ConfigError);
}

TEST_CASE("NUL bytes and UTF-16 are refused") {
  const Scratch scratch;
  CHECK_THAT(data_error([&] { read_lines(scratch.file("x.txt", std::string("a\nb\0c", 5))); }),
             Contains("x.txt:2: a NUL byte; found 0x00 at byte 2 of the line; expected text"));
  CHECK_THAT(data_error([&] {
               read_lines(scratch.file("y.txt", std::string("\xFF\xFE"
                                                            "a\0",
                                                            4)));
             }),
             Contains("UTF-16"));
}
