// What a slot of a net holds when its config says little: the net's default, or model.attention.
#include <catch2/catch.hpp>

#include "models/nets/registry.h"
#include "src/base/error.h"

using namespace fovea;

namespace {

Json resolved(const Json& group) {
  return nets().at(group.at("name").get<std::string>()).resolve(group);
}

}  // namespace

TEST_CASE("fields without a name refine the attention that stands there, not plain axes") {
  const Json attention =
      resolved({{"name", "bilstm-attention"}, {"attention", {{"temperature", 2}}}})["attention"];
  CHECK(attention["name"] == "bahdanau");
  CHECK(attention["scorer"] == "additive");
  CHECK(attention["temperature"] == 2.0);
}

TEST_CASE("model.attention is the default of every slot, and a slot's own choice stays its own") {
  const Json plain = resolved({{"name", "transformer-seq2seq"}, {"attention", "cosine"}});
  for (const char* slot : {"encoder", "decoder", "cross"})
    CHECK(plain[slot]["attention"] == plain["attention"]);
  const Json group = {{"name", "transformer-seq2seq"},
                      {"attention", {{"name", "multi-head"}, {"heads", 2}}},
                      {"cross", {{"attention", "luong-general"}}},
                      {"decoder", {{"attention", {{"heads", 4}}}}}};
  const Json mixed = resolved(group);
  CHECK(mixed["encoder"]["attention"] == mixed["attention"]);
  CHECK(mixed["cross"]["attention"]["scorer"] == "general");
  CHECK(mixed["decoder"]["attention"]["name"] == "multi-head");
  CHECK(mixed["decoder"]["attention"]["heads"] == 4);
  CHECK(resolved(mixed) == mixed);  // what is printed says the same again
}

TEST_CASE("an unknown key in a slot is named by its whole path") {
  try {
    resolved({{"name", "transformer-seq2seq"}, {"cross", {{"attention", {{"haeds", 4}}}}}});
    FAIL("accepted");
  } catch (const ConfigError& error) {
    CHECK_THAT(error.what(), Catch::Matchers::Contains("model.cross.attention.haeds") &&
                                 Catch::Matchers::Contains("heads"));
  }
}
