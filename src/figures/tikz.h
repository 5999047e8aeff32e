// Figures as TikZ: the strokes of a Canvas written as a tikzpicture that a paper can \input and restyle.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "src/figures/canvas.h"

namespace fovea {

/// `text` as LaTeX that sets exactly it: shown_text with every special character and ligature undone, and
/// each character beyond ASCII as \foveachar{4E}{2D}{character}; runs of right-to-left letters inside
/// \foveartl{…}.
std::string tikz_text(const std::string& text);

/// `coordinate` with at most two decimals: "12.5".
std::string tikz_number(double coordinate);

/// Writes what is drawn on it. Only \usepackage{tikz} is needed, with pdfLaTeX, XeLaTeX or LuaLaTeX. All
/// definitions are local to the picture; its styles (fovea label, title, tick, value, caption, line, frame,
/// area, dot) and macros (\foveacell, \foveafont, \foveachar, \foveartl, \foveafolder) may be given before.
class TikzCanvas : public Canvas {
 public:
  /// `cairo` is only measured with. Larger images are files named `stem`-1.png and so on.
  TikzCanvas(cairo_t* cairo, const Style& style, const std::string& stem);

  void text(double x, double y, const std::string& text, const TextStyle& style) override;
  double paragraph(double x, double y, double width, const std::string& text,
                   const TextStyle& style) override;
  void fill(const Box& box, const Colour& colour) override;
  void frame(const Box& box, const Colour& colour, double line_width) override;
  void line(const Points& points, const Colour& colour, double line_width) override;
  void dashed_line(const Points& points, const Colour& colour, double line_width) override;
  void area(const Points& points, const Colour& colour, double opacity) override;
  void dot(double x, double y, double radius, const Colour& colour) override;
  void image(const Box& box, const Raster& raster) override;
  void images(const std::vector<Box>& boxes, const std::vector<Raster>& rasters) override;

  /// Comments, definitions, palette and all strokes so far.
  std::string document(const Figure& figure, const Drawn& size) const;
  const std::vector<std::pair<std::string, std::string>>& files() const { return files_; }

 private:
  std::string name_of(const Colour& colour);
  void draw_path(const Points& points, const std::string& style);
  void fill_pixels(const Box& box, const Raster& raster);
  /// Keeps a file; the name under which TeX includes it.
  std::string included(const std::string& png);

  std::string stem_;
  std::string body_;
  std::map<std::string, size_t> palette_;     // RRGGBB to its number
  std::vector<std::string> colours_;          // RRGGBB by number
  std::pair<std::string, std::string> cell_;  // the size of the cells that follow
  std::vector<std::pair<std::string, std::string>> files_;
};

}  // namespace fovea
