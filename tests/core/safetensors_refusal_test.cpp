// Tensors on disk: every malformed file is refused with one line, and none does harm.
#include <catch2/catch.hpp>

#include "src/base/error.h"
#include "src/base/random.h"
#include "src/core/safetensors.h"
#include "tests/support/scratch.h"

using namespace fovea;
using Catch::Matchers::Contains;

namespace {

/// A file with this header and data.
std::string file_of(const std::string& header, const std::string& data) {
  std::string file;
  for (int i = 0; i < 8; ++i) file += static_cast<char>(header.size() >> (8 * i) & 0xff);
  return file + header + data;
}

/// A file with one entry "x".
std::string entry(const std::string& fields, size_t bytes) {
  return file_of("{\"x\":{" + fields + "}}", std::string(bytes, '\1'));
}

/// The one-line message of the CheckpointError with which `bytes` are refused.
std::string refusal(const std::string& bytes) {
  try {
    decode_safetensors(bytes, "m.safetensors");
  } catch (const CheckpointError& error) {
    const std::string message = error.what();
    CHECK_THAT(message, Catch::Matchers::StartsWith("m.safetensors: "));
    CHECK(message.find('\n') == std::string::npos);
    return message;
  }
  FAIL("accepted " << bytes);
  return {};
}

}  // namespace

TEST_CASE("an absent file and a folder are checkpoint errors") {
  Scratch scratch;
  CHECK_THROWS_AS(read_safetensors(scratch.path("absent")), CheckpointError);
  CHECK_THROWS_AS(read_safetensors(scratch.folder()), CheckpointError);
}

TEST_CASE("every proper beginning of a file is refused, and so is a longer one") {
  const std::string file =
      encode_safetensors({{"a", torch::arange(3)}, {"b", torch::ones({2, 2})}}, {{"k", "v"}});
  for (size_t size = 0; size < file.size(); ++size) {
    INFO(size << " bytes");
    refusal(file.substr(0, size));
  }
  CHECK_THAT(refusal(file + '\0'), Contains("expected") && Contains("found"));
}

TEST_CASE("a header length that the file does not hold is refused") {
  CHECK_THAT(refusal(std::string(8, '\xff') + "{}"), Contains("18446744073709551615"));
  CHECK_THAT(refusal(std::string("\x03\0\0\0\0\0\0\0{}", 10)), Contains("header of 3 bytes"));
}

TEST_CASE("a header that is no JSON object is refused") {
  for (const char* header : {"", " {}", "[]", "3", "{", "{} {}", "{\"x\":}", "\xff\xfe", "null"}) {
    INFO(header);
    refusal(file_of(header, ""));
  }
  refusal(file_of(std::string(100000, '['), ""));
}

TEST_CASE("a name that appears twice is refused by name") {
  const std::string x = R"("x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]})";
  CHECK_THAT(refusal(file_of("{" + x + "," + x + "}", "1")), Contains("\"x\" appears twice"));
}

TEST_CASE("tensors that overlap, leave holes or lie outside the data are refused") {
  const auto two = [](const char* a, const char* b) {
    return file_of(std::string(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":)") + a +
                       R"(},"b":{"dtype":"U8","shape":[2],"data_offsets":)" + b + "}}",
                   "1234");
  };
  CHECK(decode_safetensors(two("[2,4]", "[0,2]"), "x").at("a")[0].item<int>() == '3');
  CHECK_THAT(refusal(two("[0,2]", "[0,2]")), Contains("begins at byte 0; expected 2"));
  CHECK_THAT(refusal(two("[0,2]", "[1,3]")), Contains("begins at byte 1; expected 2"));
  CHECK_THAT(refusal(two("[0,2]", "[3,5]")), Contains("begins at byte 3; expected 2"));
  CHECK_THAT(refusal(two("[1,3]", "[3,5]")), Contains("expected 0"));
  refusal(two("[0,2]", "[18446744073709551614,18446744073709551616]"));
  CHECK_THAT(refusal(entry(R"("dtype":"U8","shape":[9],"data_offsets":[0,9])", 4)),
             Contains("expected") && Contains("found"));
}

TEST_CASE("a shape that does not fit its bytes is refused") {
  CHECK_THAT(refusal(entry(R"("dtype":"F32","shape":[2],"data_offsets":[0,4])", 4)),
             Contains("needs 8 bytes"));
  CHECK_THAT(refusal(entry(R"("dtype":"F64","shape":[],"data_offsets":[0,4])", 4)),
             Contains("needs 8 bytes"));
  CHECK_THAT(refusal(entry(R"("dtype":"U8","shape":[4],"data_offsets":[4,0])", 4)), Contains("data_offsets"));
  CHECK_THAT(refusal(entry(R"("dtype":"U8","shape":[0],"data_offsets":[0,4])", 4)),
             Contains("needs 0 bytes"));
}

TEST_CASE("a shape whose product overflows is refused, with a zero among its sizes too") {
  for (const char* shape : {"[4294967296,4294967296]", "[4294967296,4294967296,4294967296,4294967296]",
                            "[9223372036854775807,3]", "[0,9223372036854775807,9223372036854775807]",
                            "[9223372036854775807,9223372036854775807,0]", "[18446744073709551615]"}) {
    INFO(shape);
    CHECK_THAT(refusal(entry(std::string(R"("dtype":"F32","data_offsets":[0,0],"shape":)") + shape, 0)),
               Contains("overflows"));
  }
}

TEST_CASE("sizes and offsets that are not natural numbers are refused") {
  for (const char* number :
       {"-1", "1.0", "1.5", "\"1\"", "null", "true", "[1]", "1e0", "99999999999999999999999"}) {
    INFO(number);
    refusal(entry(std::string(R"("dtype":"U8","data_offsets":[0,1],"shape":[)") + number + "]", 1));
    refusal(entry(std::string(R"("dtype":"U8","shape":[1],"data_offsets":[0,)") + number + "]", 1));
    refusal(entry(std::string(R"("dtype":"U8","shape":[1],"data_offsets":[)") + number + ",1]", 1));
  }
}

TEST_CASE("an entry with a field too few, too many or of the wrong kind is refused") {
  for (const char* fields :
       {"", R"("dtype":"U8","shape":[1])", R"("dtype":"U8","data_offsets":[0,1])",
        R"("shape":[1],"data_offsets":[0,1])", R"("dtype":"U8","shape":[1],"data_offsets":[0,1],"more":1)",
        R"("dtype":"U9","shape":[1],"data_offsets":[0,1])",
        R"("dtype":"u8","shape":[1],"data_offsets":[0,1])", R"("dtype":8,"shape":[1],"data_offsets":[0,1])",
        R"("dtype":"U8","shape":1,"data_offsets":[0,1])", R"("dtype":"U8","shape":[1],"data_offsets":[0])",
        R"("dtype":"U8","shape":[1],"data_offsets":[0,1,1])",
        R"("dtype":"U8","shape":[1],"data_offsets":{"a":0,"b":1})"}) {
    INFO(fields);
    CHECK_THAT(refusal(entry(fields, 1)), Contains("\"x\""));
  }
  refusal(file_of(R"({"x":[1]})", ""));
  refusal(file_of(R"({"__metadata__":[1]})", ""));
  refusal(file_of(R"({"__metadata__":{"a":1}})", ""));
}

TEST_CASE("a bool that is neither 0 nor 1 is refused") {
  std::string file = encode_safetensors({{"x", torch::ones({3}, torch::kBool)}});
  file.back() = 2;
  CHECK_THAT(refusal(file), Contains("bool"));
}

TEST_CASE("a file with bytes changed at random is read or refused, and never does harm") {
  const std::string file = encode_safetensors(
      {{"weight", torch::ones({2, 3})}, {"seen", torch::ones({4}, torch::kBool)}}, {{"k", "v"}});
  Random random(7);
  int refused = 0;
  for (int trial = 0; trial < 20000; ++trial) {
    std::string damaged = file;
    for (int64_t flips = random.between(1, 4); flips > 0; --flips)
      damaged[static_cast<size_t>(random.below(static_cast<int64_t>(file.size())))] =
          static_cast<char>(random.bits());
    try {
      for (const auto& [name, tensor] : decode_safetensors(damaged, "x"))
        REQUIRE(tensor.numel() * tensor.element_size() <= static_cast<int64_t>(file.size()));
    } catch (const CheckpointError&) {
      ++refused;
    }
  }
  CHECK(refused > 10000);  // most of the file is its header
}
