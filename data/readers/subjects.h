// Mails and their subject lines, a file each (AESLC, Zhang & Tetreault 2019).
#pragma once

#include "data/readers/labelled_text.h"

namespace fovea {

/// Body and subject of every `.subject` file of a folder, or of ARCHIVE.tar.gz/FOLDER, by name: the body ends
/// at a line "@subject", the subject at an empty line or the next one that begins with @. White space, line
/// ends too, becomes single spaces. Throws DataError for no such files, for a file without that line and for
/// an empty subject.
std::vector<TextPair> read_subjects(const std::filesystem::path& path, const std::string& encoding = "utf-8");

}  // namespace fovea
