// Fields of a line, read no further than they stand.
#include "src/report/example_fields.h"

#include <catch2/catch.hpp>

#include "src/base/error.h"

using namespace fovea;

TEST_CASE("the fields asked for are found, those inside of others are not theirs") {
  const auto found =
      fields_of(R"({"a":{"id":7},"id":3,"list":[1,{"x":2}],"x":"text","y":null})", {"id", "x", "z"}, "w");
  CHECK(found == std::map<std::string, Json>{{"id", 3}, {"x", "text"}});
  CHECK(fields_of(R"({"correct":0.5,"more":[[]]})", {"correct"}, "w").at("correct") == 0.5);
  CHECK(fields_of("{}", {"id"}, "w").empty());
}

TEST_CASE("what follows the last field is not read, what comes before it must be JSON") {
  CHECK(fields_of(R"({"id":3,"rest":[1,2)", {"id"}, "w").at("id") == 3);
  for (const char* text : {"", "[1]", "3", "\"id\"", R"({"a":1,,"id":3})", R"({"a":[1,2)", "{\"id\" 3}"}) {
    CAPTURE(text);
    CHECK_THROWS_WITH(fields_of(text, {"id"}, "file:4"), "file:4: expected a JSON object");
    CHECK_THROWS_AS(fields_of(text, {"id"}, "file:4"), CheckpointError);
  }
}
