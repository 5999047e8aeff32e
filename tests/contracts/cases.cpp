#include "tests/contracts/cases.h"

#include <cstdlib>
#include <map>

#include "models/attention/refusals.h"
#include "src/base/error.h"

namespace fovea::contracts {
namespace {

std::vector<Json> groups() {
  std::vector<Json> list;
  for (const std::string& name : named_attentions().names())
    if (name != "none") list.push_back({{"name", name}});
  for (const std::string& scorer : scorers().names())
    for (const std::string& normalizer : normalizers().names())
      list.push_back({{"name", "compose"}, {"scorer", scorer}, {"normalizer", normalizer}});
  for (const char* scorer : {"scaled-dot", "additive", "location-aware"}) {
    for (const std::string& pattern : patterns().names()) {
      list.push_back({{"name", "compose"}, {"scorer", scorer}, {"pattern", pattern}});
      list.push_back({{"name", "compose"}, {"scorer", scorer}, {"pattern", "causal&" + pattern}});
    }
    for (const std::string& position : attention_positions().names())
      list.push_back({{"name", "compose"}, {"scorer", scorer}, {"position", position}});
  }
  for (const char* scorer : {"scaled-dot", "additive"}) {
    list.push_back({{"name", "compose"}, {"scorer", scorer}, {"talking_heads", true}});
    list.push_back({{"name", "compose"}, {"scorer", scorer}, {"output_gate", true}});
  }
  // Sizes that a test of six keys notices, and an alignment width of its own.
  const std::map<std::string, Json> small = {
      {"window", 1}, {"width", 3},   {"kernel", 3},   {"filters", 2},  {"dilation", 2}, {"block", 2},
      {"stride", 2}, {"k", 2},       {"globals", 1},  {"randoms", 1},  {"prefix", 2},   {"clip", 1},
      {"ramp", 2.5}, {"buckets", 4}, {"features", 3}, {"projected", 3}};
  for (Json& group : list)
    for (const auto& [field, value] : small)
      if (resolve_attention(group, "attention").options.contains(field)) group[field] = value;
  return list;
}

struct HeadChoice {
  const char* label;
  int64_t heads, kv_heads;
  bool projected = true;  // where there are several heads
};

Case make_case(Json group, const HeadChoice& choice, bool causal) {
  group["heads"] = choice.heads, group["kv_heads"] = choice.kv_heads;
  if (!choice.projected) group["projections"] = false;
  Case one;
  one.config = resolve_attention(group, "attention");
  AttentionShape& shape = one.shape;
  shape.query_width = shape.key_width = shape.value_width = shape.width = 4;
  // Projected inputs may be of any widths.
  if (one.config.composition.projections)
    shape.query_width = 4, shape.key_width = 5, shape.value_width = 3, shape.width = 4;
  shape.causal = causal;
  shape.rows = 4, shape.columns = 3, shape.length = 2 * kKeys;
  one.label = group.dump() + choice.label + (causal ? ", causal slot" : "");
  return one;
}

}  // namespace

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  // An entry that is being written can be tried alone: FOVEA_CONTRACTS_OF=weighted-dot.
  const char* only = std::getenv("FOVEA_CONTRACTS_OF");
  const auto add = [&cases, only](Case one) {
    if (only != nullptr && one.label.find('"' + std::string(only) + '"') == std::string::npos) return;
    try {
      make(one);
    } catch (const ConfigError& error) {
      // Not every pair of axes goes together; what is left out must be one of the listed refusals.
      for (const std::string& sentence : refusals())
        if (std::string(error.what()).find(sentence) != std::string::npos) return;
      throw;
    }
    cases.push_back(std::move(one));
  };
  for (Json group : groups())
    for (const char* engine : {"plain", "fused"}) {
      if (resolve_attention(group, "attention").direct.empty())
        group["engine"] = engine;
      else if (engine == std::string("fused"))
        continue;
      // One head has nobody to talk to.
      if (!group.contains("talking_heads")) add(make_case(group, {", one head", 1, 1}, false));
      add(make_case(group, {", two heads", 2, 2}, false));
      add(make_case(group, {", two heads as they come", 2, 2, false}, true));
      add(make_case(group, {", two heads of one key", 2, 1}, true));
    }
  if (cases.empty()) throw std::logic_error("no case" + (only ? " of " + std::string(only) : std::string()));
  return cases;
}

std::shared_ptr<Attention> make(const Case& one) {
  torch::manual_seed(7);
  auto attention = make_attention(one.config, one.shape, "attention");
  attention->to(torch::kFloat64);
  // Biases start at 0, where a mistake in them would not show.
  torch::NoGradGuard no_gradient;
  for (Tensor& parameter : attention->parameters())
    if (parameter.abs().max().item<double>() == 0) parameter.uniform_(-0.5, 0.5);
  // Heads that talk start out as if they were alone; here their rows sum to less and to more than 1.
  for (auto& item : attention->named_parameters())
    if (item.key() == "talking.before" || item.key() == "talking.after")
      item.value().copy_(torch::tensor({{1.5, -0.9}, {0.8, 0.6}}, torch::kFloat64));
    else if (item.key() == "values.weight")
      // linformer: of both signs, rows that sum to less and to more than 1
      item.value().copy_(torch::sin(torch::arange(item.value().numel())).view(item.value().sizes()) * 1.2 +
                         0.3);
  return attention;
}

Inputs draw(const Case& one, uint64_t seed) {
  torch::manual_seed(seed);
  Inputs inputs;
  inputs.query = torch::randn({kBatch, kQueries, one.shape.query_width}, torch::kFloat64);
  inputs.key = torch::randn({kBatch, kKeys, one.shape.key_width}, torch::kFloat64);
  inputs.value = torch::randn({kBatch, kKeys, one.shape.value_width}, torch::kFloat64);
  inputs.padding = torch::ones({kBatch, kKeys}, torch::kBool);
  inputs.padding[1].slice(0, 4).fill_(false);
  inputs.padding[2][2].fill_(false);
  return inputs;
}

Call weights_call(std::optional<int64_t> first) {
  Call call;
  call.first = first;
  call.want = Want::kWeights;
  return call;
}

Tensor visible_pairs(const Attention& attention, const Inputs& inputs, const Call& call) {
  const int64_t queries = inputs.query.size(1), keys = inputs.key.size(1);
  Mask mask = attention.pattern() & call.mask;
  if (inputs.padding.defined()) mask = mask & Mask::keys(inputs.padding);
  const Tensor visible =
      mask.visible({call.first.value_or(keys - queries), {0, queries}, {0, keys}}, torch::kCPU);
  const std::vector<int64_t> sizes = {inputs.query.size(0), attention.heads(), queries, keys};
  return visible.defined() ? visible.expand(sizes) : torch::ones(sizes, torch::kBool);
}

double distance(const Tensor& a, const Tensor& b) {
  return a.numel() == 0 ? 0.0 : (a - b).abs().max().item<double>();
}

bool same_bits(const Tensor& a, const Tensor& b) {
  return a.sizes() == b.sizes() && torch::equal(a, b);
}

}  // namespace fovea::contracts
