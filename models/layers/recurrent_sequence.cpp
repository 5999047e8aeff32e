#include "models/layers/recurrent_sequence.h"

#include <ATen/Dispatch.h>

#include "models/layers/recurrent_products.h"
#include "src/core/half_products.h"
#include "src/core/once_differentiable.h"
#include "src/core/parallel.h"
#include "src/kernels/kernel_sets.h"

namespace fovea {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using Variables = torch::autograd::variable_list;
using Maybe = std::optional<Tensor>;

/// The order of the steps: where each one's state stands among T + 1, the first of which the sequence begins
/// with.
struct Steps {
  int64_t count;
  bool reverse;
  int64_t time(int64_t i) const { return reverse ? count - 1 - i : i; }
  int64_t state_before(int64_t i) const { return reverse ? count - i : i; }
  int64_t state_after(int64_t i) const { return reverse ? count - 1 - i : i + 1; }
  /// [T + 1, B, H] → [T, B, H]: the states after, and before, the step of each time.
  Tensor after(const Tensor& states) const {
    return states.slice(0, reverse ? 0 : 1, reverse ? count : count + 1);
  }
  Tensor before(const Tensor& states) const {
    return states.slice(0, reverse ? 1 : 0, reverse ? count + 1 : count);
  }
};

template <class Scalar>
Scalar* at_index(const Tensor& tensor, int64_t i) {
  return tensor.data_ptr<Scalar>() + i * tensor.stride(0);
}

/// body(i, t, part) for step i at time t, in order or from the last to the first.
template <class Body>
void each_step(const Steps& steps, int64_t rows, Body body) {
  parallel_parts(rows, kLeastRows, [&](int64_t begin, int64_t end) {
    RowsPart part{begin, end, Tensor()};
    for (int64_t i = 0; i < steps.count; ++i) body(i, steps.time(i), part);
  });
}
template <class Body>
void each_step_back(const Steps& steps, int64_t rows, Body body) {
  parallel_parts(rows, kLeastRows, [&](int64_t begin, int64_t end) {
    RowsPart part{begin, end, Tensor()};
    for (int64_t i = steps.count - 1; i >= 0; --i) body(i, steps.time(i), part);
  });
}

CellStep cell_step(int64_t hidden, int64_t time, const Maybe& lengths) {
  return {hidden, time, lengths ? lengths->const_data_ptr<int64_t>() : nullptr};
}

/// Room for T + 1 states, with the first one in.
Tensor begun(const Tensor& first, const Steps& steps) {
  Tensor states = torch::empty({steps.count + 1, first.size(0), first.size(1)}, first.options());
  states[steps.state_before(0)].copy_(first);
  return states;
}

class FusedLstm : public torch::autograd::Function<FusedLstm> {
 public:
  static Variables forward(AutogradContext* context, const Variable& x, const Variable& w_input,
                           const Variable& w_hidden, const Variable& b_input, const Variable& b_hidden,
                           const Variable& h, const Variable& c, const Maybe& lengths, bool reverse,
                           bool half) {
    const at::AutoDispatchBelowADInplaceOrView below;  // views of every step are no matter of autograd
    const Steps steps{x.size(0), reverse};
    const InputGates input(x, w_input, b_input + b_hidden, half);
    const Tensor gates = input.gates();                              // [T, B, 4H]
    const Tensor states = begun(h, steps), cells = begun(c, steps);  // [T + 1, B, H]
    const StepMatrix recurrent(w_hidden, half);
    AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "fused_lstm", [&] {
      each_step(steps, x.size(1), [&](int64_t i, int64_t t, RowsPart& part) {
        input.make(t, part);
        StepRows before{{states, steps.state_before(i), part}, part.room};
        recurrent.add({gates, t, part}, before);
        const LstmForward<scalar_t> step{cell_step(h.size(1), t, lengths),
                                         at_index<scalar_t>(gates, t),
                                         at_index<scalar_t>(states, steps.state_before(i)),
                                         at_index<scalar_t>(cells, steps.state_before(i)),
                                         at_index<scalar_t>(states, steps.state_after(i)),
                                         at_index<scalar_t>(cells, steps.state_after(i))};
        kernels<RecurrentKernels<scalar_t>>().lstm_forward(step, part.begin, part.end);
      });
    });
    context->save_for_backward({x, w_input, w_hidden, gates, states, cells, lengths.value_or(Tensor())});
    context->saved_data["reverse"] = reverse;
    context->saved_data["half"] = half;
    const int64_t last = steps.state_after(steps.count - 1);
    return {steps.after(states), states[last].clone(), cells[last].clone()};
  }

  static Variables backward(AutogradContext* context, Variables from) {
    once_differentiable("lstm");
    const at::AutoDispatchBelowADInplaceOrView below;
    const Variables saved = context->get_saved_variables();
    const Tensor &x = saved[0], &w_input = saved[1], &w_hidden = saved[2], &gates = saved[3],
                 &states = saved[4], &cells = saved[5];
    const Maybe lengths = saved[6].defined() ? Maybe(saved[6]) : std::nullopt;
    const Steps steps{x.size(0), context->saved_data["reverse"].toBool()};
    const bool half = context->saved_data["half"].toBool();
    const StepMatrix back(w_hidden.t(), half);
    const InputGradient to_input(x, w_input, context->needs_input_grad(0), half);
    const Tensor outputs = from[0].contiguous(), dgates = torch::empty_like(gates);
    Tensor dh = from[1].clone(at::MemoryFormat::Contiguous), dc = from[2].clone(at::MemoryFormat::Contiguous);
    AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "fused_lstm", [&] {
      each_step_back(steps, x.size(1), [&](int64_t i, int64_t t, RowsPart& part) {
        const LstmBackward<scalar_t> step{cell_step(dh.size(1), t, lengths),
                                          at_index<scalar_t>(gates, t),
                                          at_index<scalar_t>(cells, steps.state_before(i)),
                                          at_index<scalar_t>(cells, steps.state_after(i)),
                                          at_index<scalar_t>(outputs, t),
                                          dh.data_ptr<scalar_t>(),
                                          dc.data_ptr<scalar_t>(),
                                          at_index<scalar_t>(dgates, t)};
        kernels<RecurrentKernels<scalar_t>>().lstm_backward(step, part.begin, part.end);
        StepRows slopes{{dgates, t, part}, part.room};
        back.add({dh, part}, slopes);
        to_input.make(t, part, slopes);
      });
    });
    const Tensor rows = rows_of(dgates), bias = torch::empty({rows.size(1)}, x.options());  // [T·B, 4H], [4H]
    const auto [of_input, of_hidden] =
        weight_gradients(rows, rows_of(x), rows_of(steps.before(states)), bias, half);
    return {to_input.whole(dgates), of_input, of_hidden, bias, bias, dh, dc, Tensor(), Tensor(), Tensor()};
  }
};

class FusedGru : public torch::autograd::Function<FusedGru> {
 public:
  static Variables forward(AutogradContext* context, const Variable& x, const Variable& w_input,
                           const Variable& w_hidden, const Variable& b_input, const Variable& b_hidden,
                           const Variable& h, const Maybe& lengths, bool reverse, bool half) {
    const at::AutoDispatchBelowADInplaceOrView below;  // views of every step are no matter of autograd
    const Steps steps{x.size(0), reverse};
    const InputGates input(x, w_input, b_input, half);
    const Tensor gates = input.gates();                // [T, B, 3H]
    const Tensor states = begun(h, steps);             // [T + 1, B, H]
    const Tensor inner = torch::empty_like(gates[0]);  // [B, 3H]
    const Tensor kept = torch::empty({steps.count, h.size(0), h.size(1)}, h.options());
    const StepMatrix recurrent(w_hidden, half);
    AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "fused_gru", [&] {
      each_step(steps, x.size(1), [&](int64_t i, int64_t t, RowsPart& part) {
        input.make(t, part);
        StepRows before{{states, steps.state_before(i), part}, part.room};
        recurrent.make({inner, part}, before, b_hidden);
        const GruForward<scalar_t> step{cell_step(h.size(1), t, lengths),
                                        at_index<scalar_t>(gates, t),
                                        inner.data_ptr<scalar_t>(),
                                        at_index<scalar_t>(kept, t),
                                        at_index<scalar_t>(states, steps.state_before(i)),
                                        at_index<scalar_t>(states, steps.state_after(i))};
        kernels<RecurrentKernels<scalar_t>>().gru_forward(step, part.begin, part.end);
      });
    });
    context->save_for_backward({x, w_input, w_hidden, gates, states, kept, lengths.value_or(Tensor())});
    context->saved_data["reverse"] = reverse;
    context->saved_data["half"] = half;
    return {steps.after(states), states[steps.state_after(steps.count - 1)].clone()};
  }

  static Variables backward(AutogradContext* context, Variables from) {
    once_differentiable("gru");
    const at::AutoDispatchBelowADInplaceOrView below;
    const Variables saved = context->get_saved_variables();
    const Tensor &x = saved[0], &w_input = saved[1], &w_hidden = saved[2], &gates = saved[3],
                 &states = saved[4], &kept = saved[5];
    const Maybe lengths = saved[6].defined() ? Maybe(saved[6]) : std::nullopt;
    const Steps steps{x.size(0), context->saved_data["reverse"].toBool()};
    const bool half = context->saved_data["half"].toBool();
    const StepMatrix back(w_hidden.t(), half);
    const InputGradient to_input(x, w_input, context->needs_input_grad(0), half);
    const Tensor outputs = from[0].contiguous(), dgates = torch::empty_like(gates),
                 dinner = torch::empty_like(gates);
    Tensor dh = from[1].clone(at::MemoryFormat::Contiguous);
    AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "fused_gru", [&] {
      each_step_back(steps, x.size(1), [&](int64_t i, int64_t t, RowsPart& part) {
        const GruBackward<scalar_t> step{
            cell_step(dh.size(1), t, lengths), at_index<scalar_t>(gates, t),
            at_index<scalar_t>(kept, t),       at_index<scalar_t>(states, steps.state_before(i)),
            at_index<scalar_t>(outputs, t),    dh.data_ptr<scalar_t>(),
            at_index<scalar_t>(dgates, t),     at_index<scalar_t>(dinner, t)};
        kernels<RecurrentKernels<scalar_t>>().gru_backward(step, part.begin, part.end);
        StepRows inner_slopes{{dinner, t, part}, part.room};
        back.add({dh, part}, inner_slopes);
        StepRows slopes{{dgates, t, part}, part.room};
        to_input.make(t, part, slopes);
      });
    });
    const Tensor rows = rows_of(dgates), inner = rows_of(dinner);  // [T·B, 3H]
    const auto sums = [&] { return torch::empty({rows.size(1)}, x.options()); };
    const Tensor b_input = sums(), b_hidden = sums();
    return {to_input.whole(dgates),
            weight_gradient(rows, rows_of(x), b_input, half),
            weight_gradient(inner, rows_of(steps.before(states)), b_hidden, half),
            b_input,
            b_hidden,
            dh,
            Tensor(),
            Tensor(),
            Tensor()};
  }
};

Maybe some(const Tensor& lengths) {
  return lengths.defined() ? Maybe(lengths.contiguous()) : std::nullopt;
}

bool coarse(const Tensor& x, const SequenceOptions& options) {
  return options.half && x.scalar_type() == torch::kFloat32 && has_half_products();
}

}  // namespace

bool has_fused_steps(const Tensor& x) {
  return x.device().is_cpu() && (x.scalar_type() == torch::kFloat32 || x.scalar_type() == torch::kFloat64);
}

SequenceOutput fused_lstm(const Tensor& x, const CellWeights& w, const Tensor& h, const Tensor& c,
                          const SequenceOptions& o) {
  const Variables all = FusedLstm::apply(x.contiguous(), w.input, w.hidden, w.input_bias, w.hidden_bias, h, c,
                                         some(o.lengths), o.reverse, coarse(x, o));
  return {all[0], all[1], all[2]};
}

SequenceOutput fused_gru(const Tensor& x, const CellWeights& w, const Tensor& h, const SequenceOptions& o) {
  const Variables all = FusedGru::apply(x.contiguous(), w.input, w.hidden, w.input_bias, w.hidden_bias, h,
                                        some(o.lengths), o.reverse, coarse(x, o));
  return {all[0], all[1], Tensor()};
}

}  // namespace fovea
