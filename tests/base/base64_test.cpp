#include "src/base/base64.h"

#include <catch2/catch.hpp>

using namespace fovea;

TEST_CASE("base64 gives the test vectors of RFC 4648", "[base]") {
  CHECK(base64("") == "");
  CHECK(base64("f") == "Zg==");
  CHECK(base64("fo") == "Zm8=");
  CHECK(base64("foo") == "Zm9v");
  CHECK(base64("foobar") == "Zm9vYmFy");
  CHECK(base64(std::string("\xff\xfe\0", 3)) == "//4A");
}

TEST_CASE("base64 of many bytes has no seam where its pieces meet", "[base]") {
  const std::string text = base64(std::string((3 << 20) + 4, 'M'));
  REQUIRE(text.size() == 4 * ((1 << 20) + 2));
  CHECK(text.substr((4 << 20) - 4) == "TU1NTU1NTQ==");
}
