#include "src/figures/tikz.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "src/base/error.h"

namespace fovea {
namespace {

/// Up to this many pixels images are drawn as cells, so that small ones need no file; TeX holds some 20000
/// cells of a picture and takes a millisecond for each.
constexpr int64_t kMostPixels = 1024;

/// Provided, not defined: what the paper said before the figure wins. A character is set where the engine and
/// its font (or a package for such scripts) can, otherwise its number stands in a small box; under pdfLaTeX
/// also that of a known character which the font's encoding lacks.
constexpr const char* kDefinitions = R"(  \providecommand\foveafolder{}%
  \providecommand\foveafont[2]{\sffamily\fontsize{#1pt}{#2pt}\selectfont}%
  \providecommand\foveacell[3]{\fill[fovea#3] (#1,#2) rectangle ++(\foveawidth,\foveaheight);}%
  \providecommand\foveamissing[2]{\raisebox{-.2ex}{\scalebox{.36}{\fboxsep1pt\fbox{\shortstack{#1\\#2}}}}}%
  \providecommand\foveachar[3]{\ifdefined\Umathcode
      \iffontchar\font"#1#2 #3\else\ifdefined\ltjsetparameter#3\else\ifdefined\xeCJKsetup#3\else
      \foveamissing{#1}{#2}\fi\fi\fi
    \else\ifcsname u8:\detokenize{#3}\endcsname
      {\def\TextSymbolUnavailable##1{\foveamissing{#1}{#2}}#3}\else\foveamissing{#1}{#2}\fi\fi}%
  \providecommand\foveaapart{\kern0pt\relax}%
  \providecommand\foveartl[1]{\ifdefined\textdir{\textdir TRT #1}\else#1\fi}%
  \def\foveacells#1#2{\def\foveawidth{#1}\def\foveaheight{#2}}%
  \tikzset{fovea label/.append style={},fovea title/.append style={},fovea tick/.append style={},
    fovea value/.append style={},fovea caption/.append style={},fovea line/.append style={},
    fovea frame/.append style={},fovea area/.append style={},fovea dot/.append style={},
    fovea text/.style 2 args={inner sep=0pt,outer sep=0pt,font=\foveafont{#1}{#2},
      text height=.72*#1*1pt,text depth=.1*#1*1pt}}%
)";

const char* role_style(TextRole role) {
  static constexpr const char* kNames[] = {"fovea label", "fovea title", "fovea tick", "fovea value",
                                           "fovea caption"};
  return kNames[static_cast<size_t>(role)];
}

const char* anchor_of(double align) {
  return align < 0.25 ? "west" : align > 0.75 ? "east" : "center";
}

std::string point(double x, double y) {
  return "(" + tikz_number(x) + "," + tikz_number(y) + ")";
}

std::string rectangle(const Box& box) {
  return point(box.x, box.y) + " rectangle ++" + point(box.width, box.height);
}

/// "{7}{8.75}": size and distance of lines.
std::string font_of(const Canvas& canvas, const TextStyle& style) {
  return "{" + tikz_number(style.size) + "}{" + tikz_number(canvas.line_height(style.size)) + "}";
}

/// One comment line, in which nothing is left that an engine could stumble over.
std::string comment(const std::string& name, const std::string& text) {
  if (text.empty()) return "";
  std::string line = shown_text(text);
  const std::string replacement = "\uFFFD";
  for (size_t at = line.find(replacement); at != std::string::npos; at = line.find(replacement))
    line.replace(at, replacement.size(), "?");
  return "% " + name + ": " + line + "\n";
}

/// The paths of a broken line.
std::vector<Points> whole_pieces(const Points& points) {
  std::vector<Points> pieces(1);
  for (const auto& [x, y] : points) {
    const bool finite = std::isfinite(x) && std::isfinite(y);
    if (finite) pieces.back().push_back({x, y});
    if (!finite && !pieces.back().empty()) pieces.emplace_back();
  }
  if (pieces.back().empty()) pieces.pop_back();
  return pieces;
}

/// Pixel i over white.
Colour pixel_colour(const Raster& raster, int64_t i) {
  const uint8_t* pixel = raster.pixels.data() + i * raster.channels;
  const double alpha = raster.channels == 4 ? pixel[3] / 255.0 : 1;
  const auto part = [&](int c) { return 1 - alpha + alpha * pixel[raster.channels == 1 ? 0 : c] / 255.0; };
  return {part(0), part(1), part(2)};
}

/// Rasters of one size side by side, `across` in a row: so that many small panels are one file.
Raster sheet_of(const std::vector<Raster>& rasters, int64_t across) {
  const Raster& first = rasters[0];
  const int64_t down = (static_cast<int64_t>(rasters.size()) + across - 1) / across;
  const int64_t row = first.width * first.channels;
  Raster sheet{first.width * across, first.height * down, first.channels, {}};
  sheet.pixels.assign(static_cast<size_t>(sheet.width * sheet.height * sheet.channels), 255);
  for (size_t i = 0; i < rasters.size(); ++i)
    for (int64_t y = 0; y < first.height; ++y) {
      const int64_t at = static_cast<int64_t>(i);
      const int64_t to = ((at / across * first.height + y) * across + at % across) * row;
      std::copy_n(rasters[i].pixels.begin() + y * row, row, sheet.pixels.begin() + to);
    }
  return sheet;
}

void require_stem(const std::string& stem) {
  const auto plain = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' ||
           c == '_' || c == '-' || c == '+';
  };
  if (stem.empty() || !std::all_of(stem.begin(), stem.end(), plain))
    throw ConfigError("figure name '" + stem +
                      "': TeX includes its images by this name; expected letters, digits and . _ - +");
}

}  // namespace

std::string tikz_number(double coordinate) {
  std::array<char, 64> text;
  std::snprintf(text.data(), text.size(), "%.2f", coordinate);
  std::string number = text.data();
  number.erase(number.find_last_not_of('0') + 1);
  if (number.back() == '.') number.pop_back();
  return number == "-0" ? "0" : number;
}

TikzCanvas::TikzCanvas(cairo_t* cairo, const Style& style, const std::string& stem)
    : Canvas(cairo, style), stem_(stem) {}

std::string TikzCanvas::name_of(const Colour& colour) {
  std::string code = hexadecimal_colour(colour).substr(1);
  std::transform(code.begin(), code.end(), code.begin(),
                 [](char c) { return c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c; });
  const auto [at, is_new] = palette_.try_emplace(code, colours_.size());
  if (is_new) colours_.push_back(code);
  return std::to_string(at->second);
}

void TikzCanvas::text(double x, double y, const std::string& text, const TextStyle& style) {
  if (text.empty()) return;
  body_ += "  \\node[fovea text=" + font_of(*this, style) + ",anchor=" + anchor_of(style.align) +
           ",text=fovea" + name_of(style.colour);
  if (style.bold) body_ += ",node font=\\bfseries";
  if (style.angle != 0) body_ += ",rotate=" + tikz_number(style.angle);
  body_ += std::string(",") + role_style(style.role) + "] at " + point(x, y) + " {" +
           tikz_text(fitted(text, style)) + "};\n";
}

double TikzCanvas::paragraph(double x, double y, double width, const std::string& text,
                             const TextStyle& style) {
  if (text.empty()) return wrapped_height(width, text, style);
  body_ += "  \\node[inner sep=0pt,anchor=north west,align=left,text width=" + tikz_number(width) +
           "bp,text=fovea" + name_of(style.colour) + ",font=\\foveafont" + font_of(*this, style) + "," +
           role_style(style.role) + "] at " + point(x, y) + " {" + tikz_text(text) + "};\n";
  return wrapped_height(width, text, style);
}

void TikzCanvas::fill(const Box& box, const Colour& colour) {
  const std::pair size{tikz_number(box.width), tikz_number(box.height)};
  if (size != cell_) body_ += "  \\foveacells{" + size.first + "}{" + size.second + "}%\n";
  cell_ = size;
  body_ +=
      "  \\foveacell{" + tikz_number(box.x) + "}{" + tikz_number(box.y) + "}{" + name_of(colour) + "}%\n";
}

void TikzCanvas::frame(const Box& box, const Colour& colour, double line_width) {
  body_ += "  \\draw[fovea" + name_of(colour) + ",line width=" + tikz_number(line_width) +
           "bp,fovea frame] " + rectangle(box) + ";\n";
}

void TikzCanvas::draw_path(const Points& points, const std::string& style) {
  for (const Points& piece : whole_pieces(points)) {
    body_ += "  \\draw[" + style + ",fovea line] ";
    for (size_t i = 0; i < piece.size(); ++i)
      body_ += std::string(i == 0       ? ""
                           : i % 8 == 0 ? "\n    --"
                                        : "--") +
               point(piece[i].first, piece[i].second);
    body_ += ";\n";
  }
}

void TikzCanvas::line(const Points& points, const Colour& colour, double line_width) {
  draw_path(points, "fovea" + name_of(colour) + ",line width=" + tikz_number(line_width) +
                        "bp,line cap=round,line join=round");
}

void TikzCanvas::dashed_line(const Points& points, const Colour& colour, double line_width) {
  draw_path(points, "fovea" + name_of(colour) + ",line width=" + tikz_number(line_width) +
                        "bp,dash pattern=on 3bp off 2bp");
}

void TikzCanvas::area(const Points& points, const Colour& colour, double opacity) {
  body_ += "  \\fill[fovea" + name_of(colour) + ",fill opacity=" + tikz_number(opacity) + ",fovea area] ";
  for (size_t i = 0; i < points.size(); ++i)
    body_ += (i > 0 && i % 8 == 0 ? "\n    " : "") + point(points[i].first, points[i].second) + "--";
  body_ += "cycle;\n";
}

void TikzCanvas::dot(double x, double y, double radius, const Colour& colour) {
  body_ += "  \\fill[fovea" + name_of(colour) + ",fovea dot] " + point(x, y) +
           " circle[radius=" + tikz_number(radius) + "bp];\n";
}

void TikzCanvas::fill_pixels(const Box& box, const Raster& raster) {
  const double w = box.width / static_cast<double>(raster.width),
               h = box.height / static_cast<double>(raster.height);
  for (int64_t y = 0; y < raster.height; ++y)
    for (int64_t x = 0; x < raster.width; ++x) {
      // A hair of overlap with the next cell: viewers otherwise show seams.
      const double over_x = x + 1 < raster.width ? 0.15 : 0, over_y = y + 1 < raster.height ? 0.15 : 0;
      fill({box.x + w * static_cast<double>(x), box.y + h * static_cast<double>(y), w + over_x, h + over_y},
           pixel_colour(raster, y * raster.width + x));
    }
}

std::string TikzCanvas::included(const std::string& png) {
  require_stem(stem_);
  const std::string ending = "-" + std::to_string(files_.size() + 1) + ".png";
  files_.push_back({ending, png});
  return "{\\foveafolder " + stem_ + ending + "}";
}

void TikzCanvas::image(const Box& box, const Raster& raster) {
  images({box}, {raster});
}

void TikzCanvas::images(const std::vector<Box>& boxes, const std::vector<Raster>& rasters) {
  if (boxes.empty() || rasters[0].width < 1 || rasters[0].height < 1) return;
  const int64_t width = rasters[0].width, height = rasters[0].height, n = static_cast<int64_t>(boxes.size());
  if (width * height * n <= kMostPixels) {
    for (size_t i = 0; i < boxes.size(); ++i) fill_pixels(boxes[i], rasters[i]);
    return;
  }
  const int64_t across = static_cast<int64_t>(std::ceil(std::sqrt(static_cast<double>(n))));
  const int64_t down = (n + across - 1) / across, factor = enlargement(boxes[0], rasters[0]);
  const std::string name = included(enlarged_png(sheet_of(rasters, across), factor));
  for (int64_t i = 0; i < n; ++i) {
    const Box& box = boxes[static_cast<size_t>(i)];
    const int64_t left = i % across * width * factor, low = (down - 1 - i / across) * height * factor;
    body_ += "  \\node[inner sep=0pt,anchor=north west] at " + point(box.x, box.y) +
             " {\\includegraphics[width=" + tikz_number(box.width) + "bp,height=" + tikz_number(box.height) +
             "bp";
    if (n > 1)
      body_ += ",viewport=" + std::to_string(left) + " " + std::to_string(low) + " " +
               std::to_string(left + width * factor) + " " + std::to_string(low + height * factor) + ",clip";
    body_ += "]" + name + "};\n";
  }
}

std::string TikzCanvas::document(const Figure& figure, const Drawn& size) const {
  std::string out =
      "% A figure by fovea. \\usepackage{tikz}, then \\input this file; lengths are in bp (1/72 inch).\n";
  out += comment("caption", figure.caption) + comment("provenance", figure.provenance);
  if (!files_.empty())
    out +=
        "% Its images lie beside it; from another folder: \\newcommand\\foveafolder{figures/} before "
        "\\input.\n";
  out += "\\begin{tikzpicture}[x=1bp,y=-1bp]\n";
  out += kDefinitions;
  for (size_t i = 0; i < colours_.size(); ++i)
    out += "  \\definecolor{fovea" + std::to_string(i) + "}{HTML}{" + colours_[i] + "}%\n";
  const double margin = kFigureMargin;
  out += "  \\path[use as bounding box] " + rectangle({-margin, -margin, size.width, size.height}) + ";\n";
  return out + body_ + "\\end{tikzpicture}%\n";
}

}  // namespace fovea
