// Pretrained word vectors in text form: a word and its numbers on each line (GloVe), perhaps after a line
// with their count and width (word2vec).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace fovea {

using WordVectors = std::unordered_map<std::string, std::vector<float>>;

/// The vectors, of `width` numbers each, of those of the `wanted` words that the file has; of a word that
/// comes twice the first. Read line by line: the file may be larger than memory. Throws DataError "file:line:
/// …" where a line is not a word and `width` finite numbers, or where there is no such file.
WordVectors read_word_vectors(const std::filesystem::path& path, int64_t width,
                              const std::unordered_set<std::string>& wanted);

}  // namespace fovea
