// Dialogues as pairs of what was said and what is answered.
#pragma once

#include "data/readers/labelled_text.h"

namespace fovea {

/// Stands between turns that are joined into one text.
inline const std::string kTurn = " ⏎ ";

/// Context and response of a file of JSON lines (plain, .gz, or FILE.zip/NAME). Each object has either
/// "context", a list of turns or one text, and "response", "responses" or "positive_responses", a text or a
/// list of texts, each of which makes a pair; or "turns", "dialog" or "dialogue", a list of turns, of which
/// each after the first answers those before it. Of a context the last `turns` are kept (0 = all), joined by
/// kTurn. Throws DataError "file:line: …" for anything else.
std::vector<TextPair> read_dialogues(const std::filesystem::path& path, int64_t turns,
                                     const std::string& encoding = "utf-8");

}  // namespace fovea
