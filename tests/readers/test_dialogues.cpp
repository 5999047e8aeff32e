// Dialogues, mails with subjects, and the tar archives these come in.
#include <catch2/catch.hpp>
#include <cstdlib>

#include "data/readers/dialogues.h"
#include "data/readers/subjects.h"
#include "data/readers/tar.h"
#include "tests/readers/scratch.h"

using namespace fovea;

namespace {

const std::string kMail =
    "Hello all,\r\nplease  send me\tthe file.\n\n@subject\nThe draw file\n\n@ann0\nsend file\n";

/// A tar of everything in `folder`, made by the system's own program.
std::filesystem::path packed(const Scratch& scratch, const std::string& folder, const std::string& name) {
  const auto out = scratch.path(name);
  const std::string flags = name.find("gz") != std::string::npos ? "-czf " : "-cf ";
  REQUIRE(std::system(
              ("tar " + flags + out.string() + " -C " + scratch.folder().string() + " " + folder).c_str()) ==
          0);
  return out;
}

}  // namespace

TEST_CASE("each response answers the last turns of its context") {
  const Scratch scratch;
  const auto path = scratch.file("talk.jsonl",
                                 "{\"context\": [\"Hi.\", \"How are you?\", \"Fine.\"], "
                                 "\"positive_responses\": [\"Good.\", \"I see.\"]}\n"
                                 "{\"context\": \"What time is it?\", \"response\": \"Noon.\"}\n"
                                 "{\"turns\": [\"a\", \"b\", \"c\"]}\n\n");
  const auto whole = read_dialogues(path, 0);
  REQUIRE(whole.size() == 5);
  CHECK(whole[0] == TextPair{"Hi." + kTurn + "How are you?" + kTurn + "Fine.", "Good."});
  CHECK(whole[1].target == "I see.");
  CHECK(whole[2] == TextPair{"What time is it?", "Noon."});
  CHECK(whole[3] == TextPair{"a", "b"});
  CHECK(whole[4] == TextPair{"a" + kTurn + "b", "c"});
  CHECK(read_dialogues(path, 1)[0].source == "Fine.");
  CHECK(read_dialogues(path, 2)[4].source == "a" + kTurn + "b");
}

TEST_CASE("a line that is no dialogue is named") {
  const Scratch scratch;
  const auto message = [&](const std::string& line) {
    return data_error(
        [&] { read_dialogues(scratch.file("bad.jsonl", "{\"turns\": [\"a\", \"b\"]}\n" + line + "\n"), 0); });
  };
  CHECK(message("{\"context\": [\"a\"]}").find("bad.jsonl:2: expected \"context\"") != std::string::npos);
  CHECK(message("{\"turns\": [\"a\", 3]}").find("bad.jsonl:2: expected turns as texts") != std::string::npos);
  CHECK(message("{\"context\": {}, \"response\": \"a\"}").find("found object") != std::string::npos);
  CHECK(message("[1]").find("bad.jsonl:2") != std::string::npos);
  CHECK(data_error([&] {
          read_dialogues(scratch.file("one.jsonl", "{\"turns\": [\"a\"]}\n"), 0);
        }).find("no turns") != std::string::npos);
}

TEST_CASE("a mail is its text and its subject, in a folder or in an archive of it") {
  const Scratch scratch;
  scratch.file("mails/dev/b.subject", kMail);
  scratch.file("mails/dev/a.subject", "One line.\n@subject\nRe: x\nand y\n");
  scratch.file("mails/dev/README", "not a mail");
  scratch.file("mails/train/c.subject", "C\n@subject\nc\n");
  const std::vector<TextPair> expected = {{"One line.", "Re: x and y"},
                                          {"Hello all, please send me the file.", "The draw file"}};
  CHECK(read_subjects(scratch.path("mails/dev")) == expected);
  for (const char* name : {"all.tar", "all.tar.gz", "all.tgz"}) {
    INFO(name);
    const auto archive = packed(scratch, "mails", name);
    CHECK(read_subjects(archive / "mails/dev") == expected);
    CHECK(read_subjects(archive / "mails").size() == 3);
    CHECK(read_tar(archive, "mails/dev").at("mails/dev/README") == "not a mail");
  }
}

TEST_CASE("mails and archives that cannot be read are named") {
  const Scratch scratch;
  scratch.file("none/x.subject", "no subject here\n");
  CHECK(data_error([&] { read_subjects(scratch.path("none")); }).find("x.subject: no line \"@subject\"") !=
        std::string::npos);
  scratch.file("empty/x.subject", "a\n@subject\n\n@ann0\nb\n");
  CHECK(data_error([&] {
          read_subjects(scratch.path("empty"));
        }).find("x.subject:2: found an empty subject") != std::string::npos);
  CHECK(data_error([&] { read_subjects(scratch.path("absent")); }).find("absent: no such folder") !=
        std::string::npos);
  scratch.file("bare/readme.txt", "a");
  CHECK(data_error([&] { read_subjects(scratch.path("bare")); }).find("no .subject files") !=
        std::string::npos);
  const auto archive = packed(scratch, "empty", "x.tar.gz");
  CHECK(data_error([&] { read_tar(archive, "elsewhere"); }).find("no files below \"elsewhere\"") !=
        std::string::npos);
  CHECK(data_error([&] { read_tar(archive, "", 3); }).find("too many bytes") != std::string::npos);
  const std::string whole = read_file(archive);
  CHECK(data_error([&] {
          read_tar(scratch.file("cut.tar.gz", whole.substr(0, whole.size() / 2)), "");
        }).find("cut.tar.gz: not a readable tar") != std::string::npos);
  CHECK(data_error([&] {
          read_tar(scratch.file("no.tar", "this is no archive"), "");
        }).find("not a readable tar") != std::string::npos);
  // Packed by programs that would have to be run.
  for (const std::string magic : {"LRZI", "\x89LZO", "GRZipII"})
    CHECK(data_error([&] {
            read_tar(scratch.file("odd.tar.gz", magic + std::string(600, '\0')), "");
          }).find("odd.tar.gz: not a readable tar") != std::string::npos);
}

TEST_CASE("names in a tar may begin with a dot and a slash") {
  const Scratch scratch;
  scratch.file("mails/a.subject", kMail);
  const auto archive = packed(scratch, "./mails", "dotted.tar");
  CHECK(read_subjects(archive / "mails").size() == 1);
}
