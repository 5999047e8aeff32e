#include "data/tasks/language_model.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "data/generators/probes.h"
#include "data/readers/content.h"
#include "src/base/error.h"
#include "src/base/text.h"
#include "src/decoding/decode.h"
#include "src/decoding/sliding_window.h"

namespace fovea {
namespace {

using Item = LanguageModel::Item;

class PieceSource : public ExampleSource {
 public:
  PieceSource(const std::vector<Item>& items, int64_t streams, std::function<Example(const Item&, bool)> make)
      : items_(items), streams_(streams), make_(std::move(make)) {}
  int64_t streams() const override { return streams_; }
  int64_t size() const override { return static_cast<int64_t>(items_.size()); }
  Example get(int64_t index, uint64_t, bool notes) const override {
    Example example = make_(items_[static_cast<size_t>(index)], notes);
    example.id = index;
    return example;
  }

 private:
  const std::vector<Item>& items_;
  int64_t streams_;
  std::function<Example(const Item&, bool)> make_;
};

// Places at once in which a stream is validated and tested, whatever the batch: the metric is one.
constexpr int64_t kEvaluationStreams = 8;

/// Where training and validation end in `size` tokens or bytes, where they are cut from one text.
struct PartEnds {
  size_t train, validation;
};
PartEnds part_ends(size_t size, const LanguageModel::Options& o) {
  const double test = o.test.empty() ? o.test_fraction : 0,
               validation = o.validation.empty() ? o.validation_fraction : 0;
  require_fractions(validation, test);
  const auto n = static_cast<double>(size);
  return {static_cast<size_t>(n * (1.0 - test - validation)), static_cast<size_t>(n * (1.0 - test))};
}

/// `text` up to `end` and on to the end of that line.
size_t line_end(const std::string& text, size_t end) {
  if (end == 0 || end >= text.size()) return std::min(end, text.size());
  const size_t found = text.find('\n', end - 1);
  return found == std::string::npos ? text.size() : found + 1;
}

ProbeOptions probe_options(const LanguageModel::Options& o, bool test) {
  ProbeOptions making;
  making.kind = o.generator, making.data_seed = static_cast<uint64_t>(o.data_seed);
  making.shortest = o.shortest > 0 ? o.shortest : o.context;
  making.longest = test && o.test_longest > 0 ? o.test_longest : o.context;
  making.pairs = o.pairs, making.queries = o.queries, making.symbols = o.symbols;
  return making;
}

/// Of `tokens` [N] at the places after `places` [N] of one row, float64 [N] on the CPU.
Tensor token_log_probabilities(const ModelOutput& output, int64_t row, const Tensor& places,
                               const Tensor& tokens) {
  const Tensor features = output.values.at("features")[row];  // [T, D]
  const Tensor logits = output.output->logits(features.index_select(0, places.to(features.device())));
  const Tensor log_probability = torch::log_softmax(logits.to(torch::kFloat64), -1).cpu();  // [N, V]
  return log_probability.gather(1, tokens.unsqueeze(1)).squeeze(1).contiguous();
}

constexpr int64_t kStretches = 8;  // of the places in a piece, whose losses are told apart

/// Σ loss and tokens of each of so many stretches of a piece, from losses [N] of its first N places.
Json by_place(const Tensor& losses, int64_t context) {
  std::vector<double> sums(kStretches), tokens(kStretches);
  for (int64_t place = 0; place < losses.numel(); ++place) {
    const auto stretch = static_cast<size_t>(place * kStretches / context);
    sums[stretch] += losses.data_ptr<double>()[place], tokens[stretch] += 1;
  }
  return {sums, tokens};
}

/// What more context is worth: the mean loss of each stretch of a piece.
Json places(const std::vector<ExampleScore>& scores, int64_t context) {
  std::vector<double> sums(kStretches), tokens(kStretches);
  for (const ExampleScore& score : scores)
    for (size_t i = 0; i < sums.size(); ++i) {
      sums[i] += score.values.at("loss_by_place").at(0).at(i).get<double>();
      tokens[i] += score.values.at("loss_by_place").at(1).at(i).get<double>();
    }
  Json list = Json::array();
  for (int64_t i = 0; i < kStretches; ++i) {
    const auto at = static_cast<size_t>(i);
    // Place p is of stretch ⌊p · stretches / context⌋.
    const auto first = [&](int64_t stretch) { return (stretch * context + kStretches - 1) / kStretches; };
    if (tokens[at] > 0)
      list.push_back({{"from", first(i) + 1},
                      {"to", first(i + 1)},
                      {"tokens", tokens[at]},
                      {"loss", sums[at] / tokens[at]}});
  }
  return list;
}

}  // namespace

LanguageModel::LanguageModel(const Options& options, Unfitted)
    : options_(options),
      files_(uses_files(options.source, !options.train.empty(), {options.validation, options.test})),
      tokenizer_(make_tokenizer(
          {files_ ? options.tokenizer : "word", options.lowercase, options.subwords, options.vocabulary})),
      parts_([this] { return cut_tokens(); }),
      splits_([this] { return read_splits(); }) {
  require_decoding(options_.decoding, "task.decoding");
}

LanguageModel::LanguageModel(const Options& options) : LanguageModel(options, Unfitted{}) {
  if (options_.stream && !files_)
    throw ConfigError("task.stream: expected a text, found generated sequences, which do not go on");
  const int64_t shortest = options_.shortest > 0 ? options_.shortest : options_.context;
  for (const auto& [key, longest] :
       {std::pair("task.context", options_.context), std::pair("task.test_longest", options_.test_longest)})
    if (!files_ && longest > 0 && longest < shortest)
      throw ConfigError(std::string(key) + ": expected at least task.shortest " + std::to_string(shortest) +
                        ", found " + std::to_string(longest));
  TokenCounts counts;
  if (files_) {
    // Only the part that is trained on is learnt from and counted.
    if (tokenizer_->learns()) tokenizer_->fit({cut_text()[0]});
    count_tokens(counts, parts_.get()[0]);
  } else {
    count_tokens(counts, probe_tokens(probe_options(options_, false)));
  }
  // Generated symbols are all kept: they were not counted in a text.
  vocabulary_ = std::make_unique<Vocabulary>(
      counts, files_ ? vocabulary_options(*tokenizer_, options_.vocabulary, options_.minimum_count, false)
                     : VocabularyOptions{});
  if (splits_.get().train.empty())
    throw DataError("task.train: found fewer than 2 tokens; expected some to train on");
}

LanguageModel::LanguageModel(const Options& options, const std::string& folder)
    : LanguageModel(options, Unfitted{}) {
  const Json saved = read_task_json(folder);
  if (!saved.contains("vocabulary")) throw CheckpointError(folder + "/task.json: expected a vocabulary");
  vocabulary_ =
      std::make_unique<Vocabulary>(Vocabulary::from_json(saved["vocabulary"], folder + "/task.json"));
  read_tokenizer(folder, "tokenizer.model", *tokenizer_, saved);
}

LanguageModel::Splits LanguageModel::read_splits() const {
  return files_ ? split_files() : generate_splits();
}

/// Most tokens of an input.
int64_t LanguageModel::longest() const {
  return files_ ? options_.context : std::max(options_.context, options_.test_longest);
}

LanguageModel::Splits LanguageModel::generate_splits() const {
  Splits splits;
  std::vector<Item>* parts[] = {&splits.train, &splits.validation, &splits.test};
  std::set<std::string> earlier;
  for (int64_t split = 0; split < 3; ++split) {
    const int64_t n =
        split == 0 ? options_.examples : std::min<int64_t>(500, std::max<int64_t>(1, options_.examples / 4));
    const ProbeOptions making = probe_options(options_, split == 2);
    const auto make = [&](int64_t i) {
      Probe made = probe(making, split, i);
      Item item{vocabulary_->ids(made.tokens), {}, std::move(made.support)};
      for (const std::string& token : made.next)
        item.next.push_back(token.empty() ? -1 : vocabulary_->id(token));
      return item;
    };
    *parts[split] = apart(n, earlier, make, [](const Item& item) { return Json(item.text).dump(); });
  }
  splits.train = chosen(
      splits.train, limited(options_.examples, options_.limit, static_cast<uint64_t>(options_.split_seed)));
  return splits;
}

std::string LanguageModel::file_text(const std::string& file) const {
  return read_text(under_root(options_.root, file), options_.encoding);
}

/// The training file's text and what is cut from its end, at line ends, for validation and test.
std::array<std::string, 3> LanguageModel::cut_text() const {
  const std::string text = file_text(options_.train);
  const PartEnds ends = part_ends(text.size(), options_);
  const size_t train = line_end(text, ends.train),
               validation = std::max(train, line_end(text, ends.validation));
  return {text.substr(0, train), text.substr(train, validation - train), text.substr(validation)};
}

/// The same as tokens. A tokenizer that learns must not see the other parts; else the cut is at a token.
std::array<std::vector<std::string>, 3> LanguageModel::cut_tokens() const {
  std::array<std::vector<std::string>, 3> parts;
  if (tokenizer_->learns()) {
    const auto texts = cut_text();
    for (size_t i = 0; i < parts.size(); ++i) parts[i] = tokenizer_->tokens(texts[i]);
    return parts;
  }
  const auto tokens = tokenizer_->tokens(file_text(options_.train));
  const PartEnds ends = part_ends(tokens.size(), options_);
  const auto at = [&](size_t place) { return tokens.begin() + static_cast<int64_t>(place); };
  parts[0].assign(tokens.begin(), at(ends.train));
  parts[1].assign(at(ends.train), at(ends.validation));
  parts[2].assign(at(ends.validation), tokens.end());
  return parts;
}

/// Pieces of `context` tokens that follow each other; the last, shorter one is kept.
std::vector<Item> LanguageModel::pieces(const std::vector<std::string>& tokens) const {
  std::vector<Item> items;
  const auto context = static_cast<size_t>(options_.context);
  for (size_t start = 0; start + 1 < tokens.size(); start += context) {
    const size_t stop = std::min(start + context, tokens.size() - 1);
    Item item;
    for (size_t t = start; t < stop; ++t) {
      item.text.push_back(vocabulary_->id(tokens[t]));
      if (!vocabulary_->contains(tokens[t])) item.unknown.emplace_back(t - start, tokens[t]);
      item.next.push_back(vocabulary_->id(tokens[t + 1]));
    }
    items.push_back(std::move(item));
  }
  return items;
}

LanguageModel::Splits LanguageModel::split_files() const {
  const auto& [train, validation, test] = parts_.get();
  const auto whole = [this](const std::string& file) { return pieces(tokenizer_->tokens(file_text(file))); };
  Splits splits{pieces(train), options_.validation.empty() ? pieces(validation) : whole(options_.validation),
                options_.test.empty() ? pieces(test) : whole(options_.test)};
  if (options_.stream && options_.limit > 0)
    splits.train.resize(std::min(splits.train.size(), static_cast<size_t>(options_.limit)));
  else
    splits.train = chosen(splits.train, limited(static_cast<int64_t>(splits.train.size()), options_.limit,
                                                static_cast<uint64_t>(options_.split_seed)));
  return splits;
}

TaskSpec LanguageModel::spec() const {
  FieldSpec text;
  text.kind = "tokens", text.vocabulary = vocabulary_->size(), text.length = longest(),
  text.words = vocabulary_->words(), text.padded = true, text.pad = Vocabulary::kPad;
  FieldSpec next = text;
  next.pad = -1;
  return {"language-model", {{"text", text}}, {{"next", next}}};
}

Example LanguageModel::make_example(const Item& item, bool notes) const {
  Example example;
  example.inputs["text"] = torch::tensor(item.text, torch::kInt64);  // [T]
  if (!item.next.empty())
    example.targets["next"] = torch::tensor(item.next, torch::kInt64);  // [T], −1 = nothing to predict
  if (!notes) return example;
  auto tokens = vocabulary_->tokens(item.text);
  for (const auto& [place, token] : item.unknown) tokens[place] = token;
  example.note = {{"input", files_ ? tokenizer_->text(tokens) : join(tokens, " ")}, {"tokens", tokens}};
  if (!item.support.empty()) {
    const auto n = static_cast<int64_t>(item.text.size());
    Tensor gold = torch::zeros({n, n}, torch::kBool);
    for (const auto& [query, value] : item.support) gold[query][value] = true;
    example.truth["text"] = gold;  // [T, T]
  }
  return example;
}

std::shared_ptr<const ExampleSource> LanguageModel::examples(Split split) const {
  const Splits& all = splits_.get();
  const auto& items = split == Split::kTrain        ? all.train
                      : split == Split::kValidation ? all.validation
                                                    : all.test;
  const int64_t streams = split == Split::kTrain ? options_.batch : kEvaluationStreams;
  return std::make_shared<PieceSource>(
      items, options_.stream ? streams : 0,
      [this](const Item& item, bool notes) { return make_example(item, notes); });
}

std::vector<std::string> LanguageModel::input_tokens(const std::string& text) const {
  std::vector<std::string> tokens = files_ ? tokenizer_->tokens(text) : split(trim(text), ' ');
  tokens.erase(std::remove(tokens.begin(), tokens.end(), std::string()), tokens.end());
  return tokens;
}

/// The last `given` of `tokens` are to be predicted.
Example LanguageModel::read_tokens(const std::vector<std::string>& tokens, size_t given) const {
  if (static_cast<int64_t>(tokens.size()) > longest())
    throw DataError("found " + std::to_string(tokens.size()) +
                    " tokens; the model sees at most task.context " + std::to_string(longest()));
  Item item;
  item.text = vocabulary_->ids(tokens);
  for (size_t t = 0; t < tokens.size(); ++t)
    if (!vocabulary_->contains(tokens[t])) item.unknown.emplace_back(t, tokens[t]);
  if (given > 0) item.next.assign(tokens.size(), -1);
  for (size_t t = tokens.size() - given; t < tokens.size(); ++t) item.next[t - 1] = item.text[t];
  Example example = make_example(item, true);
  example.length = static_cast<int64_t>(tokens.size());
  return example;
}

Example LanguageModel::read(const std::string& input) const {
  Example example = read_tokens(input_tokens(input), 0);
  example.note["input"] = input;
  return example;
}

Example LanguageModel::read_forced(const std::string& line) const {
  const auto [input, output] = two_texts(line);
  std::vector<std::string> tokens = input_tokens(input);
  if (tokens.empty())
    throw DataError("found nothing before the tab; expected a text, which says what the first token follows");
  const std::vector<std::string> given = input_tokens(output);
  if (given.empty()) throw DataError("found nothing after the tab; expected the output that is given");
  tokens.insert(tokens.end(), given.begin(), given.end());
  Example example = read_tokens(tokens, given.size());
  example.note.update({{"input", input}, {"output", output}});
  return example;
}

Prediction LanguageModel::forced(const Batch& batch, const ModelOutput& output) const {
  const Tensor next = batch.target("next").values.cpu();  // [B, T]
  Prediction prediction;
  for (int64_t row = 0; row < batch.size(); ++row) {
    const Tensor places = (next[row] >= 0).nonzero().squeeze(1);
    const Tensor tokens = next[row].index_select(0, places);
    prediction.hypotheses.push_back(
        {forced_output(tokens, token_log_probabilities(output, row, places, tokens))});
  }
  return prediction;
}

/// Logits are computed only where something has to be predicted.
Loss LanguageModel::loss(const ModelOutput& output, const Batch& batch, const LossOptions& options) const {
  Tensor next = batch.target("next").values.flatten();           // [B·T]
  Tensor features = output.values.at("features").flatten(0, 1);  // [B·T, D]
  if (!batch.complete) {
    const Tensor asked = moved((batch.on_host().target("next").values.flatten() >= 0).nonzero().squeeze(1),
                               next.device());  // [N]
    features = features.index_select(0, asked), next = next.index_select(0, asked);
  }
  return output.output->cross_entropy(features, next, options.label_smoothing);
}

Prediction LanguageModel::predict(Net&, const Batch& batch, const ModelOutput& output) const {
  const Field& text = batch.input("text");
  const Tensor lengths = text.lengths.cpu();
  const Tensor predicted = output.output->logits(output.values.at("features").flatten(0, 1))
                               .argmax(-1)
                               .view_as(text.values)
                               .cpu();  // [B, T]
  Prediction prediction;
  for (int64_t row = 0; row < batch.size(); ++row) {
    const int64_t n = lengths.data_ptr<int64_t>()[row];
    const Tensor own = predicted[row].slice(0, 0, n).contiguous();
    prediction.hypotheses.push_back({Hypothesis{{own.data_ptr<int64_t>(), own.data_ptr<int64_t>() + n}}});
  }
  return prediction;
}

/// What the net writes after each input, one token after the other. Inputs of one length go side by side.
Prediction LanguageModel::answer(Net& net, const Batch& batch, const ModelOutput&) const {
  if (net.steps() == nullptr)
    throw ConfigError("model: task language-model needs a net that decodes, such as transformer-lm");
  TokenLimits limits;
  limits.end = -1, limits.longest = files_ ? options_.context : 1;
  limits.never = {Vocabulary::kPad, Vocabulary::kUnknown};
  const Field& text = batch.input("text");
  std::map<int64_t, std::vector<int64_t>> alike;  // rows by length
  const Tensor lengths = text.lengths.cpu();
  for (int64_t row = 0; row < batch.size(); ++row) alike[lengths.data_ptr<int64_t>()[row]].push_back(row);
  Prediction prediction;
  prediction.hypotheses.resize(batch.ids.size());
  SlidingWindow model(*net.steps());
  for (const auto& [length, rows] : alike) {
    if (length == 0) {  // nothing to go on from
      for (const int64_t row : rows) prediction.hypotheses[static_cast<size_t>(row)] = {Hypothesis{}};
      continue;
    }
    const Tensor inputs =
        text.values.index_select(0, torch::tensor(rows).to(text.values.device()));  // [b, T]
    DecodingStart start{model.start(batch), inputs.select(1, length - 1), {}};
    for (int64_t t = 0; t + 1 < length; ++t) model.step(inputs.select(1, t), start.state, nullptr);
    for (const int64_t row : rows) start.ids.push_back(batch.ids[static_cast<size_t>(row)]);
    auto outputs = decode(model, std::move(start), options_.decoding, limits);
    for (size_t i = 0; i < rows.size(); ++i)
      prediction.hypotheses[static_cast<size_t>(rows[i])] = std::move(outputs[i]);
  }
  return prediction;
}

std::vector<ExampleScore> LanguageModel::measure(const Prediction& prediction, const ModelOutput& output,
                                                 const Batch& batch) const {
  const Tensor next = batch.target("next").values.cpu();  // [B, T]
  const Tensor lengths = batch.input("text").lengths.cpu();
  std::vector<ExampleScore> scores;
  for (int64_t row = 0; row < batch.size(); ++row) {
    const Tensor asked = (next[row] >= 0).nonzero().squeeze(1);
    const Tensor wanted = next[row].index_select(0, asked).contiguous();
    const Tensor each = -token_log_probabilities(output, row, asked, wanted);  // [N]
    int64_t right = 0;
    for (int64_t i = 0; i < asked.numel(); ++i)
      right += prediction.sequence(row)[static_cast<size_t>(asked.data_ptr<int64_t>()[i])] ==
               wanted.data_ptr<int64_t>()[i];
    scores.push_back({batch.ids[static_cast<size_t>(row)],
                      {{"loss", each.sum().item<double>()},
                       {"tokens", asked.numel()},
                       {"tokens_correct", right},
                       {"length", lengths.data_ptr<int64_t>()[row]}}});
    if (files_) scores.back().values["loss_by_place"] = by_place(each, options_.context);
  }
  return scores;
}

Metrics LanguageModel::metrics(const std::vector<ExampleScore>& scores) const {
  const double tokens = sum_scores(scores, "tokens"), loss = sum_scores(scores, "loss") / tokens;
  Metrics metrics = {{"loss", loss},
                     {"accuracy", sum_scores(scores, "tokens_correct") / tokens},
                     {"perplexity", std::exp(loss)}};
  if (files_ && options_.tokenizer == "character") metrics["bits_per_character"] = loss / std::numbers::ln2;
  return metrics;
}

Json LanguageModel::details(const std::vector<ExampleScore>& scores) const {
  if (files_) return {{"places", places(scores, options_.context)}};
  return with_length_slices(nullptr, scores, options_.slice, options_.context,
                            [this](const auto& some) { return metrics(some); });
}

/// What comes after the input.
Json LanguageModel::show(const Prediction& prediction, const Batch& batch, int64_t row) const {
  if (const Hypothesis& best = prediction.hypotheses[static_cast<size_t>(row)].at(0);
      !best.by_token.empty()) {
    const auto tokens = labels(batch, row, "text");
    return shown_forced(best, batch.notes[static_cast<size_t>(row)].at("output"),
                        {tokens.end() - static_cast<int64_t>(best.tokens.size()), tokens.end()});
  }
  return shown_outputs(prediction.hypotheses[static_cast<size_t>(row)], [this](const Hypothesis& one) {
    const auto tokens = vocabulary_->tokens(one.tokens);
    return files_ ? tokenizer_->text(tokens) : join(tokens, " ");
  });
}

std::vector<std::string> LanguageModel::labels(const Batch& batch, int64_t row,
                                               const std::string& field) const {
  if (field != "text") return {};
  return batch.notes[static_cast<size_t>(row)].at("tokens").get<std::vector<std::string>>();
}

Json LanguageModel::data() const {
  Json data = split_sizes(splits_.get());
  if (files_)
    add_fingerprints(
        data, options_.root,
        {{"train", options_.train}, {"validation", options_.validation}, {"test", options_.test}});
  return data;
}

void LanguageModel::save(const std::string& folder) const {
  Json saved = {{"format", 1}, {"task", "language-model"}, {"vocabulary", vocabulary_->to_json()}};
  write_tokenizer(folder, "tokenizer.model", *tokenizer_, saved);
  write_task_json(folder, saved);
}

}  // namespace fovea
