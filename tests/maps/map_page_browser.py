"""Opens pages of maps in Chromium without a window, moves a mouse over them, and compares what they say with the weights they were made from.

Usage: map_page_browser.py PATH/TO/tests-map-page-writer. Exit code 77 (skipped) where Chromium is absent.
"""

import html
import json
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile

CATCH = """<script>
const problems = [];
window.onerror = message => { problems.push(String(message)); };
addEventListener("unhandledrejection", event => problems.push(String(event.reason)));
</script>"""

# What every driver uses; the page's own script keeps its names to itself.
TOOLS = """
const at = id => document.getElementById(id), root = document.documentElement;
const pause = () => new Promise(done => setTimeout(done, 10));
const settled = async act => { const before = root.dataset.drawn; if (act) act(); while (root.dataset.drawn === before && !problems.length) await pause(); };
const choose = (id, value) => settled(() => { at(id).value = value; at(id).dispatchEvent(new Event("change")); });
const mouse = (target, kind, x, y) => target.dispatchEvent(new MouseEvent(kind, {clientX: x, clientY: y, bubbles: true, buttons: 1}));
const size = () => [at("cells").height, at("cells").width];
const point = (q, k) => { const box = at("cells").getBoundingClientRect(), [rows, columns] = size(); return [box.left + (k + 0.5) / columns * box.width, box.top + (q + 0.5) / rows * box.height]; };
const over = (q, k) => { mouse(at("cells"), "mousemove", ...point(q, k)); return reading(); };
const reading = () => ["query", "key", "weight", "note"].map(name => at("readout-" + name).textContent);
const press = (q, k) => mouse(at("cells"), "mousedown", ...point(q, k));
const release = (q, k) => mouse(at("cells"), "mouseup", ...point(q, k));
const key = (name, shiftKey) => at("stage").dispatchEvent(new KeyboardEvent("keydown", {key: name, shiftKey, bubbles: true}));
const tokens = () => [...at("sentence").children].map(token => [token.textContent, token.style.getPropertyValue("--w"), token.className]);
const report = found => { const pre = document.createElement("pre"); pre.id = "found"; pre.textContent = JSON.stringify({...found, problems}); document.body.append(pre); };
const drive = async act => {
  if (!root.dataset.drawn && !problems.length) await settled();
  const found = {};
  try { await act(found); } catch (problem) { problems.push("driver: " + problem.stack); }
  report(found);
};
"""

MAPS = """drive(async found => {
  await choose("layer", 5);
  found.cells = [];
  for (const head of [0, 5, -1]) {
    await choose("head", head);
    for (const [q, k] of [[0, 0], [9, 3], [20, 20], [14, 6], [3, 8]]) found.cells.push([head, q, k, over(q, k)]);
  }
  await choose("head", 1);
  press(9, 2); release(9, 2);
  found.row = [at("sentence-title").textContent, tokens()];
  press(12, 3); over(12, 5); over(12, 7); release(12, 7);
  found.span = at("span-sum").textContent;
  over(4, 2); key("ArrowRight"); key("ArrowDown");
  found.keyboard = reading();
  key("Escape");
  found.mean = [at("sentence-title").textContent, tokens()];
  await settled(() => at("cut").click());
  found.cut = [at("map-caption").textContent, size(), over(5, 0)];
  await settled(() => at("cut").click());
  await choose("example", 4);
  at("step").value = 1;
  await settled(() => at("step").dispatchEvent(new Event("input")));
  found.step = [at("step-name").textContent, over(9, 3), at("map-provenance").textContent];
  await choose("example", 5);
  found.signed = [over(3, 0), over(1, 1)];
  await choose("example", 1);
  found.translation = [over(1, 0), over(4, 3), at("sentence").dir, document.querySelectorAll("#stage svg path.truth").length];
  await choose("example", 2);
  found.image = [document.querySelectorAll("#input-plate img").length, at("input-plate").hidden];
  await choose("example", 3);
  found.series = [document.querySelectorAll("#series-plate path.line").length, document.querySelectorAll("#series-plate rect").length];
  await choose("example", 0);
  await settled(() => at("view-atlas").click());
  found.atlas = document.querySelectorAll("#atlas canvas").length;
  await choose("sort", "entropy");
  const names = () => [...document.querySelectorAll("#atlas .name")].map(name => [...name.children].map(part => part.textContent));
  found.sorted = names();
  await settled(() => at("order").click());
  found.reversed = names();
  await settled(() => at("order").click());
  await settled(() => document.querySelectorAll("#atlas button")[2].click());
  found.opened = [at("map-title").textContent, at("map-view").hidden];
});"""

HOSTILE = """drive(async found => {
  found.cells = [];
  for (let k = 0; k < 9; ++k) found.cells.push(over(0, k));
  over(1, 0); found.query = reading()[0];
  for (const view of ["heads", "atlas", "map"]) await settled(() => at("view-" + view).click());
  found.title = [document.title, at("map-title").textContent, at("map-caption").textContent];
  found.alien = document.querySelectorAll("img, iframe, link, object").length;
  found.ran = typeof ran;
});"""

# Every view, scale, range and cut of every map, with keys and clicks in each.
EDGES = """drive(async found => {
  found.seen = 0;
  for (let example = 0; example < 2; ++example) {
    await choose("example", example);
    for (let layer = 0; layer < at("layer").options.length; ++layer) {
      await choose("layer", layer);
      for (const [kind, range] of [["linear", "example"], ["log", "own"], ["power", "layer"], ["log", "example"]]) {
        await choose("kind", kind);
        await choose("range", range);
        for (const head of [...at("head").options].map(option => option.value)) {
          await choose("head", head);
          if (size()[0] * size()[1]) over(0, 0), press(0, 0), release(0, 0);
          for (const name of ["ArrowRight", "ArrowDown", "End", "Home", "Enter", "Enter", "Escape"]) key(name);
          key("ArrowRight", true);
          ++found.seen;
        }
        if (!at("cut").disabled) await settled(() => at("cut").click());
        for (const view of ["heads", "atlas", "map"]) await settled(() => at("view-" + view).click());
        if (at("cut").checked) await settled(() => at("cut").click());
      }
    }
  }
  found.layers = [...at("layer").options].length;
});"""

LARGE = """drive(async found => {
  await settled(() => at("view-atlas").click());
  const blank = [...document.querySelectorAll("#atlas canvas")].filter(canvas => canvas.width < 86);
  found.atlas = [document.querySelectorAll("#atlas canvas").length, blank.length];
  await settled(() => document.querySelectorAll("#atlas button.thumb")[143].click());
  for (let i = 0; i < 3; ++i) await settled(() => at("larger").click());  // a mouse stands on whole pixels
  found.cell = [at("map-title").textContent, size(), over(511, 500)];
});"""


def browser():
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if shutil.which(name):
            return shutil.which(name)
    return None


def opened(chromium, folder, kind, writer, driver, budget):
    """What the driver found on the page, and the sources the page was made from."""
    page, source = os.path.join(folder, kind + ".html"), os.path.join(folder, kind + ".json")
    subprocess.run([writer, kind, page, source], check=True)
    assert os.path.getsize(page) < 60e6, f"{kind}: {os.path.getsize(page)} bytes"
    with open(page, encoding="utf-8") as file:
        text = file.read()
    again = page + ".again"
    subprocess.run([writer, kind, again, source], check=True)
    with open(again, encoding="utf-8") as file:
        assert file.read() == text, f"{kind}: other bytes the second time"
    assert text.count("<head>") == 1 and text.endswith("</body></html>\n")
    driven = os.path.join(folder, kind + "-driven.html")
    with open(driven, "w", encoding="utf-8") as file:
        file.write(text.replace("<head>", "<head>" + CATCH).replace("</body></html>\n", f"<script>{TOOLS}{driver}</script></body></html>\n"))
    dumped = subprocess.run([chromium, "--headless", "--no-sandbox", "--disable-gpu", "--window-size=1280,1000", f"--user-data-dir={folder}/profile",
                             f"--virtual-time-budget={budget}", "--dump-dom", "file://" + driven], capture_output=True, text=True, timeout=280)
    found = re.search(r'<pre id="found">(.*?)</pre>', dumped.stdout, re.S)
    assert found, f"{kind}: the driver did not end; {dumped.stderr[-2000:]}"
    result = json.loads(html.unescape(found.group(1)))
    assert result["problems"] == [], f"{kind}: {result['problems']}"
    with open(source, encoding="utf-8") as file:
        return result, json.load(file)


def same(text, weight, what, count=3):
    """`text` is `weight` to `count` significant digits; packing moves the last one by a tenth at most."""
    number = float(text.replace("−", "-"))
    last = 10.0 ** (math.floor(math.log10(abs(weight))) - count + 1) if weight else 1e-12
    assert abs(number - weight) <= 0.6 * last, f"{what}: found {text}, expected {weight}"


def one(sources, example, path=None, step=None):
    return next(s for s in sources if s["example"] == example and path in (None, s["path"]) and step in (None, s["provenance"]["step"]))


def weight(source, head, q, k):
    heads, queries, keys = source["shape"]
    chosen = range(heads) if head < 0 else [head]
    return sum(source["weights"][(h * queries + q) * keys + k] for h in chosen) / len(chosen)


def check_maps(found, sources):
    source = one(sources, "language model", "layers.5.self")
    names = source["key"]["labels"]
    for head, q, k, (query, key, text, _) in found["cells"]:
        assert (query, key) == (names[q], names[k]), (q, k, query, key)
        if k > q:
            assert text == "masked", (q, k, text)
        else:
            same(text, weight(source, head, q, k), f"head {head}, {q} → {k}")
    row = [weight(source, 1, 9, k) for k in range(10)]
    title, tokens = found["row"]
    assert names[9] in title and [t[0] for t in tokens] == names
    for (name, share, classes), value in zip(tokens, row):
        assert abs(float(share) - value / max(row)) < 2e-3, (name, share, value / max(row))
    assert all(t[2] == "masked" for t in tokens[10:])
    same(re.search(r"hold ([\d.e-]+)", found["span"]).group(1), sum(weight(source, 1, 12, k) for k in range(3, 8)), "span")
    assert "Keys 3–7" in found["span"] and names[12] in found["span"], found["span"]
    assert found["keyboard"][:2] == [names[5], names[3]], found["keyboard"]
    same(found["keyboard"][2], weight(source, 1, 5, 3), "keyboard")
    means = [sum(weight(source, 1, q, k) for q in range(k, 21)) / 21 for k in range(21)]
    assert "mean over 21 queries" in found["mean"][0]
    for (name, share, _), value in zip(found["mean"][1], means):
        assert abs(float(share) - value / max(means)) < 2e-3, (name, share, value / max(means))
    caption, size, cell = found["cut"]
    assert size == [21, 20] and cell[1] == names[1], (size, cell)
    same(re.search(r"“<s>”, is cut; its mean weight over queries is ([\d.]+)\.", caption).group(1), means[0], "the cut key")
    step = one(sources, "training", step=500)
    assert found["step"][0] == "step 500" and "step 500" in found["step"][2], found["step"]
    same(found["step"][1][2], weight(step, 1, 9, 3), "step 500")
    difference = one(sources, "difference")
    for (_, _, text, _), (q, k) in zip(found["signed"], [(3, 0), (1, 1)]):
        same(text, weight(difference, 1, q, k), f"difference {q} → {k}")
    translation = one(sources, "translation")
    sure, possible, direction, outlines = found["translation"]
    assert sure[:2] == [translation["query"]["labels"][1], translation["key"]["labels"][0]] and sure[3].endswith("expected"), sure
    assert possible[3].endswith("possible") and direction == "rtl" and outlines == 2, (possible, direction, outlines)
    assert found["image"] == [2, False] and found["series"] == [2, 24 + 3], (found["image"], found["series"])
    check_atlas(found)


def check_atlas(found):
    assert found["atlas"] == 144
    for order, falls in (("sorted", True), ("reversed", False)):
        assert len(found[order]) == 144 and found[order][-1] == ["layers.3.self · head 2", "n/a"], found[order][-3:]
        values = [float(value) for _, value in found[order][:-1]]
        assert values == sorted(values, reverse=falls), values
    assert found["opened"] == [found["sorted"][2][0], False], found["opened"]


def check_hostile(found, _):
    shown = [key for _, key, _, _ in found["cells"]]
    assert shown[:3] == ["<!--", "<!--<script>", "\"'`&amp;"], shown
    assert set(shown[3]) == {"�"} and shown[4] == "a\u2028b\u2029c", shown
    assert shown[5].startswith("nul�") and shown[6] == "␣" and shown[7] == "\u202eabc" and shown[8] == "]]>${x}", shown
    assert found["query"] == "<img src=x onerror=\"throw 'image'\">", found["query"]
    assert found["title"][0] == "</title><script>throw 'title'</script>" and found["title"][1].startswith("</script><script>throw 'path'</script>"), found["title"]
    assert "</title><script>throw 'example'</script>" in found["title"][2] and found["alien"] == 0, found


def check_edges(found, _):
    assert found["seen"] >= 4 * 12, found


def check_large(found, _):
    assert found["atlas"] == [144, 0], found["atlas"]
    title, size, (query, key, text, _) = found["cell"]
    assert title == "layers.11 · head 11" and size == [512, 512], (title, size)
    assert (query, key) == ("token 511", "token 500") and 0 < float(text) < 1, (query, key, text)


def main():
    chromium = browser()
    if not chromium:
        print("skipped: no Chromium")
        sys.exit(77)
    cases = [("hostile", HOSTILE, check_hostile, 20000), ("edges", EDGES, check_edges, 200000), ("maps", MAPS, check_maps, 60000), ("large", LARGE, check_large, 600000)]
    for kind, driver, check, budget in cases:
        with tempfile.TemporaryDirectory(prefix="fovea-page-") as folder:
            check(*opened(chromium, folder, kind, sys.argv[1], driver, budget))
        print(f"{kind}: what the page says is what it was made from")


if __name__ == "__main__":
    main()
