// Arrays of .npy files as the tensors of one attention call, and back.
#pragma once

#include <string>

#include "src/core/tensor.h"

namespace fovea {

/// A floating array of rank `rank` from a file, in the file's dtype (float16 as float32). `shape` ("[B, Tk,
/// Dk]") is for messages. Throws DataError: unreadable, another rank, not floating.
Tensor read_floats(const std::string& path, int64_t rank, const char* shape);

/// A bool array of two to four axes. Throws DataError.
Tensor read_mask(const std::string& path);

/// Writes float64, float32 as they are.
void write_tensor(const std::string& path, const Tensor& tensor);

/// [B, H, T, Dh] as [B, T, H·Dh], and back.
Tensor join_heads(const Tensor& split);
Tensor split_heads(const Tensor& joined, int64_t heads);

}  // namespace fovea
