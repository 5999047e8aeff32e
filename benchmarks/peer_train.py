"""The training steps of `fovea bench train` beside the same nets in PyTorch: the same weights, the same batch, in one run.

    peer_train.py FOVEA_BENCH [--threads 2] [--rounds 3] [--runs 7] [--only NAME] [--no-compile]

Before anything is timed the first losses must agree (1e-4 in float32, 2e-2 in bf16). Each round times fovea, then PyTorch eager in float32,
eager under bf16 autocast and torch.compile in both; the medians over rounds and their ratios are printed, as JSON with --format json.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import nn

from rows import print_rows

class Peer(nn.Module):
    """A net over fovea's tensors by fovea's names; written as one writes PyTorch, with its fused operators where it has them."""

    def __init__(self, weights):
        super().__init__()
        self.names = {name: name.replace(".", "__") for name in weights}
        for name, tensor in weights.items():
            self.register_parameter(self.names[name], nn.Parameter(tensor.clone()))

    def w(self, name):
        return getattr(self, self.names[name])

    def has(self, name):
        return name in self.names

    def linear(self, x, name):
        return F.linear(x, self.w(name + ".weight"), self.w(name + ".bias") if self.has(name + ".bias") else None)

    def norm(self, x, name):
        return F.layer_norm(x, x.shape[-1:], self.w(name + ".weight"), self.w(name + ".bias"))

    def heads(self, q, kv, name, causal, count=4):
        split = lambda x: x.unflatten(-1, (count, -1)).transpose(1, 2)
        out = F.scaled_dot_product_attention(split(self.linear(q, name + ".query")), split(self.linear(kv, name + ".key")),
                                             split(self.linear(kv, name + ".value")), is_causal=causal)
        return self.linear(out.transpose(1, 2).flatten(2), name + ".output")

    def feed(self, x, name):
        return x + self.linear(F.gelu(self.linear(self.norm(x, name + ".norm"), name + ".inner")), name + ".outer")

    def block(self, x, name, causal):
        y = self.norm(x, name + ".attention_norm")
        return self.feed(x + self.heads(y, y, name + ".self", causal), name + ".feed")

    def stack(self, x, name, layers, causal):
        for i in range(layers):
            x = self.block(x, f"{name}.{i}", causal)
        return self.norm(x, name + ".norm")


def sinusoids(length, width):
    position = torch.arange(length, dtype=torch.float64).unsqueeze(1)
    rate = torch.exp(torch.arange(0, width, 2, dtype=torch.float64) * (-torch.log(torch.tensor(10000.0, dtype=torch.float64)) / width))
    return torch.stack([(position * rate).sin(), (position * rate).cos()], -1).flatten(1)[:, :width].float()


class Recurrent(Peer):
    """A net with one of PyTorch's recurrent layers."""

    def recurrent(self, cls, name, inner, width, hidden, both):
        layer = cls(width, hidden, batch_first=True, bidirectional=both)
        with torch.no_grad():
            for own, tensor in layer.named_parameters():
                tensor.copy_(self.w(f"{name}.{inner}.{own}"))
        for own in dict(layer.named_parameters()):
            key = self.names.pop(f"{name}.{inner}.{own}")
            delattr(self, key)
        return layer


class Classifier(Recurrent):
    def __init__(self, weights):
        super().__init__(weights)
        self.lstm = self.recurrent(nn.LSTM, "recurrent", "lstm", 64, 64, True)

    def forward(self, batch):
        states, (h, _) = self.lstm(F.embedding(batch["text"], self.w("embedding.weight"), 0))
        query = torch.cat([h[0], h[1]], -1).unsqueeze(1)
        a = "pooling.attention.scorer."
        q = query @ self.w(a + "query.weight").T
        k = states @ self.w(a + "key.weight").T
        scores = torch.tanh(q.unsqueeze(2) + k.unsqueeze(1) + self.w(a + "bias")) @ self.w(a + "energy.weight")
        pooled = (scores.softmax(-1) @ states).squeeze(1)
        return F.cross_entropy(self.linear(pooled, "classes").float(), batch["label"])


class Seq2seq(Recurrent):
    def __init__(self, weights):
        super().__init__(weights)
        self.encoder = self.recurrent(nn.GRU, "encoder", "gru", 256, 128, True)
        self.decoder = self.recurrent(nn.GRU, "decoder", "gru", 256, 256, False)

    def forward(self, batch):
        target = batch["target"]
        keys, h = self.encoder(F.embedding(batch["source"], self.w("source_embedding.weight"), 0))
        start = torch.cat([h[0], h[1]], -1).unsqueeze(0)
        states, _ = self.decoder(F.embedding(target[:, :-1], self.w("target_embedding.weight"), 0), start)
        a = "attention.scorer."
        q = states @ self.w(a + "query.weight").T
        k = keys @ self.w(a + "key.weight").T
        scores = torch.tanh(q.unsqueeze(2) + k.unsqueeze(1) + self.w(a + "bias")) @ self.w(a + "energy.weight")
        context = scores.softmax(-1) @ keys
        x = torch.tanh(self.linear(torch.cat([context, states], -1), "combine"))
        return F.cross_entropy(self.linear(x, "output").flatten(0, 1).float(), target[:, 1:].flatten())


class Transformer(Peer):
    def forward(self, batch):
        target = batch["target"]
        embed = lambda ids, side: F.embedding(ids, self.w(side + "_embedding.weight"), 0) * 16.0
        source = embed(batch["source"], "source")
        source = self.stack(source + sinusoids(source.shape[1], 256), "encoder", 3, False)
        x = embed(target[:, :-1], "target")
        x = x + sinusoids(x.shape[1], 256)
        for i in range(3):
            name = f"decoder.{i}"
            y = self.norm(x, name + ".self_norm")
            x = x + self.heads(y, y, name + ".self", True)
            x = x + self.heads(self.norm(x, name + ".cross_norm"), source, name + ".cross", False)
            x = self.feed(x, name + ".feed")
        x = self.norm(x, "decoder.norm")
        weight = self.w("output_weight") if self.has("output_weight") else self.w("target_embedding.weight")
        return F.cross_entropy(F.linear(x, weight, self.w("output_bias")).flatten(0, 1).float(), target[:, 1:].flatten())


class Vision(Peer):
    def forward(self, batch):
        x = F.conv2d(batch["image"], self.w("tokens.weight"), self.w("tokens.bias"), stride=4).flatten(2).transpose(1, 2)
        if self.has("position.weight"):
            x = x + self.w("position.weight")[: x.shape[1]]
        else:
            x = x + sinusoids(x.shape[1], 64)
        x = self.stack(x, "encoder", 4, False).mean(1)
        return F.cross_entropy(self.linear(x, "classes").float(), batch["label"])


class Language(Peer):
    def forward(self, batch):
        x = F.embedding(batch["text"], self.w("embedding.weight"), 0)
        x = x + (self.w("position.weight")[: x.shape[1]] if self.has("position.weight") else sinusoids(x.shape[1], 128))
        x = self.stack(x, "blocks", 4, True)
        weight = self.w("output_weight") if self.has("output_weight") else self.w("embedding.weight")
        return F.cross_entropy(F.linear(x, weight, self.w("output_bias")).flatten(0, 1).float(), batch["next"].flatten())


PEERS = {"bilstm-additive-classifier": Classifier, "transformer-seq2seq": Transformer, "gru-bahdanau-seq2seq": Seq2seq,
         "vision-transformer": Vision, "transformer-lm": Language}


class Steps:
    def __init__(self, name, folder, half, compiled):
        self.net = PEERS[name](load_file(folder / f"{name}.model.safetensors"))
        self.batch = load_file(folder / f"{name}.batch.safetensors")
        self.half = half
        self.optimizer = torch.optim.AdamW(self.net.parameters(), lr=1e-3, weight_decay=0.01, fused=True)
        self.forward = torch.compile(self.net) if compiled else self.net

    def step(self):
        self.optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.half):
            loss = self.forward(self.batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        self.optimizer.step()
        return loss.item()

    def milliseconds(self, runs):
        times = []
        self.step()
        for _ in range(runs):
            start = time.perf_counter()
            self.step()
            times.append(1000 * (time.perf_counter() - start))
        return statistics.median(times)


def fovea(program, options, folder=None):
    command = [program, "train", "--format", "json", "--threads", str(options.threads), "--runs", str(options.runs)]
    if options.only:
        command += ["--only", options.only]
    if folder:
        command += ["--save", str(folder)]
    cases = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["cases"]
    return {(c["name"], c["precision"]): c for c in cases}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--only", default="")
    parser.add_argument("--no-compile", action="store_true")
    parser.add_argument("--format", choices=["text", "json"], default="text")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        first = fovea(options.program, options, folder)
        peers, times = {}, {}
        for name, precision in first:
            for compiled in ([False] if options.no_compile else [False, True]):
                steps = Steps(name, folder, precision == "bf16", compiled)
                loss, expected = steps.step(), first[name, precision]["first_loss"]
                if abs(loss - expected) > (2e-2 if precision == "bf16" else 1e-4) * max(1, abs(expected)):
                    sys.exit(f"{name}, {precision}: PyTorch's first loss is {loss}, fovea's {expected}")
                peers[name, precision, "compile" if compiled else "eager"] = steps
        for _ in range(options.rounds):
            for key, case in fovea(options.program, options).items():
                times.setdefault((*key, "fovea"), []).append(case["milliseconds_per_step"])
            for key, steps in peers.items():
                times.setdefault(key, []).append(steps.milliseconds(options.runs))
    median = {key: statistics.median(values) for key, values in times.items()}
    rows = []
    for name in dict.fromkeys(n for n, _ in first):
        row = {"name": name, **{f"{who} {p}": t for (n, p, who), t in median.items() if n == name}}
        best = {p: min(t for (n, q, who), t in median.items() if n == name and q == p and who != "fovea") for p in ("float32", "bf16")}
        row["ratio float32"] = best["float32"] / median[name, "float32", "fovea"]
        row["ratio bf16"] = min(best.values()) / median[name, "bf16", "fovea"]
        rows.append(row)
    if not print_rows(rows, options.format, lambda key, value: f"{key:18} {value:8.2f}{'' if key.startswith('ratio') else ' ms'}"):
        return
    for p in ("float32", "bf16"):
        print(f"geometric mean of ratios, {p}: {statistics.geometric_mean(r['ratio ' + p] for r in rows):.2f}")


if __name__ == "__main__":
    main()
