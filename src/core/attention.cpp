#include "src/core/attention.h"

#include <algorithm>
#include <cstring>

#include "src/base/error.h"
#include "src/core/parallel.h"

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

namespace {

constexpr int64_t kLeastRoom = 16;        // places along time that a growing part gets at first
constexpr int64_t kLeastBytes = 1 << 16;  // that a thread copies

/// Room for `places` along the axis `time`, as rows [B, time, …] lie in memory.
Tensor with_room(const Tensor& like, int64_t batch, int64_t time, int64_t places) {
  std::vector<int64_t> sizes = like.movedim(time, 1).sizes().vec();
  sizes[0] = batch, sizes[1] = places;
  return torch::empty(sizes, like.options()).movedim(1, time);
}

/// Whether the places of a row lie behind each other, each with all its numbers.
bool in_rows(const Tensor& part, int64_t time) {
  if (part.dim() < 3 || !part.device().is_cpu()) return false;
  int64_t numbers = 1;
  for (int64_t axis = part.dim() - 1; axis > 0; --axis) {
    if (axis == time) continue;
    if (part.stride(axis) != numbers && part.size(axis) > 1) return false;
    numbers *= part.size(axis);
  }
  return part.stride(time) == numbers;
}

/// How many places a row has.
int64_t places_of(const Tensor& part, int64_t time) {
  return part.stride(time) > 0 ? part.stride(0) / part.stride(time) : 0;
}

/// Whether `more` places can be written behind those of `part` without anybody else seeing it: memories are
/// values.
bool has_room(const Tensor& part, int64_t time, int64_t more) {
  if (!in_rows(part, time) || part.storage().use_count() != 1 || part.storage_offset() != 0) return false;
  const auto numbers = static_cast<int64_t>(part.storage().nbytes() / part.element_size());
  return part.size(time) + more <= places_of(part, time) && numbers >= part.size(0) * part.stride(0);
}

/// `part`, which has room, with `next` written behind its first rows.
Tensor written_behind(const Tensor& part, const Tensor& next, int64_t time) {
  const at::AutoDispatchBelowADInplaceOrView below;  // a view that is tracked holds on to what it views
  const int64_t size = part.size(time), more = next.size(time);
  std::vector<int64_t> sizes = part.sizes().vec();
  sizes[static_cast<size_t>(time)] = size + more;
  const Tensor joined = part.as_strided(sizes, part.strides(), 0);
  if (!in_rows(next, time)) {
    joined.narrow(0, 0, next.size(0)).narrow(time, size, more).copy_(next);
    return joined;
  }
  const auto bytes = static_cast<int64_t>(next.element_size()), length = more * next.stride(time) * bytes;
  const auto* from = static_cast<const char*>(next.const_data_ptr());
  auto* to = static_cast<char*>(joined.data_ptr()) + size * joined.stride(time) * bytes;
  parallel_parts(next.size(0), kLeastBytes / std::max<int64_t>(1, length), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r)
      std::memcpy(to + r * joined.stride(0) * bytes, from + r * next.stride(0) * bytes,
                  static_cast<size_t>(length));
  });
  return joined;
}

/// `part` followed by `next` along `time`, without gradients.
Tensor appended(const Tensor& part, const Tensor& next, int64_t time) {
  const at::AutoDispatchBelowADInplaceOrView below;  // as above
  const int64_t size = part.size(time), more = next.size(time);
  Tensor whole = part;
  if (!has_room(part, time, more)) {
    whole =
        with_room(part, part.size(0), time, std::max(kLeastRoom, 2 * (size + more))).narrow(time, 0, size);
    whole.copy_(part);
  }
  return written_behind(whole, next, time);
}

/// Whether joining may write instead of copying everything: without gradients, where all is of one kind, to
/// a memory of `rows` rows.
bool can_append(const Tensor& part, const Tensor& next, int64_t rows) {
  return !torch::GradMode::is_enabled() && part.scalar_type() == next.scalar_type() && next.size(0) == rows &&
         part.dim() > 2;
}

/// `rows` (int64 [B'] or [B', Tk], as Memory::rows) of `part`, by LibTorch's functions.
Tensor gathered(const Tensor& part, const Tensor& rows, int64_t time) {
  if (rows.dim() == 1) return part.index_select(0, rows);
  const Tensor places = torch::arange(rows.size(1), rows.options());
  return part.movedim(time, 1).index({rows, places}).movedim(1, time);
}

/// The same, with as much room behind them.
Tensor selected_rows(const Tensor& part, const Tensor& rows, int64_t time) {
  if (torch::GradMode::is_enabled() || !in_rows(part, time) || !rows.device().is_cpu())
    return gathered(part, rows, time);
  const at::AutoDispatchBelowADInplaceOrView below;  // as above
  const int64_t count = rows.size(0), size = part.size(time);
  const Tensor chosen =
      with_room(part, count, time, std::max(size, places_of(part, time))).narrow(time, 0, size);
  const auto bytes = static_cast<int64_t>(part.element_size());
  const auto* from = static_cast<const char*>(part.const_data_ptr());
  auto* to = static_cast<char*>(chosen.data_ptr());
  const int64_t runs = rows.dim() == 1 ? 1 : size;  // that lie apart
  const int64_t length = part.stride(time) * bytes * (runs == 1 ? size : 1);
  const Tensor places = rows.to(torch::kInt64).contiguous();
  const int64_t* place = places.const_data_ptr<int64_t>();
  parallel_parts(count, kLeastBytes / std::max<int64_t>(1, runs * length), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r)
      for (int64_t run = 0; run < runs; ++run)
        std::memcpy(to + r * chosen.stride(0) * bytes + run * length,
                    from + place[r * runs + run] * part.stride(0) * bytes + run * length,
                    static_cast<size_t>(length));
  });
  return chosen;
}

}  // namespace

int64_t Memory::batch() const {
  return rows_.defined() ? rows_.size(0) : parts_.empty() ? 0 : parts_[0].size(0);
}

const std::vector<Tensor>& Memory::parts() const {
  if (rows_.defined()) {
    for (Tensor& part : parts_) part = selected_rows(part, rows_, time_axis_);
    rows_ = Tensor();
  }
  return parts_;
}

Memory Memory::select(const Tensor& rows) const {
  Memory selected = *this;
  if (torch::GradMode::is_enabled()) {
    selected.parts();
    for (Tensor& part : selected.parts_) part = selected_rows(part, rows, time_axis_);
  } else {
    selected.rows_ = rows_.defined() ? rows_.index_select(0, rows) : rows.to(torch::kInt64);
  }
  if (padding_.defined()) selected.padding_ = padding_.index_select(0, rows);
  return selected;
}

Memory Memory::detach() const {
  Memory cut = *this;
  cut.parts();
  for (Tensor& part : cut.parts_) part = part.detach();
  return cut;
}

bool Memory::grows_in_place(const std::vector<Tensor>& more) const {
  if (!rows_.defined() || !rows_.device().is_cpu()) return false;
  for (size_t i = 0; i < parts_.size(); ++i)
    if (!can_append(parts_[i], more[i], batch()) || batch() > parts_[i].size(0) ||
        !has_room(parts_[i], time_axis_, more[i].size(time_axis_)))
      return false;
  return true;
}

Memory Memory::join(const Memory& next) const {
  if (empty()) return next;
  const std::vector<Tensor>& more = next.parts();
  const bool in_place = grows_in_place(more);
  if (!in_place) parts();
  Memory joined = *this;
  for (size_t i = 0; i < parts_.size(); ++i) {
    const Tensor& own = parts_[i];
    joined.parts_[i] = in_place                            ? written_behind(own, more[i], time_axis_)
                       : can_append(own, more[i], batch()) ? appended(own, more[i], time_axis_)
                                                           : torch::cat({own, more[i]}, time_axis_);
  }
  if (in_place) {
    const int64_t rows = batch();
    const Tensor old = rows_.dim() == 1 ? rows_.unsqueeze(1).expand({rows, size_}) : rows_,
                 last = torch::arange(rows, rows_.options()).unsqueeze(1).expand({rows, next.size_});
    joined.rows_ = torch::cat({old, last}, 1);  // [B, Tk]
  }
  joined.size_ = size_ + next.size_;
  if (padding_.defined() || next.padding_.defined()) {
    const auto filled = [](const Memory& m) {
      return m.padding_.defined()
                 ? m.padding_
                 : torch::ones({m.batch(), m.size_}, m.parts_[0].options().dtype(torch::kBool));
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
  const int64_t batch = memory.batch();
  if (query.size(0) != batch)
    throw std::invalid_argument(begin + "query must have the memory's B = " + std::to_string(batch) +
                                "; found " + shape_text(query));
}

}  // namespace fovea
