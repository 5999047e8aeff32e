// The structured terms of named patterns, each a rule on absolute positions.
#include <algorithm>
#include <functional>

#include "src/core/mask.h"

namespace fovea {
namespace {

/// Absolute inclusive bounds of a tile.
struct Bounds {
  int64_t i0, i1, j0, j1;
};

/// A rule on positions i [rows, 1] and j [1, keys], and what is known of it without looking at every pair.
class RuleTerm : public MaskTerm {
 public:
  using Rule = std::function<Tensor(const Tensor& i, const Tensor& j)>;
  using Known = std::function<Cover(const Bounds&)>;
  RuleTerm(std::string name, Rule rule, Known known)
      : name_(std::move(name)), rule_(std::move(rule)), known_(std::move(known)) {}
  Cover cover(const Tile& t) const override {
    return known_({t.first + t.rows.begin, t.first + t.rows.end - 1, t.keys.begin, t.keys.end - 1});
  }
  Tensor dense(const Tile& t, torch::Device device) const override {
    return rule_(positions({t.first + t.rows.begin, t.first + t.rows.end}, device).unsqueeze(1),
                 positions(t.keys, device).unsqueeze(0));  // [rows, keys]
  }
  std::string describe() const override { return name_; }

 private:
  std::string name_;
  Rule rule_;
  Known known_;
};

Mask rule(std::string name, RuleTerm::Rule holds, RuleTerm::Known known) {
  return Mask(std::make_shared<RuleTerm>(std::move(name), std::move(holds), std::move(known)));
}

/// Largest and smallest |i − j| of a tile.
int64_t farthest(const Bounds& b) {
  return std::max(b.i1 - b.j0, b.j1 - b.i0);
}
int64_t nearest(const Bounds& b) {
  return std::max<int64_t>({0, b.j0 - b.i1, b.i0 - b.j1});
}

/// Half of the heads look back, the others ahead.
class DirectionsTerm : public MaskTerm {
 public:
  explicit DirectionsTerm(int64_t heads) : heads_(heads) {}
  Cover cover(const Tile&) const override { return Cover::kSome; }
  Tensor dense(const Tile& t, torch::Device device) const override {
    const Tensor back = positions({t.first + t.rows.begin, t.first + t.rows.end}, device).unsqueeze(1) -
                        positions(t.keys, device).unsqueeze(0);  // [rows, keys]
    const std::vector<int64_t> half = {heads_ / 2, back.size(0), back.size(1)};
    return torch::cat({(back >= 0).expand(half), (back <= 0).expand(half)})
        .unsqueeze(0);  // [1, H, rows, keys]
  }
  std::string describe() const override { return "directions"; }

 private:
  int64_t heads_;
};

/// keys[i − first] are the ones that query i may see.
class ChosenTerm : public MaskTerm {
 public:
  ChosenTerm(Tensor keys, int64_t first) : keys_(std::move(keys)), first_(first) {
    require_rank(keys_, 2, "Mask::chosen", "keys", "int64 [T, r]");
  }
  Cover cover(const Tile&) const override { return Cover::kSome; }
  Tensor dense(const Tile& t, torch::Device device) const override {
    const int64_t rows = t.rows.size();
    const Tensor i = positions({t.first + t.rows.begin - first_, t.first + t.rows.end - first_}, device);
    const Tensor known = (i >= 0) & (i < keys_.size(0));
    const Tensor chosen =
        keys_.to(device).index_select(0, i.clamp(0, std::max<int64_t>(0, keys_.size(0) - 1)));  // [rows, r]
    const Tensor inside = (chosen >= t.keys.begin) & (chosen < t.keys.end) & known.unsqueeze(1);
    // One more column takes what lies outside the tile.
    Tensor seen = torch::zeros({rows, t.keys.size() + 1}, torch::dtype(torch::kBool).device(device));
    seen.scatter_(1, torch::where(inside, chosen - t.keys.begin, t.keys.size()), true);
    return seen.slice(1, 0, t.keys.size());
  }
  std::string describe() const override { return "chosen(" + std::to_string(keys_.size(1)) + ")"; }

 private:
  Tensor keys_;
  int64_t first_;
};

}  // namespace

Mask Mask::dilated(int64_t window, int64_t dilation) {
  return rule(
      "dilated(window=" + std::to_string(window) + ", dilation=" + std::to_string(dilation) + ")",
      [=](const Tensor& i, const Tensor& j) {
        const Tensor distance = (i - j).abs();
        return (distance <= window * dilation) & (distance.remainder(dilation) == 0);
      },
      [=](const Bounds& b) {
        if (nearest(b) > window * dilation) return Cover::kNone;
        return dilation == 1 && farthest(b) <= window ? Cover::kAll : Cover::kSome;
      });
}

Mask Mask::strided(int64_t stride) {
  return rule(
      "strided(" + std::to_string(stride) + ")",
      [=](const Tensor& i, const Tensor& j) {
        const Tensor back = i - j;
        return (back >= 0) & ((back < stride) | (back.remainder(stride) == 0));
      },
      [=](const Bounds& b) {
        if (b.j0 > b.i1) return Cover::kNone;
        return b.j1 <= b.i0 && b.i1 - b.j0 < stride ? Cover::kAll : Cover::kSome;
      });
}

Mask Mask::prefix(int64_t length) {
  return rule(
      "prefix(" + std::to_string(length) + ")",
      [=](const Tensor& i, const Tensor& j) { return (j < length).expand({i.size(0), j.size(1)}); },
      [=](const Bounds& b) {
        if (b.j1 < length) return Cover::kAll;
        return b.j0 >= length ? Cover::kNone : Cover::kSome;
      });
}

Mask Mask::globals(int64_t count) {
  return rule(
      "globals(" + std::to_string(count) + ")",
      [=](const Tensor& i, const Tensor& j) { return (i < count) | (j < count); },
      [=](const Bounds& b) {
        if (b.i1 < count || b.j1 < count) return Cover::kAll;
        return b.i0 >= count && b.j0 >= count ? Cover::kNone : Cover::kSome;
      });
}

Mask Mask::axial(int64_t columns) {
  return rule(
      "axial(columns=" + std::to_string(columns) + ")",
      [=](const Tensor& i, const Tensor& j) {
        return (i.floor_divide(columns) == j.floor_divide(columns)) |
               (i.remainder(columns) == j.remainder(columns));
      },
      [=](const Bounds& b) {
        const bool one_row = b.i0 >= 0 && b.j0 >= 0 && b.i0 / columns == b.i1 / columns &&
                             b.j0 / columns == b.j1 / columns && b.i0 / columns == b.j0 / columns;
        return one_row ? Cover::kAll : Cover::kSome;
      });
}

Mask Mask::neighborhood(int64_t window, int64_t columns) {
  return rule(
      "neighborhood(window=" + std::to_string(window) + ", columns=" + std::to_string(columns) + ")",
      [=](const Tensor& i, const Tensor& j) {
        return ((i.floor_divide(columns) - j.floor_divide(columns)).abs() <= window) &
               ((i.remainder(columns) - j.remainder(columns)).abs() <= window);
      },
      [=](const Bounds& b) { return nearest(b) > (window + 1) * columns ? Cover::kNone : Cover::kSome; });
}

Mask Mask::directions(int64_t heads) {
  return Mask(std::make_shared<DirectionsTerm>(heads));
}

Mask Mask::chosen(const Tensor& keys, int64_t first) {
  return Mask(std::make_shared<ChosenTerm>(keys, first));
}

}  // namespace fovea
