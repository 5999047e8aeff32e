// What a new run begins with beside random numbers: word vectors from a file, parameters of an earlier run.
#pragma once

#include <string>
#include <vector>

#include "src/core/net.h"
#include "src/train/options.h"

namespace fovea {

/// Puts the vectors of `model.embedding.file` into the net's token embeddings, each at its word or, where
/// that has none, at its lower-cased word; then what `train.from` has for the net. Returns what there is to
/// say of it: how many words were covered, how many parameters taken. Throws DataError, CheckpointError;
/// ConfigError where the other run has nothing for this net.
std::vector<std::string> begin(Net& net, const TaskSpec& spec, const TrainOptions& options);

}  // namespace fovea
