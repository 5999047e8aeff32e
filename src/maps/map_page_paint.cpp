// The page's script, second part: scales, colours, pictures of weights.
#include "src/maps/map_page_parts.h"

namespace fovea {

const std::string& map_page_paint() {
  static const std::string script = R"js(
const tables = new Map(data.style.maps.map(map => [map.name, Uint8Array.from(map.colours.match(/../g), pair => parseInt(pair, 16))]));

// [low, high, least above 0] over several of those; null where there is none.
const merged = extents => {
  const lowest = list => list.length ? list.reduce((a, b) => Math.min(a, b)) : null;
  const known = i => extents.map(extent => extent[i]).filter(value => value !== null);
  const high = known(1);
  return [lowest(known(0)), high.length ? high.reduce((a, b) => Math.max(a, b)) : null, lowest(known(2))];
};
const extentOf = values => {
  let low = Infinity, high = -Infinity, least = Infinity;
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    low = Math.min(low, value), high = Math.max(high, value);
    if (value > 0) least = Math.min(least, value);
  }
  const known = value => Number.isFinite(value) ? value : null;
  return [known(low), known(high), known(least)];
};

// Sends weights to [0, 1] and to a colour, as ColourScale does in figures.
class Scale {
  constructor([low, high, least], options) {
    const signed = low !== null && low < 0;
    this.map = tables.has(options.map) ? options.map : "viridis";
    this.kind = signed && options.kind === "log" ? "linear" : options.kind;
    this.power = data.style.power;
    this.high = options.high ?? high ?? 1;
    this.low = options.low ?? Math.min(low ?? 0, 0);
    this.centred = this.map === "balance";
    if (this.centred) this.high = Math.max(Math.abs(this.low), Math.abs(this.high)), this.low = -this.high;
    if (this.kind === "log") {
      if (!(this.high > 0)) this.high = 1;
      this.low = options.low > 0 ? options.low : Math.max(Math.min(least ?? 0, this.high), this.high * 1e-4);
    }
    if (!(this.high > this.low)) this.high = this.kind === "log" && this.low > 0 ? 10 * this.low : this.low + 1;
  }
  unit(value) {
    const inside = Math.min(Math.max(value, this.low), this.high);
    if (this.kind === "log") return Math.log(inside / this.low) / Math.log(this.high / this.low);
    if (this.centred && this.kind === "power") return (1 + Math.sign(inside) * (Math.abs(inside) / this.high) ** this.power) / 2;
    const share = (inside - this.low) / (this.high - this.low);
    return this.kind === "power" ? share ** this.power : share;
  }
  at(unit) { return 3 * Math.round(255 * unit); }
  css(value) {
    const table = tables.get(this.map), at = this.at(this.unit(value));
    return "rgb(" + table[at] + " " + table[at + 1] + " " + table[at + 2] + ")";
  }
  // Whether dark text reads better on the colour of `value` (WCAG 2 luminance).
  isLight(value) {
    const table = tables.get(this.map), at = this.at(this.unit(value));
    const light = c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    return 0.2126 * light(table[at]) + 0.7152 * light(table[at + 1]) + 0.0722 * light(table[at + 2]) > 0.3;
  }
  ticks() {
    if (this.kind !== "log") return niceTicks(this.low, this.high, 4);
    const list = [];
    for (let e = Math.ceil(Math.log10(this.low) - 1e-9); e <= Math.log10(this.high) + 1e-9; ++e) list.push(10 ** e);
    return list.length > 1 ? list : [this.low, this.high];
  }
}
const niceTicks = (low, high, count) => {
  let ticks = [];
  for (let wanted = count; ticks.length < 3 && wanted <= 4 * count; ++wanted) {
    const rough = (high - low) / wanted, decade = 10 ** Math.floor(Math.log10(rough));
    const step = decade * ([1, 2, 5].find(factor => factor * decade >= rough * 0.999) || 10);
    ticks = [];
    for (let i = Math.ceil(low / step - 1e-6); i * step <= high + 1e-6 * step; ++i) ticks.push(i * step);
  }
  return ticks.length ? ticks : [low, high];
};
const tickText = (value, ticks, kind) => {
  if (kind === "log") return value >= 1e-3 && value < 1e4 ? String(Number(value.toPrecision(3))) : value.toExponential(value === 10 ** Math.round(Math.log10(value)) ? 0 : 1);
  const step = ticks.length > 1 ? ticks[1] - ticks[0] : Math.abs(value);
  if (step > 0 && (step < 1e-5 || Math.abs(value) >= 1e6)) return value === 0 ? "0" : value.toExponential(1);
  return value.toFixed(step > 0 ? Math.max(0, -Math.floor(Math.log10(step) + 1e-6)) : 2).replace("-", "−");
};

// Weights [rows, columns] as a canvas of one pixel a cell; hidden cells stay clear, and the page's grey is seen.
const paint = (canvas, values, rows, columns, scale, opacity) => {
  canvas.width = columns, canvas.height = rows;
  if (!rows || !columns) return canvas;
  const context = canvas.getContext("2d"), image = context.createImageData(columns, rows);
  const table = tables.get(scale.map);
  for (let i = 0; i < values.length; ++i) {
    if (Number.isNaN(values[i])) continue;
    const unit = scale.unit(values[i]), at = scale.at(unit);
    image.data[4 * i] = table[at], image.data[4 * i + 1] = table[at + 1], image.data[4 * i + 2] = table[at + 2];
    image.data[4 * i + 3] = opacity ? 255 * opacity(unit) : 255;
  }
  context.putImageData(image, 0, 0);
  return canvas;
};

// The outline of the cells for which `inside` holds, as an SVG path in units of cells.
const outline = (rows, columns, inside) => {
  const set = (r, c) => r >= 0 && c >= 0 && r < rows && c < columns && inside(r, c);
  let path = "";
  for (let r = 0; r < rows; ++r)
    for (let c = 0; c < columns; ++c) {
      if (!set(r, c)) continue;
      if (!set(r - 1, c)) path += "M" + c + " " + r + "h1";
      if (!set(r + 1, c)) path += "M" + c + " " + (r + 1) + "h1";
      if (!set(r, c - 1)) path += "M" + c + " " + r + "v1";
      if (!set(r, c + 1)) path += "M" + (c + 1) + " " + r + "v1";
    }
  return path;
};
// The truth over a grid of cells; `truth(r, c)` is 0, 1 (sure) or 2 (possible). Null where there is none.
const truthPicture = (rows, columns, truth) => {
  const sure = outline(rows, columns, (r, c) => truth(r, c) === 1), maybe = outline(rows, columns, (r, c) => truth(r, c) === 2);
  if (!sure && !maybe) return null;
  const svg = vector("svg", {viewBox: "0 0 " + columns + " " + rows, preserveAspectRatio: "none", "aria-hidden": "true"});
  for (const [path, classes] of [[maybe, "truth possible"], [sure, "truth"]])
    if (path) svg.append(vector("path", {d: path, class: "halo"}), vector("path", {d: path, class: classes}));
  return svg;
};
)js";
  return script;
}

}  // namespace fovea
