#include "models/nets/registry.h"

#include "models/nets/attention_pooling.h"
#include "models/nets/bilstm_attention.h"
#include "models/nets/cnn_attention.h"
#include "models/nets/esim.h"
#include "models/nets/last_value.h"
#include "models/nets/lead.h"
#include "models/nets/linear_series.h"
#include "models/nets/lstm.h"
#include "models/nets/patch_series.h"
#include "models/nets/rnn_seq2seq.h"
#include "models/nets/series_transformer.h"
#include "models/nets/temporal_spatial.h"
#include "models/nets/text_cnn.h"
#include "models/nets/transformer_classifier.h"
#include "models/nets/transformer_lm.h"
#include "models/nets/transformer_seq2seq.h"
#include "models/nets/vision_transformer.h"
#include "src/probe/pruning.h"

namespace fovea {
namespace {

/// What every net may be told beside its own options.
struct CommonOptions {
  std::vector<std::string> pruned;
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("pruned", self.pruned, "heads whose weights are 0, such as [encoder.0.self:1,3] (Michel 2019)");
  }
};

template <class Options>
struct Group {
  Options own;
  CommonOptions common;
};

template <class Options>
Group<Options> read_group(const Json& group) {
  ObjectReader reader(group, "model");
  reader.allow("name");
  Group<Options> read;
  reader.read(read.own);
  reader.read(read.common);
  reader.finish();
  return read;
}

template <class Options>
std::vector<FieldInfo> all_fields() {
  std::vector<FieldInfo> fields = describe_fields<Options>();
  for (FieldInfo& field : describe_fields<CommonOptions>()) fields.push_back(std::move(field));
  return fields;
}

template <class SomeNet>
NetEntry entry(const std::string& name, const std::string& summary, const std::string& source) {
  using Options = typename SomeNet::Options;
  return {name,
          summary,
          source,
          [] { return all_fields<Options>(); },
          [name](const Json& group) {
            const Group<Options> read = read_group<Options>(group);
            Json resolved = dump_fields(read.own);
            resolved["name"] = name;
            // Said only where heads are pruned: a net is the same without the key.
            if (!read.common.pruned.empty()) resolved["pruned"] = read.common.pruned;
            return resolved;
          },
          [](const Json& group, const TaskSpec& spec) -> std::shared_ptr<Net> {
            const Group<Options> read = read_group<Options>(group);
            const auto net = std::make_shared<SomeNet>(read.own, spec);
            prune_heads(*net, read.common.pruned, "model.pruned");
            return net;
          }};
}

Registry<NetEntry> make_registry() {
  Registry<NetEntry> all("model");
  all.add(entry<BilstmAttention>("bilstm-attention", "embedding, BiLSTM, attention pooling, dense, classes",
                                 "Zhou 2016"));
  all.add(entry<StackedLstm>("lstm", "embedding, stacked LSTM, last state, classes (no attention)",
                             "Hochreiter & Schmidhuber 1997"));
  all.add(entry<AttentionPoolingNet>("attention-pooling", "embedding, attention pooling, classes",
                                     "Yang 2016, §2.2"));
  all.add(entry<TransformerClassifier>("transformer-classifier",
                                       "embedding, Transformer encoder, pooling, classes", "Vaswani 2017"));
  all.add(entry<TextCnn>(
      "text-cnn", "embedding, convolutions of several widths, maximum or attention, classes", "Kim 2014"));
  all.add(entry<Esim>("esim",
                      "two texts: BiLSTM, attention in both directions, comparison, BiLSTM, pools, classes",
                      "Chen 2017"));
  all.add(entry<CnnAttention>("cnn-attention",
                              "convolution stages, squeeze-and-excitation, attention over the grid, classes",
                              "Hu 2018; Xu 2015"));
  all.add(entry<VisionTransformer>(
      "vision-transformer", "image patches, Transformer encoder, pooling, classes", "Dosovitskiy 2021"));
  all.add(entry<LinearSeries>(
      "linear-series",
      "one linear map from the input window to the horizon, shared by the columns (no attention)",
      "Zeng 2023"));
  all.add(entry<LastValue>("last-value", "repeats the last value (no parameters)", "naive forecast"));
  all.add(entry<PatchSeries>(
      "patch-series", "patches of each column as tokens, Transformer encoder, linear head", "Nie 2023"));
  all.add(entry<SeriesTransformer>("series-transformer",
                                   "time steps as tokens, Transformer encoder, pooling, linear head",
                                   "Zhou 2021; Zeng 2023"));
  all.add(entry<TemporalSpatial>("temporal-spatial",
                                 "patches; attention over time and over the columns, in turn or jointly",
                                 "Bertasius 2021; Zhang & Yan 2023"));
  all.add(entry<RnnSeq2seq>("rnn-seq2seq",
                            "bidirectional recurrent encoder, recurrent decoder, attention between",
                            "Bahdanau 2015; Luong 2015"));
  all.add(entry<PointerGenerator>(
      "pointer-generator", "rnn-seq2seq that may copy tokens of the source, with coverage", "See 2017"));
  all.add(entry<Lead>("lead", "repeats the first tokens of the source (no parameters)", "lead baseline"));
  all.add(entry<TransformerSeq2seq>(
      "transformer-seq2seq", "Transformer encoder and decoder; an attention of choice in each of three slots",
      "Vaswani 2017"));
  all.add(entry<TransformerLm>("transformer-lm", "causal Transformer language model",
                               "Vaswani 2017; Radford 2018"));
  all.add(entry<TransformerXl>(
      "transformer-xl", "causal Transformer language model that remembers the piece before", "Dai 2019"));
  return all;
}

}  // namespace

const Registry<NetEntry>& nets() {
  static const Registry<NetEntry> all = make_registry();
  return all;
}

}  // namespace fovea
