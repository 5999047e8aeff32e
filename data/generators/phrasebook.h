// The words and templates that sentences are made of, one book per language.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace fovea {

/// Templates hold slots in braces (`{thing}`) and, in the cores, one `*` for the decisive word. Every
/// decisive word fits every core grammatically (German, French and Spanish things are masculine for that
/// reason), and no word or Chinese character of one class occurs in another class, a template or a filler.
struct Phrasebook {
  std::string language;
  std::vector<std::vector<std::string>> decisive;  ///< by class: positive, negative, neutral
  std::vector<std::string> openings, cores, closings, endings;
  std::map<std::string, std::vector<std::string>> fillers;
};

const std::vector<Phrasebook>& phrasebooks();

}  // namespace fovea
