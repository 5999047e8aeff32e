// The page's script, seventh part: thumbnails, the heads of a layer, the atlas of an example.
#include "src/maps/map_page_parts.h"

namespace fovea {

const std::string& map_page_thumbs() {
  static const std::string script = R"js(
const kThumb = 96;  // most cells of a thumbnail's side
// The largest weight (by size) of each block of cells: thin lines survive, masked blocks stay masked.
const pooled = (values, rows, columns) => {
  const down = Math.max(1, Math.ceil(rows / kThumb)), across = Math.max(1, Math.ceil(columns / kThumb));
  const small = {rows: Math.ceil(rows / down), columns: Math.ceil(columns / across), values: null};
  small.values = new Float32Array(small.rows * small.columns).fill(NaN);
  for (let r = 0, i = 0; r < rows; ++r)
    for (let c = 0; c < columns; ++c, ++i) {
      const at = Math.floor(r / down) * small.columns + Math.floor(c / across), value = values[i], old = small.values[at];
      if (Number.isNaN(old) || Math.abs(value) > Math.abs(old)) small.values[at] = value;
    }
  return small;
};
// One query over a grid of keys is shown as that grid.
const folds = layer => layer.queries === 1 && axisOf(layer, "key").kind === "grid";
const smallOf = (weights, head) => {
  const {layer} = weights, values = weights.decoded(head), key = axisOf(layer, "key");
  if (folds(layer)) return pooled(Float32Array.from(gridPositions(key), k => values[k]), key.rows, key.columns);
  return pooled(uncut(layer, values), layer.queries, layer.keys - firstKey(layer));
};
const smalls = new Map();  // pooled maps, by frame, head and cut
const thumbOf = async (layer, head) => {
  const frame = frameOf(layer), name = frame.weights + "/" + head + "/" + firstKey(layer);
  if (!smalls.has(name)) smalls.set(name, smallOf(await load(layer, frame), head));
  return smalls.get(name);
};
const isPooled = layer => Math.max(layer.queries, layer.keys) > kThumb;

const scoreAt = (layer, head, name) => frameOf(layer).scores[head][name] ?? null;
const openHead = (layer, head) => {
  Object.assign(state, {view: "map", layer, head, query: -1, span: null, cursor: null});
  update();
  scrollTo({top: 0});
};
const thumb = (at, head) => {
  const layer = exampleNow().layers[at], button = element("button", "thumb"), canvas = element("canvas");
  button.type = "button";
  button.setAttribute("aria-label", "Open " + titleOf(layer, head));
  button.title = titleOf(layer, head) + (state.sort ? " · " + scoreName(state.sort) + " " + digits(scoreAt(layer, head, state.sort), 3) : "");
  button.classList.toggle("chosen", at === state.layer && head === state.head);
  button.addEventListener("click", () => openHead(at, head));
  button.append(canvas);
  return {button, canvas, layer, head};
};
const named = (one, title, value) => {
  const line = element("span", "name");
  line.append(element("b", "", title), element("span", "", value));
  one.button.append(line);
  return one;
};
const paintThumb = async one => {
  const small = await thumbOf(one.layer, one.head), extent = frameOf(one.layer).ranges[one.head][extentKey(one.layer)];
  paint(one.canvas, small.values, small.rows, small.columns, scaleFor(one.layer, () => extent));
  const shape = small.rows / Math.max(small.columns, 1);
  one.canvas.style.aspectRatio = "1 / " + Math.min(Math.max(shape, 0.16), 2);
};
// Paints one after another, so that the page stays alive; stops when something newer is drawn.
const paintAll = async (list, turn) => {
  for (const one of list) {
    if (turn !== turns) return;
    await paintThumb(one);
  }
};

const ordered = pairs => {
  if (!state.sort) return pairs;
  const score = ([at, head]) => scoreAt(exampleNow().layers[at], head, state.sort), sign = state.reversed ? 1 : -1;
  return [...pairs].sort((a, b) => {
    const [x, y] = [score(a), score(b)];
    if (x === null || y === null) return (x === null) - (y === null);
    return sign * (x - y);
  });
};
const valueOf = (layer, head) => state.sort ? digits(scoreAt(layer, head, state.sort), 3) : "";
const marksOf = layers => ({masked: layers.some(l => frameOf(l).masked), truth: false, possible: false});
const thumbsLegend = (target, layers) => {
  const signed = layers.some(hasSigned), marks = marksOf(layers);
  if (state.range === "own" || (state.range === "layer" && layers.length > 1)) fillOwnLegend(target, signed, marks);
  else fillLegend(target, scaleFor(layers[0]), marks);
  if (state.range === "layer" && layers.length > 1) target.querySelector(".title").textContent = "share of each layer’s largest weight";
};
const thumbsCaption = (what, layers) => {
  const parts = [what];
  if (state.sort) parts.push("Ordered by " + scoreName(state.sort) + ", " + (state.reversed ? "smallest" : "largest") + " first; undefined last.");
  if (layers.some(isPooled)) parts.push("A cell of a thumbnail is the largest weight of a block.");
  const cut = layers.filter(layer => firstKey(layer));
  const sinks = cut.flatMap(layer => frameOf(layer).ranges.map(range => range.sink)).filter(sink => sink !== null);
  if (cut.length) parts.push("The first key is cut; its mean weight over queries and maps is " + digits(sinks.length ? sinks.reduce((a, b) => a + b) / sinks.length : null, 3) + ".");
  return parts.join(" ");
};

const drawHeads = async turn => {
  const layer = layerNow(), heads = ordered(layer.heads.map((_, head) => [state.layer, head]));
  const list = heads.map(([at, head]) => named(thumb(at, head), headName(layer, head) || "attention", valueOf(layer, head)));
  $("heads-title").textContent = layer.title;
  $("heads").style.setProperty("--thumb", layer.heads.length <= 8 ? "200px" : "140px");
  $("heads").replaceChildren(...list.map(one => one.button));
  thumbsLegend($("heads-legend"), [layer]);
  $("heads-caption").textContent = thumbsCaption("The heads of " + layer.title + " on " + exampleNow().name + ".", [layer]);
  $("heads-provenance").textContent = frameOf(layer).provenance;
  await paintAll(list, turn);
};

const gridOfAll = layers => {
  const grid = element("div", "atlas"), columns = layers.reduce((most, layer) => Math.max(most, layer.heads.length), 1), list = [];
  const room = Math.min($("page").clientWidth, 1190) - 130, side = Math.round(Math.min(112, Math.max(40, room / columns - 6)));
  grid.style.gridTemplateColumns = "minmax(3em, max-content) repeat(" + columns + ", " + side + "px)";
  grid.append(element("span"));
  const alike = layers.every(layer => layer.heads.every((head, i) => head === (layers[0].heads[i] ?? head)));
  const longest = layers.find(layer => layer.heads.length === columns);
  for (let c = 0; c < columns; ++c) grid.append(element("span", "head-name", columns > 1 && alike ? (c ? "" : "head ") + longest.heads[c] : ""));
  layers.forEach((layer, at) => {
    const name = element("span", "layer-name"), open = element("button", "", layer.title);
    open.type = "button";
    open.addEventListener("click", () => {
      Object.assign(state, {view: "heads", layer: at});
      update();
    });
    name.append(open);
    grid.append(name);
    for (let head = 0; head < columns; ++head) {
      if (head < layer.heads.length) list.push(thumb(at, head));
      grid.append(head < layer.heads.length ? list[list.length - 1].button : element("span"));
    }
  });
  return [grid, list];
};
const drawAtlas = async turn => {
  const {layers, name} = exampleNow();
  let list;
  if (state.sort) {
    list = ordered(layers.flatMap((layer, at) => layer.heads.map((_, head) => [at, head]))).map(([at, head]) => named(thumb(at, head), titleOf(layers[at], head), valueOf(layers[at], head)));
    const flow = element("div", "thumbs");
    flow.append(...list.map(one => one.button));
    $("atlas").replaceChildren(flow);
  } else {
    let grid;
    [grid, list] = gridOfAll(layers);
    $("atlas").replaceChildren(grid);
  }
  $("atlas-title").textContent = "All heads on " + name;
  thumbsLegend($("atlas-legend"), layers);
  $("atlas-caption").textContent = thumbsCaption("Every layer and head of this example; a click opens one.", layers);
  await paintAll(list, turn);
};
)js";
  return script;
}

}  // namespace fovea
