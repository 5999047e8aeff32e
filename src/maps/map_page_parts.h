// The fixed parts of the page of maps: its style sheet, its elements, its script.
#pragma once

#include <string>

#include "src/base/json.h"

namespace fovea {

/// The style sheet and the elements inside <main>, below the heading.
const std::string& map_page_style();
const std::string& map_page_body();

/// The script, in the order in which its parts build on each other: unpacking; scales and painting; the
/// colour bar; the large map; what it says in words; input images and series; thumbnails; controls.
std::string map_page_script();
const std::string& map_page_values();
const std::string& map_page_paint();
const std::string& map_page_legend();
const std::string& map_page_matrix();
const std::string& map_page_words();
const std::string& map_page_scene();
const std::string& map_page_thumbs();
const std::string& map_page_controls();

/// `value` as text that can stand inside a <script> element: <, >, &, U+2028 and U+2029 escaped, invalid
/// UTF-8 replaced.
std::string script_json(const Json& value);

}  // namespace fovea
