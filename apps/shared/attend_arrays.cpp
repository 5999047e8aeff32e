#include "apps/shared/attend_arrays.h"

#include <cstring>

#include "src/base/error.h"
#include "src/files/npy.h"

namespace fovea {
namespace {

Tensor as_tensor(const Array& array, torch::ScalarType type) {
  Tensor tensor = torch::empty(array.shape, torch::dtype(type));
  if (!array.data.empty()) std::memcpy(tensor.data_ptr(), array.data.data(), array.data.size());
  return tensor;
}

std::string shape_of(const Array& array) {
  return shape_text(torch::empty(array.shape, torch::dtype(torch::kBool).device(torch::kMeta)));
}

}  // namespace

Tensor read_floats(const std::string& path, int64_t rank, const char* shape) {
  const Array array = read_npy(path);
  if (static_cast<int64_t>(array.shape.size()) != rank)
    throw DataError(path + ": expected " + shape + ", found " + shape_of(array));
  if (array.dtype == "float64") return as_tensor(array, torch::kFloat64);
  if (array.dtype == "float32") return as_tensor(array, torch::kFloat32);
  if (array.dtype == "float16") return as_tensor(array, torch::kFloat16).to(torch::kFloat32);
  throw DataError(path + ": expected float64 or float32, found " + array.dtype);
}

Tensor read_mask(const std::string& path) {
  const Array array = read_npy(path);
  if (array.dtype != "bool")
    throw DataError(path + ": expected bool, true = may attend; found " + array.dtype);
  if (array.shape.size() < 2 || array.shape.size() > 4)
    throw DataError(path + ": expected [Tq, Tk], [B, Tq, Tk] or [B, H, Tq, Tk], found " + shape_of(array));
  return as_tensor(array, torch::kUInt8).to(torch::kBool);
}

void write_tensor(const std::string& path, const Tensor& tensor) {
  const Tensor plain = tensor.detach().to(torch::kCPU).contiguous();
  Array array;
  array.dtype = plain.scalar_type() == torch::kFloat64 ? "float64" : "float32";
  array.shape = plain.sizes().vec();
  array.data.resize(static_cast<size_t>(plain.numel() * plain.element_size()));
  if (!array.data.empty()) std::memcpy(array.data.data(), plain.data_ptr(), array.data.size());
  write_npy(path, array);
}

Tensor join_heads(const Tensor& split) {
  return split.transpose(1, 2).flatten(2);
}  // [B, T, H·Dh]

Tensor split_heads(const Tensor& joined, int64_t heads) {
  return joined.unflatten(-1, {heads, joined.size(-1) / heads}).transpose(1, 2);
}  // [B, H, T, Dh]

}  // namespace fovea
