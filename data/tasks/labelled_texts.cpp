#include "data/tasks/labelled_texts.h"

#include <algorithm>
#include <mutex>

#include "data/readers/labelled_text.h"
#include "src/base/error.h"
#include "src/base/random.h"

namespace fovea {
namespace {

using Item = LabelledTexts::Item;

/// Texts, whose lengths are counted when one is first asked for: for that all are tokenised.
class TextSource : public ExampleSource {
 public:
  TextSource(const std::vector<Item>& items, std::function<Example(const Item&, uint64_t, bool)> make)
      : items_(items), make_(std::move(make)) {}
  int64_t size() const override { return static_cast<int64_t>(items_.size()); }
  int64_t length(int64_t index) const override {
    std::call_once(counted_, [this] {
      std::vector<int64_t> lengths;
      for (const Item& item : items_) lengths.push_back(std::max<int64_t>(1, make_(item, 0, false).length));
      lengths_ = std::move(lengths);
    });
    return lengths_[static_cast<size_t>(index)];
  }
  Example get(int64_t index, uint64_t key, bool notes) const override {
    Example example = make_(items_[static_cast<size_t>(index)], key, notes);
    example.id = index;
    return example;
  }

 private:
  const std::vector<Item>& items_;
  std::function<Example(const Item&, uint64_t, bool)> make_;
  mutable std::once_flag counted_;
  mutable std::vector<int64_t> lengths_;
};

std::vector<Item> read_items(const std::string& path, const LabelledTextOptions& o,
                             const std::vector<std::string>& second) {
  TableOptions table;
  table.format = o.format, table.header = o.header, table.encoding = o.encoding, table.text = o.text,
  table.label = o.label, table.second = second;
  std::vector<Item> items;
  for (LabelledText& one : read_labelled_texts(path, table))
    items.push_back(
        {std::move(one.text), std::move(one.label), std::move(one.where), {}, std::move(one.second)});
  return items;
}

std::vector<std::string> label_names(const std::vector<Item>& items) {
  std::vector<std::string> names;
  for (const Item& item : items) names.push_back(item.label);
  return names;
}

std::vector<int64_t> label_ids(const std::vector<Item>& items) {
  const std::vector<std::string> names = label_names(items);
  const auto distinct = distinct_labels(names);
  std::vector<int64_t> ids;
  for (const std::string& name : names)
    ids.push_back(std::find(distinct.begin(), distinct.end(), name) - distinct.begin());
  return ids;
}

}  // namespace

LabelledTexts::LabelledTexts(const LabelledTextOptions& options, Origin origin, Unfitted)
    : options_(options),
      origin_(std::move(origin)),
      files_(uses_files(options.source, !options.train.empty(), {options.validation, options.test})),
      tokenizer_(
          make_tokenizer({options.tokenizer, options.lowercase, options.subwords, options.vocabulary})),
      splits_([this] { return read_splits(); }) {}

LabelledTexts::LabelledTexts(const LabelledTextOptions& options, Origin origin)
    : LabelledTexts(options, std::move(origin), Unfitted{}) {
  const std::vector<Item>& train = splits_.get().train;
  if (train.empty()) throw DataError("task.train: no examples to train on");
  std::vector<std::string> texts;
  for (const Item& item : train) texts.insert(texts.end(), {item.text, item.second});
  tokenizer_->fit(texts);
  TokenCounts counts;
  for (const Item& item : train)
    for (const std::string* text : {&item.text, &item.second}) {
      const auto found = tokens(*text);
      count_tokens(counts, found);
      longest_ = std::max<int64_t>(longest_, static_cast<int64_t>(found.size()));
    }
  vocabulary_ = std::make_unique<Vocabulary>(
      counts, vocabulary_options(*tokenizer_, options_.vocabulary, options_.minimum_count, false));
  classes_ = splits_.get().classes;
  if (options_.length > 0) longest_ = options_.length;
}

LabelledTexts::LabelledTexts(const LabelledTextOptions& options, Origin origin, const std::string& folder)
    : LabelledTexts(options, std::move(origin), Unfitted{}) {
  const Json saved = read_task_json(folder);
  try {
    classes_ = saved.at("classes").get<std::vector<std::string>>();
    longest_ = saved.at("longest").get<int64_t>();
    vocabulary_ =
        std::make_unique<Vocabulary>(Vocabulary::from_json(saved.at("vocabulary"), folder + "/task.json"));
  } catch (const Json::exception&) {
    throw CheckpointError(folder + "/task.json: expected classes, longest and vocabulary");
  }
  read_tokenizer(folder, "tokenizer.model", *tokenizer_, saved);
}

LabelledTexts::Splits LabelledTexts::read_splits() const {
  if (origin_.written.empty()) return files_ ? split_files() : generate_splits();
  if (files_) throw ConfigError("task.sentences: cannot stand beside task.train; take one of them");
  Splits splits;
  splits.validation = splits.test = splits.train = origin_.written;
  splits.classes = distinct_labels(label_names(splits.train));
  return splits;
}

LabelledTexts::Splits LabelledTexts::generate_splits() const {
  Splits splits;
  std::vector<Item>* parts[] = {&splits.train, &splits.validation, &splits.test};
  std::set<std::string> earlier;
  for (int64_t split = 0; split < 3; ++split) {
    const int64_t n = split == 0 ? options_.examples : std::max<int64_t>(1, options_.examples / 4);
    *parts[split] = apart(
        n, earlier, [&](int64_t i) { return origin_.generate(split, i); },
        [](const Item& item) { return item.text + "\t" + item.second; });
  }
  splits.classes = distinct_labels(origin_.classes);  // all, however few examples there are
  splits.train = chosen(
      splits.train, limited(options_.examples, options_.limit, static_cast<uint64_t>(options_.split_seed)));
  return splits;
}

LabelledTexts::Splits LabelledTexts::split_files() const {
  const auto path = [this](const std::string& file) { return under_root(options_.root, file); };
  Splits splits;
  const std::vector<Item> all = read_items(path(options_.train), options_, origin_.second);
  const bool own_validation = !options_.validation.empty(), own_test = !options_.test.empty();
  const auto seed = static_cast<uint64_t>(options_.split_seed);
  const SplitIndices parts =
      split_stratified(label_ids(all), own_validation ? 0 : options_.validation_fraction,
                       own_test ? 0 : options_.test_fraction, seed);
  splits.validation = own_validation ? read_items(path(options_.validation), options_, origin_.second)
                                     : chosen(all, parts.validation);
  splits.test =
      own_test ? read_items(path(options_.test), options_, origin_.second) : chosen(all, parts.test);
  const std::vector<Item> train = chosen(all, parts.train);
  splits.classes = distinct_labels(label_names(train));
  splits.train = chosen(train, limited(static_cast<int64_t>(train.size()), options_.limit, seed));
  return splits;
}

std::vector<std::string> LabelledTexts::tokens(const std::string& text) const {
  std::vector<std::string> found = tokenizer_->tokens(text);
  if (options_.length > 0 && static_cast<int64_t>(found.size()) > options_.length)
    found.resize(static_cast<size_t>(options_.length));
  return found;
}

TaskSpec LabelledTexts::spec() const {
  FieldSpec text;
  text.kind = "tokens", text.vocabulary = vocabulary_->size(), text.length = longest_, text.padded = true,
  text.pad = Vocabulary::kPad, text.words = vocabulary_->words();
  TaskSpec spec{origin_.task, {{"text", text}}, {{"label", label_spec()}}};
  if (origin_.pairs) spec.inputs["second"] = text;
  return spec;
}

Tensor LabelledTexts::ids(const std::vector<std::string>& tokens, uint64_t key) const {
  std::vector<int64_t> ids = vocabulary_->ids(tokens);
  if (key != 0 && options_.token_drop > 0) {
    Random random(key);
    for (int64_t& id : ids)
      if (random.uniform() < options_.token_drop) id = Vocabulary::kUnknown;
  }
  return torch::tensor(ids, torch::kInt64);  // [T]
}

Example LabelledTexts::make_example(const Item& item, uint64_t key, bool notes) const {
  const auto found = tokens(item.text), second = tokens(item.second);
  Example example;
  example.length = static_cast<int64_t>(found.size() + second.size());
  example.inputs["text"] = ids(found, key);
  if (origin_.pairs) example.inputs["second"] = ids(second, key == 0 ? 0 : mix(key));
  if (!item.where.empty())
    example.targets["label"] = torch::tensor(class_id(item.label, item.where), torch::kInt64);
  if (!notes) return example;
  example.note = {{"input", origin_.pairs ? item.text + "\t" + item.second : item.text},
                  {"tokens", found},
                  {"label", item.label}};
  if (origin_.pairs) example.note["second"] = second;
  if (!item.decisive.empty()) {
    Tensor decisive = torch::zeros({static_cast<int64_t>(found.size())}, torch::kBool);
    for (int64_t place : item.decisive)
      if (place < decisive.size(0)) decisive[place] = true;
    example.truth["text"] = decisive;  // [T]
  }
  return example;
}

std::shared_ptr<const ExampleSource> LabelledTexts::examples(Split split) const {
  const Splits& all = splits_.get();
  const auto& items = split == Split::kTrain        ? all.train
                      : split == Split::kValidation ? all.validation
                                                    : all.test;
  // A label that does not fit is said here, not after an epoch of training.
  for (const Item& item : items)
    if (!item.where.empty()) class_id(item.label, item.where);
  const bool drop = split == Split::kTrain;
  return std::make_shared<TextSource>(items, [this, drop](const Item& item, uint64_t key, bool notes) {
    return make_example(item, drop ? key : 0, notes);
  });
}

Example LabelledTexts::read(const std::string& input) const {
  if (!origin_.pairs || input.empty()) return make_example({input, "", "", {}}, 0, true);
  const auto [first, second] = two_texts(input);
  return make_example({first, "", "", {}, second}, 0, true);
}

std::vector<std::string> LabelledTexts::labels(const Batch& batch, int64_t row,
                                               const std::string& field) const {
  const Json& note = batch.notes[static_cast<size_t>(row)];
  if (field == "text") return note.at("tokens").get<std::vector<std::string>>();
  if (field == "second" && origin_.pairs) return note.at("second").get<std::vector<std::string>>();
  return {};
}

Json LabelledTexts::data() const {
  Json data = split_sizes(splits_.get());
  if (files_)
    add_fingerprints(
        data, options_.root,
        {{"train", options_.train}, {"validation", options_.validation}, {"test", options_.test}});
  return data;
}

void LabelledTexts::save(const std::string& folder) const {
  Json saved = {{"format", 1},
                {"task", origin_.task},
                {"classes", classes_},
                {"longest", longest_},
                {"vocabulary", vocabulary_->to_json()}};
  write_tokenizer(folder, "tokenizer.model", *tokenizer_, saved);
  write_task_json(folder, saved);
}

}  // namespace fovea
