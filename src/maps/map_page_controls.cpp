// The page's script, last part: the controls, the steps, the address, the beginning.
#include "src/maps/map_page_parts.h"

namespace fovea {

const std::string& map_page_controls() {
  static const std::string script = R"js(
let turns = 0;  // of drawing; what was begun in an earlier turn is dropped
const fail = problem => {
  $("problem").hidden = false;
  $("problem").textContent = "The maps cannot be shown: " + (problem && problem.message || problem);
};
const drawMap = async turn => {
  const weights = await load(layerNow(), frameOf(layerNow()));
  if (turn !== turns) return;
  const {layer} = weights;
  $("cells").hidden = !layer.queries || layer.keys <= 0;
  if (state.query >= layer.queries) state.query = -1;
  if (state.span && Math.max(...state.span) >= layer.keys) state.span = null;
  drawMatrix(weights);
  drawWords();
  drawReading();
  mark();
  readCell();
};
const drawers = {map: drawMap, heads: drawHeads, atlas: drawAtlas};
// Draws the chosen view; the element's data-drawn counts for who waits.
const render = async () => {
  const turn = ++turns;
  try {
    await drawers[state.view](turn);
  } catch (problem) {
    fail(problem);
    throw problem;
  }
  if (turn === turns) document.documentElement.dataset.drawn = turn;
};

const fill = (select, names, chosen) => {
  const options = names.map(([value, text]) => {
    const option = element("option", "", text);
    option.value = value;
    return option;
  });
  select.replaceChildren(...options);
  select.value = chosen;
  const label = select.closest("label");
  if (label) label.hidden = names.length < 2;
};
const stepsNow = () => [...new Set(exampleNow().layers.flatMap(layer => layer.frames.map(frame => frame.step)).filter(step => step !== null))].sort((a, b) => a - b);
const scoreNames = () => [...new Set(exampleNow().layers.flatMap(layer => layer.frames.flatMap(frame => frame.scores.flatMap(score => Object.keys(score)))))];
const heldBy = (names, value, other) => names.some(([name]) => name === value) ? value : other;

const updateControls = () => {
  const example = exampleNow(), layer = layerNow(), signed = example.layers.some(hasSigned), steps = stepsNow(), scores = scoreNames();
  fill($("example"), data.examples.map((one, i) => [i, one.name]), state.example);
  fill($("layer"), example.layers.map((one, i) => [i, one.title]), state.layer);
  const heads = layer.heads.map((_, head) => [head, headName(layer, head) || "the only one"]);
  if (layer.heads.length > 1) heads.unshift([-1, headName(layer, -1)]);
  fill($("head"), heads, state.head);
  $("head").closest("label").hidden = layer.heads.length < 2 || state.view !== "map";
  $("layer").closest("label").hidden = example.layers.length < 2 || state.view === "atlas";
  const maps = data.style.maps.map(map => [map.name, map.name]).filter(([name]) => signed || name !== "balance");
  fill($("colours"), maps, heldBy(maps, state.colours, signed ? "balance" : "viridis"));
  for (const option of $("kind").options) option.disabled = option.value === "log" && hasSigned(layer) && state.view === "map";
  $("kind").value = state.kind, $("range").value = state.range, $("cut").checked = state.cut;
  $("cut").disabled = example.layers.every(one => one.keys < 2);
  for (const view of ["map", "heads", "atlas"]) {
    $("view-" + view).setAttribute("aria-pressed", view === state.view);
    $(view + "-view").hidden = view !== state.view;
  }
  state.sort = scores.includes(state.sort) ? state.sort : "";
  fill($("sort"), [["", "layer and head"], ...scores.map(name => [name, scoreName(name)])], state.sort);
  $("sorting").hidden = !scores.length || state.view === "map";
  $("order").disabled = !state.sort;
  $("order").textContent = state.reversed ? "↑" : "↓";
  $("steps").hidden = steps.length < 2;
  if (steps.length > 1) {
    if (!steps.includes(state.step)) state.step = steps[steps.length - 1];
    $("step").max = steps.length - 1, $("step").value = steps.indexOf(state.step);
    $("step-name").textContent = "step " + state.step;
  } else {
    state.step = null;
  }
};
const update = () => {
  state.example = Math.min(state.example, data.examples.length - 1);
  state.layer = Math.min(state.layer, exampleNow().layers.length - 1);
  state.head = Math.min(state.head, layerNow().heads.length - 1);
  if (state.head < 0 && layerNow().heads.length < 2) state.head = 0;
  updateControls();
  remember();
  return render();
};

// The choice stands behind # in the address, so that it can be passed on.
const kRemembered = ["view", "example", "layer", "head", "step", "query", "sort", "range", "kind", "colours", "cut"];
const untouched = {...state};
const remember = () => {
  const parts = kRemembered.filter(name => state[name] !== untouched[name] && state[name] !== null).map(name => name + "=" + encodeURIComponent(state[name]));
  const address = parts.length ? "#" + parts.join("&") : "";
  if (address !== location.hash) history.replaceState(null, "", address || location.href.split("#")[0]);
};
const recall = () => {
  const allowed = {view: Object.keys(drawers), kind: ["linear", "log", "power"], range: ["example", "layer", "own"], colours: [...tables.keys()]};
  Object.assign(state, untouched);
  for (const part of location.hash.slice(1).split("&")) {
    const [name, text] = [part.split("=")[0], decodeURIComponent(part.split("=")[1] ?? "")];
    if (allowed[name]) state[name] = allowed[name].includes(text) ? text : state[name];
    else if (name === "sort") state.sort = text;
    else if (name === "cut") state.cut = text === "true";
    else if (["example", "layer", "head", "query", "step"].includes(name) && Number.isFinite(Number(text))) state[name] = name === "step" ? Number(text) : Math.max(Math.floor(Number(text)), name === "example" || name === "layer" ? 0 : -1);
  }
};

const letGo = () => Object.assign(state, {query: -1, span: null, cursor: null, cell: 0});
const onChoice = (id, take) => $(id).addEventListener("change", event => {
  take(event.target);
  update();
});
onChoice("example", chosen => (letGo(), state.example = Number(chosen.value)));
onChoice("layer", chosen => (letGo(), state.layer = Number(chosen.value)));
onChoice("head", chosen => state.head = Number(chosen.value));
onChoice("kind", chosen => state.kind = chosen.value);
onChoice("range", chosen => state.range = chosen.value);
onChoice("colours", chosen => state.colours = chosen.value);
onChoice("cut", chosen => state.cut = chosen.checked);
onChoice("sort", chosen => state.sort = chosen.value);
$("order").addEventListener("click", () => (state.reversed = !state.reversed, update()));
for (const view of ["map", "heads", "atlas"]) $("view-" + view).addEventListener("click", () => (state.view = view, update()));

let playing = 0;
const stop = () => {
  clearTimeout(playing);
  playing = 0;
  $("play").textContent = "▶";
};
const advance = async () => {
  const steps = stepsNow(), at = steps.indexOf(state.step);
  if (at + 1 >= steps.length) return stop();
  state.step = steps[at + 1];
  await update();
  if (playing) playing = setTimeout(advance, 450);
};
$("play").addEventListener("click", () => {
  if (playing) return stop();
  const steps = stepsNow();
  if (state.step === steps[steps.length - 1]) state.step = steps[0];
  $("play").textContent = "❚❚";
  playing = setTimeout(advance, 450);
  update();
});
$("step").addEventListener("input", event => {
  stop();
  state.step = stepsNow()[Number(event.target.value)];
  update();
});

// A path that stands for several layers is told apart by what they come from.
for (const example of data.examples)
  for (const layer of example.layers) {
    const twins = example.layers.filter(other => other.path === layer.path);
    layer.title = twins.length > 1 ? layer.path + " (" + (layer.frames[0].provenance || twins.indexOf(layer) + 1) + ")" : layer.path;
  }
for (const example of data.examples) {
  const titles = new Map();
  for (const layer of example.layers) {
    const times = (titles.get(layer.title) || 0) + 1;
    titles.set(layer.title, times);
    if (times > 1) layer.title += " #" + times;
  }
}

const counted = (n, one) => n + " " + one + (n === 1 ? "" : "s");
const begin = () => {
  const layers = data.examples.flatMap(example => example.layers), maps = layers.reduce((sum, layer) => sum + layer.frames.length * layer.heads.length, 0);
  $("summary").textContent = counted(maps, "map") + " of " + counted(new Set(layers.map(layer => layer.path)).size, "layer") + " on " + counted(data.examples.length, "example") + ".";
  if (!data.examples.length) return;
  if (typeof DecompressionStream === "undefined") return fail("this browser cannot unpack gzip (DecompressionStream); Chrome 80, Firefox 113 and Safari 16.4 can");
  $("precision").textContent = data.bits === 8 ? "Weights are kept to 8 bits: a weight w within 0.4 % of √(w × the largest of its row)." : "";
  $("page").hidden = false;
  recall();
  update();
};
let width = innerWidth;
addEventListener("resize", () => innerWidth !== width && (width = innerWidth, render()));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", render);
addEventListener("hashchange", () => (recall(), update()));
begin();
)js";
  return script;
}

std::string map_page_script() {
  return "(() => {\n\"use strict\";" + map_page_values() + map_page_paint() + map_page_legend() +
         map_page_matrix() + map_page_words() + map_page_scene() + map_page_thumbs() + map_page_controls() +
         "})();";
}

}  // namespace fovea
