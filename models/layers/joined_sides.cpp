#include "models/layers/joined_sides.h"

namespace fovea {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using Maybe = std::optional<Tensor>;

class JoinedSides : public torch::autograd::Function<JoinedSides> {
 public:
  static Variable forward(AutogradContext* context, const Variable& first,
                          const std::optional<Variable>& second, const Maybe& padding, bool batch_first) {
    const int64_t width = first.size(2), times = first.size(0), rows = first.size(1);
    context->saved_data["width"] = width;
    context->saved_data["batch_first"] = batch_first;
    context->saved_data["both"] = second.has_value();
    context->save_for_backward({padding.value_or(Tensor())});
    const int64_t all = second ? 2 * width : width;
    const Tensor out = batch_first ? torch::empty({rows, times, all}, first.options())
                                   : torch::empty({times, rows, all}, first.options());
    const Tensor by_time = batch_first ? out.transpose(0, 1) : out;  // [T, B, H·directions]
    by_time.slice(2, 0, width).copy_(first);
    if (second) by_time.slice(2, width).copy_(*second);
    if (padding) by_time.masked_fill_(padding->unsqueeze(2), 0);
    return out;
  }

  static torch::autograd::variable_list backward(AutogradContext* context,
                                                 torch::autograd::variable_list from) {
    const int64_t width = context->saved_data["width"].toInt();
    const Tensor padding = context->get_saved_variables()[0];
    const Tensor by_time = context->saved_data["batch_first"].toBool() ? from[0].transpose(0, 1) : from[0];
    const auto side = [&](int64_t begin) {
      const Tensor own = by_time.slice(2, begin, begin + width);
      return padding.defined() ? own.masked_fill(padding.unsqueeze(2), 0).contiguous() : own.contiguous();
    };
    return {side(0), context->saved_data["both"].toBool() ? side(width) : Tensor(), Tensor(), Tensor()};
  }
};

}  // namespace

Tensor joined_sides(const std::vector<Tensor>& sides, const Tensor& padding, bool batch_first) {
  const auto perhaps = [](const Tensor& x) { return x.defined() ? Maybe(x) : std::nullopt; };
  return JoinedSides::apply(sides.at(0), sides.size() > 1 ? Maybe(sides[1]) : std::nullopt, perhaps(padding),
                            batch_first);
}

}  // namespace fovea
