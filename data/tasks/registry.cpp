#include "data/tasks/registry.h"

#include "data/tasks/image_classification.h"
#include "data/tasks/language_model.h"
#include "data/tasks/series_forecast.h"
#include "data/tasks/text_classification.h"
#include "data/tasks/text_pairs.h"
#include "data/tasks/translation.h"

namespace fovea {
namespace {

template <class Options>
Options read_group(const Json& group) {
  ObjectReader reader(group, "task");
  reader.allow("name");
  Options options;
  reader.read(options);
  reader.finish();
  return options;
}

template <class SomeTask>
TaskEntry entry(const std::string& name, const std::string& summary) {
  using Options = typename SomeTask::Options;
  return {name,
          summary,
          [] { return describe_fields<Options>(); },
          [name](const Json& group) {
            Json resolved = dump_fields(read_group<Options>(group));
            resolved["name"] = name;
            return resolved;
          },
          [](const Json& group) -> std::shared_ptr<Task> {
            return std::make_shared<SomeTask>(read_group<Options>(group));
          },
          [](const Json& group, const std::string& folder) -> std::shared_ptr<Task> {
            return std::make_shared<SomeTask>(read_group<Options>(group), folder);
          }};
}

Registry<TaskEntry> make_registry() {
  Registry<TaskEntry> all("task");
  all.add(entry<TextClassification>("text-classification",
                                    "one label a text: CSV, TSV, JSONL, label-first lines, a folder per "
                                    "class; or sentences with decisive words"));
  all.add(entry<TextPairs>(
      "text-pairs", "one label a pair of texts: columns of CSV, TSV or JSONL; or stories with a question"));
  all.add(entry<ImageClassification>(
      "image-classification",
      "one label an image: IDX files or a folder per class; or cluttered digits and shapes"));
  all.add(entry<SeriesForecast>(
      "series-forecast", "the next rows of a multivariate series: CSV; or a series with a planted lag"));
  all.add(entry<Translation>(
      "translation", "a sequence from a sequence: parallel text; or copy, reverse, sort and a toy language"));
  all.add(entry<Summarisation>("summarisation",
                               "a short text from a long one: mails and their subjects, "
                               "columns; or generated pairs"));
  all.add(entry<Dialogue>("dialogue", "an answer to what was said: JSON lines of turns; or generated pairs"));
  all.add(
      entry<LanguageModel>("language-model", "the next token: plain text; or recall, induction, ListOps"));
  return all;
}

}  // namespace

const Registry<TaskEntry>& tasks() {
  static const Registry<TaskEntry> all = make_registry();
  return all;
}

}  // namespace fovea
