// Tensors on disk in the safetensors format: an 8-byte header length, a JSON header, raw little-endian data;
// never executable.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "src/core/tensor.h"

namespace fovea {

using TensorMap = std::map<std::string, Tensor>;
using Metadata = std::map<std::string, std::string>;

/// The file's bytes. Tensors of dtype float64/32/16, bfloat16, int64/32/16/8, uint8 and bool, any shape;
/// stored contiguous, by name.
std::string encode_safetensors(const TensorMap& tensors, const Metadata& metadata = {});

/// Reads bytes strictly: every header field is checked, data must fill the file without gaps or overlaps.
/// Throws CheckpointError "`where`: what; found …; expected …".
TensorMap decode_safetensors(std::string_view bytes, const std::string& where, Metadata* metadata = nullptr);

/// Reads the file at `path`; absent, unreadable or malformed is a CheckpointError.
TensorMap read_safetensors(const std::string& path, Metadata* metadata = nullptr);

/// The tensor of that name, which must have the shape of `like`. Throws CheckpointError "`where`: …".
const Tensor& find_tensor(const TensorMap& tensors, const std::string& name, const Tensor& like,
                          const std::string& where);

/// Writes the file atomically.
void write_safetensors(const std::string& path, const TensorMap& tensors, const Metadata& metadata = {});

}  // namespace fovea
