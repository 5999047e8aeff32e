// Small files with random damage: every reader gives a result or a DataError of one line, nothing else.
#include "data/images/folder.h"
#include "data/images/jpeg.h"
#include "data/images/pnm.h"
#include "data/readers/gzip.h"
#include "data/readers/idx.h"
#include "data/readers/labelled_text.h"
#include "data/readers/series.h"
#include "data/text/tokenizer.h"
#include "src/base/random.h"
#include "tests/images/jpeg_file.h"
#include "tests/readers/scratch.h"
#include "tests/readers/zip_file.h"

using namespace fovea;

namespace {

std::string damaged(std::string bytes, Random& random) {
  static const std::string marks("\"\n\r,\t{}\0\x80\xFF ", 12);
  for (int64_t n = random.between(1, 5); n > 0 && !bytes.empty(); --n) {
    const auto at = static_cast<size_t>(random.below(static_cast<int64_t>(bytes.size())));
    switch (random.below(5)) {
      case 0:
        bytes[at] = static_cast<char>(random.below(256));
        break;
      case 1:
        bytes[at] = marks[static_cast<size_t>(random.below(12))];
        break;
      case 2:
        bytes.erase(at, static_cast<size_t>(random.between(1, 8)));
        break;
      case 3:
        bytes.insert(at, bytes.substr(0, static_cast<size_t>(random.below(12))));
        break;
      default:
        bytes.resize(at);
    }
  }
  return bytes;
}

/// Reads 400 mutants of `bytes`; returns how many were refused.
int refused(const std::string& name, const std::string& bytes,
            const std::function<void(const std::filesystem::path&)>& read) {
  const Scratch scratch;
  Random random(hash_words({name.size(), bytes.size()}));
  int count = 0;
  for (int round = 0; round < 400; ++round) {
    const auto path = scratch.file(name, damaged(bytes, random));
    try {
      read(path);
    } catch (const DataError& error) {
      CHECK(std::string(error.what()).find('\n') == std::string::npos);
      ++count;
    }
  }
  return count;
}

const std::string kCsv = "label,text\n1,\"a, \"\"b\"\"\nc\"\n0,d é\n1,\n";

}  // namespace

TEST_CASE("Damaged tables are read or refused, never worse") {
  const auto read = [](const std::filesystem::path& path) { read_labelled_texts(path); };
  CHECK(refused("a.csv", kCsv, read) > 50);
  CHECK(refused("a.tsv", "label\ttext\n1\t\"a b\"\n0\tc\n", read) > 50);
  CHECK(refused("a.jsonl", "{\"label\":1,\"text\":\"a\\u00e9\"}\n{\"label\":0,\"text\":\"b\"}\n", read) > 50);
  CHECK(refused("a.txt", "1 a b\n0 c é\n", read) > 20);
  CHECK(refused("a.csv.gz", gzip(kCsv), read) > 200);
}

TEST_CASE("Damaged series and IDX files are read or refused, never worse") {
  CHECK(refused("s.csv", "date,x,y\n1 May,1,2\n2 May,3,4e1\n", [](const auto& path) { read_series(path); }) >
        50);
  const std::string idx(
      "\0\0\x08\x03\0\0\0\x02\0\0\0\x01\0\0\0\x02"
      "abcd",
      20);
  CHECK(refused("i.idx", idx, [](const auto& path) { read_idx_images(path); }) > 200);
}

TEST_CASE("Damaged pictures are read or refused, never worse") {
  const auto jpeg = [](const auto& path) { decode_jpeg(read_file(path), "x", 1 << 16); };
  CHECK(refused("a.jpg", jpeg_file(slope(9, 17, 3)), jpeg) > 100);
  CHECK(refused("grey.jpg", jpeg_file(slope(17, 9, 1), TJFLAG_PROGRESSIVE), jpeg) > 100);
  const auto pnm = [](const auto& path) { decode_pnm(read_file(path), "x", 1 << 16); };
  CHECK(refused("a.pgm", "P2 # grey\n3 2\n255\n1 2 3\n4 5 255\n", pnm) > 200);
  CHECK(refused("a.ppm", "P6 2 2 65535\nabcdefghijklmnopqrstuvwx", pnm) > 200);
}

TEST_CASE("Damaged zips of pictures are read or refused, never worse") {
  const auto read = [](const auto& path) { read_image_folder(path, 1 << 16); };
  const std::string jpeg = jpeg_file(slope(9, 17, 3)), pgm = "P2 3 2 255 1 2 3 4 5 255";
  CHECK(refused("a.zip",
                zip_file({{.name = "p/a/1.jpg", .content = jpeg}, {.name = "p/b/1.pgm", .content = pgm}}),
                read) > 200);
  CHECK(refused("stored.zip",
                zip_file({{.name = "a/1.pgm", .content = pgm, .method = 0},
                          {.name = "b/1.pgm", .content = pgm, .method = 0}}),
                read) > 200);
}

TEST_CASE("Any text that is UTF-8 can be tokenised") {
  Random random(9);
  const auto words = make_tokenizer({.lowercase = true});
  for (int round = 0; round < 2000; ++round) {
    std::string text =
        damaged("it 's a.b. -lrb- e\xCC\x81 中文 \xF0\x9F\x98\x80\xEF\xB8\x8F 'x' 3.5,", random);
    try {
      for (const std::string& token : words->tokens(text)) CHECK(!token.empty());
    } catch (const DataError&) {
      continue;
    }
  }
}
