// Output files: nothing half-written under the final name, links followed, devices left what they are.
#include "src/base/files.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <future>

#include "src/base/error.h"
#include "tests/support/scratch.h"

using namespace fovea;
namespace fs = std::filesystem;

namespace {

size_t entries(const fs::path& folder) {
  return static_cast<size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

}  // namespace

TEST_CASE("an output file has its name once it is kept, and leaves nothing when it is not") {
  const Scratch scratch;
  const fs::path path = scratch.file("out.txt", "before");
  {
    OutputFile dropped(path);
    dropped.write("half");
    CHECK(read_file(path) == "before");
  }
  CHECK(entries(scratch.folder()) == 1);
  OutputFile kept(path);
  kept.write("one "), kept.write("two");
  CHECK(read_file(path) == "before");
  kept.keep();
  CHECK(read_file(path) == "one two");
  CHECK(entries(scratch.folder()) == 1);
  CHECK_THROWS_AS(OutputFile(scratch.path("absent/out.txt")), Error);
}

TEST_CASE("a link is followed") {
  const Scratch scratch;
  const fs::path target = scratch.file("elsewhere/target.txt", "before"), link = scratch.path("link.txt");
  fs::create_symlink("elsewhere/target.txt", link);
  write_file_atomically(link, "after");
  CHECK(fs::is_symlink(link));
  CHECK(read_file(target) == "after");
}

TEST_CASE("a pipe is written to, not replaced, as every file that is no ordinary one") {
  const Scratch scratch;
  const fs::path pipe = scratch.path("pipe");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  auto reader = std::async(std::launch::async, [&] { return read_file(pipe); });
  write_file_atomically(pipe, "through");
  CHECK(reader.get() == "through");
  CHECK(fs::is_fifo(pipe));
  CHECK(entries(scratch.folder()) == 1);
}
