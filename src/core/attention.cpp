#include "src/core/attention.h"

#include "src/base/error.h"

namespace fovea {

State select_rows(const State& state, const Tensor& rows) {
  State selected;
  for (const Tensor& tensor : state) selected.push_back(tensor.index_select(0, rows));
  return selected;
}

State first_rows(const State& state, int64_t rows) {
  State first;
  for (const Tensor& tensor : state) first.push_back(tensor.slice(0, 0, rows));
  return first;
}

Memory::Memory(std::vector<Tensor> parts, int64_t time_axis, int64_t size, Tensor padding)
    : parts_(std::move(parts)), time_axis_(time_axis), size_(size), padding_(std::move(padding)) {}

Memory Memory::select(const Tensor& rows) const {
  Memory selected = *this;
  for (Tensor& part : selected.parts_) part = part.index_select(0, rows);
  if (padding_.defined()) selected.padding_ = padding_.index_select(0, rows);
  return selected;
}

Memory Memory::detach() const {
  Memory cut = *this;
  for (Tensor& part : cut.parts_) part = part.detach();
  return cut;
}

Memory Memory::join(const Memory& next) const {
  if (empty()) return next;
  Memory joined = *this;
  for (size_t i = 0; i < parts_.size(); ++i)
    joined.parts_[i] = torch::cat({parts_[i], next.parts_[i]}, time_axis_);
  joined.size_ = size_ + next.size_;
  if (padding_.defined() || next.padding_.defined()) {
    const auto filled = [](const Memory& m) {
      return m.padding_.defined()
                 ? m.padding_
                 : torch::ones({m.parts_[0].size(0), m.size_}, m.parts_[0].options().dtype(torch::kBool));
    };
    joined.padding_ = torch::cat({filled(*this), filled(next)}, 1);  // [B, Tk]
  }
  return joined;
}

void Attention::prune(std::vector<int64_t> heads) {
  for (const int64_t head : heads)
    if (head < 0 || head >= this->heads())
      throw ConfigError("there is no head " + std::to_string(head) + ", expected 0 to " +
                        std::to_string(this->heads() - 1));
  pruned_ = std::move(heads);
}

Tensor Attention::changed(const Tensor& weights, const Tensor& visible) const {
  if (pruned_.empty()) return edited(weights, visible);
  const Tensor gone = torch::tensor(pruned_, torch::kInt64).to(weights.device());
  return edited(weights.index_fill(1, gone, 0), visible);  // [B, H, Tq, Tk]
}

AttentionOutput Attention::forward(const Tensor& query, const Tensor& key, const Tensor& value,
                                   const Tensor& padding, const Call& call) {
  return attend(query, extend({}, key, value, padding), call);
}

void require_memory_shapes(const Tensor& key, const Tensor& value, const Tensor& padding, const char* where) {
  require_rank(key, 3, where, "key", "[B, Tk, Dk]");
  require_rank(value, 3, where, "value", "[B, Tk, Dv]");
  if (key.size(0) != value.size(0) || key.size(1) != value.size(1))
    throw std::invalid_argument(std::string("[") + where + "] key and value must agree in B and Tk; found " +
                                shape_text(key) + " and " + shape_text(value));
  if (!padding.defined()) return;
  require_rank(padding, 2, where, "padding", "bool [B, Tk], true = a real key");
  if (padding.scalar_type() != torch::kBool || padding.size(0) != key.size(0) ||
      padding.size(1) != key.size(1))
    throw std::invalid_argument(std::string("[") + where + "] padding must be bool [B, Tk] like key " +
                                shape_text(key) + "; found " + shape_text(padding));
}

void require_query_shape(const Tensor& query, const Memory& memory, const char* where) {
  require_rank(query, 3, where, "query", "[B, Tq, Dq]");
  const std::string begin = std::string("[") + where + "] ";
  if (memory.empty())
    throw std::invalid_argument(begin + "memory must have been begun with extend; found none");
  const int64_t batch = memory.parts()[0].size(0);
  if (query.size(0) != batch)
    throw std::invalid_argument(begin + "query must have the memory's B = " + std::to_string(batch) +
                                "; found " + shape_text(query));
}

}  // namespace fovea
