// Contract of every net: saved and loaded parameters are the same net; named initialisations do what they
// say.
#include <catch2/catch.hpp>

#include "src/core/safetensors.h"
#include "src/train/checkpoint.h"
#include "tests/contracts/net_cases.h"

using namespace fovea;
using namespace fovea::contracts;

TEST_CASE("a net that loads another's saved state answers with the same bytes", "[contract]") {
  for (const NetCase& one : net_cases()) {
    INFO(one.label);
    torch::NoGradGuard no_gradient;
    const auto net = make(one, 7), other = make(one, 8);
    const Batch batch = small_batch(one.task);
    const TensorMap saved = decode_safetensors(encode_safetensors(module_tensors(*net)), "memory");
    load_module(*other, saved, "memory");
    const ModelOutput expected = net->forward(batch), found = other->forward(batch);
    for (const auto& [name, values] : expected.values) CHECK(torch::equal(found.values.at(name), values));
  }
}

TEST_CASE("the names of a net's parameters do not depend on the seed, and seeds make different parameters",
          "[contract]") {
  for (const NetCase& one : net_cases()) {
    INFO(one.label);
    const TensorMap first = module_tensors(*make(one, 7)), again = module_tensors(*make(one, 7)),
                    other = module_tensors(*make(one, 8));
    bool different = first.empty();
    for (const auto& [name, values] : first) {
      REQUIRE(other.count(name) == 1);
      CHECK(torch::equal(again.at(name), values));
      different = different || !torch::equal(other.at(name), values);
    }
    CHECK(different);
  }
}

TEST_CASE("every net with an initialisation takes each named one and refuses others by key", "[contract]") {
  int64_t nets_seen = 0;
  for (const NetCase& one : net_cases()) {
    const NetEntry& net = nets().at(one.model.at("name").get<std::string>());
    if (!has_field(net, "init")) continue;
    ++nets_seen;
    INFO(one.label);
    NetCase changed = one;
    changed.model["init"] = "xavier(2)";
    try {
      make(changed);
      FAIL("accepted");
    } catch (const ConfigError& error) {
      CHECK(std::string(error.what()).rfind("model.init:", 0) == 0);
    }
    for (const char* name : {"uniform(0.1)", "normal(0.02)", "xavier", "kaiming"}) {
      changed.model["init"] = name;
      CHECK_NOTHROW(make(changed));
    }
  }
  CHECK(nets_seen > 0);
}

TEST_CASE("a net's initialisation reaches its weight matrices, not embeddings, positions or attentions",
          "[contract]") {
  for (const NetCase& one : net_cases()) {
    const NetEntry& net = nets().at(one.model.at("name").get<std::string>());
    if (!has_field(net, "init")) continue;
    INFO(one.label);
    NetCase tiny = one;
    tiny.model["init"] = "uniform(1e-9)";
    const auto made = make(tiny);
    int64_t reached = 0;
    for (const auto& item : made->named_parameters()) {
      if (item.value().dim() < 2) continue;
      INFO(item.key());
      const std::string& key = item.key();
      bool own = key.find("embedding") != std::string::npos || key.rfind("position", 0) == 0;
      for (const auto& module : made->named_modules("", false))
        own = own || (dynamic_cast<const Attention*>(module.value().get()) != nullptr &&
                      key.rfind(module.key() + ".", 0) == 0);
      CHECK((item.value().abs().max().item<double>() <= 1e-9) != own);
      reached += !own;
    }
    CHECK(reached > 0);
  }
}
