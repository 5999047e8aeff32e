#include "apps/shared/attend.h"

#include <iostream>
#include <set>

#include "apps/shared/attend_arrays.h"
#include "models/attention/refusals.h"
#include "models/attention/registry.h"
#include "src/base/error.h"
#include "src/base/files.h"
#include "src/config/layers.h"
#include "src/core/safetensors.h"

namespace fovea {
namespace {

/// The arrays of one call, [B, T, D] each; heads as the files had them (0 = not split).
struct Arrays {
  Tensor query, key, value;
  int64_t query_heads = 0, key_heads = 0, value_heads = 0;
};

/// The attention group and the slot's own fields from axis=value.
struct Choice {
  Json group;
  int64_t rows = 0, columns = 0;
};

Choice read_choice(const AttendRequest& request) {
  Choice choice;
  choice.group = parse_overrides(request.fields);
  if (choice.group.contains("name"))
    throw ConfigError("name: the variant is the first argument, " + request.name);
  choice.group["name"] = request.name;
  if (!choice.group.contains("grid")) return choice;
  const Json grid = choice.group["grid"];
  if (!grid.is_array() || grid.size() != 2 || !grid[0].is_number_integer() || !grid[1].is_number_integer() ||
      grid[0] < 1 || grid[1] < 1)
    throw ConfigError("grid: expected [rows,columns], found " + grid.dump());
  choice.rows = grid[0].get<int64_t>(), choice.columns = grid[1].get<int64_t>();
  choice.group.erase("grid");
  return choice;
}

/// One input: [B, T, D], or [B, H, T, Dh] joined.
Tensor read_input(const std::string& path, bool split, const char* plain_shape, const char* split_shape,
                  int64_t* heads) {
  const Tensor array = read_floats(path, split ? 4 : 3, split ? split_shape : plain_shape);
  if (!split) return array;
  *heads = array.size(1);
  if (*heads == 0) throw DataError(path + ": expected at least one head, found " + shape_text(array));
  return join_heads(array);
}

Arrays read_arrays(const AttendRequest& request) {
  Arrays in;
  if (!request.query.empty())
    in.query =
        read_input(request.query, request.split_heads, "[B, Tq, Dq]", "[B, H, Tq, Dh]", &in.query_heads);
  in.key = read_input(request.key, request.split_heads, "[B, Tk, Dk]", "[B, H, Tk, Dh]", &in.key_heads);
  const std::string& value = request.value.empty() ? request.key : request.value;
  in.value = read_input(value, request.split_heads, "[B, Tk, Dv]", "[B, H, Tk, Dv]", &in.value_heads);
  if (in.value.size(0) != in.key.size(0) || in.value.size(1) != in.key.size(1))
    throw DataError(value + ": expected B = " + std::to_string(in.key.size(0)) +
                    " and Tk = " + std::to_string(in.key.size(1)) + " as " + request.key + " has, found " +
                    shape_text(in.value));
  if (in.query.defined() && in.query.size(0) != in.key.size(0))
    throw DataError(request.query + ": expected B = " + std::to_string(in.key.size(0)) + " as " +
                    request.key + " has, found " + shape_text(in.query));
  if (in.value_heads != in.key_heads)
    throw DataError(value + ": expected " + std::to_string(in.key_heads) + " heads as " + request.key +
                    " has, found " + std::to_string(in.value_heads));
  return in;
}

/// With split heads the arrays say how many there are; a number that was typed must agree, and so must
/// multi-query's one.
void take_heads(Json& group, const Arrays& in) {
  if (group.contains("projections") && group["projections"] != false)
    throw ConfigError("projections: --split-heads takes heads that are projected already; found " +
                      group["projections"].dump());
  const Json preset = named_attentions().at(group["name"].get<std::string>(), "name").preset;
  const int64_t query_heads = in.query_heads > 0 ? in.query_heads : in.key_heads;
  const auto agree = [](const Json& wanted, const char* field, int64_t found) {
    if (wanted != found)
      throw DataError(std::string("--split-heads: expected ") + field + " = " + wanted.dump() +
                      " heads, found " + std::to_string(found));
  };
  if (group.contains("heads")) agree(group["heads"], "heads", query_heads);
  if (group.contains("kv_heads"))
    agree(group["kv_heads"], "kv_heads", in.key_heads);
  else if (preset.value("kv_heads", 0) == 1)
    agree(1, "kv_heads", in.key_heads);
  group["heads"] = query_heads, group["kv_heads"] = in.key_heads, group["projections"] = false;
}

AttentionShape slot_shape(const Choice& choice, const Arrays& in, std::optional<int64_t> first) {
  AttentionShape shape;
  shape.key_width = in.key.size(2), shape.value_width = in.value.size(2);
  shape.query_width = in.query.defined() ? in.query.size(2) : in.key.size(2);
  shape.rows = choice.rows, shape.columns = choice.columns;
  shape.length = in.key.size(1), shape.queries = in.query.defined() ? in.query.size(1) : 1;
  if (shape.rows * shape.columns > 0 && shape.rows * shape.columns < shape.length)
    throw ConfigError("grid: expected room for " + std::to_string(shape.length) + " keys, found " +
                      std::to_string(shape.rows) + " × " + std::to_string(shape.columns));
  shape.first = first.value_or(shape.length - shape.queries);
  if (shape.query_width == 0 || shape.key_width == 0)
    throw DataError("query and key: expected at least one column, found none");
  return shape;
}

Tensor padding_of(const std::vector<int64_t>& lengths, const Tensor& key) {
  if (lengths.empty()) return {};
  const int64_t batch = key.size(0), keys = key.size(1);
  if (static_cast<int64_t>(lengths.size()) != batch)
    throw ConfigError("--lengths: expected " + std::to_string(batch) + " numbers, one an example; found " +
                      std::to_string(lengths.size()));
  for (const int64_t length : lengths)
    if (length < 0 || length > keys)
      throw ConfigError("--lengths: expected numbers from 0 to " + std::to_string(keys) + ", found " +
                        std::to_string(length));
  return torch::arange(keys).unsqueeze(0) < torch::tensor(lengths, torch::kInt64).unsqueeze(1);  // [B, Tk]
}

Mask mask_of(const std::string& path, const Arrays& in, int64_t heads) {
  const Tensor allowed = read_mask(path);
  const std::vector<int64_t> whole = {in.key.size(0), heads, in.query.size(1), in.key.size(1)};
  bool fits = allowed.size(-1) == whole[3] && allowed.size(-2) == whole[2];
  if (allowed.dim() >= 3) fits = fits && allowed.size(0) == whole[0];
  if (allowed.dim() == 4) fits = fits && allowed.size(1) == whole[1];
  if (!fits)
    throw DataError(path + ": expected the last " + std::to_string(allowed.dim()) +
                    " axes of B, H, Tq, Tk = " + shape_text(torch::empty(whole, torch::kMeta)) + ", found " +
                    shape_text(allowed));
  return Mask::dense(allowed);
}

/// Parameters and saved buffers, by name.
std::map<std::string, Tensor> named_tensors(const Attention& attention) {
  std::map<std::string, Tensor> named;
  for (const auto& item : attention.named_parameters()) named[item.key()] = item.value();
  for (const auto& item : attention.named_buffers()) named[item.key()] = item.value();
  return named;
}

std::string list_of(const std::map<std::string, Tensor>& named) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : named) names.push_back(name);
  return names.empty() ? "none" : join(names, ", ");
}

/// Fills the attention from a file that must hold exactly its parameters.
void load_parameters(const Attention& attention, const std::string& path) {
  const TensorMap given = read_safetensors(path);
  std::map<std::string, Tensor> wanted = named_tensors(attention);
  for (const auto& [name, tensor] : given)
    if (wanted.count(name) == 0)
      throw CheckpointError(path + ": found parameter " + name + " " + shape_text(tensor) + "; expected " +
                            list_of(wanted));
  torch::NoGradGuard no_gradient;
  for (auto& [name, tensor] : wanted) {
    const auto found = given.find(name);
    if (found == given.end())
      throw CheckpointError(path + ": parameter " + name + " is missing; expected shape " +
                            shape_text(tensor) + ", found " + list_of(given));
    if (found->second.sizes() != tensor.sizes())
      throw CheckpointError(path + ": parameter " + name + ": expected shape " + shape_text(tensor) +
                            ", found " + shape_text(found->second));
    if (tensor.is_floating_point() != found->second.is_floating_point())
      throw CheckpointError(path + ": parameter " + name + ": expected " +
                            c10::toString(tensor.scalar_type()) + ", found " +
                            c10::toString(found->second.scalar_type()));
    tensor.copy_(found->second);
  }
}

void save(const std::string& out, const std::string& file, const Tensor& tensor) {
  write_tensor(out + "/" + file, tensor);
  std::cout << file << " " << shape_text(tensor) << "\n";
}

/// dL/dcontext, or undefined when none was given.
Tensor read_slope(const std::string& path, const Tensor& context) {
  if (path.empty()) return {};
  const Tensor slope = read_floats(path, 3, "[B, Tq, D] like the context").to(context.dtype());
  if (slope.sizes() != context.sizes())
    throw DataError(path + ": expected the context's shape " + shape_text(context) + ", found " +
                    shape_text(slope));
  return slope;
}

/// Gradients of Σ slope · context in every input and parameter; zeros where there is no influence.
void save_gradients(const AttendRequest& request, const Arrays& in, const Attention& attention,
                    const Tensor& context, const Tensor& slope) {
  std::vector<Tensor> leaves = {in.query, in.key, in.value};
  std::vector<std::string> names;
  for (const auto& item : attention.named_parameters()) {
    names.push_back(item.key());
    leaves.push_back(item.value());
  }
  std::vector<Tensor> grads =
      torch::autograd::grad({context}, leaves, {slope}, false, false, /*allow_unused=*/true);
  for (size_t i = 0; i < grads.size(); ++i)
    if (!grads[i].defined()) grads[i] = torch::zeros_like(leaves[i]);
  const auto shaped = [](const Tensor& grad, int64_t heads) {
    return heads > 0 ? split_heads(grad, heads) : grad;
  };
  if (!request.query.empty()) save(request.out, "grad_query.npy", shaped(grads[0], in.query_heads));
  save(request.out, "grad_key.npy", shaped(grads[1], in.key_heads));
  save(request.out, "grad_value.npy", shaped(grads[2], in.value_heads));
  TensorMap of_parameters;
  for (size_t i = 0; i < names.size(); ++i) of_parameters[names[i]] = grads[i + 3];
  write_safetensors(request.out + "/grad_params.safetensors", of_parameters);
  std::cout << "grad_params.safetensors " << list_of(of_parameters) << "\n";
}

/// The inputs in the run's dtype, as leaves of the graph; the query that is absent is one row of zeros.
void prepare(Arrays& in, const AttendRequest& request, bool uses_query) {
  if (!in.query.defined()) {
    if (uses_query)
      throw ConfigError("--query: " + request.name +
                        " needs one; only attentions that have no use for a query can do without");
    in.query = torch::zeros({in.key.size(0), 1, in.key.size(2)}, in.key.options());
  }
  const auto type = request.dtype.empty()        ? in.query.scalar_type()
                    : request.dtype == "float64" ? torch::kFloat64
                                                 : torch::kFloat32;
  for (Tensor* tensor : {&in.query, &in.key, &in.value})
    *tensor = tensor->to(type).detach().set_requires_grad(!request.grad.empty());
}

}  // namespace

int attend(const AttendRequest& request) {
  Choice choice = read_choice(request);
  if (!request.split_heads)
    resolve_attention(choice.group, request.name);  // a wrong name or field is said before any array is read
  Arrays in = read_arrays(request);
  if (request.split_heads) take_heads(choice.group, in);
  const AttentionConfig config = resolve_attention(choice.group, request.name);
  if (!config.direct.empty() && !request.mask.empty())
    refuse(Refusal::kDirectMask, request.name, "--mask " + request.mask);

  torch::manual_seed(request.seed);
  const auto attention = make_attention(config, slot_shape(choice, in, request.first), request.name);
  if (request.verbose) std::cerr << "engine: " << engine_text(*attention) << "\n";
  attention->eval();
  prepare(in, request, attention->traits().uses_query);
  attention->to(in.query.scalar_type());
  for (Tensor& parameter : attention->parameters()) parameter.set_requires_grad(!request.grad.empty());
  if (!request.params.empty()) load_parameters(*attention, request.params);

  Call call;
  call.first = request.first;
  call.want = Want::kWeights;
  if (!request.mask.empty()) call.mask = mask_of(request.mask, in, attention->heads());
  const AttentionOutput output =
      attention->forward(in.query, in.key, in.value, padding_of(request.lengths, in.key), call);
  const Tensor slope = read_slope(request.grad, output.context);

  make_folders(request.out);
  save(request.out, "context.npy", output.context);
  save(request.out, "weights.npy", output.weights);
  const TensorMap parameters = named_tensors(*attention);
  write_safetensors(request.out + "/params.safetensors", parameters, {{"attention", to_text(dump(config))}});
  std::cout << "params.safetensors " << list_of(parameters) << "\n";
  if (slope.defined()) save_gradients(request, in, *attention, output.context, slope);
  return 0;
}

}  // namespace fovea
