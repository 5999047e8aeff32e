// How the page of maps looks, over the theme that all pages share.
#include "src/maps/map_page_parts.h"

namespace fovea {

const std::string& map_page_style() {
  static const std::string style = R"css(
main { padding-top: 36px; }
main > .explain { margin-bottom: 18px; }
h2 { margin: 26px 0 .15em; padding: 0; border: 0; font-size: 1.35rem; overflow-wrap: anywhere; }
h3 { margin: 30px 0 .3em; font-size: 1rem; }
figure { margin: 0; }
.problem { color: var(--truth); }
.controls { display: flex; flex-wrap: wrap; gap: 8px 18px; align-items: center; font-size: .86rem; color: var(--muted); }
.controls.minor { margin-top: 10px; padding-bottom: 14px; border-bottom: 1px solid var(--rule); }
.controls label { display: inline-flex; align-items: center; gap: 7px; min-width: 0; }
select, button { font: inherit; font-size: .86rem; line-height: 1.2; color: var(--ink); background: var(--card); border: 1px solid var(--rule); border-radius: 7px; padding: 5px 9px; }
select { max-width: min(46vw, 22rem); text-overflow: ellipsis; }
button { cursor: pointer; }
button:hover, select:hover { border-color: var(--muted); }
button:disabled { opacity: .4; cursor: default; }
:is(select, button, input, .stage):focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
input { accent-color: var(--accent); }
.choice { display: inline-flex; margin-left: auto; }
.choice button { border-radius: 0; margin-left: -1px; padding: 5px 14px; }
.choice button:first-child { border-radius: 7px 0 0 7px; }
.choice button:last-child { border-radius: 0 7px 7px 0; }
.choice button[aria-pressed="true"] { background: var(--accent); border-color: var(--accent); color: var(--paper); }
.steps, .sorting { display: inline-flex; align-items: center; gap: 8px; }
.steps output { min-width: 6.5em; font-variant-numeric: tabular-nums; color: var(--ink); }
.scores { display: flex; flex-wrap: wrap; gap: 0 1.3em; font-variant-numeric: tabular-nums; max-width: none; margin: 0 0 .4em; }
.scores span { white-space: nowrap; }
.scores b { font-weight: 500; color: var(--ink); }
.readout { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 .5em; min-height: 1.7em; margin: 6px 0 10px; max-width: none; font-variant-numeric: tabular-nums; }
.readout :empty { display: none; }
.readout bdi { font-weight: 500; max-width: 40%; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.readout b { margin-left: .5em; color: var(--accent); }
.readout span { color: var(--muted); font-size: .88rem; }
.plates { display: flex; flex-wrap: wrap; gap: 26px 34px; align-items: flex-start; }
.plate { min-width: 0; max-width: 100%; }
.plate.wide { flex: 1 0 100%; }
.words .span-sum:empty { display: none; }
.words { flex: 1 1 340px; min-width: min(340px, 100%); max-width: 60rem; }
.words h3 { margin-top: 0; }
.words > :first-child { margin-top: 0; }
.plates.on-input .words { order: 1; }
.plates.on-input #matrix-plate { order: 2; }
.matrix { display: grid; grid-template-columns: max-content max-content; grid-template-rows: max-content max-content; max-width: calc(100% + 8px); overflow-x: auto; padding: 4px; margin: -4px; }
.corner, .row-labels { position: sticky; left: -4px; z-index: 2; background: var(--paper); }
.corner { display: flex; flex-direction: column; align-items: flex-end; justify-content: flex-end; font-size: .72rem; line-height: 1.25; color: var(--muted); padding: 0 12px 6px 0; }
.column-labels, .row-labels { position: relative; font-size: var(--label); line-height: 1.25; color: var(--ink); }
.column-labels span, .row-labels span { position: absolute; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.row-labels span { right: 7px; text-align: right; max-width: 150px; }
.column-labels span { bottom: 5px; text-align: left; max-height: 130px; }
.column-labels span.upright { writing-mode: vertical-rl; text-orientation: sideways; transform: rotate(180deg); }
.column-labels span.flat { text-align: center; overflow: visible; }
.matrix .tick { color: var(--muted); font-size: .68rem; }
.matrix .on { color: var(--accent); font-weight: 700; }
.stage { position: relative; background: var(--masked); cursor: crosshair; user-select: none; -webkit-user-select: none; touch-action: manipulation; border-radius: 1px; }
.stage canvas { display: block; image-rendering: pixelated; }
.stage svg, .picture svg { position: absolute; inset: 0; width: 100%; height: 100%; pointer-events: none; overflow: visible; }
.halo { fill: none; stroke: #fff; stroke-width: 3.6; stroke-opacity: .9; vector-effect: non-scaling-stroke; }
.truth { fill: none; stroke: var(--truth); stroke-width: 1.8; vector-effect: non-scaling-stroke; }
.possible { stroke-dasharray: 3 2.4; }
.box { position: absolute; pointer-events: none; box-sizing: content-box; }
.box.cursor { outline: 1.5px solid #fff; box-shadow: 0 0 0 2.6px #000a; }
.box.row { box-shadow: 0 0 0 1.5px var(--accent), 0 0 0 3px var(--paper); }
.box.row.thin { box-shadow: 0 0 0 1px var(--accent), 0 0 0 1.5px var(--paper); }
.box.span { box-shadow: inset 0 -3px 0 var(--accent), 0 0 0 1.5px var(--accent); }
.under { display: flex; justify-content: space-between; align-items: flex-start; gap: 16px; margin-top: 14px; }
.zoom { display: inline-flex; gap: 4px; }
.zoom button { padding: 2px 9px; color: var(--muted); }
section > .legend-bar { margin-top: 10px; }
.legend-bar { display: flex; flex-wrap: wrap; gap: 4px 20px; align-items: flex-start; font-size: .78rem; color: var(--muted); font-variant-numeric: tabular-nums; }
.legend-bar .title { line-height: 12px; padding-top: 1px; }
.legend-bar .bar { position: relative; width: min(230px, 62vw); height: 32px; }
.legend-bar .bar canvas { display: block; width: 100%; height: 10px; border-radius: 2px; box-shadow: 0 0 0 1px var(--rule); }
.legend-bar .bar span { position: absolute; top: 13px; transform: translateX(-50%); white-space: nowrap; }
.legend-bar .bar span::before { content: ""; position: absolute; left: 50%; top: -3px; height: 3px; border-left: 1px solid var(--muted); }
.legend-bar .key { display: inline-flex; align-items: center; gap: 7px; line-height: 12px; }
.legend-bar .swatch { width: 15px; height: 11px; border-radius: 2px; }
.legend-bar .swatch.masked { background: var(--masked); }
.legend-bar .swatch.expected { border: 1.8px solid var(--truth); }
.legend-bar .swatch.maybe { border: 1.8px dashed var(--truth); }
.sentence { font-size: 1rem; line-height: 2.05; margin: 0 0 12px; max-width: 60rem; overflow-wrap: anywhere; cursor: default; }
.sentence span { padding: 3px 4px; margin-inline-end: 2px; border-radius: 4px; background: rgb(var(--heat) / var(--w, 0)); -webkit-box-decoration-break: clone; box-decoration-break: clone; }
.sentence .strong { color: var(--strong); }
.sentence .masked { background: var(--masked); color: var(--muted); }
.sentence .gold { box-shadow: 0 0 0 1.6px var(--truth); }
.sentence .cut { background: none; color: var(--muted); text-decoration: line-through; }
.sentence .in-span { border-bottom: 3px solid var(--accent); border-radius: 4px 4px 0 0; padding-bottom: 1px; }
.sentence .on { outline: 2px solid var(--accent); outline-offset: 1px; }
.sentence span::selection { background: rgb(var(--heat) / .35); }
.span-sum { min-height: 1.6em; margin: 8px 0 0; max-width: 60rem; font-variant-numeric: tabular-nums; }
.span-sum b { color: var(--accent); }
.span-sum .hint { color: var(--muted); font-size: .88rem; }
.caption { margin: 18px 0 .2em; max-width: 56rem; font-size: .94rem; }
.provenance { overflow-wrap: anywhere; max-width: 56rem; }
.pictures { display: flex; flex-wrap: wrap; gap: 18px; }
.picture { position: relative; width: min(300px, 86vw); }
.picture img, .picture canvas { display: block; width: 100%; height: auto; border-radius: 2px; }
.picture img { image-rendering: pixelated; }
.picture canvas { position: absolute; inset: 0; height: 100%; cursor: crosshair; }
.picture-name { font-size: .8rem; color: var(--muted); margin: 0 0 6px; }
.series { width: 100%; display: block; overflow: visible; font-size: 11px; }
.series text { fill: var(--muted); }
.series .frame { fill: none; stroke: var(--rule); }
.series .back { stroke: var(--paper); stroke-width: 3.6; fill: none; stroke-linejoin: round; }
.series .line { stroke-width: 1.6; fill: none; stroke-linejoin: round; }
.lines { display: flex; flex-wrap: wrap; gap: 2px 18px; margin: 4px 0 10px; padding: 0; list-style: none; font-size: .82rem; color: var(--muted); }
.lines li::before { content: ""; display: inline-block; width: 18px; border-top: 2px solid var(--line); vertical-align: middle; margin-right: 7px; }
.thumbs { display: grid; grid-template-columns: repeat(auto-fill, minmax(var(--thumb, 130px), 1fr)); gap: 18px 16px; margin-top: 18px; align-items: start; }
.thumb { display: block; width: 100%; padding: 0; border: 0; background: none; text-align: left; border-radius: 3px; color: inherit; font-size: .78rem; }
.thumb canvas { display: block; width: 100%; background: var(--masked); border-radius: 2px; image-rendering: pixelated; }
.thumb:hover canvas, .thumb:focus-visible canvas { box-shadow: 0 0 0 2px var(--paper), 0 0 0 4px var(--accent); }
.thumb.chosen canvas { box-shadow: 0 0 0 2px var(--paper), 0 0 0 3.5px var(--accent); }
.thumb .name { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 6px; margin-top: 5px; line-height: 1.3; color: var(--muted); font-variant-numeric: tabular-nums; }
.thumb .name b { font-weight: 500; color: var(--ink); overflow-wrap: anywhere; }
.atlas { display: grid; gap: 6px; width: max-content; min-width: min(100%, 60rem); align-items: center; padding: 3px; }
.atlas .head-name, .atlas .layer-name { font-size: .74rem; color: var(--muted); font-variant-numeric: tabular-nums; }
.atlas .head-name { text-align: center; }
.atlas .layer-name { position: sticky; left: 0; z-index: 1; background: var(--paper); padding: 2px 10px 2px 0; text-align: right; max-width: 12em; overflow-wrap: anywhere; line-height: 1.25; }
.atlas .layer-name button { all: unset; cursor: pointer; }
.atlas .layer-name button:hover { color: var(--accent); }
footer { margin-top: 56px; }
@media (max-width: 640px) {
  main { padding: 22px 14px 60px; }
  h1 { font-size: 1.6rem; }
  .controls { display: grid; grid-template-columns: 1fr 1fr; gap: 10px 12px; }
  .controls label:not(.switch) { flex-direction: column; align-items: stretch; gap: 2px; font-size: .78rem; }
  .controls label:has(#example), .choice, .steps, .sorting { grid-column: 1 / -1; }
  .sorting { align-items: flex-end; }
  .sorting label, .steps input { flex: 1; }
  .controls .switch { align-self: end; padding-bottom: 7px; }
  select { max-width: 100%; }
  .choice { margin-left: 0; width: 100%; }
  .choice button { flex: 1; }
  .thumbs { grid-template-columns: repeat(auto-fill, minmax(96px, 1fr)); gap: 12px 10px; }
}
@media print {
  .controls, .zoom, .readout, .span-sum .hint, .box.cursor { display: none !important; }
  .matrix, .scroll { overflow: visible; }
  .plate, .thumb, .reading { break-inside: avoid; }
  h2 { margin-top: 0; break-after: avoid; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
)css";
  return style;
}

}  // namespace fovea
