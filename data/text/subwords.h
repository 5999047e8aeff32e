// Subword tokens by sentencepiece, from a model that is learnt from the training texts and saved with the
// run.
#pragma once

#include "data/text/tokenizer.h"

namespace fovea {

/// Unigram pieces (Kudo 2018) or byte-pair encoding (Sennrich 2016), at most options.size of them; a small
/// text may give fewer. Texts are composed (NFC), lower-cased where asked, and runs of spaces count as one; a
/// line's end is a token. The same texts give the same model. A character that no training text has is a
/// token of its own.
std::unique_ptr<Tokenizer> make_subword_tokenizer(const TokenizerOptions& options);

}  // namespace fovea
