// Attention groups of the config: strict reading, presets, the effective group, refusals, listings.
#include <catch2/catch.hpp>

#include "models/attention/refusals.h"
#include "models/attention/registry.h"

using namespace fovea;
using Catch::Matchers::Contains;

namespace {

AttentionConfig read(const Json& group) {
  return resolve_attention(group, "model.attention");
}

std::shared_ptr<Attention> make(const Json& group, AttentionShape shape = {}) {
  if (shape.query_width == 0) shape.query_width = shape.key_width = shape.value_width = 8;
  return make_attention(read(group), shape, "model.attention");
}

Json with(const std::string& name, Json fields) {
  fields["name"] = name;
  return fields;
}

}  // namespace

TEST_CASE("a group dumps every field of every chosen axis, and reads back as it was dumped") {
  for (const std::string& name : named_attentions().names()) {
    INFO(name);
    const Json once = dump(read(name));
    CHECK(dump(read(once)) == once);
    CHECK(once["name"] == name);
  }
  const Json local =
      dump(read(with("compose", {{"pattern", "causal&local"}, {"scorer", "location-aware"}, {"window", 3}})));
  CHECK(local == Json{{"name", "compose"},
                      {"heads", 1},
                      {"kv_heads", 1},
                      {"projections", false},
                      {"output_gate", false},
                      {"talking_heads", false},
                      {"dropout", 0.0},
                      {"scorer", "location-aware"},
                      {"normalizer", "softmax"},
                      {"pattern", "causal&local"},
                      {"position", "none"},
                      {"engine", "auto"},
                      {"temperature", 1.0},
                      {"width", 0},
                      {"filters", 8},
                      {"kernel", 15},
                      {"window", 3}});
}

TEST_CASE("fields refine a preset") {
  CHECK(read(with("multi-head", {{"heads", 2}})).composition.projections);
  CHECK(read(with("multi-head", {{"heads", 1}})).composition.projections);
  CHECK(read(with("scaled-dot", {{"heads", 2}})).composition.projections);
  CHECK_FALSE(read("scaled-dot").composition.projections);
  CHECK_FALSE(read(with("scaled-dot", {{"heads", 2}, {"projections", false}})).composition.projections);
  CHECK(read(with("multi-head", {{"scorer", "additive"}, {"width", 5}})).options["width"] == 5);
  CHECK(read("multi-query").composition.kv_heads == 1);
  CHECK(read(with("multi-head", {{"heads", 6}})).composition.kv_heads == 6);
}

TEST_CASE("an unknown name, field or value is refused with its key and the nearest names") {
  CHECK_THROWS_WITH(read("multihead"), Contains("model.attention") && Contains("multi-head"));
  CHECK_THROWS_WITH(read(with("multi-head", {{"haeds", 2}})),
                    Contains("model.attention.haeds") && Contains("heads"));
  CHECK_THROWS_WITH(read(with("compose", {{"scorer", "additve"}})),
                    Contains("model.attention.scorer") && Contains("additive"));
  CHECK_THROWS_WITH(read(with("compose", {{"normalizer", "sofmax"}})), Contains("softmax"));
  CHECK_THROWS_WITH(read(with("compose", {{"pattern", "causal&locl"}})), Contains("local"));
  CHECK_THROWS_WITH(read(with("compose", {{"pattern", ""}})), Contains("model.attention.pattern"));
  CHECK_THROWS_WITH(read(with("compose", {{"position", "roep"}})), Contains("rope"));
  // A field of an axis that was not chosen does not exist.
  CHECK_THROWS_WITH(read(with("compose", {{"window", 3}})), Contains("model.attention.window: no such key"));
  CHECK_THROWS_WITH(read(with("multi-head", {{"heads", 0}})), Contains("heads"));
  CHECK_THROWS_WITH(read(with("multi-head", {{"heads", "two"}})), Contains("heads"));
  CHECK_THROWS_WITH(read(with("compose", {{"temperature", 0}})), Contains("temperature"));
  CHECK_THROWS_AS(read(Json(3)), ConfigError);
  CHECK_THROWS_AS(read(Json{{"name", 3}}), ConfigError);
}

TEST_CASE("every refusal of the list is said, in its own words") {
  AttentionShape wide, odd, disordered, causal;
  wide.query_width = 8, wide.key_width = wide.value_width = 6;
  odd.query_width = odd.key_width = odd.value_width = 5;
  disordered.query_width = disordered.key_width = disordered.value_width = 8, disordered.ordered = false;
  causal.query_width = causal.key_width = causal.value_width = 8, causal.causal = true, causal.length = 6;
  const auto said = [](Refusal refusal, const auto& attempt) {
    INFO(refusals().at(static_cast<size_t>(refusal)));
    CHECK_THROWS_AS(attempt(), ConfigError);
    CHECK_THROWS_WITH(attempt(), Contains(refusals().at(static_cast<size_t>(refusal))) &&
                                     Contains("model.attention") && Contains("; found "));
  };
  said(Refusal::kNoneFields, [&] { read(with("none", {{"heads", 2}})); });
  said(Refusal::kNoneSlot, [&] { make("none"); });
  for (const Json& fields : std::vector<Json>{
           {{"scorer", "dot"}}, {{"normalizer", "softmax"}}, {{"position", "rope"}}, {{"dropout", 0.1}}})
    said(Refusal::kDirectField, [&] { read(with("linear", fields)); });
  said(Refusal::kDirectPattern, [&] { read(with("linear", {{"pattern", "local"}})); });
  said(Refusal::kDirectMask,
       [&] { refuse(Refusal::kDirectMask, "model.attention", "a mask"); });  // met by fovea-attend
  said(Refusal::kSharedHeads, [&] { read(with("multi-head", {{"heads", 4}, {"kv_heads", 3}})); });
  said(Refusal::kHeads, [&] { make(with("multi-head", {{"heads", 3}})); });
  said(Refusal::kHeads, [&] { make(with("linear", {{"heads", 3}})); });
  said(Refusal::kHeads, [&] { make(with("compose", {{"heads", 4}, {"projections", false}}), wide); });
  for (const char* scorer : {"dot", "scaled-dot", "cosine", "activated", "distance"})
    said(Refusal::kOneWidth, [&] { make(with("compose", {{"scorer", scorer}}), wide); });
  said(Refusal::kTurnedPairs, [&] { make(with("compose", {{"position", "rope"}}), odd); });
  for (const char* stateful : {"location-aware", "coverage"})
    said(Refusal::kOrder, [&] { make(stateful, disordered); });
  said(Refusal::kEvenKernel, [&] { make(with("location-aware", {{"kernel", 4}})); });
  for (const char* position : {"shaw", "transformer-xl"})
    for (const char* scorer : {"additive", "cosine", "distance", "learned-query"})
      said(Refusal::kRelativeScorer, [&] {
        make(with("compose", {{"position", position}, {"scorer", scorer}}));
      });
  for (const char* pattern : {"axial", "neighborhood"})
    said(Refusal::kNoGrid, [&] { make(with("compose", {{"pattern", pattern}})); });
  said(Refusal::kUnknownLength, [&] { make("bigbird"); });
  said(Refusal::kUnknownLength, [&] { make("linformer"); });
  said(Refusal::kHalfHeads, [&] { make(with("bidirectional", {{"heads", 1}})); });
  said(Refusal::kBothDirections, [&] { make("bidirectional", causal); });
  said(Refusal::kBothDirections, [&] { make("linformer", causal); });
  for (const char* normalizer : {"sum", "sigmoid", "sparsemax", "entmax15", "uniform"})
    said(Refusal::kSpanSoftmax, [&] { make(with("adaptive-span", {{"normalizer", normalizer}})); });
  said(Refusal::kFused, [&] { make(with("compose", {{"talking_heads", true}, {"engine", "fused"}})); });
  CHECK(refusals().size() == static_cast<size_t>(Refusal::kFused) + 1);
}

TEST_CASE(
    "the variants that the catalogue promises are registered, each with a summary, and a source unless it is "
    "a baseline") {
  for (const char* name : {"bahdanau",
                           "luong-dot",
                           "luong-general",
                           "luong-concat",
                           "scaled-dot",
                           "multi-head",
                           "multi-head-additive",
                           "multi-query",
                           "grouped-query",
                           "cosine",
                           "cosine-sum",
                           "luong-local-m",
                           "luong-local-p",
                           "gated",
                           "activated",
                           "sparsemax",
                           "entmax15",
                           "top-k",
                           "hard",
                           "sigmoid",
                           "local",
                           "dilated",
                           "strided",
                           "longformer",
                           "bigbird",
                           "adaptive-span",
                           "linear",
                           "performer",
                           "linformer",
                           "bidirectional",
                           "transformer-xl",
                           "coverage",
                           "learned-query",
                           "location-aware",
                           "none",
                           "uniform",
                           "frozen-random"}) {
    INFO(name);
    REQUIRE(named_attentions().contains(name));
    const NamedAttention& named = named_attentions().at(name);
    CHECK_FALSE(named.summary.empty());
    CHECK((named.source.empty() == (named.summary.rfind("baseline", 0) == 0)));
  }
}

TEST_CASE("listings show name, formula, source, keys with defaults and traits of every entry") {
  for (const char* what : {"scorers", "normalizers", "patterns", "positions"}) {
    const Json list = list_attention_axis(what);
    REQUIRE(list.is_array());
    for (const Json& entry : list) {
      INFO(entry.dump());
      CHECK_FALSE(entry["name"].get<std::string>().empty());
      CHECK_FALSE(entry["formula"].get<std::string>().empty());
      CHECK(entry["traits"].contains("sign"));
      for (const Json& key : entry["keys"])
        CHECK((key.contains("default") && !key["help"].get<std::string>().empty()));
    }
  }
  CHECK(list_attention_axis("attentions").size() == named_attentions().entries().size());
  CHECK(list_attention_axis("scores").is_null());
}

TEST_CASE("the same seed makes the same parameters") {
  for (const std::string& name : named_attentions().names()) {
    if (name == "none") continue;
    AttentionShape shape;
    shape.length = 6;
    torch::manual_seed(12);
    const auto a = make(name, shape);
    torch::manual_seed(12);
    const auto b = make(name, shape);
    for (const auto& item : a->named_parameters())
      CHECK(torch::equal(item.value(), b->named_parameters()[item.key()]));
  }
}
