#include "src/train/update_pass.h"

#include <algorithm>

#include "src/core/parallel.h"
#include "src/kernels/kernel_sets.h"

namespace fovea {
namespace {

constexpr int64_t kPiece = 1 << 14;       // numbers
constexpr int64_t kLeastPieces = 1 << 2;  // of a task

/// Numbers begin … end − 1 of a tensor.
struct Piece {
  size_t tensor;
  int64_t begin, end;
};

class Pieces {
 public:
  void add(size_t tensor, int64_t count) {
    for (int64_t begin = 0; begin < count; begin += kPiece)
      pieces_.push_back({tensor, begin, std::min(count, begin + kPiece)});
  }
  size_t size() const { return pieces_.size(); }
  /// body(piece, its number), on all threads.
  template <class Body>
  void each(Body body) const {
    parallel_tasks(static_cast<int64_t>(pieces_.size()), kLeastPieces, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) body(pieces_[static_cast<size_t>(i)], static_cast<size_t>(i));
    });
  }

 private:
  std::vector<Piece> pieces_;
};

bool has_kernels(const Tensor& x) {
  return x.device().is_cpu() && (x.scalar_type() == torch::kFloat32 || x.scalar_type() == torch::kFloat64);
}

template <class F>
void with_type(const Tensor& x, F f) {
  x.scalar_type() == torch::kFloat64 ? f(double{}) : f(float{});
}

/// Rows of a gradient; all of them one after another where it is dense.
struct GradientRows {
  bool dense;
  Tensor values;                  // contiguous
  const int64_t* rows = nullptr;  // [U], in rising order
  int64_t count = 0, width = 0;

  explicit GradientRows(const Tensor& gradient) : dense(!gradient.is_sparse()) {
    if (dense) {
      values = gradient.contiguous();
      return;
    }
    values = gradient._values().contiguous();
    rows = gradient._indices().const_data_ptr<int64_t>(), count = values.size(0);
    width = count > 0 ? values.numel() / count : 1;
  }
};

template <class T>
UpdateNumbers<T> narrowed(const UpdateNumbers<double>& n) {
  const auto to = [](double x) { return static_cast<T>(x); };
  return {n.rule,      to(n.divisor), to(n.rate),    to(n.decay),      to(n.momentum),
          to(n.beta1), to(n.beta2),   to(n.epsilon), to(n.mean_share), to(n.root_share)};
}

template <class T>
void update_piece(const UpdatedParameter& of, const GradientRows& gradient, const Piece& piece) {
  const UpdateNumbers<T> numbers = narrowed<T>(of.numbers);
  T *x = of.parameter.data_ptr<T>(), *first = of.moments[0].data_ptr<T>(),
    *second = of.moments.size() > 1 ? of.moments[1].data_ptr<T>() : nullptr;
  const T* g = gradient.values.const_data_ptr<T>();
  const auto update = [&](int64_t begin, int64_t end, const T* from) {
    if (begin < end)
      kernels<UpdateKernels<T>>().update(numbers, x + begin, from, first + begin,
                                         second == nullptr ? nullptr : second + begin, end - begin);
  };
  if (gradient.dense) return update(piece.begin, piece.end, g + piece.begin);
  const int64_t width = gradient.width, *const last = gradient.rows + gradient.count;
  int64_t done = piece.begin;
  for (const int64_t* row = std::lower_bound(gradient.rows, last, piece.begin / width);
       row < last && *row * width < piece.end; ++row) {
    const int64_t begin = std::max(done, *row * width), end = std::min(piece.end, (*row + 1) * width);
    update(done, begin, nullptr);
    update(begin, end, g + (row - gradient.rows) * width + begin - *row * width);
    done = end;
  }
  update(done, piece.end, nullptr);
}

/// A sum that the pass below makes: dense numbers of one type.
struct DenseSum {
  std::vector<Tensor> terms;
  Tensor sum;
};

template <class T>
void add_piece(const DenseSum& of, const Piece& piece) {
  T* sum = of.sum.data_ptr<T>();
  const T *first = of.terms[0].const_data_ptr<T>(), *second = of.terms[1].const_data_ptr<T>();
  for (int64_t i = piece.begin; i < piece.end; ++i) sum[i] = first[i] + second[i];
  for (size_t k = 2; k < of.terms.size(); ++k) {
    const T* next = of.terms[k].const_data_ptr<T>();
    for (int64_t i = piece.begin; i < piece.end; ++i) sum[i] += next[i];
  }
}

bool takes_sum(const Tensor& gradient) {
  return has_kernels(gradient) && !gradient.is_sparse();
}

}  // namespace

bool takes_update_pass(const Tensor& parameter) {
  return has_kernels(parameter) && parameter.is_contiguous();
}

void update_pass(const std::vector<UpdatedParameter>& parameters) {
  std::vector<GradientRows> gradients;
  Pieces pieces;
  for (const UpdatedParameter& one : parameters) {
    pieces.add(gradients.size(), one.parameter.numel());
    gradients.emplace_back(one.gradient);
  }
  pieces.each([&](const Piece& piece, size_t) {
    const UpdatedParameter& of = parameters[piece.tensor];
    with_type(of.parameter, [&](auto t) { update_piece<decltype(t)>(of, gradients[piece.tensor], piece); });
  });
}

std::vector<Tensor> sums_over(const std::vector<std::vector<Tensor>>& lists) {
  std::vector<Tensor> sums(lists.at(0).size());
  std::vector<DenseSum> dense;
  Pieces pieces;
  for (size_t i = 0; i < sums.size(); ++i) {
    std::vector<Tensor> terms;
    for (const auto& list : lists)
      if (list[i].defined()) terms.push_back(list[i]);
    if (terms.size() < 2) {
      if (!terms.empty()) sums[i] = terms[0];
    } else if (std::all_of(terms.begin(), terms.end(), takes_sum)) {
      for (Tensor& term : terms) term = term.contiguous();
      sums[i] = torch::empty_like(terms[0]);
      pieces.add(dense.size(), sums[i].numel());
      dense.push_back({std::move(terms), sums[i]});
    } else {
      // Of a dense and a sparse one the dense one comes first.
      std::stable_partition(terms.begin(), terms.end(), [](const Tensor& term) { return !term.is_sparse(); });
      sums[i] = terms[0];
      for (size_t k = 1; k < terms.size(); ++k) sums[i] = sums[i] + terms[k];
    }
  }
  pieces.each([&](const Piece& piece, size_t) {
    const DenseSum& of = dense[piece.tensor];
    with_type(of.sum, [&](auto t) { add_piece<decltype(t)>(of, piece); });
  });
  return sums;
}

double sum_of_squares(const std::vector<Tensor>& gradients) {
  std::vector<Tensor> values;
  Pieces pieces;
  for (const Tensor& gradient : gradients) {
    const Tensor& all = values.emplace_back(GradientRows(gradient).values);
    pieces.add(values.size() - 1, all.numel());
  }
  std::vector<double> sums(pieces.size());
  pieces.each([&](const Piece& piece, size_t i) {
    with_type(values[piece.tensor], [&](auto t) {
      using T = decltype(t);
      const T* x = values[piece.tensor].const_data_ptr<T>();
      sums[i] = kernels<UpdateKernels<T>>().squares(x + piece.begin, piece.end - piece.begin);
    });
  });
  double total = 0;
  for (const double sum : sums) total += sum;
  return total;
}

}  // namespace fovea
