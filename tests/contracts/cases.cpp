#include "tests/contracts/cases.h"

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
  // A window that a test of six keys notices, and an alignment width of its own.
  for (Json& group : list) {
    const AttentionConfig config = resolve_attention(group, "attention");
    if (config.options.contains("window")) group["window"] = 1;
    if (config.options.contains("width")) group["width"] = 3;
    if (config.options.contains("kernel")) group["kernel"] = 3, group["filters"] = 2;
  }
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
  one.label = group.dump() + choice.label + (causal ? ", causal slot" : "");
  return one;
}

}  // namespace

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const Json& group : groups()) {
    cases.push_back(make_case(group, {", one head", 1, 1}, false));
    cases.push_back(make_case(group, {", two heads", 2, 2}, false));
    cases.push_back(make_case(group, {", two heads as they come", 2, 2, false}, true));
    cases.push_back(make_case(group, {", two heads of one key", 2, 1}, true));
  }
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
