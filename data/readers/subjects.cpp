#include "data/readers/subjects.h"

#include <algorithm>

#include "data/readers/content.h"
#include "data/readers/tar.h"
#include "data/readers/zip.h"
#include "src/base/error.h"
#include "src/base/files.h"
#include "src/base/text.h"

namespace fovea {
namespace {

const std::string kEnding = ".subject", kSubject = "@subject";

bool is_mail(const std::string& name) {
  return name.size() > kEnding.size() &&
         name.compare(name.size() - kEnding.size(), kEnding.size(), kEnding) == 0;
}

/// Contents by name.
std::map<std::string, std::string> mails(const std::filesystem::path& path) {
  std::map<std::string, std::string> files;
  if (std::filesystem::is_directory(path)) {
    for (const auto& entry : std::filesystem::directory_iterator(path))
      if (entry.is_regular_file() && is_mail(entry.path().string()))
        files[entry.path().string()] = read_maybe_gzip(entry.path());
  } else if (const auto inside = inside_zip(path)) {
    for (auto& [name, content] : read_tar(inside->first, inside->second))
      if (is_mail(name)) files[(inside->first / name).string()] = std::move(content);
  } else {
    throw DataError(path.string() + ": no such folder; expected mails, a .subject file each");
  }
  if (files.empty()) throw DataError(path.string() + ": no .subject files; expected a mail each");
  return files;
}

/// `text` with single spaces.
std::string in_one_line(const std::string& text) {
  std::string line;
  for (const char c : text) {
    const bool space = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (!space)
      line += c;
    else if (!line.empty() && line.back() != ' ')
      line += ' ';
  }
  return trim(line);
}

TextPair pair_of(const std::string& text, const std::string& name) {
  const std::vector<std::string> lines = lines_of(text);
  const auto at = std::find_if(lines.begin(), lines.end(),
                               [](const std::string& line) { return trim(line) == kSubject; });
  if (at == lines.end()) throw DataError(name + ": no line \"@subject\"; expected one after the mail's text");
  std::string body, subject;
  for (auto line = lines.begin(); line != at; ++line) body += *line + " ";
  for (auto line = at + 1; line != lines.end() && (line->empty() || (*line)[0] != '@'); ++line) {
    if (trim(*line).empty() && !subject.empty()) break;
    subject += *line + " ";
  }
  TextPair pair{in_one_line(body), in_one_line(subject), name};
  if (pair.target.empty())
    throw DataError(place(name, at - lines.begin() + 1) + ": found an empty subject; expected its text");
  return pair;
}

}  // namespace

std::vector<TextPair> read_subjects(const std::filesystem::path& path, const std::string& encoding) {
  std::vector<TextPair> pairs;
  for (auto& [name, content] : mails(path))
    pairs.push_back(pair_of(decode_text(std::move(content), name, encoding), name));
  return pairs;
}

}  // namespace fovea
