#include "models/attention/fused/fused_attention.h"

#include <ATen/record_function.h>

#include <algorithm>
#include <array>
#include <atomic>

#include "models/attention/counter_dropout.h"
#include "models/attention/fused/tile_plan.h"
#include "models/attention/fused/wide_rows.h"
#include "src/core/once_differentiable.h"
#include "src/core/parallel.h"
#include "src/kernels/kernel_sets.h"

namespace fovea {
namespace {

/// Pieces of work that a call is cut into at least, where it has blocks enough: a few for each thread of a
/// common machine. A constant: the sums over pieces must not depend on the number of threads.
constexpr int64_t kLeastTasks = 8;
/// Multiply–accumulates below which waking other threads takes longer than the call.
constexpr int64_t kLeastMacs = 1 << 16;

/// What does not change from block to block.
struct Shape {
  std::vector<int64_t> sizes;  // B, H, Tq, Tk
  int64_t batch, heads, queries, keys, width, value_width;
  explicit Shape(const FusedCall& c)
      : sizes{c.query.size(0), c.query.size(1), c.query.size(2), c.key.size(2)},
        batch(sizes[0]),
        heads(sizes[1]),
        queries(sizes[2]),
        keys(sizes[3]),
        width(c.query.size(3)),
        value_width(c.value.size(3)) {}
};

/// Multiply–accumulates of a call, as the plain path makes them: every pair, masked or not.
int64_t macs_of(const FusedCall& call) {
  const int64_t pairs = call.query.size(0) * call.query.size(1) * call.query.size(2) * call.key.size(2);
  int64_t score = call.pair == PairRule::kProduct ? call.query.size(3) : 0;
  if (call.energy.defined()) score = call.energy.size(-1);
  return pairs * (score + call.value.size(3));
}

/// Numbers of a row beside each other.
Tensor in_rows(const Tensor& x) {
  return x.stride(-1) == 1 || x.size(-1) <= 1 ? x : x.contiguous();
}

/// [B, H, T, X] laid out as [B, T, H, X], as projections read it.
Tensor empty_rows(int64_t batch, int64_t heads, int64_t length, int64_t width,
                  const torch::TensorOptions& options) {
  return torch::empty({batch, length, heads, width}, options).transpose(1, 2);
}

template <class T>
RowsOf<const T> rows_of(const Tensor& x, int64_t b, int64_t h) {
  return {x.const_data_ptr<T>() + b * x.stride(0) + h * x.stride(1), x.stride(2)};
}
template <class T>
RowsOf<T> rows_to(const Tensor& x, int64_t b, int64_t h) {
  return {x.data_ptr<T>() + b * x.stride(0) + h * x.stride(1), x.stride(2)};
}
/// Of [pieces, B, H, T, X].
template <class T>
RowsOf<T> rows_to(const Tensor& x, int64_t piece, int64_t b, int64_t h) {
  return {x.data_ptr<T>() + piece * x.stride(0) + b * x.stride(1) + h * x.stride(2), x.stride(3)};
}

/// Whether queries, keys and values are bfloat16: each head's are widened, and its answer narrowed, when its
/// turn comes, near the processor.
bool is_half(const FusedCall& c) {
  return c.query.scalar_type() == torch::kBFloat16;
}
/// What numbers beside them are.
torch::TensorOptions wide_options(const FusedCall& c) {
  return is_half(c) ? c.query.options().dtype(torch::kFloat32) : c.query.options();
}

/// Numbers of one head: its call, and as many for the answer, or for the gradients.
int64_t wide_numbers(const Shape& s) {
  return 2 * (s.queries + s.keys) * (s.width + s.value_width);
}

/// Vectors of one head, of offset 0; x [H, Tq + Tk − 1, X].
template <class T>
RowsOf<const T> offsets_of(const Tensor& x, int64_t h, int64_t queries) {
  return {x.const_data_ptr<T>() + h * x.stride(0) + (queries - 1) * x.stride(1), x.stride(1)};
}
/// The same of gradients [pieces, B, H, Tq + Tk − 1, X].
template <class T>
RowsOf<T> offsets_to(const Tensor& x, int64_t piece, int64_t b, int64_t h, int64_t queries) {
  const RowsOf<T> all = rows_to<T>(x, piece, b, h);
  return {all.data + (queries - 1) * all.stride, all.stride};
}

template <class T>
HeadCall<T> head_call(const FusedCall& c, const Shape& s, int64_t b, int64_t h) {
  HeadCall<T> call;
  call.batch = b, call.head = h;
  call.queries = s.queries, call.keys = s.keys, call.width = s.width, call.value_width = s.value_width;
  if (!is_half(c)) {
    call.query = rows_of<T>(c.query, b, h), call.key = rows_of<T>(c.key, b, h);
    call.value = rows_of<T>(c.value, b, h);
  }
  call.pair = c.pair, call.scale = static_cast<T>(c.scale), call.row = c.row.rule, call.number = c.row.number;
  if (c.energy.defined())
    call.energy = c.energy.const_data_ptr<T>() + (c.energy.dim() == 2 ? h * c.energy.stride(0) : 0);
  if (c.bias.defined()) call.bias = c.bias.const_data_ptr<T>() + h * c.bias.stride(0) + s.queries - 1;
  if (c.relative_key.defined()) {
    call.relative_query = rows_of<T>(c.relative_query, b, h);
    call.relative_key = offsets_of<T>(c.relative_key, h, s.queries);
  }
  if (c.relative_value.defined()) call.relative_value = offsets_of<T>(c.relative_value, h, s.queries);
  if (c.padding.defined())
    call.padding = reinterpret_cast<const uint8_t*>(c.padding.const_data_ptr<bool>()) + b * s.keys;
  if (c.dropout_key) call.dropout = dropout_rule(*c.dropout_key, c.dropout, b, h, c.first);
  return call;
}

/// The blocks of a plan, cut into pieces for every head.
struct Pieces {
  const std::vector<RowBlock>& blocks;
  int64_t heads, count;  // B·H; pieces of each
  Pieces(const TilePlan& plan, const Shape& s) : blocks(plan.blocks()), heads(s.batch * s.heads) {
    const int64_t wanted = (kLeastTasks + heads - 1) / std::max<int64_t>(1, heads);
    count = std::clamp<int64_t>(wanted, 1, std::max<int64_t>(1, static_cast<int64_t>(blocks.size())));
  }
  int64_t tasks() const { return heads * count; }
  /// First block of piece `p`.
  int64_t begin(int64_t p) const { return p * static_cast<int64_t>(blocks.size()) / count; }
};

/// Room for `numbers` in `scratch`, which grows where it must. A tensor: aligned for vectors, and its memory
/// counted.
template <class T>
T* room(Tensor& scratch, int64_t numbers) {
  if (!scratch.defined() || scratch.numel() < numbers)
    scratch = torch::empty({numbers}, torch::CppTypeToScalarType<T>::value);
  return scratch.data_ptr<T>();
}

/// A head's piece on its way: the rows it answers, what its kernel may use, and, of bfloat16, where its
/// answers may be wide.
struct Work {
  int64_t head, piece;
  Span rows;
  Tensor scratch, wide;
  float* free = nullptr;
};

template <class T>
void widen(const FusedCall& c, const Shape& s, HeadCall<T>& call, Work& work) {
  if constexpr (std::is_same_v<T, float>) {
    work.free = room<float>(work.wide, wide_numbers(s));
    call.query = WideRows(c.query, call.batch, call.head, work.free).taken(work.rows);
    call.key = WideRows(c.key, call.batch, call.head, work.free).taken({0, s.keys});
    call.value = WideRows(c.value, call.batch, call.head, work.free).taken({0, s.keys});
  }
}

/// task(call, work) for every head and piece, on all threads.
template <class T, class Task>
void each_piece(const FusedCall& c, const Shape& s, const Pieces& pieces, Task task) {
  std::atomic<int64_t> next{0};
  const int64_t tasks = pieces.tasks();
  const bool short_call = macs_of(c) < kLeastMacs;
  // A thread's share is whatever piece is next, not the part it is called for.
  parallel_parts(tasks, short_call ? tasks : 1, [&](int64_t, int64_t) {
    Work work;
    // The last pieces first: under a causal mask they are the largest.
    for (int64_t left; (left = next.fetch_add(1)) < tasks;) {
      const int64_t t = tasks - 1 - left, head = t / pieces.count, piece = t % pieces.count;
      work.head = head, work.piece = piece;
      HeadCall<T> call = head_call<T>(c, s, head / s.heads, head % s.heads);
      call.blocks = pieces.blocks.data() + pieces.begin(piece);
      call.block_count = pieces.begin(piece + 1) - pieces.begin(piece);
      work.rows = call.block_count > 0 ? Span{call.blocks[0].begin, call.blocks[call.block_count - 1].end}
                                       : Span{0, 0};
      if (is_half(c)) widen(c, s, call, work);
      task(call, work);
    }
  });
}

/// What a forward pass may write beside the attended values; each may be undefined.
struct Beside {
  Tensor numbers;  // [B, H, Tq, 2]
  Tensor scores;   // [B, H, Tq, Tk], of pairs
  Tensor weights;  // [B, H, Tq, Tk]
};

template <class T>
void forward(const FusedCall& c, const Tensor& attended, const Beside& beside) {
  const Shape s(c);
  const auto& kernels = fovea::kernels<AttentionKernels<T>>();
  for (int64_t begin = 0; begin < s.queries;) {
    const TilePlan plan(c.mask, s.sizes, c.first, begin);
    each_piece<T>(c, s, Pieces(plan, s), [&](const HeadCall<T>& call, Work& work) {
      HeadAnswer<T> answer;
      if (beside.numbers.defined()) answer.rows = beside.numbers.data_ptr<T>() + work.head * 2 * s.queries;
      if (beside.scores.defined()) answer.scores = rows_to<T>(beside.scores, call.batch, call.head);
      if (beside.weights.defined()) answer.weights = rows_to<T>(beside.weights, call.batch, call.head);
      T* scratch = room<T>(work.scratch, kernels.scratch(call, false));
      if constexpr (std::is_same_v<T, float>)
        if (is_half(c)) {
          const WideRows wide(attended, call.batch, call.head, work.free);
          answer.attended = wide.room();
          kernels.forward(call, answer, scratch);
          return wide.give(work.rows);
        }
      answer.attended = rows_to<T>(attended, call.batch, call.head);
      kernels.forward(call, answer, scratch);
    });
    begin = plan.end();
  }
}

/// Gradients of one call; those of keys, energy and bias once for each piece, to be added in order.
struct Gradients {
  Tensor query;                         // [B, H, Tq, X]
  Tensor key, value;                    // [pieces, B, H, Tk, X]
  Tensor energy;                        // [pieces, B, H, A]
  Tensor bias;                          // [pieces, B, H, Tq + Tk − 1]
  Tensor relative_query;                // [B, H, Tq, X]
  Tensor relative_key, relative_value;  // [pieces, B, H, Tq + Tk − 1, X]
};

/// [1, B, H, Tk, X] and [1, B, H, Tk, Dv], a row of the one beside that of the other: projections of one
/// input make their gradients of both at once (layer_linears). Keys of pairs have a projection of their own.
std::pair<Tensor, Tensor> empty_beside(const Shape& s, const torch::TensorOptions& options) {
  const int64_t width = s.heads * s.width, value_width = s.heads * s.value_width;
  const Tensor both = torch::empty({1, s.batch, s.keys, width + value_width}, options);
  const auto part = [&](int64_t begin, int64_t count) {
    return both.narrow(3, begin, count).unflatten(3, {s.heads, count / s.heads}).transpose(2, 3);
  };
  return {part(0, width), part(width, value_width)};
}

/// [pieces, B, H, T, X] laid out as [pieces, B, T, H, X].
Tensor empty_pieces(int64_t pieces, const Shape& s, int64_t width, const torch::TensorOptions& options) {
  return empty_rows(pieces * s.batch, s.heads, s.keys, width, options).unflatten(0, {pieces, s.batch});
}

template <class T>
void backward(const FusedCall& c, const Shape& s, const TilePlan& plan, bool only_plan,
              const Tensor& attended_grad, const Beside& kept, Gradients& g) {
  const Pieces pieces(plan, s);
  const auto& kernels = fovea::kernels<AttentionKernels<T>>();
  const auto options = wide_options(c);
  // Where there are several to add up, they are not narrowed before.
  const bool wide_keys = !is_half(c) || pieces.count > 1 || !only_plan;
  const auto of_keys = wide_keys ? options : c.query.options();
  if (pieces.count == 1 && c.pair == PairRule::kProduct) {
    std::tie(g.key, g.value) = empty_beside(s, of_keys);
  } else {
    g.key = empty_pieces(pieces.count, s, s.width, of_keys);
    g.value = empty_pieces(pieces.count, s, s.value_width, of_keys);
  }
  if (c.energy.defined())
    g.energy = torch::empty({pieces.count, s.batch, s.heads, c.energy.size(-1)}, options);
  if (c.bias.defined()) g.bias = torch::zeros({pieces.count, s.batch, s.heads, c.bias.size(-1)}, options);
  for (const auto& [given, to] :
       {std::pair(&c.relative_key, &g.relative_key), std::pair(&c.relative_value, &g.relative_value)})
    if (given->defined())
      *to = torch::empty({pieces.count, s.batch, s.heads, given->size(1), given->size(2)}, options);
  const Tensor first_key = g.key[0], first_value = g.value[0];
  each_piece<T>(c, s, pieces, [&](const HeadCall<T>& call, Work& work) {
    const int64_t b = call.batch, h = call.head, at = work.piece * pieces.heads + work.head;
    HeadGradient<T> gradient;
    if (kept.numbers.defined()) gradient.rows = kept.numbers.const_data_ptr<T>() + work.head * 2 * s.queries;
    if (kept.scores.defined()) gradient.scores = rows_of<T>(kept.scores, b, h);
    if (g.energy.defined()) gradient.energy = g.energy.data_ptr<T>() + at * g.energy.size(-1);
    if (g.bias.defined()) gradient.bias = g.bias.data_ptr<T>() + at * g.bias.size(-1) + s.queries - 1;
    if (g.relative_key.defined()) {
      gradient.relative_query = rows_to<T>(g.relative_query, b, h);
      gradient.relative_key = offsets_to<T>(g.relative_key, work.piece, b, h, s.queries);
    }
    if (g.relative_value.defined())
      gradient.relative_value = offsets_to<T>(g.relative_value, work.piece, b, h, s.queries);
    T* scratch = room<T>(work.scratch, kernels.scratch(call, true));
    if (wide_keys) {
      gradient.key = rows_to<T>(g.key, work.piece, b, h);
      gradient.value = rows_to<T>(g.value, work.piece, b, h);
    }
    if constexpr (std::is_same_v<T, float>)
      if (is_half(c)) {
        gradient.attended = WideRows(attended_grad, b, h, work.free).taken(work.rows);
        const WideRows query(g.query, b, h, work.free), key(first_key, b, h, work.free),
            value(first_value, b, h, work.free);
        gradient.query = query.room();
        if (!wide_keys) gradient.key = key.room(), gradient.value = value.room();
        kernels.backward(call, gradient, scratch);
        query.give(work.rows);
        if (!wide_keys) key.give({0, s.keys}), value.give({0, s.keys});
        return;
      }
    gradient.attended = rows_of<T>(attended_grad, b, h);
    gradient.query = rows_to<T>(g.query, b, h);
    kernels.backward(call, gradient, scratch);
  });
}

/// Whether the backward pass wants two numbers of each row back.
bool keeps_numbers(RowRule rule) {
  return rule == RowRule::kSoftmax || rule == RowRule::kSoftmaxOne || rule == RowRule::kHard;
}

/// Whether the scores of pairs are kept for it: they take no more room than the queries, and a third of the
/// tanhs to make again.
bool keeps_scores(const FusedCall& c) {
  return (c.pair == PairRule::kTanh || c.pair == PairRule::kGated) && c.key.size(2) <= c.query.size(3);
}

/// A call on its way to the backward pass.
struct KeptCall : torch::CustomClassHolder {
  FusedCall call;  // without its tensors, which the graph keeps
};

template <class F>
void dispatch(const Tensor& x, F f) {
  if (x.scalar_type() == torch::kFloat64)
    f(double{});
  else
    f(float{});
}

Tensor added(const Tensor& sum, const Tensor& next) {
  return sum.defined() ? sum + next : next;
}

/// The sum over pieces, in their order.
Tensor over_pieces(const Tensor& pieces) {
  return pieces.size(0) == 1 ? pieces[0] : pieces.sum(0);
}

/// The tensors of a call that have gradients, in the order in which the graph has them.
std::array<Tensor*, 8> tensors_of(FusedCall& c) {
  return {&c.query,          &c.key,          &c.value,         &c.energy, &c.bias,
          &c.relative_query, &c.relative_key, &c.relative_value};
}

/// Tensors as the kernels read them.
FusedCall laid_out(FusedCall c) {
  for (Tensor* const x : {&c.query, &c.key, &c.value, &c.relative_query, &c.relative_key, &c.relative_value})
    if (x->defined()) *x = in_rows(*x);
  for (Tensor* const x : {&c.energy, &c.bias, &c.padding})
    if (x->defined()) *x = x->contiguous();
  return c;
}

Tensor empty_attended(const FusedCall& c) {
  const Shape s(c);
  return empty_rows(s.batch, s.heads, s.queries, s.value_width, c.value.options());
}

class FusedFunction : public torch::autograd::Function<FusedFunction> {
 public:
  using Context = torch::autograd::AutogradContext;
  using Perhaps = std::optional<Tensor>;

  static Tensor forward(Context* context, const Tensor& query, const Tensor& key, const Tensor& value,
                        const Perhaps& energy, const Perhaps& bias, const Perhaps& relative_query,
                        const Perhaps& relative_key, const Perhaps& relative_value, const FusedCall& given) {
    const at::AutoDispatchBelowADInplaceOrView below;
    const auto given_or_none = [](const Perhaps& x) { return x.value_or(Tensor()); };
    FusedCall c = given;
    c.query = query, c.key = key, c.value = value;
    c.energy = given_or_none(energy), c.bias = given_or_none(bias);
    c.relative_query = given_or_none(relative_query), c.relative_key = given_or_none(relative_key);
    c.relative_value = given_or_none(relative_value);
    c = laid_out(std::move(c));
    const Tensor attended = empty_attended(c);
    Beside beside;
    if (keeps_numbers(c.row.rule))
      beside.numbers = torch::empty({query.size(0), query.size(1), query.size(2), 2}, wide_options(c));
    if (keeps_scores(c)) beside.scores = torch::empty(Shape(c).sizes, wide_options(c));
    dispatch(query, [&](auto type) { fovea::forward<decltype(type)>(c, attended, beside); });
    torch::autograd::variable_list kept = {beside.numbers, beside.scores};
    for (Tensor* const x : tensors_of(c)) kept.push_back(std::exchange(*x, Tensor()));
    context->save_for_backward(kept);
    auto rest = c10::make_intrusive<KeptCall>();
    rest->call = std::move(c);
    context->saved_data["call"] = c10::IValue::make_capsule(rest);
    return attended;
  }

  static torch::autograd::variable_list backward(Context* context, torch::autograd::variable_list grads) {
    once_differentiable("fused_attention", "model.attention.engine=plain");
    const auto kept = context->get_saved_variables();
    FusedCall c = c10::static_intrusive_pointer_cast<KeptCall>(context->saved_data["call"].toCapsule())->call;
    const Beside beside{kept[0], kept[1], {}};
    const Tensor grad = in_rows(grads[0]);
    size_t next = 2;
    for (Tensor* const x : tensors_of(c)) *x = kept[next++];
    const Shape s(c);
    const auto rows = [&](const Tensor& like) {
      return empty_rows(s.batch, s.heads, s.queries, s.width, like.options());
    };
    Tensor key, value, energy, bias, relative_key, relative_value;
    Gradients g;
    g.query = rows(c.query);
    if (c.relative_query.defined()) g.relative_query = rows(c.relative_query);
    for (int64_t begin = 0; begin < s.queries;) {
      const TilePlan plan(c.mask, s.sizes, c.first, begin);
      const bool only_plan = begin == 0 && plan.end() == s.queries;
      dispatch(c.query,
               [&](auto type) { fovea::backward<decltype(type)>(c, s, plan, only_plan, grad, beside, g); });
      key = added(key, over_pieces(g.key)), value = added(value, over_pieces(g.value));
      for (const auto& [sum, of] :
           {std::pair(&energy, &g.energy), std::pair(&bias, &g.bias),
            std::pair(&relative_key, &g.relative_key), std::pair(&relative_value, &g.relative_value)})
        if (of->defined()) *sum = added(*sum, over_pieces(*of).sum(0));  // [H, …]
      begin = plan.end();
    }
    if (energy.defined() && c.energy.dim() == 1) energy = energy.sum(0);
    const auto type = c.query.scalar_type();
    return {g.query,          key.to(type), value.to(type), energy,  bias,
            g.relative_query, relative_key, relative_value, Tensor()};
  }
};

/// Nothing to attend to, or nobody who does.
bool is_empty(const FusedCall& c) {
  return c.query.size(2) == 0 || c.key.size(2) == 0 || c.value.size(3) == 0 || c.query.size(0) == 0;
}

/// The tensors of a call in the types that the kernels take.
FusedCall typed(FusedCall c) {
  const auto all_are = [&](torch::Dtype type) {
    return c.query.scalar_type() == type && c.key.scalar_type() == type && c.value.scalar_type() == type;
  };
  const auto wide = c.query.scalar_type() == torch::kFloat64 ? torch::kFloat64 : torch::kFloat32;
  const bool relative = c.relative_key.defined() || c.relative_value.defined();
  const auto type = all_are(torch::kBFloat16) && !relative ? torch::kBFloat16 : wide;
  for (Tensor* const x : tensors_of(c))
    if (x->defined()) *x = x->to(x == &c.query || x == &c.key || x == &c.value ? type : wide);
  return c;
}

}  // namespace

FusedAnswer fused_answer(const FusedCall& call) {
  const torch::NoGradGuard no_gradient;
  if (is_empty(call)) return {fused_attention(call), torch::zeros(Shape(call).sizes, call.value.options())};
  const std::vector<c10::IValue> counted = {c10::IValue(macs_of(call))};
  RECORD_FUNCTION("fovea::fused_attention", counted);
  const FusedCall c = laid_out(typed(call));
  const Tensor attended = empty_attended(c), weights = torch::empty(Shape(c).sizes, wide_options(c));
  dispatch(c.query, [&](auto type) { fovea::forward<decltype(type)>(c, attended, {{}, {}, weights}); });
  const auto type = call.value.scalar_type();
  return {attended.to(type), weights.to(type)};
}

Tensor fused_attention(const FusedCall& call) {
  // For whoever counts (src/train/macs.h): no operator of LibTorch is called below.
  const std::vector<c10::IValue> counted = {c10::IValue(macs_of(call))};
  RECORD_FUNCTION("fovea::fused_attention", counted);
  if (is_empty(call))  // 0, of which every input is an (empty) part
    return torch::matmul(torch::zeros(Shape(call).sizes, call.value.options()), call.value);
  const auto perhaps = [](const Tensor& x) { return x.defined() ? std::optional<Tensor>(x) : std::nullopt; };
  const FusedCall c = typed(call);
  const Tensor attended = FusedFunction::apply(c.query, c.key, c.value, perhaps(c.energy), perhaps(c.bias),
                                               perhaps(c.relative_query), perhaps(c.relative_key),
                                               perhaps(c.relative_value), call);
  return attended.to(call.value.scalar_type());
}

}  // namespace fovea
