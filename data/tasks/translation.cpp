#include "data/tasks/translation.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <tuple>

#include "data/generators/sequences.h"
#include "data/readers/content.h"
#include "data/readers/dialogues.h"
#include "data/readers/labelled_text.h"
#include "data/readers/subjects.h"
#include "data/tasks/text_scores.h"
#include "src/base/error.h"
#include "src/base/text.h"
#include "src/decoding/decode.h"
#include "src/stats/alignment_error.h"

namespace fovea {
namespace {

using Item = Translation::Item;

class PairSource : public ExampleSource {
 public:
  PairSource(const std::vector<Item>& items, std::function<Example(const Item&, bool)> make)
      : items_(items), make_(std::move(make)) {}
  int64_t size() const override { return static_cast<int64_t>(items_.size()); }
  int64_t length(int64_t index) const override {
    const Item& item = items_[static_cast<size_t>(index)];
    return static_cast<int64_t>(item.source.size() + item.target.size() + 1);
  }
  Example get(int64_t index, uint64_t, bool notes) const override {
    Example example = make_(items_[static_cast<size_t>(index)], notes);
    example.id = index;
    return example;
  }

 private:
  const std::vector<Item>& items_;
  std::function<Example(const Item&, bool)> make_;
};

std::unique_ptr<Vocabulary> count(const std::vector<Item>& items, std::vector<std::string> Item::*side,
                                  const Tokenizer& tokenizer, const Translation::Options& o) {
  TokenCounts counts;
  for (const Item& item : items) count_tokens(counts, item.*side);
  return std::make_unique<Vocabulary>(counts,
                                      vocabulary_options(tokenizer, o.vocabulary, o.minimum_count, true));
}

/// Generated pairs are words as they stand.
std::unique_ptr<Tokenizer> side_tokenizer(const Translation::Options& o, bool files) {
  return make_tokenizer({files ? o.tokenizer : "word", o.lowercase, o.subwords, o.vocabulary});
}

int64_t longest(const std::vector<Item>& items, std::vector<std::string> Item::*side) {
  size_t most = 0;
  for (const Item& item : items) most = std::max(most, (item.*side).size());
  return static_cast<int64_t>(most);
}

BleuOptions bleu_options(const Translation::Options& options) {
  BleuOptions bleu;
  bleu.tokenizer = options.bleu, bleu.lowercase = options.lowercase;
  return bleu;
}

/// Throws unless there are weights to replace unknown tokens by.
void require_attention(const Tensor& weights) {
  if (!weights.defined())
    throw ConfigError("task.replace_unknown: this net has no attention over the source");
}

constexpr size_t kMostTokens = 10000;  // attention over more would not fit into memory

/// The first `most` tokens; 0 = all, if they are not too many. `key` names the option that says `most`;
/// `where` the text stands, empty where the caller says it.
void cut(std::vector<std::string>& tokens, int64_t most, const std::string& key,
         const std::string& where = "") {
  if (most > 0 && static_cast<int64_t>(tokens.size()) > most) tokens.resize(static_cast<size_t>(most));
  if (tokens.size() > kMostTokens)
    throw DataError((where.empty() ? "" : where + ": ") + "found a text of " + std::to_string(tokens.size()) +
                    " tokens; expected at most " + std::to_string(kMostTokens) + ", or " + key +
                    " that says how many to keep");
}

std::vector<Item> items_of(std::vector<TextPair> pairs) {
  std::vector<Item> items;
  for (TextPair& pair : pairs)
    items.push_back({{}, {}, std::move(pair.source), std::move(pair.target), {}, {}, std::move(pair.where)});
  return items;
}

/// Of each token at each place of each target: features [B, T − 1, D] → float64 [B·(T − 1), V].
Tensor log_probabilities(const ModelOutput& output) {
  const Tensor features = output.values.at("features").flatten(0, 1);
  return torch::log_softmax(output.output->logits(features).to(torch::kFloat64), -1);
}

/// The target tokens [B, T] that a net is asked for: one that copies, also for those that it can only copy.
const Tensor& wanted(const Batch& batch, const OutputLayer& output) {
  return batch.target(output.copies() ? "target_copied" : "target").values;
}

}  // namespace

Translation::Translation(const std::string& name, const Options& options, Unfitted)
    : files_(uses_files(options.source, !options.train.empty(), {options.validation, options.test})),
      options_(options),
      name_(name),
      source_tokenizer_(side_tokenizer(options, files_)),
      target_tokenizer_(side_tokenizer(options, files_)),
      texts_([this] { return split_files(); }),
      splits_([this] { return read_splits(); }) {
  require_decoding(options_.decoding, "task.decoding");
}

Translation::Translation(const std::string& name, const Options& options)
    : Translation(name, options, Unfitted{}) {
  if (options_.source_column.empty() != options_.target_column.empty())
    throw ConfigError("task: source_column and target_column go together; found one without the other");
  if (!options_.separator.empty() && !options_.source_column.empty())
    throw ConfigError("task: separator and source_column exclude each other; found both");
  for (const std::string& alignment :
       {options_.train_alignment, options_.validation_alignment, options_.test_alignment})
    if (!alignment.empty() && options_.tokenizer != "space")
      throw ConfigError("task.tokenizer: gold links count tokens between spaces; expected space, found " +
                        options_.tokenizer);
  if (options_.separator.empty() && !options_.opening.empty())
    throw ConfigError("task.opening: expected task.separator with it, found none");
  if (options_.longest < options_.shortest)
    throw ConfigError("task.longest: expected at least task.shortest " + std::to_string(options_.shortest) +
                      ", found " + std::to_string(options_.longest));
  if (options_.test_longest > 0 && options_.test_longest < options_.shortest)
    throw ConfigError("task.test_longest: expected at least task.shortest " +
                      std::to_string(options_.shortest) + ", found " + std::to_string(options_.test_longest));
  if (files_) fit_tokenizers();
  const std::vector<Item>& train = splits_.get().train;
  if (train.empty()) throw DataError("task.train: no pairs to train on");
  source_ = count(train, &Item::source, *source_tokenizer_, options_);
  target_ = count(train, &Item::target, *target_tokenizer_, options_);
  longest_source_ = longest(train, &Item::source), longest_target_ = longest(train, &Item::target);
}

Translation::Translation(const std::string& name, const Options& options, const std::string& folder)
    : Translation(name, options, Unfitted{}) {
  const Json saved = read_task_json(folder);
  try {
    longest_source_ = saved.at("longest_source").get<int64_t>(),
    longest_target_ = saved.at("longest_target").get<int64_t>();
    source_ = std::make_unique<Vocabulary>(Vocabulary::from_json(saved.at("source"), folder + "/task.json"));
    target_ = std::make_unique<Vocabulary>(Vocabulary::from_json(saved.at("target"), folder + "/task.json"));
  } catch (const Json::exception&) {
    throw CheckpointError(folder + "/task.json: expected source and target vocabularies");
  }
  read_tokenizer(folder, "source.model", *source_tokenizer_, saved);
  read_tokenizer(folder, "target.model", *target_tokenizer_, saved);
}

/// From the training pairs only.
void Translation::fit_tokenizers() {
  std::vector<std::string> source, target;
  for (const Item& item : texts_.get().train) source.push_back(item.text), target.push_back(item.reference);
  if (options_.joint && source_tokenizer_->learns()) {
    source.insert(source.end(), target.begin(), target.end());
    source_tokenizer_->fit(source);
    target_tokenizer_->load(source_tokenizer_->model(), "task.tokenizer");
  } else {
    source_tokenizer_->fit(source), target_tokenizer_->fit(target);
  }
}

Translation::Splits Translation::read_splits() const {
  if (!files_) return generate_splits();
  const Splits& texts = texts_.get();
  return {tokenised(texts.train, true), tokenised(texts.validation, false), tokenised(texts.test, false)};
}

Translation::Splits Translation::generate_splits() const {
  SequenceOptions making;
  making.data_seed = static_cast<uint64_t>(options_.data_seed);
  making.kind = options_.generator;
  making.vocabulary = options_.symbols, making.min_length = options_.shortest,
  making.max_length = options_.longest;
  Splits splits;
  std::vector<Item>* parts[] = {&splits.train, &splits.validation, &splits.test};
  std::set<std::string> earlier;
  for (int64_t split = 0; split < 3; ++split) {
    const int64_t n =
        split == 0 ? options_.examples : std::min<int64_t>(500, std::max<int64_t>(1, options_.examples / 4));
    if (split == 2 && options_.test_longest > 0) making.max_length = options_.test_longest;
    const auto make = [&](int64_t i) {
      AlignedPair made = aligned_pair(making, split, i);
      Item item{std::move(made.source), std::move(made.target), "", "", std::move(made.alignment)};
      item.text = join(item.source, " "), item.reference = join(item.target, " ");
      return item;
    };
    *parts[split] = apart(n, earlier, make, [](const Item& item) { return item.text; });
  }
  splits.train = chosen(
      splits.train, limited(options_.examples, options_.limit, static_cast<uint64_t>(options_.split_seed)));
  return splits;
}

std::vector<Item> Translation::tokenised(std::vector<Item> items, bool training) const {
  for (Item& item : items) {
    item.source = source_tokenizer_->tokens(item.text);
    if (item.source.empty()) throw DataError(item.where + ": found an empty source; expected a text");
    item.target = target_tokenizer_->tokens(item.reference);
    for (const auto* links : {&item.alignment, &item.possible})
      for (const auto& [from, to] : *links)
        if (from >= static_cast<int64_t>(item.source.size()) ||
            to >= static_cast<int64_t>(item.target.size()))
          throw DataError(item.where + ": found a link from token " + std::to_string(from) + " to " +
                          std::to_string(to) + " (from 0); expected at most " +
                          std::to_string(item.source.size()) + " source and " +
                          std::to_string(item.target.size()) + " target tokens");
    cut(item.source, options_.source_length, "task.source_length", item.where);
    cut(item.target, training ? options_.target_length : 0, "task.target_length", item.where);
    for (auto* links : {&item.alignment, &item.possible})
      std::erase_if(*links, [&](const auto& link) {
        return link.first >= static_cast<int64_t>(item.source.size()) ||
               link.second >= static_cast<int64_t>(item.target.size());
      });
  }
  return items;
}

std::vector<Translation::Item> Translation::read_pairs(const std::string& name) const {
  const std::string path = under_root(options_.root, name);
  if (options_.form != "pairs") {
    return items_of(options_.form == "subjects" ? read_subjects(path, options_.encoding)
                                                : read_dialogues(path, options_.turns, options_.encoding));
  }
  TableOptions table;
  table.encoding = options_.encoding;
  if (!options_.separator.empty())
    return items_of(read_separated(path, options_.opening, options_.separator, options_.encoding));
  if (options_.source_column.empty() && std::filesystem::is_regular_file(path))
    throw ConfigError("task.source_column, task.target_column: expected the columns of " + path +
                      ", found none; without them, and without task.separator, "
                      "task.train is the PREFIX of two files");
  return items_of(options_.source_column.empty()
                      ? read_parallel(path, options_.from, options_.to, options_.encoding)
                      : read_parallel_columns(path, options_.source_column, options_.target_column, table));
}

/// The pairs of a training file cut into parts, those of one dialogue into one.
SplitIndices Translation::cut_parts(const std::vector<Item>& items, double validation, double test) const {
  const auto seed = static_cast<uint64_t>(options_.split_seed);
  if (options_.form != "dialogues")
    return split_stratified(std::vector<int64_t>(items.size(), 0), validation, test, seed);
  std::map<std::string, std::vector<int64_t>> dialogues;
  for (size_t i = 0; i < items.size(); ++i) dialogues[items[i].where].push_back(static_cast<int64_t>(i));
  std::vector<const std::vector<int64_t>*> groups;
  for (const auto& [where, pairs] : dialogues) groups.push_back(&pairs);
  const SplitIndices whole = split_stratified(std::vector<int64_t>(groups.size(), 0), validation, test, seed);
  SplitIndices parts;
  for (const auto& [from, to] :
       {std::pair(&whole.train, &parts.train), std::pair(&whole.validation, &parts.validation),
        std::pair(&whole.test, &parts.test)})
    for (const int64_t group : *from) {
      const auto& pairs = *groups[static_cast<size_t>(group)];
      to->insert(to->end(), pairs.begin(), pairs.end());
    }
  return parts;
}

/// The pairs of a file, with the gold links of `alignment` where it is named.
std::vector<Translation::Item> Translation::read_items(const std::string& name,
                                                       const std::string& alignment) const {
  std::vector<Item> items = read_pairs(name);
  if (alignment.empty()) return items;
  const std::string path = under_root(options_.root, alignment);
  const std::vector<std::string> lines = read_lines(path, options_.encoding);
  if (lines.size() != items.size())
    throw DataError(place(path, static_cast<int64_t>(std::min(lines.size(), items.size())) + 1) + ": found " +
                    std::to_string(lines.size()) + " lines; expected one for each of the " +
                    std::to_string(items.size()) + " pairs of " + name);
  for (size_t i = 0; i < items.size(); ++i) {
    items[i].where = place(path, static_cast<int64_t>(i) + 1);
    const GoldLinks gold = parse_links(lines[i], options_.alignment_base, items[i].where);
    items[i].alignment.assign(gold.sure.begin(), gold.sure.end());
    for (const auto& link : gold.possible)
      if (gold.sure.count(link) == 0) items[i].possible.push_back(link);
  }
  return items;
}

Translation::Splits Translation::split_files() const {
  const std::vector<Item> all = read_items(options_.train, options_.train_alignment);
  const bool own_validation = !options_.validation.empty(), own_test = !options_.test.empty();
  const auto seed = static_cast<uint64_t>(options_.split_seed);
  const SplitIndices parts = cut_parts(all, own_validation ? 0 : options_.validation_fraction,
                                       own_test ? 0 : options_.test_fraction);
  const auto train =
      chosen(parts.train, limited(static_cast<int64_t>(parts.train.size()), options_.limit, seed));
  return {chosen(all, train),
          own_validation ? read_items(options_.validation, options_.validation_alignment)
                         : chosen(all, parts.validation),
          own_test ? read_items(options_.test, options_.test_alignment) : chosen(all, parts.test)};
}

/// Most tokens of a source: generated test sources may be longer than those of training.
int64_t Translation::longest_input() const {
  return files_ ? longest_source_ : std::max(longest_source_, options_.test_longest);
}

/// Most tokens of an output, where the user does not say.
int64_t Translation::longest_output() const {
  const int64_t grown = longest_target_ * longest_input() / std::max<int64_t>(1, longest_source_);
  return grown + grown / 2 + 1;
}

TaskSpec Translation::spec() const {
  FieldSpec source, target;
  source.kind = target.kind = "tokens";
  source.padded = target.padded = true;
  source.pad = target.pad = Vocabulary::kPad;
  source.vocabulary = source_->size(), target.vocabulary = target_->size();
  source.words = source_->words(), target.words = target_->words();
  source.length = longest_input(), target.length = longest_output() + 2;
  source.unknown = target.unknown = Vocabulary::kUnknown;
  target.begin = *target_->bos(), target.end = *target_->eos();
  FieldSpec copied = target;  // ids of the target, and beyond them places of the source
  copied.words = nullptr;
  FieldSpec copy = copied;
  copy.length = source.length;
  return {
      name_, {{"source", source}, {"source_copy", copy}}, {{"target", target}, {"target_copied", copied}}};
}

Example Translation::make_example(const Item& item, bool notes) const {
  Example example;
  example.length = static_cast<int64_t>(item.source.size());
  example.inputs["source"] = torch::tensor(source_->ids(item.source), torch::kInt64);  // [Ts]
  std::vector<int64_t> target = {*target_->bos()};
  for (int64_t id : target_->ids(item.target)) target.push_back(id);
  target.push_back(*target_->eos());
  example.targets["target"] = torch::tensor(target, torch::kInt64);  // [Tt + 2]
  // The same with an id for each token that the source has and the vocabulary has not: V + its first place.
  const int64_t size = target_->size();
  std::map<std::string, int64_t> places;
  std::vector<int64_t> copies;
  for (const std::string& token : item.source)
    copies.push_back(target_->contains(token)
                         ? target_->id(token)
                         : places.emplace(token, size + static_cast<int64_t>(copies.size())).first->second);
  for (size_t j = 0; j < item.target.size(); ++j)
    if (const auto found = places.find(item.target[j]); found != places.end()) target[j + 1] = found->second;
  example.inputs["source_copy"] = torch::tensor(copies, torch::kInt64);     // [Ts]
  example.targets["target_copied"] = torch::tensor(target, torch::kInt64);  // [Tt + 2]
  // What every evaluation compares with, and the names of what was copied.
  example.note = {{"reference", item.reference}, {"source", item.source}};
  if (!notes) return example;
  example.note.update({{"input", item.text}, {"target", item.target}});
  if (!item.alignment.empty() || !item.possible.empty()) {
    Tensor gold = torch::zeros({static_cast<int64_t>(item.target.size()) + 1, example.length},
                               item.possible.empty() ? torch::kBool : torch::kUInt8);
    for (const auto& [i, j] : item.possible) gold[j][i] = 2;
    for (const auto& [i, j] : item.alignment) gold[j][i] = 1;
    example.truth["source"] = gold;  // [Tt + 1, Ts]; the end token has none
  }
  return example;
}

std::shared_ptr<const ExampleSource> Translation::examples(Split split) const {
  const Splits& all = splits_.get();
  const auto& items = split == Split::kTrain        ? all.train
                      : split == Split::kValidation ? all.validation
                                                    : all.test;
  return std::make_shared<PairSource>(
      items, [this](const Item& item, bool notes) { return make_example(item, notes); });
}

Example Translation::read(const std::string& input) const {
  Item item{source_tokenizer_->tokens(input), {}, input, "", {}};
  cut(item.source, options_.source_length, "task.source_length");
  Example example = make_example(item, true);
  example.note.erase("reference");
  return example;
}

Example Translation::read_forced(const std::string& line) const {
  Item item;
  std::tie(item.text, item.reference) = two_texts(line);
  item.source = source_tokenizer_->tokens(item.text), item.target = target_tokenizer_->tokens(item.reference);
  if (item.source.empty()) throw DataError("found an empty source before the tab; expected a text");
  cut(item.source, options_.source_length, "task.source_length");
  cut(item.target, 0, "task.target_length");
  return make_example(item, true);
}

/// Predicts target[1…] from features of target[0…]; padding is left out before the output layer.
Loss Translation::loss(const ModelOutput& output, const Batch& batch, const LossOptions& options) const {
  const Tensor next = wanted(batch, *output.output).slice(1, 1);                           // [B, T − 1]
  Tensor features = output.values.at("features").flatten(0, 1), classes = next.flatten();  // [N, D], [N]
  // By length, not by id: a text may hold a token that is spelled like padding.
  const Tensor real = batch.complete ? Tensor() : batch.on_host().target("target").real();
  if (real.defined()) {
    const Tensor rows = moved(real.slice(1, 1).flatten().nonzero().squeeze(1), features.device());
    features = features.index_select(0, rows), classes = classes.index_select(0, rows);
  }
  return output.output->cross_entropy(features, classes, options.label_smoothing);
}

Prediction Translation::predict(Net& net, const Batch& batch, const ModelOutput&) const {
  if (net.steps() == nullptr)
    throw ConfigError("model: task " + name_ + " needs a net that decodes, such as rnn-seq2seq");
  TokenLimits limits;
  limits.begin = *target_->bos(), limits.end = *target_->eos();
  limits.never = {Vocabulary::kPad, *target_->bos()};
  limits.longest = longest_output();
  Prediction prediction{.values = {}, .hypotheses = decode(*net.steps(), batch, options_.decoding, limits)};
  if (options_.replace_unknown) replace_unknown(net, batch, prediction);
  return prediction;
}

Prediction Translation::forced(const Batch& batch, const ModelOutput& output) const {
  const Tensor next = wanted(batch, *output.output).slice(1, 1);  // [B, T − 1]
  const Tensor each = log_probabilities(output).gather(1, next.reshape({-1, 1})).view_as(next).cpu();
  const Tensor tokens = batch.target("target_copied").values.slice(1, 1).cpu(),
               lengths = batch.target("target").lengths.cpu();
  Prediction prediction;
  for (int64_t row = 0; row < batch.size(); ++row) {
    const int64_t n = lengths[row].item<int64_t>() - 1;  // the end among them
    prediction.hypotheses.push_back(
        {forced_output(tokens[row].slice(0, 0, n - 1), each[row].slice(0, 0, n))});
  }
  return prediction;
}

void Translation::check(Net& net) const {
  if (!options_.replace_unknown) return;
  torch::NoGradGuard no_gradient;
  const bool training = net.is_training();
  net.eval();
  AttentionTrace trace(net);
  net.forward(collate({examples(Split::kTrain)->get(0, 0, false)}, spec()), &trace);
  net.train(training);
  require_attention(last_weights(trace, "target", "source"));
}

/// The tokens of an output; ids beyond the vocabulary are places of the source.
std::vector<std::string> Translation::tokens(const std::vector<int64_t>& ids, const Json& note) const {
  std::vector<std::string> tokens;
  for (const int64_t id : ids)
    tokens.push_back(
        id < target_->size()
            ? target_->token(id)
            : note.at("source").at(static_cast<size_t>(id - target_->size())).get<std::string>());
  return tokens;
}

/// Each unknown token becomes the source's at the place that the last attention over the source weighs most
/// when it is written, mean over heads.
void Translation::replace_unknown(Net& net, const Batch& batch, Prediction& prediction) const {
  const Tensor copies = batch.input("source_copy").values.cpu();  // [B, S]
  size_t most = 0;
  for (const auto& outputs : prediction.hypotheses) most = std::max(most, outputs.size());
  for (size_t rank = 0; rank < most; ++rank) {
    Prediction one;
    for (const auto& outputs : prediction.hypotheses)
      one.hypotheses.push_back({rank < outputs.size() ? outputs[rank] : Hypothesis{}});
    AttentionTrace trace(net);
    net.forward(follow(batch, one), &trace);
    const Tensor weights = last_weights(trace, "target", "source");  // [B, Tq, S]
    require_attention(weights);
    for (size_t row = 0; row < prediction.hypotheses.size(); ++row) {
      if (rank >= prediction.hypotheses[row].size()) continue;
      auto& ids = prediction.hypotheses[row][rank].tokens;
      const auto r = static_cast<int64_t>(row);
      const auto places = batch.input("source").lengths[r].item<int64_t>();
      for (size_t j = 0; j < ids.size() && places > 0; ++j) {
        if (ids[j] != Vocabulary::kUnknown) continue;
        const Tensor own = weights[r][static_cast<int64_t>(j)].slice(0, 0, places);
        ids[j] = copies[r][own.argmax().item<int64_t>()].item<int64_t>();
      }
    }
  }
}

Batch Translation::follow(const Batch& batch, const Prediction& prediction) const {
  Batch followed = batch.on_host();
  followed.complete = false;
  std::vector<Tensor> targets, copied;
  std::vector<int64_t> lengths;
  for (int64_t row = 0; row < batch.size(); ++row) {
    std::vector<int64_t> ids = {*target_->bos()};
    ids.insert(ids.end(), prediction.sequence(row).begin(), prediction.sequence(row).end());
    ids.push_back(*target_->eos());
    copied.push_back(torch::tensor(ids, torch::kInt64));
    targets.push_back(copied.back().masked_fill(copied.back() >= target_->size(), Vocabulary::kUnknown));
    lengths.push_back(static_cast<int64_t>(ids.size()));
    const auto r = static_cast<size_t>(row);
    if (!followed.notes[r].is_null())
      followed.notes[r]["target"] = tokens({ids.begin() + 1, ids.end() - 1}, batch.notes[r]);
    // The known alignment is of the reference's tokens.
    const auto given = followed.targets.find("target_copied");
    const bool reference = given != followed.targets.end() &&
                           given->second.values.size(1) >= lengths.back() &&
                           torch::equal(given->second.values[row].slice(0, 0, lengths.back()), copied.back());
    if (!reference) followed.truths[r].clear();
  }
  const Tensor real = torch::tensor(lengths, torch::kInt64);
  const auto padded = [&](const std::vector<Tensor>& rows) {
    return Field{torch::nn::utils::rnn::pad_sequence(rows, true, Vocabulary::kPad), real};
  };
  followed.targets["target"] = padded(targets), followed.targets["target_copied"] = padded(copied);  // [B, T]
  followed = followed.to(batch.input("source").values.device());
  followed.carry = batch.carry;
  return followed;
}

bool Translation::aligns() const {
  return !files_ || !options_.train_alignment.empty() || !options_.validation_alignment.empty() ||
         !options_.test_alignment.empty();
}

std::vector<ExampleScore> Translation::measure(const Prediction& prediction, const ModelOutput& output,
                                               const Batch& batch) const {
  const Tensor next = wanted(batch, *output.output).slice(1, 1);  // [B, T − 1]
  const Tensor log_probability = log_probabilities(output);       // [B·(T − 1), V]
  const Tensor padded = batch.target("target").real(),
               real = padded.defined() ? padded.slice(1, 1)
                                       : torch::ones_like(next, torch::kBool);  // [B, T − 1]
  const Tensor nll =
      (-log_probability.gather(1, next.reshape({-1, 1})).view_as(next) * real).sum(1).cpu();  // [B]
  const Tensor forced = log_probability.argmax(-1).view_as(next);
  const Tensor right = ((forced == next) & real).sum(1).cpu(), counts = real.sum(1).cpu();
  const Tensor plain = batch.target("target_copied").values.slice(1, 1).cpu().contiguous(),
               lengths = batch.input("source").lengths.cpu();
  std::vector<ExampleScore> scores;
  for (int64_t row = 0; row < batch.size(); ++row) {
    const int64_t n = counts.data_ptr<int64_t>()[row];
    const int64_t* gold = plain.data_ptr<int64_t>() + row * plain.size(1);
    const std::vector<int64_t> reference(gold, gold + n - 1);  // without the end token
    const auto& decoded = prediction.sequence(row);
    const Json& note = batch.notes[static_cast<size_t>(row)];
    Json values = text_scores(target_tokenizer_->text(tokens(decoded, note)), note.at("reference"),
                              bleu_options(options_));
    // A token without an id may be any: nothing written is known to be it.
    const bool known = std::count(reference.begin(), reference.end(), Vocabulary::kUnknown) == 0;
    values.update({{"correct", known && decoded == reference ? 1 : 0},
                   {"loss", nll.data_ptr<double>()[row]},
                   {"tokens", n},
                   {"length", lengths.data_ptr<int64_t>()[row]},
                   {"tokens_correct", right.data_ptr<int64_t>()[row]}});
    if (const Tensor gold = truth(batch, row, "source"); gold.defined() && output.values.count("alignment"))
      values.update(alignment_scores(output.values.at("alignment")[row], gold));
    scores.push_back({batch.ids[static_cast<size_t>(row)], std::move(values)});
  }
  return scores;
}

Metrics Translation::metrics(const std::vector<ExampleScore>& scores) const {
  const double tokens = sum_scores(scores, "tokens"), loss = sum_scores(scores, "loss") / tokens;
  Metrics metrics = text_metrics(scores, bleu_options(options_));
  metrics["loss"] = loss, metrics["perplexity"] = std::exp(loss);
  metrics["accuracy"] = sum_scores(scores, "correct") / static_cast<double>(scores.size());
  metrics["token_accuracy"] = sum_scores(scores, "tokens_correct") / tokens;
  metrics.merge(alignment_metrics(scores));
  return metrics;
}

Json Translation::details(const std::vector<ExampleScore>& scores) const {
  return with_length_slices(text_details(scores, bleu_options(options_)), scores, options_.slice,
                            longest_source_, [this](const auto& some) { return metrics(some); });
}

Json Translation::show(const Prediction& prediction, const Batch& batch, int64_t row) const {
  const auto r = static_cast<size_t>(row);
  if (const Hypothesis& best = prediction.hypotheses[r].at(0); !best.by_token.empty())
    return shown_forced(best, batch.notes[r].at("reference"), labels(batch, row, "target"));
  return shown_outputs(prediction.hypotheses[r], [&](const Hypothesis& one) {
    return target_tokenizer_->text(tokens(one.tokens, batch.notes[r]));
  });
}

std::vector<std::string> Translation::labels(const Batch& batch, int64_t row,
                                             const std::string& field) const {
  const Json& note = batch.notes[static_cast<size_t>(row)];
  if (field == "source") return note.at("source").get<std::vector<std::string>>();
  if (field != "target") return {};
  auto tokens = note.at("target").get<std::vector<std::string>>();
  tokens.push_back("<eos>");
  return tokens;
}

Json Translation::data() const {
  Json data = split_sizes(splits_.get());
  if (!files_) return data;
  for (const auto& [name, file] : std::map<std::string, std::string>{
           {"train", options_.train}, {"validation", options_.validation}, {"test", options_.test}}) {
    if (file.empty()) continue;
    const std::string path = under_root(options_.root, file);
    if (options_.form != "pairs" || !options_.source_column.empty() || !options_.separator.empty()) {
      data[name] = fingerprint(path);
      continue;
    }
    for (const std::string& side : {options_.from, options_.to}) {
      const std::string plain = path + "." + side;
      data[name][side] = fingerprint(std::filesystem::exists(plain) ? plain : plain + ".gz");
    }
  }
  return data;
}

void Translation::save(const std::string& folder) const {
  Json saved = {{"format", 1},
                {"task", name_},
                {"longest_source", longest_source_},
                {"longest_target", longest_target_},
                {"source", source_->to_json()},
                {"target", target_->to_json()}};
  write_tokenizer(folder, "source.model", *source_tokenizer_, saved);
  write_tokenizer(folder, "target.model", *target_tokenizer_, saved);
  write_task_json(folder, saved);
}

}  // namespace fovea
