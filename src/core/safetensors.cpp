#include "src/core/safetensors.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "src/base/error.h"
#include "src/base/files.h"
#include "src/base/json.h"

namespace fovea {
namespace {

constexpr uint64_t kMaxHeader = 100'000'000;

struct DtypeName {
  const char* name;
  torch::ScalarType type;
};
constexpr DtypeName kDtypes[] = {
    {"F64", torch::kFloat64}, {"F32", torch::kFloat32}, {"F16", torch::kFloat16}, {"BF16", torch::kBFloat16},
    {"I64", torch::kInt64},   {"I32", torch::kInt32},   {"I16", torch::kInt16},   {"I8", torch::kInt8},
    {"U8", torch::kUInt8},    {"BOOL", torch::kBool},
};

const char* dtype_name(torch::ScalarType type) {
  for (const auto& dtype : kDtypes)
    if (dtype.type == type) return dtype.name;
  throw std::invalid_argument(std::string("[encode_safetensors] no safetensors dtype for ") +
                              torch::toString(type));
}

[[noreturn]] void refuse(const std::string& where, const std::string& what) {
  throw CheckpointError(where + ": not a valid safetensors file: " + what);
}

struct Entry {
  std::string name;
  torch::ScalarType type;
  std::vector<int64_t> shape;
  uint64_t begin, end;
};

/// Bytes of a tensor, refusing shapes whose product overflows. Zeros are left out of the product until its
/// end: the strides of [0, 2^62, 2^62] overflow although it holds nothing.
uint64_t byte_count(const Entry& entry, const std::string& where) {
  int64_t bytes = static_cast<int64_t>(c10::elementSize(entry.type));
  for (int64_t size : entry.shape)
    if (__builtin_mul_overflow(bytes, std::max<int64_t>(1, size), &bytes))
      refuse(where, "shape of \"" + entry.name + "\" overflows");
  const bool empty = std::find(entry.shape.begin(), entry.shape.end(), 0) != entry.shape.end();
  return empty ? 0 : static_cast<uint64_t>(bytes);
}

uint64_t natural(const Json& value, const std::string& where, const std::string& what) {
  if (!value.is_number_integer() ||
      (value.is_number_integer() && !value.is_number_unsigned() && value.get<int64_t>() < 0))
    refuse(where, what + " must be a natural number; found " + value.dump());
  return value.get<uint64_t>();
}

Entry parse_entry(const std::string& name, const Json& value, const std::string& where) {
  const std::string quoted = "\"" + name + "\"";
  if (!value.is_object() || value.size() != 3 || !value.contains("dtype") || !value.contains("shape") ||
      !value.contains("data_offsets"))
    refuse(where, quoted + " must have exactly dtype, shape and data_offsets");
  if (!value["dtype"].is_string()) refuse(where, "dtype of " + quoted + " must be text");
  Entry entry{name, torch::kFloat32, {}, 0, 0};
  const std::string dtype = value["dtype"].get<std::string>();
  const auto* known = std::find_if(std::begin(kDtypes), std::end(kDtypes),
                                   [&](const DtypeName& d) { return dtype == d.name; });
  if (known == std::end(kDtypes)) refuse(where, "dtype of " + quoted + " is \"" + dtype + "\"");
  entry.type = known->type;
  if (!value["shape"].is_array() || value["shape"].size() > 64)
    refuse(where, "shape of " + quoted + " must be a list of at most 64 sizes");
  for (const Json& size : value["shape"]) {
    const uint64_t n = natural(size, where, "a size of " + quoted);
    if (n > static_cast<uint64_t>(INT64_MAX)) refuse(where, "a size of " + quoted + " overflows");
    entry.shape.push_back(static_cast<int64_t>(n));
  }
  const Json& offsets = value["data_offsets"];
  if (!offsets.is_array() || offsets.size() != 2)
    refuse(where, "data_offsets of " + quoted + " must be [begin, end]");
  entry.begin = natural(offsets[0], where, "an offset of " + quoted);
  entry.end = natural(offsets[1], where, "an offset of " + quoted);
  const uint64_t bytes = byte_count(entry, where);
  if (entry.end < entry.begin || entry.end - entry.begin != bytes)
    refuse(where, quoted + " needs " + std::to_string(bytes) + " bytes; data_offsets are " + offsets.dump());
  return entry;
}

Metadata parse_metadata(const Json& value, const std::string& where) {
  if (!value.is_object()) refuse(where, "__metadata__ must be an object of texts");
  Metadata metadata;
  for (const auto& [name, text] : value.items()) {
    if (!text.is_string()) refuse(where, "__metadata__ must be an object of texts");
    metadata[name] = text.get<std::string>();
  }
  return metadata;
}

Json parse_header(std::string_view bytes, const std::string& where, uint64_t* data_begin) {
  if (bytes.size() < 8) refuse(where, "expected at least 8 bytes; found " + std::to_string(bytes.size()));
  uint64_t size = 0;
  for (int i = 7; i >= 0; --i) size = size << 8 | static_cast<unsigned char>(bytes[static_cast<size_t>(i)]);
  if (size > kMaxHeader || size > bytes.size() - 8)
    refuse(where,
           "header of " + std::to_string(size) + " bytes in a file of " + std::to_string(bytes.size()));
  *data_begin = 8 + size;
  try {
    Json header = parse_json(std::string(bytes.substr(8, size)), where);
    if (size == 0 || bytes[8] != '{' || !header.is_object())
      refuse(where, "the header must be a JSON object");
    return header;
  } catch (const ConfigError& error) {
    throw CheckpointError(error.what());
  }
}

}  // namespace

std::string encode_safetensors(const TensorMap& tensors, const Metadata& metadata) {
  Json header = Json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  uint64_t offset = 0;
  for (const auto& [name, tensor] : tensors) {
    if (name == "__metadata__")
      throw std::invalid_argument("[encode_safetensors] no tensor may be called __metadata__");
    const uint64_t bytes = tensor.numel() * tensor.element_size();
    header[name] = {{"dtype", dtype_name(tensor.scalar_type())},
                    {"shape", tensor.sizes().vec()},
                    {"data_offsets", {offset, offset + bytes}}};
    offset += bytes;
  }
  std::string text = to_text(header);
  text.resize((text.size() + 7) / 8 * 8, ' ');  // data begins aligned to 8 bytes
  std::string file;
  file.reserve(8 + text.size() + offset);
  for (int i = 0; i < 8; ++i) file += static_cast<char>(text.size() >> (8 * i) & 0xff);
  file += text;
  for (const auto& [name, tensor] : tensors) {
    const Tensor plain = tensor.detach().to(torch::kCPU).contiguous();
    file.append(static_cast<const char*>(plain.data_ptr()), plain.numel() * plain.element_size());
  }
  return file;
}

TensorMap decode_safetensors(std::string_view bytes, const std::string& where, Metadata* metadata) {
  uint64_t data_begin = 0;
  const Json header = parse_header(bytes, where, &data_begin);
  std::vector<Entry> entries;
  for (const auto& [name, value] : header.items()) {
    if (name == "__metadata__") {
      const Metadata parsed = parse_metadata(value, where);
      if (metadata != nullptr) *metadata = parsed;
    } else {
      entries.push_back(parse_entry(name, value, where));
    }
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  uint64_t expected = 0;
  for (const Entry& entry : entries) {
    if (entry.begin != expected)
      refuse(where, "\"" + entry.name + "\" begins at byte " + std::to_string(entry.begin) + "; expected " +
                        std::to_string(expected));
    expected = entry.end;
  }
  if (data_begin + expected != bytes.size())
    refuse(where, "expected " + std::to_string(data_begin + expected) + " bytes; found " +
                      std::to_string(bytes.size()));
  TensorMap tensors;
  for (const Entry& entry : entries) {
    Tensor tensor = torch::empty(entry.shape, torch::dtype(entry.type));
    if (entry.type == torch::kBool) {
      const std::string_view data = bytes.substr(data_begin + entry.begin, entry.end - entry.begin);
      if (std::any_of(data.begin(), data.end(), [](char c) { return c != 0 && c != 1; }))
        refuse(where, "\"" + entry.name + "\" holds a bool that is neither 0 nor 1");
    }
    if (entry.end > entry.begin)
      std::memcpy(tensor.data_ptr(), bytes.data() + data_begin + entry.begin, entry.end - entry.begin);
    tensors[entry.name] = tensor;
  }
  return tensors;
}

TensorMap read_safetensors(const std::string& path, Metadata* metadata) {
  std::string bytes;
  try {
    bytes = read_file(path);
  } catch (const DataError& error) {
    throw CheckpointError(error.what());
  }
  return decode_safetensors(bytes, path, metadata);
}

const Tensor& find_tensor(const TensorMap& tensors, const std::string& name, const Tensor& like,
                          const std::string& where) {
  const auto found = tensors.find(name);
  if (found == tensors.end()) throw CheckpointError(where + ": no tensor \"" + name + "\"");
  if (found->second.sizes() != like.sizes())
    throw CheckpointError(where + ": \"" + name + "\" has shape " + shape_text(found->second) +
                          "; expected " + shape_text(like));
  return found->second;
}

void write_safetensors(const std::string& path, const TensorMap& tensors, const Metadata& metadata) {
  write_file_atomically(path, encode_safetensors(tensors, metadata));
}

}  // namespace fovea
