// The page's script, third part: the state, the scale that belongs to it, the colour bar.
#include "src/maps/map_page_parts.h"

namespace fovea {

const std::string& map_page_legend() {
  static const std::string script = R"js(
const state = {
  view: "map", example: 0, layer: 0, head: 0, step: null, kind: data.style.scale, colours: data.style.colours, range: "example", cut: false,
  query: -1, span: null, cursor: null, cell: 0, sort: "", reversed: false,
};
const exampleNow = () => data.examples[state.example];
const layerNow = () => exampleNow().layers[state.layer];
const axisOf = (layer, side) => shared[layer[side]];
// The frame of a layer at the chosen step: the last one that is not later.
const frameOf = layer => {
  const past = layer.frames.filter(frame => frame.step === null || state.step === null || frame.step <= state.step);
  return past.length ? past[past.length - 1] : layer.frames[0];
};
const firstKey = layer => state.cut && layer.keys > 1 ? 1 : 0;
const headName = (layer, head) => head < 0 ? "mean over " + layer.heads.length + " heads" : layer.numbered ? "head " + layer.heads[head] : "";
const titleOf = (layer, head) => [layer.title, headName(layer, head)].filter(part => part).join(" · ");
const hasSigned = layer => layer.frames.some(frame => frame.signed);

const extentKey = layer => firstKey(layer) ? "cut" : "all";
const layerExtent = layer => merged(layer.frames.flatMap(frame => frame.ranges.map(range => range[extentKey(layer)])));
const exampleExtent = () => merged(exampleNow().layers.map(layerExtent));
const mapName = signed => state.colours && (signed || state.colours !== "balance") ? state.colours : signed ? "balance" : "viridis";
// The scale of one map; `own` is called for its extent when each map has its own.
const scaleFor = (layer, own) => {
  const extent = state.range === "own" ? own() : state.range === "layer" ? layerExtent(layer) : exampleExtent();
  const fixed = state.range === "own" ? {} : {low: data.style.low ?? undefined, high: data.style.high ?? undefined};
  return new Scale(extent, {map: mapName(extent[0] < 0), kind: state.kind, ...fixed});
};
const headExtent = (weights, head) => head < 0 ? extentOf(uncut(weights.layer, weights.panel(head))) : weights.frame.ranges[head][extentKey(weights.layer)];
// The values [Tq, Tk] without the first key where that is cut.
const uncut = (layer, values) => {
  if (!firstKey(layer)) return values;
  const {queries, keys} = layer, rest = new Float32Array(queries * (keys - 1));
  for (let q = 0; q < queries; ++q) rest.set(values.subarray(q * keys + 1, (q + 1) * keys), q * (keys - 1));
  return rest;
};

const scaleSuffix = scale => scale.kind === "linear" ? "" : scale.kind === "log" ? " (log)" : " (power " + scale.power + ")";
const valueName = scale => scale.low < 0 ? "weight, signed" : "attention weight";
// The bar with its labels; `paintAt(unit)` gives a CSS colour, by default the scale's.
const barOf = (scale, paintAt) => {
  const bar = element("div", "bar"), canvas = element("canvas");
  canvas.width = 256, canvas.height = 1;
  const context = canvas.getContext("2d"), table = tables.get(scale.map);
  for (let i = 0; i < 256; ++i) {
    context.fillStyle = paintAt ? paintAt(i / 255) : "rgb(" + table[3 * i] + " " + table[3 * i + 1] + " " + table[3 * i + 2] + ")";
    context.fillRect(i, 0, 1, 1);
  }
  bar.append(canvas);
  const ticks = scale.ticks();
  let free = -Infinity;
  for (const tick of ticks) {
    const text = tickText(tick, ticks, scale.kind), unit = scale.unit(tick), half = 3.6 * text.length + 3;
    if (230 * unit - half < free) continue;
    free = 230 * unit + half;
    const label = element("span", "", text);
    label.style.left = 100 * unit + "%";
    bar.append(label);
  }
  return bar;
};
const keyOf = (classes, text) => {
  const key = element("span", "key", undefined);
  key.append(element("span", "swatch " + classes), element("span", "", text));
  return key;
};
const fillLegend = (target, scale, marks, paintAt) => {
  target.replaceChildren(element("span", "title", valueName(scale) + scaleSuffix(scale)), barOf(scale, paintAt));
  if (marks.masked) target.append(keyOf("masked", "masked"));
  if (marks.truth) target.append(keyOf("expected", "expected"));
  if (marks.possible) target.append(keyOf("maybe", "possible"));
};
// Where every map has its own scale no number fits all: the bar goes from each map's lowest to its largest.
const fillOwnLegend = (target, signed, marks) => {
  const scale = new Scale(signed ? [-1, 1, null] : [0, 1, 1e-4], {map: mapName(signed), kind: state.kind});
  fillLegend(target, scale, marks);
  target.querySelector(".title").textContent = "share of each map’s largest weight" + scaleSuffix(scale);
};
// What is cut from a map, said in words.
const cutWords = (layer, frame, head) => {
  if (!firstKey(layer)) return "";
  const means = head < 0 ? frame.ranges.map(range => range.sink) : [frame.ranges[head].sink];
  const known = means.filter(mean => mean !== null), mean = known.length ? known.reduce((a, b) => a + b) / known.length : null;
  return "The first key, “" + nameAt(axisOf(layer, "key"), 0) + "”, is cut; its mean weight over queries is " + digits(mean, 3) + ".";
};
)js";
  return script;
}

}  // namespace fovea
