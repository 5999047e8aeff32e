// The page's script, fourth part: one map large, with its labels, cursor, selected query and span of keys.
#include "src/maps/map_page_parts.h"

namespace fovea {

const std::string& map_page_matrix() {
  static const std::string script = R"js(
let shown = null;  // what the large map shows: {layer, frame, weights, head, values, first, width, height}
const measure = document.createElement("canvas").getContext("2d");
const textWidth = (text, size) => {
  measure.font = size + "px " + getComputedStyle(document.body).fontFamily;
  return measure.measureText(text).width;
};
const widest = (axis, count, size) => {
  let width = 0;
  for (let i = 0; i < Math.min(count, 2000); ++i) width = Math.max(width, textWidth(axis.labels[i] ?? "", size));
  return Math.ceil(width);
};
const whole = length => Math.max(1, length >= 2 ? Math.floor(length) : Math.floor(length * devicePixelRatio) / devicePixelRatio);

// Sizes of a cell: all of the map in the width and about the height of the window, unless zoomed.
const cellSize = (layer, columns, left) => {
  const room = Math.min($("plates").clientWidth, 1190) - left - 8, tall = Math.max(420, 0.78 * innerHeight);
  const most = layer.queries === 1 ? 30 : columns <= 12 ? 38 : 30;
  const fit = whole(Math.min(most, room / Math.max(columns, 1), tall / Math.max(layer.queries, 1)));
  const width = state.cell || fit;
  return [width, layer.queries <= 3 ? Math.max(width, 30) : width];
};
// Every how many cells a label fits.
const thinning = (size, line) => {
  const least = Math.ceil(line / size);
  return least <= 1 ? 1 : [2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000].find(step => step >= least) || least;
};
const tickName = (axis, i) => {
  const cell = cellAt(axis, i);
  return cell ? cell[0] + "," + cell[1] : axis.kind === "time" ? String(Number((axis.offset + axis.stride * i).toPrecision(5))) : String(i);
};

const rowLabels = (layer, axis, height) => {
  const box = $("row-labels"), named = axis.labels.length > 0, every = thinning(height, named ? 10 : 26);
  box.replaceChildren();
  for (let q = 0; q < layer.queries; q += every) {
    const label = labelled("span", named ? "" : "tick", named ? axis.labels[q] : tickName(axis, q));
    label.dataset.at = q;
    label.style.top = Math.max((q + 0.5) * height, 6) + "px";
    label.style.transform = "translateY(-50%)";
    box.append(label);
  }
};
const columnLabels = (layer, axis, first, width, size) => {
  const box = $("column-labels"), named = axis.labels.length > 0;
  const flat = !named || widest(axis, layer.keys, size) <= width - 3;
  const every = thinning(width, named ? (flat ? width : 10) : 26);
  box.replaceChildren();
  for (let k = first; k < layer.keys; k += every) {
    const label = labelled("span", (named ? "" : "tick ") + (flat ? "flat" : "upright"), named ? axis.labels[k] : tickName(axis, k));
    const slot = flat ? Math.max(width, 26) : size * 1.25;
    label.dataset.at = k;
    label.style.width = slot + "px";
    label.style.left = Math.max((k - first + 0.5) * width - slot / 2, flat && width < 8 ? -9 : -Infinity) + "px";
    box.append(label);
  }
  box.style.height = (named && !flat ? Math.min(130, widest(axis, layer.keys, size)) + 8 : 22) + "px";
};

const drawMatrix = weights => {
  const {layer, frame} = weights, head = state.head, first = firstKey(layer), columns = layer.keys - first;
  const query = axisOf(layer, "query"), key = axisOf(layer, "key");
  const scale = scaleFor(layer, () => headExtent(weights, head)), values = weights.panel(head);
  const left = Math.min(150, query.labels.length ? widest(query, layer.queries, 12) : 34) + 14;
  const [width, height] = cellSize(layer, columns, Math.max(left, 46)), size = Math.max(9, Math.min(12.5, 0.9 * Math.min(width, height)));
  shown = {layer, frame, weights, head, values, first, columns, width, height, query, key, scale};
  $("matrix").style.setProperty("--label", size + "px");
  rowLabels(layer, query, height);
  columnLabels(layer, key, first, width, size);
  $("row-labels").style.width = Math.max(left, 46) + "px";
  $("corner").replaceChildren(element("span", "", layer.queries > 1 ? "key →" : ""), element("span", "", layer.queries > 1 ? "query ↓" : ""));
  paint($("cells"), uncut(layer, values), layer.queries, columns, scale);
  const stage = $("stage");
  for (const part of [stage, $("cells")]) part.style.width = columns * width + "px", part.style.height = layer.queries * height + "px";
  stage.querySelectorAll("svg").forEach(svg => svg.remove());
  const truth = frame.truth ? truthPicture(layer.queries, columns, (q, k) => weights.truth(q, k + first)) : null;
  if (truth) stage.insertBefore(truth, $("row-box"));
  fillLegend($("map-legend"), scale, {masked: frame.masked, truth: frame.truth, possible: frame.possible});
};

const place = (box, k, q, across, down) => {
  const inside = shown && q >= 0 && k >= shown.first && k + across <= shown.layer.keys && q + down <= shown.layer.queries;
  box.hidden = !inside;
  if (!inside) return;
  const {width, height, first} = shown;
  for (const [name, length] of [["left", (k - first) * width], ["top", q * height], ["width", across * width], ["height", down * height]]) box.style[name] = length + "px";
};
const spanNow = () => state.span && [Math.min(...state.span), Math.max(...state.span)];
const mark = () => {
  const span = spanNow(), cursor = state.cursor || [-1, -1], several = shown.layer.queries > 1;
  place($("row-box"), shown.first, several ? state.query : -1, shown.columns, 1);
  $("row-box").classList.toggle("thin", shown.height < 6);
  place($("cursor-box"), cursor[1], cursor[0], 1, 1);
  if (span) place($("span-box"), Math.max(span[0], shown.first), Math.max(state.query, 0), span[1] - Math.max(span[0], shown.first) + 1, state.query < 0 ? shown.layer.queries : 1);
  $("span-box").hidden = !span || span[1] < shown.first;
  for (const label of $("row-labels").children) label.classList.toggle("on", Number(label.dataset.at) === cursor[0] || Number(label.dataset.at) === state.query);
  for (const label of $("column-labels").children) label.classList.toggle("on", Number(label.dataset.at) === cursor[1]);
};

const cellUnder = event => {
  const box = $("cells").getBoundingClientRect();
  const k = Math.floor((event.clientX - box.left) / box.width * shown.columns) + shown.first, q = Math.floor((event.clientY - box.top) / box.height * shown.layer.queries);
  return q < 0 || k < shown.first || q >= shown.layer.queries || k >= shown.layer.keys ? null : [q, k];
};
const moveTo = cell => {
  state.cursor = cell;
  mark();
  readCell();
};
// One query more or none; the sentence and the pictures follow.
const selectQuery = query => {
  state.query = query;
  mark();
  drawReading();
};

let pressed = null;  // the cell at which a mouse button went down
$("stage").addEventListener("mousemove", event => {
  const cell = cellUnder(event);
  if (!cell) return;
  if (pressed && cell[1] !== pressed[1] || pressed && state.span) {
    state.query = pressed[0], state.span = [pressed[1], cell[1]];
    drawReading();
  }
  moveTo(cell);
});
$("stage").addEventListener("mousedown", event => {
  if (event.button !== 0) return;
  pressed = cellUnder(event);
  state.span = null;
});
addEventListener("mouseup", event => {
  if (pressed && !state.span && $("stage").contains(event.target)) selectQuery(state.query === pressed[0] ? -1 : pressed[0]);
  pressed = null;
});
$("stage").addEventListener("mouseleave", () => $("cursor-box").hidden = true);

const arrows = {ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1]};
$("stage").addEventListener("keydown", event => {
  if (!shown.layer.queries || !shown.columns) return;
  const {layer, first} = shown, at = state.cursor || [Math.max(state.query, 0), first], step = arrows[event.key];
  const bound = (value, low, high) => Math.min(Math.max(value, low), high);
  if (step) {
    const next = state.cursor ? [bound(at[0] + step[0], 0, layer.queries - 1), bound(at[1] + step[1], first, layer.keys - 1)] : at;
    if (event.shiftKey && step[1]) {
      state.query = at[0], state.span = [state.span ? state.span[0] : at[1], next[1]];
      drawReading();
    }
    moveTo(event.shiftKey ? [at[0], next[1]] : next);
  } else if (event.key === "Home" || event.key === "End") {
    moveTo([at[0], event.key === "Home" ? first : layer.keys - 1]);
  } else if (event.key === "Enter" || event.key === " ") {
    state.span = null;
    selectQuery(state.query === at[0] ? -1 : at[0]);
  } else if (event.key === "Escape") {
    state.span = null;
    selectQuery(-1);
  } else {
    return;
  }
  event.preventDefault();
});
for (const [id, factor] of [["smaller", 1 / 1.4], ["larger", 1.4]])
  $(id).addEventListener("click", () => {
    state.cell = Math.min(64, whole(factor > 1 ? Math.max(shown.width * factor, shown.width + 1) : shown.width * factor));
    render();
  });
)js";
  return script;
}

}  // namespace fovea
