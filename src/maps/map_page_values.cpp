// The page's script, first part: bytes to weights.
#include "src/maps/map_page_parts.h"

namespace fovea {

const std::string& map_page_values() {
  static const std::string script = R"js(
const $ = id => document.getElementById(id);
const data = JSON.parse($("page-data").textContent);
const shared = JSON.parse($("page-shared").textContent);
// Text goes in by textContent only: a label is never markup.
const element = (tag, classes, text) => {
  const made = document.createElement(tag);
  if (classes) made.className = classes;
  if (text !== undefined) made.textContent = text;
  return made;
};
const vector = (tag, attributes, text) => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const name in attributes) made.setAttribute(name, attributes[name]);
  if (text !== undefined) made.textContent = text;
  return made;
};
const labelled = (tag, classes, text) => {
  const made = element(tag, classes, text);
  made.dir = "auto";
  made.title = text;
  return made;
};
const digits = (value, count = data.bits === 8 ? 2 : 3) => {
  if (value === null || value === undefined || Number.isNaN(value)) return "n/a";
  if (value === 0) return "0";
  const text = value.toPrecision(count);
  return (text.includes("e+") ? String(Number(text)) : text).replace("-", "−").replace("e−", "e-");
};

const bytesOf = id => {
  const binary = atob($("blob-" + id).textContent), bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; ++i) bytes[i] = binary.charCodeAt(i);
  return bytes;
};
const unzipped = async id => {
  const stream = new Blob([bytesOf(id)]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
};
// Unpacked once; the oldest go when they take more than 256 MiB.
const kept = new Map();
const unpacked = id => {
  if (!kept.has(id)) {
    const entry = {size: 0};
    entry.bytes = unzipped(id).then(bytes => {
      entry.size = bytes.length;
      let all = 0;
      for (const other of kept.values()) all += other.size;
      for (const [old, other] of kept) {
        if (all <= 1 << 28) break;
        if (old !== id && other.size) all -= other.size, kept.delete(old);
      }
      return bytes;
    });
    kept.set(id, entry);
  }
  return kept.get(id).bytes;
};

// The maps of one layer at one step. Codes as in src/maps/map_packing.h.
class Weights {
  constructor(layer, frame, bytes, cells) {
    const rows = layer.heads.length * layer.queries;
    this.layer = layer;
    this.frame = frame;
    this.peaks = new Float32Array(bytes.buffer, 0, rows);
    this.codes = new (data.bits === 8 ? Uint8Array : Uint16Array)(bytes.buffer, 4 * rows);
    this.cells = cells;
    this.panels = new Map();
  }
  // Whether `head` (−1: any) may see cell i = q · Tk + k; heads that see the same share their cells.
  seen(head, i) {
    const cells = this.layer.queries * this.layer.keys;
    if (!this.cells) return true;
    if (this.cells.length === cells) return (this.cells[i] & 1) === 1;
    if (head >= 0) return (this.cells[head * cells + i] & 1) === 1;
    for (let at = i; at < this.cells.length; at += cells) if (this.cells[at] & 1) return true;
    return false;
  }
  truth(q, k) { return this.cells ? this.cells[q * this.layer.keys + k] >> 1 : 0; }
  // One head's weights [Tq, Tk], −1 the mean over heads; NaN where a cell is hidden or no number.
  panel(head) {
    if (!this.panels.has(head)) {
      if (this.panels.size > 12) this.panels.clear();
      this.panels.set(head, head < 0 ? this.mean() : this.decoded(head));
    }
    return this.panels.get(head);
  }
  decoded(head) {
    const {queries, keys} = this.layer, top = 2 ** data.bits - 2, half = top / 2;
    const values = new Float32Array(queries * keys), start = head * queries * keys;
    for (let q = 0, i = 0; q < queries; ++q) {
      const peak = this.peaks[head * queries + q];
      for (let k = 0; k < keys; ++k, ++i) {
        const code = this.codes[start + i];
        const share = this.frame.signed ? (code - half) / half : code / top;
        values[i] = code > top || !this.seen(head, i) ? NaN : peak * share * Math.abs(share);
      }
    }
    return values;
  }
  mean() {
    const heads = this.layer.heads.length, sum = new Float32Array(this.layer.queries * this.layer.keys);
    for (let head = 0; head < heads; ++head) {
      const values = this.decoded(head);
      for (let i = 0; i < sum.length; ++i) if (this.seen(head, i) || !this.seen(-1, i)) sum[i] += values[i] / heads;
    }
    return sum;
  }
  // One weight a key under `query`; −1 = the mean over the queries that see a key. NaN for keys none sees.
  overKeys(head, query) {
    const {queries, keys} = this.layer, values = this.panel(head);
    if (query >= 0) return values.slice(query * keys, (query + 1) * keys);
    const sum = new Float64Array(keys), seen = new Uint8Array(keys);
    let rows = 0;
    for (let q = 0; q < queries; ++q) {
      let any = 0;
      for (let k = 0; k < keys; ++k) {
        const value = values[q * keys + k];
        if (!Number.isNaN(value)) sum[k] += value, seen[k] = any = 1;
      }
      rows += any;
    }
    return Float32Array.from(sum, (value, k) => seen[k] ? value / rows : NaN);
  }
  // Truth of a key under `query` (−1: any query).
  truthOver(query) {
    const found = new Uint8Array(this.layer.keys);
    if (!this.cells) return found;
    for (let q = query < 0 ? 0 : query; q < (query < 0 ? this.layer.queries : query + 1); ++q)
      for (let k = 0; k < found.length; ++k) found[k] = Math.max(found[k] === 1 ? 3 : found[k], this.truth(q, k) === 1 ? 3 : this.truth(q, k));
    return found.map(cell => cell === 3 ? 1 : cell);
  }
}
const load = async (layer, frame) => new Weights(layer, frame, await unpacked(frame.weights), frame.cells === null ? null : await unpacked(frame.cells));

// What a position of an axis is called.
const nameAt = (axis, i) => {
  if (axis.labels[i] !== undefined) return axis.labels[i];
  if (axis.special.includes(i)) return "special " + i;
  if (axis.kind === "time") return "time " + String(Number((axis.offset + axis.stride * i).toPrecision(6)));
  const cell = cellAt(axis, i);
  return cell ? "row " + cell[0] + ", column " + cell[1] : axis.kind.replace(/s$/, "") + " " + i;
};
// Row and column of a grid's position, or null.
const cellAt = (axis, i) => {
  if (axis.kind !== "grid" || axis.special.includes(i)) return null;
  const at = i - axis.special.filter(other => other < i).length;
  return [Math.floor(at / axis.columns), at % axis.columns];
};
// The positions of a grid's cells, row by row.
const gridPositions = axis => {
  const positions = [];
  for (let i = 0; positions.length < axis.rows * axis.columns; ++i) if (!axis.special.includes(i)) positions.push(i);
  return positions;
};
)js";
  return script;
}

}  // namespace fovea
