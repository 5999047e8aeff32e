// A sentence on coloured background.
#include <algorithm>
#include <stdexcept>

#include "src/figures/canvas.h"

namespace fovea {
namespace {

constexpr double kPad = 2.2;
constexpr double kBetween = 1.6;

void check(const Highlight& highlight) {
  const size_t n = highlight.tokens.size();
  const auto fits = [&](size_t size) { return size == 0 || size == n; };
  for (const HighlightLine& line : highlight.lines)
    if (line.weights.size() != n || !fits(line.visible.size()) || !fits(line.outlined.size()))
      throw std::logic_error("[Highlight] every line must have one weight per token");
}

void draw_token(Canvas& canvas, const HighlightLine& line, size_t i, const std::string& token, const Box& box,
                const ColourScale& scale) {
  const bool visible = line.visible.empty() || line.visible[i];
  const Colour background = visible ? scale.colour(static_cast<double>(line.weights[i])) : kMaskedColour;
  canvas.fill(box, background);
  const Colour ink = visible ? readable_on(background) : Colour{0.5, 0.5, 0.5};
  canvas.text(box.x + box.width / 2, box.y + box.height / 2, token,
              {canvas.font_size(), ink, false, 0.5, 0, box.width - 2});
  if (!line.outlined.empty() && line.outlined[i])
    canvas.frame({box.x + 0.4, box.y + 0.4, box.width - 0.8, box.height - 0.8}, kTruthColour, 1);
}

/// Tokens from `top` on, broken at the right edge; where they end.
double draw_tokens(Canvas& canvas, const Highlight& highlight, const HighlightLine& line,
                   const ColourScale& scale, double width, double top) {
  const double height = canvas.line_height(canvas.font_size()) + 2 * kPad;
  double x = 0;
  for (size_t i = 0; i < highlight.tokens.size(); ++i) {
    const double natural = canvas.text_width(highlight.tokens[i], {canvas.font_size()}) + 2 * kPad;
    const double token_width = std::clamp(natural, 6.0, width);
    if (x > 0 && x + token_width > width) x = 0, top += height + kBetween;
    draw_token(canvas, line, i, highlight.tokens[i], {x, top, token_width, height}, scale);
    x += token_width + kBetween;
  }
  return top + height;
}

}  // namespace

double draw_highlight(Canvas& canvas, const Figure& figure, const Highlight& highlight, double width,
                      double top) {
  check(highlight);
  const ColourScale scale = shared_scale(figure);
  const double line_height = canvas.line_height(canvas.font_size());
  for (size_t i = 0; i < highlight.lines.size(); ++i) {
    const HighlightLine& line = highlight.lines[i];
    if (i > 0) top += 7;
    if (!line.title.empty()) {
      canvas.text(0, top + line_height / 2, line.title,
                  {canvas.font_size(), {0.35, 0.35, 0.35}, false, 0, 0, width, TextRole::kTitle});
      top += line_height + 2;
    }
    top = draw_tokens(canvas, highlight, line, scale, width, top);
  }
  return top;
}

}  // namespace fovea
