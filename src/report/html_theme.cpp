// How the page looks and the little it does: values under the pointer, a choice of head and layer.
#include "src/figures/page_theme.h"
#include "src/report/html_parts.h"

namespace fovea {

const std::string& page_style() {
  static const std::string style = page_theme() + R"css(
nav { margin: 18px 0 0; font-size: .95rem; }
nav a { color: var(--accent); text-decoration: none; margin-right: 1.2em; }
nav a:hover { text-decoration: underline; }
.scroll { overflow-x: auto; margin: 16px 0 10px; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { padding: 7px 14px 7px 0; text-align: left; white-space: nowrap; border-bottom: 1px solid var(--rule); }
thead th { color: var(--muted); font-weight: 500; font-size: .82rem; border-bottom: 1px solid var(--muted); }
tbody th { font-weight: 400; }
td.number, th.number { text-align: right; padding-left: 14px; padding-right: 6px; }
tr.chance th, tr.chance td { color: var(--muted); font-style: italic; }
td.problem, th.problem { padding-left: 18px; }
td.problem { color: var(--truth); }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(300px, 100%), 1fr)); gap: 24px 28px; margin-top: 14px; }
.charts > figure { margin: 0; }
svg { display: block; max-width: 100%; height: auto; }
svg.chart { width: 100%; font-family: inherit; }
svg.intervals { min-width: 560px; }
svg.pareto { max-width: 480px; }
.card svg.overlay { width: 100% !important; }
.cards:not(.wide) .card svg.overlay { max-width: 360px; margin: 0 auto; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; font-size: .86rem; color: var(--muted); margin: 10px 0 0; padding: 0; list-style: none; }
.legend li::before, .card h5::before {
  content: ""; display: inline-block; width: 10px; height: 10px; border-radius: 50%; margin-right: 7px; background: var(--line);
}
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(250px, 100%), 1fr)); gap: 18px; align-items: start; }
.cards.wide { grid-template-columns: 1fr; }
.card { background: var(--card); border: 1px solid var(--rule); border-radius: 8px; padding: 14px 16px 12px; min-width: 0; break-inside: avoid; }
.card h5 { margin: 0 0 8px; font-size: .9rem; font-weight: 600; }
.card .answer { color: var(--muted); font-size: .82rem; margin: 8px 0 0; }
.controls { display: flex; flex-wrap: wrap; gap: 4px; margin: 12px 0 0; align-items: center; }
.controls button, .controls select {
  font: inherit; font-size: .76rem; line-height: 1; padding: 4px 8px; border: 1px solid var(--rule); border-radius: 999px;
  background: transparent; color: var(--muted); cursor: pointer;
}
.controls button[aria-pressed="true"] { background: var(--accent); border-color: var(--accent); color: var(--card); }
.controls button:focus-visible, .controls select:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
.sentence { font-size: .97rem; line-height: 2.0; margin: 0; max-width: none; overflow-wrap: anywhere; }
.sentence span {
  padding: 2px 4px; margin-right: 2px; border-radius: 4px; background: rgb(var(--heat) / var(--w, 0));
  -webkit-box-decoration-break: clone; box-decoration-break: clone;
}
.sentence .strong { color: var(--strong); }
.sentence .gold { box-shadow: 0 0 0 1.5px var(--truth); }
.sentence .masked { background: var(--masked); color: var(--muted); }
.halo { fill: none; stroke: #fff; stroke-width: 3.6; stroke-opacity: .85; vector-effect: non-scaling-stroke; }
.truth { fill: none; stroke: var(--truth); stroke-width: 1.8; vector-effect: non-scaling-stroke; }
.strips { shape-rendering: crispEdges; }
.cells image { image-rendering: pixelated; }
.cells text, .overlay text { font-size: 10px; fill: currentColor; }
.cells text { fill-opacity: .8; }
.bar { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 8px; font-size: .8rem; color: var(--muted); margin: 0 0 12px; font-variant-numeric: tabular-nums; }
.bar i { width: 140px; height: 8px; border-radius: 2px; border: 1px solid var(--rule); }
.bar .swatch { width: 14px; height: 10px; margin-left: 12px; border-radius: 2px; }
.bar .gold { border: 1.6px solid var(--truth); }
.bar .masked { background: var(--masked); }
#tip {
  position: fixed; z-index: 9; pointer-events: none; padding: 3px 8px; border-radius: 5px; font-size: .8rem;
  background: var(--ink); color: var(--paper); font-variant-numeric: tabular-nums; max-width: 60vw;
}
@media print {
  .controls { display: none; }
  .card, figure, table { break-inside: avoid; }
  span, i { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
)css";
  return style;
}

const std::string& page_script() {
  static const std::string script = R"js(
(() => {
  const tip = document.createElement("div");
  tip.id = "tip"; tip.hidden = true; document.body.append(tip);
  const show = (event, text) => {
    tip.textContent = text; tip.hidden = false;
    const box = tip.getBoundingClientRect();
    tip.style.left = Math.min(event.clientX + 12, innerWidth - box.width - 8) + "px";
    tip.style.top = Math.max(event.clientY - box.height - 10, 4) + "px";
  };
  const unpacked = new WeakMap();
  const values = svg => {
    if (!unpacked.has(svg)) {
      const bytes = Uint8Array.from(atob(svg.dataset.values), c => c.charCodeAt(0));
      unpacked.set(svg, new Uint16Array(bytes.buffer));
    }
    return unpacked.get(svg);
  };
  const label = (list, i) => list && list[i] !== undefined ? list[i] : i;
  const under = (svg, event) => {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    const [x, y, w, h, rows, columns] = JSON.parse(svg.dataset.grid);
    const r = Math.floor((at.y - y) / h * rows), c = Math.floor((at.x - x) / w * columns);
    if (r < 0 || c < 0 || r >= rows || c >= columns) return "";
    const raw = values(svg)[r * columns + c];
    const names = JSON.parse(svg.dataset.names || "{}");
    const weight = raw === 65535 ? "masked" : (raw / 65534 * svg.dataset.high).toPrecision(3);
    return label(names.rows, r) + " → " + label(names.columns, c) + "  " + weight;
  };
  document.addEventListener("pointermove", event => {
    const token = event.target.closest && event.target.closest("[data-tip]");
    const svg = event.target.closest && event.target.closest("svg[data-values]");
    const text = token ? token.dataset.tip : svg ? under(svg, event) : "";
    text ? show(event, text) : tip.hidden = true;
  });
  document.querySelectorAll(".card.maps").forEach(card => {
    const layers = card.querySelector("select"), buttons = [...card.querySelectorAll("button")];
    let head = "-1";
    const update = () => {
      const layer = layers ? layers.value : "0";
      const views = [...card.querySelectorAll(".view")];
      const there = views.some(v => v.dataset.layer === layer && v.dataset.head === head);
      const wanted = there ? head : "-1";
      views.forEach(v => v.hidden = !(v.dataset.layer === layer && v.dataset.head === wanted));
      buttons.forEach(b => {
        b.hidden = !views.some(v => v.dataset.layer === layer && v.dataset.head === b.value);
        b.setAttribute("aria-pressed", b.value === wanted);
      });
    };
    buttons.forEach(b => b.addEventListener("click", () => { head = b.value; update(); }));
    if (layers) layers.addEventListener("change", update);
    update();
  });
})();
)js";
  return script;
}

}  // namespace fovea
