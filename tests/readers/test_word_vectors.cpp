// Word vectors: GloVe's and word2vec's text forms, words with spaces, and lines that are none.
#include <catch2/catch.hpp>

#include "data/readers/word_vectors.h"
#include "tests/readers/scratch.h"

using namespace fovea;

TEST_CASE("the wanted words have their vectors, whatever the form") {
  const Scratch scratch;
  for (const char* opening : {"", "4 2\n"}) {
    const auto path = scratch.file(
        "vectors.txt", std::string(opening) + "the 0.5 -1\ncat 1e-3 2.25\r\n. . . 7 8\nthe 9 9\n\ndog 3 4");
    const WordVectors found = read_word_vectors(path, 2, {"the", "dog", ". . .", "absent"});
    REQUIRE(found.size() == 3);
    CHECK(found.at("the") == std::vector<float>{0.5F, -1.0F});  // the first of two
    CHECK(found.at("dog") == std::vector<float>{3.0F, 4.0F});
    CHECK(found.at(". . .") == std::vector<float>{7.0F, 8.0F});
  }
}

TEST_CASE("a line that is no vector of the asked width is named") {
  const Scratch scratch;
  const auto message = [&](const std::string& text, int64_t width) {
    return data_error([&] { read_word_vectors(scratch.file("v.txt", text), width, {"a", "b"}); });
  };
  CHECK(message("a 1 2\nb 1 2 3\n", 2)
            .find("v.txt:2: expected a word and 2 numbers (model.width), found 3 numbers") !=
        std::string::npos);
  CHECK(message("a 1 2\nb 1\n", 2)
            .find("v.txt:2: expected a word and 2 numbers (model.width), found 1 numbers") !=
        std::string::npos);
  CHECK(message("a 1 x\n", 2).find("v.txt:1") != std::string::npos);
  CHECK(message("a nan 1\n", 2).find("v.txt:1") != std::string::npos);
  CHECK(data_error([&] { read_word_vectors(scratch.path("absent"), 2, {}); }).find("no such file") !=
        std::string::npos);
}

TEST_CASE("a byte order mark is no part of the first word, and a folder is no file of vectors") {
  const Scratch scratch;
  CHECK(read_word_vectors(scratch.file("marked.txt",
                                       "\xEF\xBB\xBF"
                                       "the 1 2\n"),
                          2, {"the"})
            .size() == 1);
  CHECK(data_error([&] { read_word_vectors(scratch.folder(), 2, {"the"}); }).find("no such file") !=
        std::string::npos);
}
