// The elements of the page of maps; the script fills them.
#include "src/maps/map_page_parts.h"

namespace fovea {

const std::string& map_page_body() {
  static const std::string body = R"html(
<p class="explain" id="summary"></p>
<noscript><p>This page unpacks its maps with JavaScript, which is switched off here.</p></noscript>
<p class="problem" id="problem" role="alert" hidden></p>
<div id="page" hidden>
<div class="controls">
  <label>Example <select id="example"></select></label>
  <label>Layer <select id="layer"></select></label>
  <label>Head <select id="head"></select></label>
  <span class="choice" role="group" aria-label="View">
    <button type="button" id="view-map">Map</button><button type="button" id="view-heads">Heads</button><button type="button" id="view-atlas">Atlas</button>
  </span>
</div>
<div class="controls minor">
  <label>Scale <select id="kind"><option value="linear">linear</option><option value="log">log</option><option value="power">power</option></select></label>
  <label>Range <select id="range"><option value="example">shared by the example</option><option value="layer">shared by the layer</option><option value="own">own of each map</option></select></label>
  <label>Colours <select id="colours"></select></label>
  <label class="switch"><input type="checkbox" id="cut"> Cut the first key</label>
  <span class="steps" id="steps" hidden>
    <button type="button" id="play" aria-label="Play over the steps">▶</button>
    <input type="range" id="step" min="0" aria-label="Step"><output id="step-name"></output>
  </span>
  <span class="sorting" id="sorting" hidden>
    <label>Sort by <select id="sort"></select></label>
    <button type="button" id="order" aria-label="Reverse the order">↓</button>
  </span>
</div>
<section id="map-view" hidden>
  <h2 id="map-title"></h2>
  <p class="note scores" id="map-scores"></p>
  <p class="readout" role="status" aria-live="polite"><bdi id="readout-query"></bdi><span id="readout-arrow"></span><bdi id="readout-key"></bdi><b id="readout-weight"></b><span id="readout-note"></span></p>
  <div class="plates" id="plates">
    <figure class="plate" id="input-plate" hidden></figure>
    <figure class="plate wide" id="series-plate" hidden></figure>
    <figure class="plate" id="matrix-plate">
      <div class="matrix" id="matrix">
        <div class="corner" id="corner"></div>
        <div class="column-labels" id="column-labels"></div>
        <div class="row-labels" id="row-labels"></div>
        <div class="stage" id="stage" tabindex="0" role="application" aria-label="Attention map. Arrow keys move over the cells, Shift with left and right marks a span of keys, Enter selects a query, Escape lets go." aria-describedby="readout-weight">
          <canvas id="cells"></canvas>
          <div class="box row" id="row-box" hidden></div>
          <div class="box span" id="span-box" hidden></div>
          <div class="box cursor" id="cursor-box" hidden></div>
        </div>
      </div>
      <div class="under"><div class="legend-bar" id="map-legend"></div>
      <span class="zoom"><button type="button" id="smaller" aria-label="Smaller cells">−</button><button type="button" id="larger" aria-label="Larger cells">+</button></span></div>
    </figure>
  <div class="words">
  <div class="reading" id="reading">
    <h3 id="sentence-title"></h3>
    <p class="sentence" id="sentence"></p>
    <div class="legend-bar" id="sentence-legend"></div>
  </div>
  <p class="span-sum" id="span-sum" role="status"></p>
  <p class="caption" id="map-caption"></p>
  <p class="note provenance" id="map-provenance"></p>
  </div>
  </div>
</section>
<section id="heads-view" hidden>
  <h2 id="heads-title"></h2>
  <div class="legend-bar" id="heads-legend"></div>
  <div class="thumbs" id="heads"></div>
  <p class="caption" id="heads-caption"></p>
  <p class="note provenance" id="heads-provenance"></p>
</section>
<section id="atlas-view" hidden>
  <h2 id="atlas-title"></h2>
  <div class="legend-bar" id="atlas-legend"></div>
  <div class="scroll"><div id="atlas"></div></div>
  <p class="caption" id="atlas-caption"></p>
</section>
</div>
<footer>Written by fovea. Everything on this page is inside this file. <span id="precision"></span></footer>
)html";
  return body;
}

}  // namespace fovea
