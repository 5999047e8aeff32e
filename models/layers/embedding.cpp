#include "models/layers/embedding.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "models/layers/init.h"
#include "src/base/error.h"
#include "src/core/once_differentiable.h"
#include "src/core/parallel.h"
#include "src/core/recording.h"

namespace fovea {
namespace {

/// The places of each token that is there, tokens in rising order.
struct TokenPlaces {
  Tensor tokens;                        // [1, U]
  std::vector<int64_t> starts, places;  // of token u: places[starts[u]] … places[starts[u + 1] − 1]

  /// Of ids [N] among `vocabulary` tokens, without `pad`.
  TokenPlaces(const Tensor& ids, int64_t vocabulary, int64_t pad) {
    const int64_t count = ids.numel(), *const id = ids.const_data_ptr<int64_t>();
    std::vector<int64_t> next(static_cast<size_t>(vocabulary), 0);
    for (int64_t i = 0; i < count; ++i) ++next[static_cast<size_t>(id[i])];
    if (pad >= 0) next[static_cast<size_t>(pad)] = 0;
    std::vector<int64_t> found;
    int64_t start = 0;
    for (int64_t token = 0; token < vocabulary; ++token) {
      int64_t& at = next[static_cast<size_t>(token)];
      if (at == 0) continue;
      found.push_back(token), starts.push_back(start);
      start += std::exchange(at, start);
    }
    starts.push_back(start);
    places.resize(static_cast<size_t>(start));
    for (int64_t i = 0; i < count; ++i)
      if (id[i] != pad) places[static_cast<size_t>(next[static_cast<size_t>(id[i])]++)] = i;
    tokens = torch::tensor(found, torch::kInt64).unsqueeze(0);
  }
  int64_t size() const { return tokens.size(1); }
};

/// Rows of `from` [N, D] added up for each token, in the order of their places: [U, D].
template <class T>
Tensor added_up(const TokenPlaces& at, const Tensor& from) {
  const int64_t width = from.size(1);
  const Tensor to = torch::empty({at.size(), width}, from.options());
  const T* const rows = from.const_data_ptr<T>();
  T* const sums = to.data_ptr<T>();
  parallel_parts(at.size(), (1 << 14) / width + 1, [&](int64_t begin, int64_t end) {
    for (auto u = static_cast<size_t>(begin); u < static_cast<size_t>(end); ++u) {
      T* sum = sums + static_cast<int64_t>(u) * width;
      std::fill_n(sum, width, T{0});
      for (int64_t p = at.starts[u]; p < at.starts[u + 1]; ++p) {
        const T* row = rows + at.places[static_cast<size_t>(p)] * width;
        for (int64_t d = 0; d < width; ++d) sum[d] += row[d];
      }
    }
  });
  return to;
}

/// torch::embedding with a gradient that holds the rows of the tokens that are there, once each and in order:
/// LibTorch's sparse one sorts them with all they bring.
class RowEmbedding : public torch::autograd::Function<RowEmbedding> {
 public:
  static Tensor forward(torch::autograd::AutogradContext* context, const Tensor& weight, const Tensor& ids,
                        int64_t pad) {
    context->save_for_backward({ids});
    context->saved_data["pad"] = pad;
    context->saved_data["sizes"] = weight.sizes();
    return torch::embedding(weight, ids, pad);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list grads) {
    once_differentiable("embedding");
    const std::vector<int64_t> sizes = context->saved_data["sizes"].toIntVector();
    const Tensor from = grads[0].reshape({-1, sizes[1]}).contiguous();
    const TokenPlaces places(context->get_saved_variables()[0].contiguous(), sizes[0],
                             context->saved_data["pad"].toInt());
    const Tensor values = from.scalar_type() == torch::kFloat64 ? added_up<double>(places, from)
                                                                : added_up<float>(places, from);
    const Tensor rows = at::_sparse_coo_tensor_unsafe(places.tokens, values, sizes);
    return {rows._coalesced_(true), Tensor(), Tensor()};
  }
};

/// Whether few of the tokens are there, so that only these have a gradient. (Elsewhere than on the CPU the
/// update rules want all of it.)
bool by_rows(const Tensor& weight, const Tensor& ids) {
  return weight.device().is_cpu() && ids.scalar_type() == torch::kInt64 && torch::GradMode::is_enabled() &&
         weight.requires_grad() && 2 * ids.numel() <= weight.size(0) &&
         (weight.scalar_type() == torch::kFloat32 || weight.scalar_type() == torch::kFloat64);
}

}  // namespace

Tensor sinusoids(int64_t first, int64_t length, int64_t width, const torch::TensorOptions& options) {
  const auto wide = options.dtype(torch::kFloat64);
  const Tensor position = torch::arange(first, first + length, wide).unsqueeze(1);  // [T, 1]
  const Tensor rate = torch::exp(torch::arange(0, width, 2, wide) *
                                 (-std::log(10000.0) / static_cast<double>(width)));  // [D/2]
  const Tensor angle = position * rate;                                               // [T, D/2]
  return torch::stack({angle.sin(), angle.cos()}, -1)
      .flatten(1)
      .slice(1, 0, width)
      .to(options.dtype());  // [T, D]
}

Tensor SinusoidTable::rows(int64_t first, int64_t length, const torch::TensorOptions& options) {
  constexpr int64_t kLeast = 64, kMost = 4096;  // positions that are kept
  const int64_t end = first + length;
  // A recording reads where it was told: a table that grows would leave it behind.
  if (end > kMost || device_records()) return sinusoids(first, length, width_, options);
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!table_.defined() || table_.size(0) < end || table_.dtype() != options.dtype() ||
      table_.device() != options.device()) {
    const c10::InferenceMode off(false);  // what comes next may train
    const torch::NoGradGuard constant;
    table_ = sinusoids(0, std::min(kMost, std::max(kLeast, 2 * end)), width_, options);
  }
  return table_.slice(0, first, end);
}

PositionEmbeddingImpl::PositionEmbeddingImpl(const std::string& name, int64_t width, int64_t length)
    : name_(name), width_(width), length_(length), sinusoids_(width) {
  if (name_ == "learned") {
    if (length_ <= 0)
      throw ConfigError(
          "model.position: learned positions need a task with a known length; choose task.length");
    weight_ = register_parameter("weight", torch::randn({length_, width_}) * 0.02);  // [T, D]
  } else if (name_ == "linear") {
    weight_ = register_parameter("weight", torch::randn({width_}) * 0.1);  // [D]
  }
}

Tensor PositionEmbeddingImpl::forward(const Tensor& x, int64_t first) {
  const int64_t length = x.size(1);
  if (name_ == "none") return x;
  if (name_ == "sinusoidal") return x + sinusoids_.rows(first, length, x.options());
  if (name_ == "linear") {
    const double scale = 1.0 / static_cast<double>(std::max<int64_t>(1, length_));
    return x + torch::arange(first, first + length, x.options()).unsqueeze(1) * scale * weight_;  // [B, T, D]
  }
  if (first + length > length_)
    throw DataError("position " + std::to_string(first + length) + " is beyond the " +
                    std::to_string(length_) +
                    " learned positions; choose task.length or model.position=sinusoidal");
  return x + weight_.slice(0, first, first + length);
}

TokenEmbeddingImpl::TokenEmbeddingImpl(const FieldSpec& spec, int64_t width, const EmbeddingOptions& options,
                                       const std::string& key)
    : pad_(spec.pad),
      file_(options.file),
      words_(spec.words ? spec.words : std::make_shared<const std::vector<std::string>>()) {
  weight_ = register_parameter("weight", torch::randn({spec.vocabulary, width}));  // [V, D]
  initialise(weight_, options.init, key + ".init");
  torch::NoGradGuard no_gradient;
  weight_[pad_].zero_();
}

Tensor TokenEmbeddingImpl::forward(const Tensor& ids) {
  // [B, T, D]; no gradient reaches the pad row through here
  return edited(by_rows(weight_, ids) ? RowEmbedding::apply(weight_, ids, pad_)
                                      : torch::embedding(weight_, ids, pad_));
}

}  // namespace fovea
