// When a composition takes the fused kernels, and what it hands them.
#include <algorithm>

#include "models/attention/composed.h"
#include "models/attention/fused/sdpa_attention.h"
#include "models/attention/fused/step_attention.h"

namespace fovea {
namespace {

/// Fewer queries than this are answered as quickly by plain products.
constexpr int64_t kFewQueries = 4;

/// `bias` and what the factors of patterns add to the scores, where they are of i − j = `back`: [H, n].
Tensor with_factors(Tensor bias, const std::vector<std::shared_ptr<Pattern>>& patterns, const Tensor& back) {
  for (const auto& pattern : patterns) {
    const Tensor factor = pattern->factor_by_distance(back);
    if (!factor.defined()) continue;
    const Tensor reached = factor > 0,
                 added = factor.masked_fill(~reached, 1).log().masked_fill(~reached, -INFINITY);
    bias = bias.defined() ? bias + added : added;
  }
  return bias;
}

std::string with_pattern(const std::vector<std::shared_ptr<Pattern>>& patterns) {
  for (const auto& pattern : patterns)
    if (!pattern->distance_only()) return "the pattern depends on more than positions";
  return "";
}

}  // namespace

std::string ComposedAttention::unfused_because() const {
  if (traits().sequential) return "the scorer has a state";
  if (scored() && !axes_.scorer->fused_pair()) return "the scorer pairs queries and keys in a way of its own";
  if (!axes_.normalizer->fused_row()) return "the normalizer has no fused form";
  if (scored() && !axes_.position->distance_only()) return "the position depends on more than distances";
  if (axes_.talking) return "the heads talk";
  return with_pattern(axes_.patterns);
}

std::string ComposedAttention::engine() const {
  if (axes_.engine == Engine::kPlain) return "plain: asked for";
  if (const std::string reason = unfused_because(); !reason.empty()) return "plain: " + reason;
  if (changes()) return "plain: weights are edited or heads pruned";
  const bool softmax = axes_.normalizer->fused_row()->rule == RowRule::kSoftmax,
             vectors = scored() && axes_.position->adds_vectors();
  std::string when;
  if (axes_.engine == Engine::kFused)
    when = ": asked for";
  else if (pairs_by_product())
    when = " for at least " + std::to_string(kFewQueries) + " queries" +
           (vectors ? "" : " or a step of decoding") + ", else plain";
  return "fused" + when +
         (pairs_by_product() && softmax && !vectors
              ? "; on devices other than the CPU scaled_dot_product_attention, plain where weights drop out"
              : "; plain on devices other than the CPU");
}

bool ComposedAttention::pairs_by_product() const {
  return scored() && *axes_.scorer->fused_pair() == PairRule::kProduct;
}

bool ComposedAttention::is_step(const Rows& rows) const {
  return pairs_by_product() && !axes_.position->adds_vectors() && !rows.dropout_key &&
         rows.query.size(2) == 1 && rows.query.device().is_cpu() && !torch::GradMode::is_enabled();
}

bool ComposedAttention::fuses(const Rows& rows) const {
  if (!fusable_ || axes_.engine == Engine::kPlain || changes()) return false;
  if (!rows.query.device().is_cpu()) return !axes_.position->adds_vectors() && sdpa_takes(fused_call(rows));
  if (axes_.engine == Engine::kFused) return true;
  return !pairs_by_product() || rows.query.size(2) >= kFewQueries || is_step(rows);
}

FusedCall ComposedAttention::fused_call(const Rows& rows) const {
  FusedCall call;
  call.query = rows.mapped, call.key = rows.keys, call.value = rows.values, call.key_rows = rows.key_rows;
  call.pair = scored() ? *axes_.scorer->fused_pair() : PairRule::kNone, call.scale = rows.scale;
  call.row = *axes_.normalizer->fused_row();
  call.mask = pattern() & rows.call_mask, call.padding = rows.padding, call.first = rows.first;
  call.dropout = axes_.dropout;
  if (rows.dropout_key) call.dropout_key = rows.dropout_key->bits;
  if (!scored()) {
    // Nobody looks at queries and keys, whose widths may differ.
    call.query = call.query.slice(-1, 0, 0), call.key = call.key.slice(-1, 0, 0);
  } else {
    call.energy = axes_.scorer->energy();
  }
  return call;
}

ComposedAttention::Answer ComposedAttention::attend_fused(const Rows& rows, bool wanted) {
  FusedCall call = fused_call(rows);
  const bool weighed = std::any_of(axes_.patterns.begin(), axes_.patterns.end(),
                                   [](const auto& pattern) { return pattern->has_factor(); });
  if (scored() && (axes_.position->matters() || weighed)) {
    // i − j for j − i = −(Tq − 1) … Tk − 1, rows counting from the call.
    const Span steps{rows.first - rows.keys.size(2) + 1, rows.first + rows.query.size(2)};
    const Tensor back = positions(steps, rows.keys.device()).flip(0);
    call.bias = with_factors(axes_.position->by_distance(back), axes_.patterns, back);  // [H, Tq + Tk − 1]
    const auto for_heads = [&](const Tensor& x) {
      return x.defined() ? x.expand({call.query.size(1), -1, -1}) : x;  // [H, Tq + Tk − 1, X]
    };
    call.relative_query = rows.relative;
    call.relative_key = for_heads(axes_.position->relative_keys(back));
    call.relative_value = for_heads(axes_.position->relative_values(back));
  }
  const bool on_cpu = rows.query.device().is_cpu(), step = is_step(rows) && call.key.size(2) > 0;
  if (wanted && on_cpu && !step && !torch::GradMode::is_enabled()) return fused_answer(call);
  Answer answer;
  answer.attended = !on_cpu ? sdpa_attention(call) : step ? step_attention(call) : fused_attention(call);
  if (wanted) {
    const Span span{0, rows.query.size(2)};
    answer.weights = weights(rows, span, seen_by(rows, span), {});
  }
  return answer;
}

std::string engine_text(const Attention& attention) {
  const auto* composed = dynamic_cast<const ComposedAttention*>(&attention);
  return composed != nullptr ? composed->engine() : "plain: there is no matrix of scores";
}

std::string engine_lines(const torch::nn::Module& net) {
  std::vector<std::pair<std::string, std::string>> groups;  // text, names
  for (const auto& item : net.named_modules(std::string(), /*include_self=*/false)) {
    const auto* attention = dynamic_cast<const Attention*>(item.value().get());
    if (attention == nullptr) continue;
    const std::string text = engine_text(*attention);
    const auto known =
        std::find_if(groups.begin(), groups.end(), [&](const auto& group) { return group.first == text; });
    if (known == groups.end())
      groups.emplace_back(text, item.key());
    else
      known->second += ", " + item.key();
  }
  std::string lines;
  for (const auto& [text, names] : groups) lines += "engine  " + names + ": " + text + "\n";
  return lines;
}

}  // namespace fovea
