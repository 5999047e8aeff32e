// Labelled texts for classification and pairs of texts for translation, from any table.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "data/readers/table.h"

namespace fovea {

struct LabelledText {
  std::string text;
  std::string label;
  std::string where;   ///< file:line
  std::string second;  ///< where `options.second` names its columns
};

/// The text and label of every row, and the second text where its columns are named. Several text columns are
/// joined with a space; labels lose the white space around them. Unstated columns are found by their usual
/// names (text, sentence, review, content …; label, class, target …); of two columns the other one is taken;
/// without a header a two-column file is label and text when its first column has fewer distinct cells,
/// otherwise text and label. Throws DataError as read_table does, for an empty label, for no rows, and,
/// listing the columns, when text or label cannot be told.
std::vector<LabelledText> read_labelled_texts(const std::filesystem::path& path,
                                              const TableOptions& options = {});

struct TextPair {
  std::string source, target;
  std::string where = {};  ///< file:line, or the file
  /// Whether they say the same, wherever they stand.
  bool operator==(const TextPair& other) const { return source == other.source && target == other.target; }
};

/// Line-aligned files PREFIX.from and PREFIX.to, each plain or .gz. Throws DataError when one is absent, both
/// are empty, or their line counts differ.
std::vector<TextPair> read_parallel(const std::string& prefix, const std::string& from, const std::string& to,
                                    const std::string& encoding = "utf-8");

/// Pairs from the lines of one file, source and target with `separator` between them (its first occurrence)
/// after `opening`, which begins each line and is dropped; white space around the two is too. Throws
/// DataError for a line without either and for a file without lines.
std::vector<TextPair> read_separated(const std::filesystem::path& path, const std::string& opening,
                                     const std::string& separator, const std::string& encoding = "utf-8");

/// Pairs from two columns, by name or 0-based index, of one TSV, CSV or JSONL file. `.txt` is read as TSV.
std::vector<TextPair> read_parallel_columns(const std::filesystem::path& path,
                                            const std::string& source_column,
                                            const std::string& target_column, TableOptions options = {});

}  // namespace fovea
