#include "src/core/mask.h"

#include <algorithm>

namespace fovea {
namespace {

struct Corner {  // absolute inclusive bounds of a tile
  int64_t i0, i1, j0, j1;
  explicit Corner(const Tile& t)
      : i0(t.first + t.rows.begin), i1(t.first + t.rows.end - 1), j0(t.keys.begin), j1(t.keys.end - 1) {}
};

Tensor query_column(const Tile& tile, torch::Device device) {
  return positions({tile.first + tile.rows.begin, tile.first + tile.rows.end}, device)
      .unsqueeze(1);  // [rows, 1]
}

Tensor key_row(const Tile& tile, torch::Device device) {
  return positions(tile.keys, device).unsqueeze(0);  // [1, keys]
}

class CausalTerm : public MaskTerm {
 public:
  Cover cover(const Tile& tile) const override {
    const Corner c(tile);
    if (c.j1 <= c.i0) return Cover::kAll;
    return c.j0 > c.i1 ? Cover::kNone : Cover::kSome;
  }
  Tensor dense(const Tile& tile, torch::Device device) const override {
    return key_row(tile, device) <= query_column(tile, device);  // [rows, keys]
  }
  std::string describe() const override { return "causal"; }
};

class ReachTerm : public MaskTerm {
 public:
  explicit ReachTerm(int64_t back) : back_(back) {}
  Cover cover(const Tile& tile) const override {
    const Corner c(tile);
    if (c.i1 - c.j0 <= back_) return Cover::kAll;
    return c.i0 - c.j1 > back_ ? Cover::kNone : Cover::kSome;
  }
  Tensor dense(const Tile& tile, torch::Device device) const override {
    return query_column(tile, device) - key_row(tile, device) <= back_;  // [rows, keys]
  }
  std::string describe() const override {
    return back_ == 0 ? "anticausal" : "reach(back=" + std::to_string(back_) + ")";
  }

 private:
  int64_t back_;
};

class LocalTerm : public MaskTerm {
 public:
  explicit LocalTerm(int64_t window) : window_(window) {}
  Cover cover(const Tile& tile) const override {
    const Corner c(tile);
    if (std::max(c.i1 - c.j0, c.j1 - c.i0) <= window_) return Cover::kAll;
    return c.j0 - c.i1 > window_ || c.i0 - c.j1 > window_ ? Cover::kNone : Cover::kSome;
  }
  Tensor dense(const Tile& tile, torch::Device device) const override {
    return (query_column(tile, device) - key_row(tile, device)).abs() <= window_;  // [rows, keys]
  }
  std::string describe() const override { return "local(window=" + std::to_string(window_) + ")"; }

 private:
  int64_t window_;
};

class BlockTerm : public MaskTerm {
 public:
  explicit BlockTerm(int64_t size) : size_(size) {}
  Cover cover(const Tile& tile) const override {
    const Corner c(tile);
    const int64_t i0 = group(c.i0), i1 = group(c.i1), j0 = group(c.j0), j1 = group(c.j1);
    if (i0 == i1 && j0 == j1 && i0 == j0) return Cover::kAll;
    return i1 < j0 || j1 < i0 ? Cover::kNone : Cover::kSome;
  }
  Tensor dense(const Tile& tile, torch::Device device) const override {
    return query_column(tile, device).floor_divide(size_) ==
           key_row(tile, device).floor_divide(size_);  // [rows, keys]
  }
  std::string describe() const override { return "block(" + std::to_string(size_) + ")"; }

 private:
  /// ⌊position / size⌋; C++ division rounds negative positions up instead.
  int64_t group(int64_t position) const { return position / size_ - (position % size_ < 0 ? 1 : 0); }
  int64_t size_;
};

class LengthsTerm : public MaskTerm {
 public:
  explicit LengthsTerm(const Tensor& lengths)
      : lengths_(lengths),
        shortest_(lengths.min().item<int64_t>()),
        longest_(lengths.max().item<int64_t>()) {}
  Cover cover(const Tile& tile) const override {
    if (tile.keys.end <= shortest_) return Cover::kAll;
    return tile.keys.begin >= longest_ ? Cover::kNone : Cover::kSome;
  }
  Tensor dense(const Tile& tile, torch::Device device) const override {
    return (key_row(tile, device) < lengths_.to(device).unsqueeze(1))
        .unsqueeze(1)
        .unsqueeze(1);  // [B, 1, 1, keys]
  }
  std::shared_ptr<const MaskTerm> select(const Tensor& rows) const override {
    return std::make_shared<LengthsTerm>(lengths_.index_select(0, rows.to(lengths_.device())));
  }
  std::string describe() const override { return "lengths"; }

 private:
  Tensor lengths_;
  int64_t shortest_, longest_;
};

class KeysTerm : public MaskTerm {
 public:
  explicit KeysTerm(Tensor keys) : keys_(std::move(keys)) {
    require_rank(keys_, 2, "Mask::keys", "padding", "bool [B, Tk], true = may attend");
  }
  Cover cover(const Tile&) const override { return Cover::kSome; }
  Tensor dense(const Tile& tile, torch::Device device) const override {
    return keys_.to(device)
        .slice(1, tile.keys.begin, tile.keys.end)
        .unsqueeze(1)
        .unsqueeze(1);  // [B, 1, 1, keys]
  }
  std::shared_ptr<const MaskTerm> select(const Tensor& rows) const override {
    return std::make_shared<KeysTerm>(keys_.index_select(0, rows.to(keys_.device())));
  }
  std::string describe() const override { return "padding"; }

 private:
  Tensor keys_;
};

class DenseTerm : public MaskTerm {
 public:
  explicit DenseTerm(Tensor allowed) : allowed_(std::move(allowed)) {
    if (!allowed_.defined() || allowed_.dim() < 2 || allowed_.dim() > 4 ||
        allowed_.scalar_type() != torch::kBool)
      throw std::invalid_argument(
          "[Mask::dense] mask must be bool [Tq, Tk], [B, Tq, Tk] or [B, H, Tq, Tk]; found " +
          shape_text(allowed_));
    if (allowed_.dim() == 3) allowed_ = allowed_.unsqueeze(1);  // [B, 1, Tq, Tk]
  }
  Cover cover(const Tile&) const override { return Cover::kSome; }
  Tensor dense(const Tile& tile, torch::Device device) const override {
    if (allowed_.size(-1) < tile.keys.end || allowed_.size(-2) < tile.rows.end)
      throw std::invalid_argument("[Mask::dense] mask must cover " + std::to_string(tile.rows.end) +
                                  " queries and " + std::to_string(tile.keys.end) + " keys; found " +
                                  shape_text(allowed_));
    return allowed_.to(device)
        .slice(-2, tile.rows.begin, tile.rows.end)
        .slice(-1, tile.keys.begin, tile.keys.end);
  }
  std::shared_ptr<const MaskTerm> select(const Tensor& rows) const override {
    if (allowed_.dim() == 2 || allowed_.size(0) == 1) return nullptr;
    return std::make_shared<DenseTerm>(allowed_.index_select(0, rows.to(allowed_.device())));
  }
  std::shared_ptr<const MaskTerm> from_row(int64_t rows) const override {
    return std::make_shared<DenseTerm>(allowed_.slice(-2, rows, allowed_.size(-2)));
  }
  std::string describe() const override { return "mask" + shape_text(allowed_); }

 private:
  Tensor allowed_;
};

class EitherTerm : public MaskTerm {
 public:
  EitherTerm(Mask a, Mask b) : a_(std::move(a)), b_(std::move(b)) {}
  Cover cover(const Tile& tile) const override {
    const Cover a = a_.cover(tile), b = b_.cover(tile);
    if (a == Cover::kAll || b == Cover::kAll) return Cover::kAll;
    return a == Cover::kNone && b == Cover::kNone ? Cover::kNone : Cover::kSome;
  }
  Tensor dense(const Tile& tile, torch::Device device) const override {
    const Tensor a = a_.visible(tile, device), b = b_.visible(tile, device);
    if (!a.defined() || !b.defined()) return torch::ones({1, 1}, torch::dtype(torch::kBool).device(device));
    return a | b;
  }
  std::shared_ptr<const MaskTerm> select(const Tensor& rows) const override {
    return std::make_shared<EitherTerm>(a_.select(rows), b_.select(rows));
  }
  std::shared_ptr<const MaskTerm> from_row(int64_t rows) const override {
    return std::make_shared<EitherTerm>(a_.from_row(rows), b_.from_row(rows));
  }
  std::string describe() const override { return "(" + a_.describe() + " | " + b_.describe() + ")"; }

 private:
  Mask a_, b_;
};

}  // namespace

Mask Mask::causal() {
  return Mask(std::make_shared<CausalTerm>());
}
Mask Mask::anticausal() {
  return reach(0);
}
Mask Mask::reach(int64_t back) {
  return Mask(std::make_shared<ReachTerm>(back));
}
Mask Mask::local(int64_t window) {
  return Mask(std::make_shared<LocalTerm>(window));
}
Mask Mask::block(int64_t size) {
  return Mask(std::make_shared<BlockTerm>(size));
}
Mask Mask::lengths(const Tensor& lengths) {
  return Mask(std::make_shared<LengthsTerm>(lengths));
}
Mask Mask::keys(const Tensor& keys) {
  return Mask(std::make_shared<KeysTerm>(keys));
}
Mask Mask::dense(const Tensor& allowed) {
  return Mask(std::make_shared<DenseTerm>(allowed));
}

Mask operator&(const Mask& a, const Mask& b) {
  Mask both = a;
  both.terms_.insert(both.terms_.end(), b.terms_.begin(), b.terms_.end());
  return both;
}

Mask operator|(const Mask& a, const Mask& b) {
  if (a.empty() || b.empty()) return {};
  return Mask(std::make_shared<EitherTerm>(a, b));
}

Cover Mask::cover(const Tile& tile) const {
  Cover all = Cover::kAll;
  for (const auto& term : terms_) {
    const Cover one = term->cover(tile);
    if (one == Cover::kNone) return Cover::kNone;
    if (one == Cover::kSome) all = Cover::kSome;
  }
  return all;
}

Tensor Mask::visible(const Tile& tile, torch::Device device) const {
  Tensor all;
  for (const auto& term : terms_) {
    if (tile.rows.size() > 0 && tile.keys.size() > 0 && term->cover(tile) == Cover::kAll) continue;
    const Tensor one = term->dense(tile, device);
    all = all.defined() ? all & one : one;
  }
  return all;
}

Mask Mask::select(const Tensor& rows) const {
  Mask chosen = *this;
  for (auto& term : chosen.terms_)
    if (auto selected = term->select(rows)) term = std::move(selected);
  return chosen;
}

Mask Mask::from_row(int64_t rows) const {
  Mask later = *this;
  if (rows == 0) return later;
  for (auto& term : later.terms_)
    if (auto moved = term->from_row(rows)) term = std::move(moved);
  return later;
}

std::string Mask::describe() const {
  if (terms_.empty()) return "full";
  std::string text;
  for (const auto& term : terms_) text += (text.empty() ? "" : "&") + term->describe();
  return text;
}

Tensor positions(Span span, torch::Device device) {
  return torch::arange(span.begin, span.end, torch::dtype(torch::kInt64).device(device));  // [n]
}

}  // namespace fovea
