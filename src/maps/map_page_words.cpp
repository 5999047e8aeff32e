// The page's script, fifth part: what the large map says in words: the cell under the cursor, the sentence of
// keys, the sum over a span.
#include "src/maps/map_page_parts.h"

namespace fovea {

const std::string& map_page_words() {
  static const std::string script = R"js(
const positioned = (axis, i) => nameAt(axis, i) + (axis.labels.length ? " (" + i + ")" : "");
const readCell = () => {
  const parts = ["query", "arrow", "key", "weight", "note"].map(name => $("readout-" + name));
  const [query, arrow, key, weight, note] = parts;
  for (const part of parts) part.textContent = "";
  if (!state.cursor || state.cursor[0] >= shown.layer.queries || state.cursor[1] >= shown.layer.keys) {
    note.textContent = "Point at a cell, or use the arrow keys on the map. Click selects a query; drag sums the weight of a span of keys.";
    return;
  }
  const [q, k] = state.cursor;
  query.textContent = q < 0 ? "mean over queries" : nameAt(shown.query, q);
  query.title = q < 0 ? "" : positioned(shown.query, q);
  arrow.textContent = "→";
  key.textContent = nameAt(shown.key, k);
  key.title = positioned(shown.key, k);
  const value = q < 0 ? shown.weights.overKeys(shown.head, -1)[k] : shown.values[q * shown.layer.keys + k];
  const hidden = q >= 0 && !shown.weights.seen(shown.head, q * shown.layer.keys + k);
  weight.textContent = hidden ? "masked" : digits(value);
  const truth = q < 0 ? 0 : shown.weights.truth(q, k);
  note.textContent = (q < 0 ? "" : "query " + q + ", ") + "key " + k + (truth === 1 ? " · expected" : truth === 2 ? " · possible" : "");
};

// The query whose weights are read: the selected one, the only one, or −1 for the mean.
const queryRead = () => shown.layer.queries === 1 ? 0 : state.query;
const ofQuery = () => {
  const query = queryRead();
  if (query >= 0) return shown.layer.queries === 1 ? "" : "query “" + nameAt(shown.query, query) + "”";
  return "the mean over " + shown.layer.queries + " queries";
};
const spanSum = () => {
  const target = $("span-sum"), span = spanNow(), values = shown.weights.overKeys(shown.head, queryRead());
  target.replaceChildren();
  if (!span || span[0] >= values.length) {
    if (!$("reading").hidden) target.append(element("span", "hint", "Drag over keys to sum their weights."));
    return;
  }
  let sum = 0;
  for (let k = span[0]; k <= Math.min(span[1], values.length - 1); ++k) if (!Number.isNaN(values[k])) sum += values[k];
  const names = [nameAt(shown.key, span[0])];
  if (span[1] > span[0]) names.push(nameAt(shown.key, span[1]));
  const words = element("span", "", "Keys " + (span[1] > span[0] ? span[0] + "–" + span[1] : span[0]) + ", ");
  target.append(words);
  names.forEach((name, i) => {
    const quoted = element("bdi", "", "“" + name + "”");
    target.append(i ? " … " : "", quoted);
  });
  target.append(" hold ", element("b", "", digits(sum)), ofQuery() ? " of " + ofQuery() + "." : " of the weight.");
};

const paintToken = (token, value, scale, k) => {
  if (k < shown.first) token.classList.add("cut");
  else if (Number.isNaN(value)) token.classList.add("masked");
  else if (scale.low < 0) {
    token.style.background = scale.css(value);
    token.style.color = scale.isLight(value) ? "#141414" : "#fff";
  } else {
    const unit = scale.unit(value);
    token.style.setProperty("--w", unit.toFixed(3));
    token.classList.toggle("strong", unit > 0.55);
  }
};
// Whether most of the labels that have a direction begin from the right.
const isRightToLeft = labels => {
  const right = labels.filter(label => /^[^\p{L}]*[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u.test(label)).length;
  return 2 * right > labels.filter(label => /\p{L}/u.test(label)).length;
};
const drawSentence = () => {
  const has = shown.key.labels.length > 0 && ["tokens", "channels", "slots"].includes(shown.key.kind);
  $("reading").hidden = !has;
  if (!has) return;
  const query = queryRead(), values = shown.weights.overKeys(shown.head, query), truth = shown.weights.truthOver(query), span = spanNow();
  const extent = extentOf(values.subarray(shown.first)), scale = new Scale(extent, {map: extent[0] < 0 ? mapName(true) : "ink", kind: state.kind});
  $("sentence-title").replaceChildren("Keys under ", ofQuery() ? ofQuery() : "the one query");
  const tokens = Array.from(values, (value, k) => {
    const token = labelled("span", "", shown.key.labels[k]);
    token.title = Number.isNaN(value) ? "masked" : digits(value);
    token.dataset.at = k;
    paintToken(token, value, scale, k);
    token.classList.toggle("gold", query >= 0 && truth[k] > 0);
    token.classList.toggle("in-span", Boolean(span) && k >= span[0] && k <= span[1]);
    return token;
  });
  $("sentence").replaceChildren(...tokens.flatMap(token => [token, " "]));
  $("sentence").dir = isRightToLeft(shown.key.labels) ? "rtl" : "ltr";
  const heat = getComputedStyle(document.documentElement).getPropertyValue("--heat");
  fillLegend($("sentence-legend"), scale, {}, scale.low < 0 ? null : unit => "rgb(" + heat + " / " + unit + ")");
};
const drawReading = () => {
  drawSentence();
  drawScene();
  spanSum();
  remember();
};

// A drag over the sentence marks keys; the text stays selectable.
let pressedToken = -1;
const tokenUnder = event => {
  const token = event.target.closest && event.target.closest("#sentence span");
  return token ? Number(token.dataset.at) : -1;
};
const markSpan = () => {
  const span = spanNow();
  for (const token of $("sentence").children) token.classList.toggle("in-span", Boolean(span) && token.dataset.at >= span[0] && token.dataset.at <= span[1]);
  spanSum();
};
$("sentence").addEventListener("mousedown", event => {
  pressedToken = tokenUnder(event);
  state.span = pressedToken < 0 ? null : [pressedToken, pressedToken];
  mark();
  markSpan();
});
$("sentence").addEventListener("mousemove", event => {
  const at = tokenUnder(event);
  if (at < 0) return;
  if (pressedToken >= 0) state.span = [pressedToken, at], markSpan();
  moveTo([queryRead(), at]);
});
addEventListener("mouseup", () => pressedToken = -1);

const scoreName = name => name.replaceAll("_", " ");
const scoresOf = (frame, head) => head >= 0 ? frame.scores[head] : {};
const drawWords = () => {
  const {layer, frame, head} = shown;
  $("map-title").textContent = titleOf(layer, head);
  $("map-scores").replaceChildren(...Object.entries(scoresOf(frame, head)).map(([name, value]) => {
    const score = element("span", "", scoreName(name) + " ");
    score.append(element("b", "", digits(value, 3)));
    return score;
  }));
  const counts = layer.queries === 1 ? "one query" : layer.queries + " queries (rows)";
  const parts = ["Weights of " + titleOf(layer, head).replace(" · ", ", ") + " on " + exampleNow().name + ": " + counts + " over " + layer.keys + " keys" + (layer.queries === 1 ? "." : " (columns).")];
  if (frame.truth || frame.possible) parts.push("Outlined: where attention ought to go" + (frame.possible ? ", dashed where it may." : "."));
  const cut = cutWords(layer, frame, head);
  if (cut) parts.push(cut);
  $("map-caption").textContent = parts.join(" ");
  $("map-provenance").textContent = frame.provenance;
};
)js";
  return script;
}

}  // namespace fovea
