// Contract of every slot of every net: any attention of the registry works in it, or is refused with one
// sentence.
#include <catch2/catch.hpp>

#include "models/attention/registry.h"
#include "tests/contracts/net_cases.h"

using namespace fovea;
using namespace fovea::contracts;

TEST_CASE("every attention works in every slot of every net, or is refused with one sentence", "[contract]") {
  std::map<std::string, int64_t> working;
  for (const NetCase& one : attention_cases()) {
    INFO(one.label);
    std::shared_ptr<Net> net;
    try {
      net = make(one);
    } catch (const ConfigError& refusal) {
      const std::string message = refusal.what();
      CHECK(message.rfind("model.", 0) == 0);
      CHECK(message.find('\n') == std::string::npos);
      continue;
    }
    net->train();
    const Batch batch = small_batch(one.task);
    const ModelOutput output = net->forward(batch);
    for (const auto& [name, values] : output.values) {
      CHECK(values.isfinite().all().item<bool>());
      if (!values.requires_grad()) continue;
      values.square().sum().backward();
    }
    for (const Tensor& parameter : net->parameters())
      if (parameter.grad().defined()) CHECK(parameter.grad().to_dense().isfinite().all().item<bool>());
    for (const std::string& attention : named_attentions().names())
      if (one.label.find("\"" + attention + "\"") != std::string::npos) ++working[attention];
  }
  // Nothing is refused everywhere.
  for (const std::string& attention : named_attentions().names()) CHECK(working[attention] > 0);
}

TEST_CASE("an attention that is no attention is refused by its slot's key", "[contract]") {
  for (const NetEntry& net : nets().entries())
    for (const FieldInfo& field : net.fields()) {
      if (field.type != "name or fields") continue;
      Json group = {{"name", net.name}};
      const size_t dot = field.name.find('.');
      if (dot == std::string::npos)
        group[field.name] = "no-such";
      else
        group[field.name.substr(0, dot)][field.name.substr(dot + 1)] = "no-such";
      INFO(group.dump());
      try {
        net.resolve(group);
        FAIL("accepted");
      } catch (const ConfigError& error) {
        CHECK(std::string(error.what()).rfind("model." + field.name + ":", 0) == 0);
      }
    }
}
