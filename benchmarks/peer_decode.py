"""Decoding of `fovea bench decode` beside the same Transformer in PyTorch: the same weights, sources and search, in one run.

    peer_decode.py FOVEA_BENCH [--run RUN] [--sentences 256] [--batch 64] [--threads 2] [--rounds 3] [--runs 3] [--only WORD] [--goal 3]

The peer keeps keys and values in caches that were allocated beforehand, makes those of the source once, asks for query, key and value in
one product, attends with SDPA, lets beams of a sentence share its source, and takes finished sentences out of the batch once a quarter of
it is done; everything under inference_mode. Before anything is timed the outputs are compared: at most one sentence in fifty may differ
(sums in another order decide between tokens that are as good as each other). Without --run the nets are those of `fovea bench train`, with
random weights and outputs of 20 tokens. Each round times fovea, then PyTorch in float32, then in bfloat16, each as the median of --runs;
the medians over rounds and the quotients against float32 are printed, by the clock and (of use with one thread on a machine that is shared)
of processor time, as JSON with --format json.
"""
import argparse
import json
import math
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import torch
import torch.nn.functional as F
from safetensors.torch import load_file

HEADS = 4


def sinusoids(length, width):
    position = torch.arange(length, dtype=torch.float64).unsqueeze(1)
    rate = torch.exp(torch.arange(0, width, 2, dtype=torch.float64) * (-math.log(10000.0) / width))
    return torch.stack([(position * rate).sin(), (position * rate).cos()], -1).flatten(1)


class Linear:
    """One product for all the layers whose names are given."""

    def __init__(self, weights, *names):
        self.weight = torch.cat([weights[name + ".weight"] for name in names])
        self.bias = torch.cat([weights[name + ".bias"] for name in names])

    def __call__(self, x):
        return F.linear(x, self.weight, self.bias)


class Norm:
    def __init__(self, weights, name):
        self.weight, self.bias = weights[name + ".weight"], weights[name + ".bias"]

    def __call__(self, x):
        return F.layer_norm(x, self.weight.shape, self.weight, self.bias)


def heads(x):
    return x.unflatten(-1, (HEADS, -1)).transpose(1, 2)  # [B, T, D] -> [B, H, T, D/H]


def joined(x):
    return x.transpose(1, 2).flatten(2)


class Feed:
    def __init__(self, weights, name):
        self.norm = Norm(weights, name + ".norm")
        self.inner, self.outer = Linear(weights, name + ".inner"), Linear(weights, name + ".outer")

    def __call__(self, x):
        return x + self.outer(F.gelu(self.inner(self.norm(x))))


class EncoderLayer:
    def __init__(self, weights, name):
        self.norm, self.feed = Norm(weights, name + ".attention_norm"), Feed(weights, name + ".feed")
        self.qkv = Linear(weights, *(f"{name}.self.{part}" for part in ("query", "key", "value")))
        self.out = Linear(weights, name + ".self.output")

    def __call__(self, x, mask):
        q, k, v = self.qkv(self.norm(x)).chunk(3, -1)
        return self.feed(x + self.out(joined(F.scaled_dot_product_attention(heads(q), heads(k), heads(v), attn_mask=mask))))


class DecoderLayer:
    def __init__(self, weights, name):
        self.norm, self.cross_norm = Norm(weights, name + ".self_norm"), Norm(weights, name + ".cross_norm")
        self.qkv = Linear(weights, *(f"{name}.self.{part}" for part in ("query", "key", "value")))
        self.out, self.cross_out = Linear(weights, name + ".self.output"), Linear(weights, name + ".cross.output")
        self.cross_q = Linear(weights, name + ".cross.query")
        self.cross_kv = Linear(weights, name + ".cross.key", name + ".cross.value")
        self.feed = Feed(weights, name + ".feed")

    def step(self, x, cache, source, mask, t, beams):
        """x [B * K, 1, D]; cache: keys and values [B * K, H, T, Dh] with t steps in them; source: of the B sentences."""
        q, k, v = (heads(part) for part in self.qkv(self.norm(x)).chunk(3, -1))
        cache[0][:, :, t : t + 1], cache[1][:, :, t : t + 1] = k, v
        x = x + self.out(joined(F.scaled_dot_product_attention(q, cache[0][:, :, : t + 1], cache[1][:, :, : t + 1])))
        q = heads(self.cross_q(self.cross_norm(x)).view(-1, beams, x.shape[-1]))  # the beams are queries of one sentence
        y = joined(F.scaled_dot_product_attention(q, source[0], source[1], attn_mask=mask)).reshape(x.shape)
        return self.feed(x + self.cross_out(y))


class State:
    """What decoding keeps of the sentences that are not done."""

    def __init__(self, net, sources, beams, longest):
        self.beams, self.t = beams, 0
        length = max(map(len, sources))
        ids = torch.tensor([row + [0] * (length - len(row)) for row in sources])
        self.mask = None
        if any(len(row) < length for row in sources):
            self.mask = (torch.arange(length) < torch.tensor([[len(row)] for row in sources]))[:, None, None, :]
        memory = net.encode(ids, self.mask)
        self.source = [tuple(heads(part) for part in layer.cross_kv(memory).chunk(2, -1)) for layer in net.decoder]
        shape = (len(sources) * beams, HEADS, longest + 1, net.width // HEADS)
        self.caches = [[torch.empty(shape, dtype=net.dtype) for _ in range(2)] for _ in net.decoder]

    def reorder(self, rows):
        """Rows of the caches; what is beyond the steps so far need not be kept."""
        for layer in self.caches:
            for i, cache in enumerate(layer):
                if len(rows) == len(cache):
                    cache[:, :, : self.t] = cache[:, :, : self.t].index_select(0, rows)
                else:
                    kept = torch.empty((len(rows), *cache.shape[1:]), dtype=cache.dtype)
                    kept[:, :, : self.t] = cache[:, :, : self.t].index_select(0, rows)
                    layer[i] = kept

    def keep(self, sentences):
        self.source = [tuple(part.index_select(0, sentences) for part in layer) for layer in self.source]
        if self.mask is not None:
            self.mask = self.mask.index_select(0, sentences)


class Transformer:
    def __init__(self, weights, limits, dtype):
        weights = {name: tensor.to(dtype) for name, tensor in weights.items()}
        self.dtype, self.limits = dtype, limits
        self.source, self.target = weights["source_embedding.weight"], weights["target_embedding.weight"]
        self.width = self.source.shape[1]
        layers = lambda side: {name.split(".")[1] for name in weights if name.startswith(side) and name.split(".")[1].isdigit()}
        self.encoder = [EncoderLayer(weights, f"encoder.{i}") for i in range(len(layers("encoder.")))]
        self.decoder = [DecoderLayer(weights, f"decoder.{i}") for i in range(len(layers("decoder.")))]
        self.encoder_norm, self.norm = Norm(weights, "encoder.norm"), Norm(weights, "decoder.norm")
        self.out_weight, self.out_bias = weights.get("output_weight", self.target), weights["output_bias"]
        self.positions = sinusoids(1024, self.width).to(dtype)

    def encode(self, ids, mask):
        x = F.embedding(ids, self.source) * math.sqrt(self.width) + self.positions[: ids.shape[1]]
        for layer in self.encoder:
            x = layer(x, mask)
        return self.encoder_norm(x)

    def step(self, tokens, state):
        """tokens [B * K] -> log-probabilities [B * K, V] in float32."""
        x = F.embedding(tokens.unsqueeze(1), self.target) * math.sqrt(self.width) + self.positions[state.t]
        for layer, cache, source in zip(self.decoder, state.caches, state.source):
            x = layer.step(x, cache, source, state.mask, state.t, state.beams)
        state.t += 1
        scores = F.log_softmax(F.linear(self.norm(x).squeeze(1), self.out_weight, self.out_bias).float(), -1)
        if self.limits["never"]:
            scores[:, self.limits["never"]] = -math.inf
        if self.limits["end"] >= 0 and state.t > self.limits["longest"]:
            end = scores[:, self.limits["end"]].clone()
            scores.fill_(-math.inf)[:, self.limits["end"]] = end
        return scores

    @torch.inference_mode()
    def greedy(self, sources):
        state = State(self, sources, 1, self.limits["longest"])
        outputs = [[] for _ in sources]
        live, tokens = torch.arange(len(sources)), torch.full((len(sources),), self.limits["begin"])
        done = torch.zeros(len(sources), dtype=torch.bool)
        written = []
        while len(live) and (self.limits["end"] >= 0 or state.t < self.limits["longest"]):
            tokens = self.step(tokens, state).argmax(-1)
            written.append((live, tokens, done))
            if self.limits["end"] < 0:
                continue
            done = done | (tokens == self.limits["end"])
            left = int(done.sum())
            if left == len(live) or 4 * left >= len(live):
                rows = (~done).nonzero().squeeze(1)
                live, tokens, done = live[rows], tokens[rows], done[rows]
                state.reorder(rows)
                state.keep(rows)
        for rows, ids, over in written:
            for row, token, finished in zip(rows.tolist(), ids.tolist(), over.tolist()):
                if not finished and token != self.limits["end"]:
                    outputs[row].append(token)
        return outputs

    @torch.inference_mode()
    def beam(self, sources, beams=5, penalty=0.6):
        end, longest, count = self.limits["end"], self.limits["longest"], len(sources)
        divisor = lambda length: ((5 + length) / 6) ** penalty
        state = State(self, sources, beams, longest)
        live, tokens = torch.arange(count), torch.full((count * beams,), self.limits["begin"])
        total = torch.full((count, beams), -math.inf, dtype=torch.float64)
        total[:, 0] = 0  # the beams of a sentence are one at first
        so_far = torch.empty((count, beams, 0), dtype=torch.int64)
        best, ended = torch.full((count,), -math.inf, dtype=torch.float64), torch.zeros(count, dtype=torch.int64)
        outputs = [[] for _ in sources]
        while len(live):
            if end < 0 and state.t == longest:
                for row, ids in zip(live.tolist(), so_far[:, 0].tolist()):
                    outputs[row] = ids
                break
            scores = self.step(tokens, state)
            vocabulary = scores.shape[-1]
            # The best of each beam, then of the sentence: cheaper than one selection among beams times vocabulary.
            each, ids = scores.topk(2 * beams, -1)
            each = (each.double().view(-1, beams, 2 * beams) + total.unsqueeze(-1)).flatten(1)
            value, at = each.topk(2 * beams, -1)
            token, parent = ids.view(len(live), -1).gather(1, at), at // (2 * beams)
            final = token == end if end >= 0 else torch.zeros_like(token, dtype=torch.bool)
            ending = final & (value > -math.inf)
            ending[:, beams:] = False
            if ending.any():
                final_score = (value / divisor(state.t)).masked_fill(~ending, -math.inf)
                score, which = final_score.max(-1)
                for i in (score > best).nonzero().squeeze(1).tolist():
                    outputs[int(live[i])] = so_far[i, int(parent[i, which[i]])].tolist()
                best, ended = torch.maximum(best, score), ended + ending.sum(-1)
            total, going = value.masked_fill(final, -math.inf).topk(beams, -1)
            token, parent = token.gather(1, going), parent.gather(1, going)
            so_far = torch.cat([so_far.gather(1, parent.unsqueeze(-1).expand(-1, -1, so_far.shape[-1])), token.unsqueeze(-1)], -1)
            rows = parent + beams * torch.arange(len(live)).unsqueeze(1)
            if end >= 0:
                done = (ended >= beams) | (total[:, 0] == -math.inf) | ((ended > 0) & (best >= total[:, 0] / divisor(longest + 1)))
                if bool(done.any()):
                    kept = (~done).nonzero().squeeze(1)
                    rows, token, total, so_far = rows[kept], token[kept], total[kept], so_far[kept]
                    live, best, ended = live[kept], best[kept], ended[kept]
                    state.keep(kept)
            tokens = token.flatten()
            state.reorder(rows.flatten())
        return outputs

    def decode(self, beams):
        return [row for batch in self.limits["batches"] for row in (self.beam(batch, beams) if beams > 1 else self.greedy(batch))]


def fovea(options, save=None):
    command = [options.program, "decode", "--format", "json", "--threads", str(options.threads), "--runs", str(options.runs)]
    command += ["--only", ",".join(options.only)]
    if options.run:
        command += ["--run", options.run, "--sentences", str(options.sentences), "--batch", str(options.batch)]
    if save:
        command += ["--save", str(save)]
    cases = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["cases"]
    return {case["name"]: case for case in cases}


def milliseconds(work, runs):
    """Medians by the clock and of the processors."""
    wall, processor = [], []
    for _ in range(runs):
        start, began = time.perf_counter(), time.process_time()
        work()
        wall.append(1000 * (time.perf_counter() - start))
        processor.append(1000 * (time.process_time() - began))
    return statistics.median(wall), statistics.median(processor)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--run", default="")
    parser.add_argument("--sentences", type=int, default=256)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", default="greedy,beam-5")
    parser.add_argument("--goal", type=float, default=3)
    parser.add_argument("--no-bf16", action="store_true")
    parser.add_argument("--format", choices=["text", "json"], default="text")
    options = parser.parse_args()
    stem = "run" if options.run else "transformer-seq2seq"
    options.only = [f"{stem}-{word}" for word in options.only.split(",")]
    torch.set_num_threads(options.threads)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        first = fovea(options, folder)
        weights = load_file(folder / f"{stem}.model.safetensors")
        limits = json.loads((folder / f"{stem}.json").read_text())
    kinds = {"float32": torch.float32} if options.no_bf16 else {"float32": torch.float32, "bf16": torch.bfloat16}
    peers = {kind: Transformer(weights, limits, dtype) for kind, dtype in kinds.items()}
    beams = {name: 5 if name.endswith("beam-5") else 1 for name in first}
    same = {}
    for name, case in first.items():
        for kind, peer in peers.items():
            same[name, kind] = sum(a == b for a, b in zip(peer.decode(beams[name]), case["outputs"]))
        if same[name, "float32"] < 0.98 * case["sentences"]:
            sys.exit(f"{name}: of {case['sentences']} outputs only {same[name, 'float32']} are the same in PyTorch")
    times = {}
    for _ in range(options.rounds):
        for name, case in fovea(options).items():
            times.setdefault((name, "fovea"), []).append((case["milliseconds"], case["processor_milliseconds"]))
            for kind, peer in peers.items():
                times.setdefault((name, kind), []).append(milliseconds(lambda: peer.decode(beams[name]), options.runs))
    rows = []
    for name, case in first.items():
        median = {who: statistics.median(wall for wall, _ in times[name, who]) for who in ["fovea", *kinds]}
        processor = {who: statistics.median(spent for _, spent in times[name, who]) for who in ["fovea", *kinds]}
        rows.append({"name": name, "threads": options.threads, "batch": options.batch if options.run else 64, "sentences": case["sentences"],
                     "tokens": case["tokens"], **{f"{who} ms": value for who, value in median.items()},
                     **{f"same in {kind}": same[name, kind] for kind in kinds},
                     "quotient": median["float32"] / median["fovea"],
                     "processor quotient": processor["float32"] / processor["fovea"], "goal": options.goal})
    if options.format == "json":
        print(json.dumps(rows, indent=2))
        return
    for row in rows:
        print(row.pop("name"))
        for key, value in row.items():
            print(f"  {key:20} {value:10.2f}" if isinstance(value, float) else f"  {key:20} {value:7d}")


if __name__ == "__main__":
    main()
