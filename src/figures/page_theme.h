// What all pages share: colours, light and dark, fonts, headings.
#pragma once

#include <string>

namespace fovea {

/// A style sheet without its tags: the custom properties --paper, --card, --ink, --muted, --rule, --accent,
/// --heat, --strong, --masked, --truth and --series-0 … -7 for light and dark, and the text's elements. On
/// paper everything is light. A page adds its own rules after it.
const std::string& page_theme();

}  // namespace fovea
