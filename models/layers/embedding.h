// Token embeddings with positions added: none, sinusoidal, learned, linear.
#pragma once

#include <mutex>
#include <string>

#include "src/config/fields.h"
#include "src/core/batch.h"
#include "src/core/edit_point.h"

namespace fovea {

struct EmbeddingOptions {
  std::string init = "uniform(0.1)", file;
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("init", self.init,
          "of the token embeddings: uniform(a), normal(s), xavier, scaled = normal(1/√width), default = "
          "normal(1)");
    visit("file", self.file,
          "word vectors that training begins with: a word and its numbers on each line (GloVe, word2vec)");
  }
};

/// Names that `model.position` takes.
inline Rule position_names() {
  return one_of({"none", "sinusoidal", "learned", "linear"});
}

/// Sines and cosines of Vaswani 2017, §3.5: [T, D] for positions first … first + T − 1.
Tensor sinusoids(int64_t first, int64_t length, int64_t width, const torch::TensorOptions& options);

/// The first of them, kept from call to call: a step of decoding asks for one row. For any number of threads.
class SinusoidTable {
 public:
  explicit SinusoidTable(int64_t width) : width_(width) {}
  /// As `sinusoids`.
  Tensor rows(int64_t first, int64_t length, const torch::TensorOptions& options);

 private:
  int64_t width_;
  std::mutex mutex_;
  Tensor table_;  // of the options that were last asked for
};

/// Adds positions to embedded tokens. sinusoidal: Vaswani 2017, §3.5; learned: one vector a position; linear:
/// p_i = P · i, i / length.
class PositionEmbeddingImpl : public torch::nn::Module {
 public:
  /// `length` = positions a learned table holds.
  PositionEmbeddingImpl(const std::string& name, int64_t width, int64_t length);
  /// x [B, T, D], whose first position is `first`. A learned table that is too short throws DataError.
  Tensor forward(const Tensor& x, int64_t first = 0);

 private:
  std::string name_;
  int64_t width_, length_;
  SinusoidTable sinusoids_;
  Tensor weight_;  // learned [length, D], linear [D]
};
TORCH_MODULE(PositionEmbedding);

/// Token ids int64 [B, T] → [B, T, D]; the pad id starts as zeros and stays so unless an output layer shares
/// the weight.
class TokenEmbeddingImpl : public InputEmbedding {
 public:
  TokenEmbeddingImpl(const FieldSpec& spec, int64_t width, const EmbeddingOptions& options,
                     const std::string& key);
  Tensor forward(const Tensor& ids) override;
  const Tensor& weight() const { return weight_; }
  /// The token of each row; empty where tokens have no text.
  const std::vector<std::string>& words() const { return *words_; }
  /// The file of vectors to begin with; empty = none.
  const std::string& file() const { return file_; }

 private:
  int64_t pad_;
  std::string file_;
  std::shared_ptr<const std::vector<std::string>> words_;
  Tensor weight_;  // [V, D]
};
TORCH_MODULE(TokenEmbedding);

}  // namespace fovea
