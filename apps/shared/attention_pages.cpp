#include "apps/shared/attention_pages.h"

#include <cmath>
#include <cstdio>
#include <sstream>

#include "models/attention/refusals.h"
#include "models/attention/registry.h"
#include "src/base/files.h"
#include "src/base/random.h"
#include "src/base/text.h"

namespace fovea {
namespace {

constexpr const char* kSentence = "the quick brown fox jumps over the lazy dog near the river";
constexpr int64_t kWidth = 16, kRows = 3, kColumns = 4;  // the sentence as a grid, for patterns that need one

/// The sentence's words as vectors [1, T, D]: the same word is the same vector. From counters alone.
Tensor embedded_sentence() {
  std::vector<double> numbers;
  for (const std::string& word : split(kSentence, ' ')) {
    uint64_t key = 17;
    for (const char letter : word) key = hash_words({key, static_cast<uint64_t>(letter)});
    Random random(key);
    for (int64_t d = 0; d < kWidth; ++d) numbers.push_back(0.6 * random.normal());
  }
  return torch::tensor(numbers, torch::kFloat64).view({1, -1, kWidth});
}

/// The variant with a reach that twelve words show.
Json shown(const NamedAttention& named) {
  Json group = {{"name", named.name}};
  const Json small = {{"window", 2},  {"dilation", 2}, {"stride", 3}, {"k", 3},         {"globals", 1},
                      {"randoms", 2}, {"ramp", 2.0},   {"span", 2.0}, {"projected", 4}, {"features", 256}};
  const Json options = resolve_attention(group, "attention").options;
  for (const auto& [field, value] : small.items())
    if (options.contains(field)) group[field] = value;
  return group;
}

/// Weights [H, T, T] of an untrained variant over the sentence, its parameters from counters too.
Tensor weights_of(const Json& group, int64_t time) {
  AttentionShape shape;
  shape.query_width = shape.key_width = shape.value_width = shape.width = kWidth;
  shape.rows = kRows, shape.columns = kColumns, shape.length = time;
  torch::manual_seed(1);
  const auto attention = make_attention(resolve_attention(group, "attention"), shape, "attention");
  attention->to(torch::kFloat64);
  attention->eval();
  const torch::NoGradGuard no_gradient;
  Random random(3);
  for (Tensor& parameter : attention->parameters())
    if (parameter.dim() > 1) {
      std::vector<double> numbers;
      const double scale = 1.5 / std::sqrt(static_cast<double>(parameter.size(-1)));
      for (int64_t i = 0; i < parameter.numel(); ++i) numbers.push_back(random.normal() * scale);
      parameter.copy_(torch::tensor(numbers, torch::kFloat64).view(parameter.sizes()));
    }
  Call call;
  call.want = Want::kWeights;
  const Tensor words = embedded_sentence();
  return attention->forward(words, words, words, {}, call).weights[0];
}

/// "#rrggbb" between white and a dark blue, in 32 steps: small differences between machines do not show.
std::string colour(double share) {
  const double x = std::round(std::min(1.0, std::max(0.0, share)) * 32) / 32;
  const auto mix = [x](double dark) { return static_cast<int>(std::lround(255 + x * (dark - 255))); };
  char text[8];
  std::snprintf(text, sizeof text, "#%02x%02x%02x", mix(8), mix(48), mix(107));
  return text;
}

/// Heads side by side, queries downwards, keys to the right; each row by its own largest weight.
std::string svg(const Tensor& weights) {
  const int64_t heads = weights.size(0), time = weights.size(1), cell = 9, gap = 8;
  const int64_t side = time * cell;
  std::ostringstream text;
  text << "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" << heads * (side + gap) - gap << "\" height=\""
       << side << "\" shape-rendering=\"crispEdges\">\n";
  for (int64_t h = 0; h < heads; ++h) {
    text << "<g transform=\"translate(" << h * (side + gap) << ",0)\"><rect width=\"" << side
         << "\" height=\"" << side << "\" fill=\"#ffffff\" stroke=\"#bbbbbb\"/>\n";
    for (int64_t i = 0; i < time; ++i) {
      const double largest = weights[h][i].abs().max().item<double>();
      for (int64_t j = 0; j < time; ++j) {
        const double weight = weights[h][i][j].item<double>();
        if (weight == 0 || largest == 0) continue;
        text << "<rect x=\"" << j * cell << "\" y=\"" << i * cell << "\" width=\"" << cell << "\" height=\""
             << cell << "\" fill=\"" << colour(std::abs(weight) / largest) << "\"/>";
      }
      text << "\n";
    }
    text << "</g>\n";
  }
  text << "</svg>\n";
  return text.str();
}

std::string keys_text(const Json& keys) {
  std::vector<std::string> parts;
  for (const Json& key : keys)
    parts.push_back("`" + key["name"].get<std::string>() + "=" + key["default"].dump() + "` " +
                    key["help"].get<std::string>());
  return parts.empty() ? "–" : join(parts, "; ");
}

/// A vertical line would end a cell of a table.
std::string cell_text(std::string text) {
  for (size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) text.insert(at, "\\");
  return text;
}

std::string string_of(const Json& entry, const char* field) {
  return cell_text(entry[field].get<std::string>());
}

std::string axis_table(const std::string& axis) {
  std::string text = "| name | formula | source | keys |\n|---|---|---|---|\n";
  for (const Json& entry : list_attention_axis(axis))
    text += "| `" + string_of(entry, "name") + "` | " + string_of(entry, "formula") + " | " +
            string_of(entry, "source") + " | " + cell_text(keys_text(entry["keys"])) + " |\n";
  return text;
}

/// What a variant sets, as it would be typed.
std::string preset_text(const Json& preset) {
  std::vector<std::string> parts;
  for (const auto& [key, value] : preset.items())
    parts.push_back("`" + key + "=" + (value.is_string() ? value.get<std::string>() : value.dump()) + "`");
  return parts.empty() ? "" : join(parts, " ");
}

std::string variant_row(const Json& entry, const NamedAttention& named) {
  const std::string name = named.name;
  std::string text = "| **`" + name + "`**<br>" + string_of(entry, "summary");
  if (!named.source.empty()) text += "<br>*" + cell_text(named.source) + "*";
  text += " | " + string_of(entry, "formula");
  const std::string preset = preset_text(named.preset);
  if (!preset.empty()) text += "<br>" + cell_text(preset);
  text += " | time " + entry["cost"]["time"].get<std::string>() + "<br>memory " +
          entry["cost"]["memory"].get<std::string>();
  text += " | " + (entry.contains("traits") ? cell_text(capabilities(entry["traits"])) : "–");
  return text + " | " + (name == "none" ? "–" : "![" + name + "](pictures/attentions/" + name + ".svg)") +
         " |\n";
}

}  // namespace

std::string capabilities(const Json& traits) {
  std::vector<std::string> parts;
  const std::string sum = traits["row_sum"].get<std::string>();
  parts.push_back(sum == "any" ? "rows sum to anything" : "rows sum to " + sum);
  if (traits["sign"] != "non-negative") parts.push_back("weights of either sign");
  if (!traits["key_equivariant"].get<bool>()) parts.push_back("knows positions");
  if (traits["sequential"].get<bool>()) parts.push_back("one query after the other");
  if (!traits["uses_query"].get<bool>()) parts.push_back("ignores the query");
  if (!traits["uses_keys"].get<bool>()) parts.push_back("ignores what keys hold");
  if (!traits["differentiable"].get<bool>()) parts.push_back("gradient not its own");
  if (!traits["masks"].get<bool>()) parts.push_back("takes no mask but padding");
  if (!traits["grows"].get<bool>()) parts.push_back("earlier answers change as keys come");
  return join(parts, "; ");
}

void write_attention_pages(const std::string& folder) {
  const std::string pictures = folder + "/pictures/attentions";
  make_folders(pictures);
  std::string text =
      "# Attentions\n\nWritten by `fovea list attentions --format markdown --out docs` from the registry; a "
      "test compares.\n\n## Named variants\n\n`model.attention=NAME`, refined by any key of its axes: "
      "`model.attention=multi-head model.attention.heads=8`. The maps show each variant, untrained, on one "
      "sentence (\"" +
      std::string(kSentence) +
      "\"): queries downwards, keys to the right, heads side by side, each row by its own largest weight; "
      "reaches are shortened to fit twelve words. The same word is the same vector, so what looks at content "
      "repeats in the columns of \"the\". Cost is growth with the length T.\n\n"
      "| variant | weights | cost | | map |\n|---|---|---|---|---|\n";
  const Json entries = list_attention_axis("attentions");
  const int64_t time = static_cast<int64_t>(split(kSentence, ' ').size());
  for (size_t i = 0; i < entries.size(); ++i) {
    const NamedAttention& named = named_attentions().entries()[i];
    text += variant_row(entries[i], named);
    if (named.name != "none")
      write_file_atomically(pictures + "/" + named.name + ".svg", svg(weights_of(shown(named), time)));
  }
  for (const char* axis : {"scorers", "normalizers", "patterns", "positions"}) {
    const std::string key = std::string(axis, std::string(axis).size() - 1);
    text += "\n## `model.attention." + key + "`\n\n" + axis_table(axis);
  }
  text += "\n## What is refused\n\nBefore anything is trained, with one sentence:\n\n";
  for (const std::string& sentence : refusals()) text += "- " + sentence + "\n";
  write_file_atomically(folder + "/attentions.md", text);
}

}  // namespace fovea
