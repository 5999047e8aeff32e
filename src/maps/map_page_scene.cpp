// The page's script, sixth part: attention on the input image or series.
#include "src/maps/map_page_parts.h"

namespace fovea {

const std::string& map_page_scene() {
  static const std::string script = R"js(
const drawScene = () => {
  $("plates").classList.toggle("on-input", Boolean(shown.layer.image) || shown.layer.series !== undefined);
  $("input-plate").hidden = !shown.layer.image;
  $("series-plate").hidden = shown.layer.series === undefined;
  if (shown.layer.image) drawImage();
  if (shown.layer.series !== undefined) drawSeries();
};
// Scale of what is read along the keys: it ends at the largest weight shown.
const keyScale = (values, map) => {
  const extent = extentOf(values.subarray(shown.first));
  return new Scale(extent, {map: extent[0] < 0 ? mapName(true) : state.colours && state.colours !== "balance" ? state.colours : map, kind: state.kind});
};

const picture = (image, name) => {
  const box = element("div"), frame = element("div", "picture"), pixels = element("img");
  pixels.src = "data:image/png;base64," + $("blob-" + image.blob).textContent;
  pixels.alt = name;
  pixels.width = image.width, pixels.height = image.height;
  frame.append(pixels);
  box.append(element("p", "picture-name", name), frame);
  return [box, frame];
};
const drawImage = () => {
  const {layer, key, query} = shown, at = queryRead(), values = shown.weights.overKeys(shown.head, at), positions = gridPositions(key);
  const scale = keyScale(values, "magma"), cells = Float32Array.from(positions, k => k < shown.first ? NaN : values[k]);
  const [input, bare] = picture(layer.image, "input"), [panel, frame] = picture(layer.image, ofQuery() || "attention");
  // A fifth of the colour stays at the smallest weight, so that the image is readable, as in figures.
  const small = paint(document.createElement("canvas"), cells, key.rows, key.columns, scale, unit => 0.75 * (0.2 + 0.8 * unit));
  const overlay = element("canvas");
  overlay.width = 600, overlay.height = Math.max(1, Math.round(600 * layer.image.height / layer.image.width));
  const context = overlay.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(small, 0, 0, overlay.width, overlay.height);
  frame.append(overlay);
  const gold = shown.weights.truthOver(at), truth = () => truthPicture(key.rows, key.columns, (r, c) => gold[positions[r * key.columns + c]]);
  for (const part of [bare, frame]) if (truth()) part.append(truth());
  const sameGrid = query.kind === "grid" && query.rows === key.rows && query.columns === key.columns;
  const mine = at >= 0 && sameGrid ? cellAt(query, at) : null;
  if (mine) for (const part of [bare, frame]) part.append(cellFrame(key, mine));
  const under = event => {
    const box = overlay.getBoundingClientRect(), r = Math.floor((event.clientY - box.top) / box.height * key.rows), c = Math.floor((event.clientX - box.left) / box.width * key.columns);
    return r < 0 || c < 0 || r >= key.rows || c >= key.columns ? null : r * key.columns + c;
  };
  overlay.addEventListener("mousemove", event => under(event) !== null && moveTo([at, positions[under(event)]]));
  if (sameGrid && layer.queries > 1)
    overlay.addEventListener("click", event => {
      const chosen = gridPositions(query)[under(event) ?? -1];
      if (chosen !== undefined) selectQuery(chosen === state.query ? -1 : chosen);
    });
  const pictures = element("div", "pictures"), legend = element("div", "legend-bar");
  pictures.append(input, panel);
  legend.style.marginTop = "12px";
  fillLegend(legend, scale, {truth: gold.includes(1), possible: gold.includes(2)});
  $("input-plate").replaceChildren(pictures, legend);
  if (sameGrid && layer.queries > 1) $("input-plate").append(element("p", "note", "Click on the attention to see where that patch looks."));
};
const cellFrame = (axis, [r, c]) => {
  const svg = vector("svg", {viewBox: "0 0 " + axis.columns + " " + axis.rows, preserveAspectRatio: "none", "aria-hidden": "true"});
  for (const [colour, width] of [["#000a", 4], ["#fff", 2]])
    svg.append(vector("rect", {x: c, y: r, width: 1, height: 1, fill: "none", stroke: colour, "stroke-width": width, "vector-effect": "non-scaling-stroke"}));
  return svg;
};

const lineColour = i => i === 0 ? "currentColor" : "var(--series-" + i % 8 + ")";
const drawSeries = () => {
  const {key} = shown, lines = shared[shown.layer.series], at = queryRead(), values = shown.weights.overKeys(shown.head, at), gold = shown.weights.truthOver(at);
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const scale = keyScale(values, dark ? "magma" : "ink");
  const steps = Math.max(1, ...lines.map(line => line.values.length)), numbers = lines.flatMap(line => line.values).filter(value => value !== null);
  let [low, high] = numbers.length ? [Math.min(...numbers), Math.max(...numbers)] : [0, 1];
  if (!(high > low)) low -= 1, high += 1;
  const margin = 0.07 * (high - low), width = 1000, height = 190, left = 44, top = 6;
  const x = step => left + (width - left) * Math.min(Math.max(step / steps, 0), 1), y = value => top + height * (high + margin - value) / (high - low + 2 * margin);
  const svg = vector("svg", {class: "series", viewBox: "0 0 " + (width + 4) + " " + (height + 46), role: "img", "aria-label": "series on attention"});
  values.forEach((value, k) => {
    const from = x(key.offset + key.stride * k), to = x(key.offset + key.stride * (k + 1));
    const strip = vector("rect", {x: from, y: top, width: Math.max(0, to - from + 0.4), height, fill: Number.isNaN(value) || k < shown.first ? "var(--masked)" : scale.css(value)});
    strip.addEventListener("mousemove", () => moveTo([at, k]));
    svg.append(strip);
  });
  svg.append(vector("rect", {class: "frame", x: left, y: top, width: width - left, height}));
  lines.forEach((line, i) => {
    let path = "", broken = true;
    line.values.forEach((value, t) => {
      if (value !== null) path += (broken ? "M" : "L") + x(t + 0.5).toFixed(1) + " " + y(value).toFixed(1);
      broken = value === null;
    });
    svg.append(vector("path", {class: "back", d: path, "pointer-events": "none"}), vector("path", {class: "line", d: path, style: "stroke:" + lineColour(i), "pointer-events": "none"}));
  });
  for (let k = 0; k < gold.length; ++k) {
    const start = k;
    while (k < gold.length && gold[k]) ++k;
    if (k > start) {
      const box = {x: x(key.offset + key.stride * start), y: top, width: x(key.offset + key.stride * k) - x(key.offset + key.stride * start), height, "pointer-events": "none"};
      svg.append(vector("rect", {...box, class: "halo"}), vector("rect", {...box, class: "truth"}));
    }
  }
  const ticks = niceTicks(low, high, 3), times = niceTicks(0, Math.max(steps - 1, 1), 8);
  for (const tick of ticks) svg.append(vector("text", {x: left - 7, y: y(tick) + 4, "text-anchor": "end"}, tickText(tick, ticks)));
  for (const tick of times) svg.append(vector("text", {x: x(tick + 0.5), y: top + height + 17, "text-anchor": "middle"}, tickText(tick, times)));
  svg.append(vector("text", {x: (left + width) / 2, y: top + height + 36, "text-anchor": "middle"}, "time step"));
  const list = element("ul", "lines"), legend = element("div", "legend-bar");
  lines.forEach((line, i) => {
    if (!line.name) return;
    const item = labelled("li", "", line.name);
    item.style.setProperty("--line", lineColour(i));
    list.append(item);
  });
  fillLegend(legend, scale, {masked: values.some(value => Number.isNaN(value)), truth: gold.some(cell => cell === 1), possible: gold.some(cell => cell === 2)});
  $("series-plate").replaceChildren(list, svg, legend);
};
)js";
  return script;
}

}  // namespace fovea
