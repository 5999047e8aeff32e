// Where an experiment may change what flows through a net: attention weights before they meet the values,
// embedded tokens before the net reads them.
#pragma once

#include <functional>

#include "src/core/tensor.h"

namespace fovea {

/// A module that lets an experiment change one tensor on its way. Nothing is changed, and nothing paid, until
/// edit() is called; the net's parameters and its checkpoint know nothing of it.
class EditPoint {
 public:
  /// Gives what goes on in the stead of `values`, of the same shape and dtype. `visible` is bool and
  /// broadcasts over `values`: the cells that count; undefined = all. Called once for every pass, so for
  /// every step of a decoder.
  using Edit = std::function<Tensor(const Tensor& values, const Tensor& visible)>;

  virtual ~EditPoint() = default;
  /// {} ends the change.
  void edit(Edit edit) { edit_ = std::move(edit); }

 protected:
  bool edits() const { return static_cast<bool>(edit_); }
  Tensor edited(const Tensor& values, const Tensor& visible = {}) const {
    return edit_ ? edit_(values, visible) : values;
  }

 private:
  Edit edit_;
};

/// Changes `point` for as long as it lives.
class Editing {
 public:
  Editing(EditPoint& point, EditPoint::Edit edit) : point_(point) { point_.edit(std::move(edit)); }
  ~Editing() { point_.edit({}); }
  Editing(const Editing&) = delete;
  Editing& operator=(const Editing&) = delete;

 private:
  EditPoint& point_;
};

/// Vectors [B, T, D] of the ids a net is given: its input where gradients can begin.
class InputEmbedding : public torch::nn::Module, public EditPoint {
 public:
  /// Token ids int64 [B, T] → [B, T, D].
  virtual Tensor forward(const Tensor& ids) = 0;
};

}  // namespace fovea
