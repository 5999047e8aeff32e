#include "src/probe/erasure.h"

#include "src/base/error.h"

namespace fovea {
namespace {

/// Image [C, Hi, Wi] with the pixels of the gone cells at 0.
Tensor blanked(const Tensor& image, const TraceAxis& axis, const std::vector<bool>& gone) {
  Tensor result = image.clone();
  const auto stride = static_cast<int64_t>(axis.stride), offset = static_cast<int64_t>(axis.offset);
  for (size_t cell = 0; cell < gone.size(); ++cell) {
    if (!gone[cell]) continue;
    const int64_t row = offset + stride * (static_cast<int64_t>(cell) / axis.columns),
                  column = offset + stride * (static_cast<int64_t>(cell) % axis.columns);
    result.slice(1, row, row + stride).slice(2, column, column + stride).zero_();
  }
  return result;
}

Tensor kept_tokens(const Tensor& tokens, const std::vector<bool>& gone) {
  std::vector<int64_t> kept;
  for (size_t i = 0; i < gone.size(); ++i)
    if (!gone[i]) kept.push_back(static_cast<int64_t>(i));
  return tokens.index_select(0, torch::tensor(kept, torch::kInt64));  // [T']
}

}  // namespace

InputCells input_cells(const TraceAxis& axis, const Example& example, const TaskSpec& spec) {
  const auto input = example.inputs.find(axis.field);
  const bool tokens = axis.kind == "tokens" && axis.stride == 1, grid = axis.kind == "grid";
  if (input == example.inputs.end() || (!tokens && !grid) ||
      spec.inputs.at(axis.field).kind != (tokens ? "tokens" : "image"))
    throw ConfigError("erasing needs attention over the tokens of a text or the cells of an image; found " +
                      axis.kind + " of " + (axis.field.empty() ? "the net's own slots" : axis.field));
  return {axis.field, axis, tokens ? input->second.size(0) : axis.rows * axis.columns};
}

Example without(const Example& example, const InputCells& cells, const std::vector<bool>& gone) {
  if (static_cast<int64_t>(gone.size()) != cells.count)
    throw std::invalid_argument("[without] one flag a cell must be given; found " +
                                std::to_string(gone.size()) + " for " + std::to_string(cells.count));
  Example changed = example;
  changed.note = nullptr, changed.truth.clear();
  Tensor& values = changed.inputs.at(cells.field);
  values = cells.axis.kind == "grid" ? blanked(values, cells.axis, gone) : kept_tokens(values, gone);
  if (cells.axis.kind == "tokens") changed.length = values.size(0);
  return changed;
}

Example cut(const Example& example, const InputCells& cells, const std::vector<int64_t>& order, int64_t count,
            bool keep) {
  std::vector<bool> gone(static_cast<size_t>(cells.count), keep);
  for (int64_t i = 0; i < count; ++i) gone[static_cast<size_t>(order[static_cast<size_t>(i)])] = !keep;
  return without(example, cells, gone);
}

}  // namespace fovea
