"""Attention calls in PyTorch beside fovea's: the same shapes, forward and backward, outputs and gradients first compared.

    python benchmarks/peer_kernels.py BIN [--threads 2] [--runs 7] [--rounds 3] [--only additive,local]

BIN is the folder of the programs (build/release/bin). The PyTorch side is eager code as one would write it, and
scaled_dot_product_attention where it does the same. Rounds alternate between the two. Times
are medians over all rounds, by the clock and of the processors together: [wall, processor].
"""
import argparse
import json
import math
import pathlib
import statistics
import subprocess
import tempfile
import time

import numpy
import torch
from torch.nn.functional import scaled_dot_product_attention


def heads_of(x, heads):
    """[B, T, H·D] as [B, H, T, D]."""
    return x.unflatten(-1, (heads, -1)).transpose(1, 2)


def joined(x):
    return x.transpose(1, 2).flatten(2)


def additive(q, k, v, p):
    # The bias joins the queries, before there are T as many sums.
    scores = torch.tanh((q + p["scorer.bias"]).unsqueeze(2) + k.unsqueeze(1)) @ p["scorer.energy.weight"]
    return torch.softmax(scores, -1) @ v


def product(heads, weigh, bias=None):
    def attention(q, k, v, p):
        q, k, v = (heads_of(x, heads) for x in (q, k, v))
        scores = q @ k.transpose(-1, -2) / math.sqrt(q.size(-1))
        if bias is not None:
            scores = bias(scores, p)
        return joined(weigh(scores) @ v)

    return attention


def softmax(scores):
    return torch.softmax(scores, -1)


def steps_back(length):
    place = torch.arange(length)
    return place.unsqueeze(1) - place


def causal(scores):
    return scores.masked_fill(steps_back(scores.size(-1)) < 0, -torch.inf)


def alibi(scores, p):
    heads = scores.size(1)
    slopes = torch.tensor([2 ** (-8 * h / heads) for h in range(1, heads + 1)])
    return causal(scores - slopes.view(-1, 1, 1) * steps_back(scores.size(-1)).abs())


def t5(scores, p):
    """One-directional: half of the buckets exact, the others logarithmic up to 128."""
    table, back = p["position.bias"], steps_back(scores.size(-1)).clamp_min(0)
    buckets, exact = table.size(0), table.size(0) // 2
    far = (back.clamp_min(1).double() / exact).log() * ((buckets - exact) / math.log(128 / exact))
    bucket = torch.where(back < exact, back, (exact + far.floor().long()).clamp_max(buckets - 1))
    return causal(scores + table[bucket].permute(2, 0, 1))


def local(scores, p, window=64):
    return scores.masked_fill(steps_back(scores.size(-1)).abs() > window, -torch.inf)


class Sparsemax(torch.autograd.Function):
    @staticmethod
    def forward(ctx, s):
        z = s - s.amax(-1, keepdim=True)
        ordered = z.sort(-1, descending=True).values
        rank = torch.arange(1, z.size(-1) + 1, dtype=z.dtype)
        sums = ordered.cumsum(-1) - 1
        count = (rank * ordered > sums).sum(-1, keepdim=True)
        weights = (z - sums.gather(-1, count - 1) / count).clamp_min(0)
        ctx.save_for_backward(weights)
        return weights

    @staticmethod
    def backward(ctx, grad):
        inside = ctx.saved_tensors[0] > 0
        grad = grad * inside
        return (grad - grad.sum(-1, keepdim=True) / inside.sum(-1, keepdim=True)) * inside


class Entmax15(torch.autograd.Function):
    @staticmethod
    def forward(ctx, s):
        z = (s - s.amax(-1, keepdim=True)) / 2
        ordered = z.sort(-1, descending=True).values
        rank = torch.arange(1, z.size(-1) + 1, dtype=z.dtype)
        mean, square = ordered.cumsum(-1) / rank, (ordered**2).cumsum(-1) / rank
        limits = mean - ((1 - rank * (square - mean**2)) / rank).clamp_min(0).sqrt()
        count = (limits <= ordered).sum(-1, keepdim=True)
        weights = (z - limits.gather(-1, count - 1)).clamp_min(0) ** 2
        ctx.save_for_backward(weights)
        return weights

    @staticmethod
    def backward(ctx, grad):
        root = ctx.saved_tensors[0].sqrt()
        grad = grad * root
        return grad - grad.sum(-1, keepdim=True) / root.sum(-1, keepdim=True) * root


def top_k(scores, k=8):
    values, places = scores.topk(k, -1)
    return torch.zeros_like(scores).scatter(-1, places, torch.softmax(values, -1))


def fused_causal(q, k, v, p):
    return joined(scaled_dot_product_attention(*(heads_of(x, 8) for x in (q, k, v)), is_causal=True))


CASES = {  # name: (B, T, H, width, what fovea attend takes, PyTorch)
    "additive-30": (32, 30, 1, 256, ["scorer=additive"], additive),
    "additive-512": (2, 512, 1, 256, ["scorer=additive"], additive),
    "causal-1024": (1, 1024, 8, 64, ["pattern=causal"], product(8, softmax, lambda s, p: causal(s))),
    "alibi-1024": (1, 1024, 8, 64, ["pattern=causal", "position=alibi"], product(8, softmax, alibi)),
    "t5-1024": (1, 1024, 8, 64, ["pattern=causal", "position=t5"], product(8, softmax, t5)),
    "local-4096": (1, 4096, 2, 64, ["pattern=local", "window=64"], product(2, softmax, local)),
    "sparsemax-512": (2, 512, 8, 64, ["normalizer=sparsemax"], product(8, Sparsemax.apply)),
    "entmax15-512": (2, 512, 8, 64, ["normalizer=entmax15"], product(8, Entmax15.apply)),
    "top-k-512": (2, 512, 8, 64, ["normalizer=top-k"], product(8, top_k)),
}


def load(path):
    """The tensors of a safetensors file."""
    data = path.read_bytes()
    size = int.from_bytes(data[:8], "little")
    tensors = {}
    for name, entry in json.loads(data[8 : 8 + size]).items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            numbers = numpy.frombuffer(data[8 + size + begin : 8 + size + end], dtype=numpy.float32)
            tensors[name] = torch.from_numpy(numbers.copy()).view(entry["shape"])
    return tensors


def save(path, tensors):
    header, body = {}, b""
    for name, tensor in tensors.items():
        piece = tensor.contiguous().numpy().tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [len(body), len(body) + len(piece)]}
        body += piece
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + body)


def differences(programs, name, folder):
    """Largest differences of context and gradients, of inputs and of learned numbers, fovea's engine=fused against PyTorch, both from
    the same numbers."""
    batch, length, heads, width, words, attention = CASES[name]
    torch.manual_seed(2)
    q, k, v, grad = (torch.randn(batch, length, heads * width) for _ in range(4))
    for stem, x in {"q": q, "k": k, "v": v, "g": grad}.items():
        numpy.save(folder / f"{stem}.npy", x.numpy())
    words = [*words, f"heads={heads}", "projections=false", "engine=fused"]
    command = [programs / "fovea-attend", "compose", *words, "--out", folder / "out", "--grad", folder / "g.npy"]
    for option, stem in (("--query", "q"), ("--key", "k"), ("--value", "v")):
        command += [option, folder / f"{stem}.npy"]
    subprocess.run(command, check=True)
    parameters = load(folder / "out/params.safetensors")
    if "scorer.query.weight" in parameters:  # the comparison is of what comes after the scorer's two projections
        for side in ("query", "key"):
            parameters[f"scorer.{side}.weight"] = torch.eye(width)
        save(folder / "p.safetensors", parameters)
        subprocess.run([*command, "--params", folder / "p.safetensors"], check=True)
    leaves = [x.clone().requires_grad_() for x in (q, k, v)]
    for tensor in parameters.values():
        tensor.requires_grad_()
    context = attention(*leaves, parameters)
    context.backward(grad)
    made = load(folder / "out/grad_params.safetensors") if (folder / "out/grad_params.safetensors").exists() else {}
    learned = {name: tensor.grad for name, tensor in parameters.items() if tensor.grad is not None}
    ours = [numpy.load(folder / f"out/{stem}.npy") for stem in ("context", "grad_query", "grad_key", "grad_value")]
    ours = [torch.from_numpy(x) for x in ours] + [made[name] for name in learned]
    theirs = [context.detach(), *(leaf.grad for leaf in leaves), *learned.values()]
    return [float((a - b).abs().max() / (1 + b.abs().max())) for a, b in zip(ours, theirs)]


def milliseconds(attention, name, runs):
    """Of `runs` steps, forward and backward: [(by the clock, of the processors)]."""
    batch, length, heads, width, *_ = CASES[name]
    torch.manual_seed(1)
    inputs = [torch.randn(batch, length, heads * width) for _ in range(3)]
    parameters = {
        "scorer.bias": torch.zeros(width, requires_grad=True),
        "scorer.energy.weight": torch.randn(width).div(width**0.5).requires_grad_(),
        "position.bias": (torch.randn(32, heads) * 0.02).requires_grad_(),
    }
    times = []
    for _ in range(runs + 1):
        start, began = time.perf_counter(), time.process_time()
        leaves = [x.detach().requires_grad_() for x in inputs]
        attention(*leaves, parameters).sum().backward()
        times.append(((time.perf_counter() - start) * 1000, (time.process_time() - began) * 1000))
    return times[1:]


def ours(programs, name, threads, runs):
    command = [programs / "fovea-bench", "goals", "--only", f"goal-{name}", "--runs", runs, "--threads", threads, "--format", "json"]
    case = json.loads(subprocess.run([str(word) for word in command], check=True, capture_output=True).stdout)["cases"][0]
    return (case["step_ms"], case["step_processor_ms"]), case["peak_bytes"]


def medians(times):
    return [round(statistics.median(column), 3) for column in zip(*times)]


def peak_of(attention, name):
    """Bytes of tensors that PyTorch allocates at most during one step, from its profiler."""
    with torch.profiler.profile(profile_memory=True) as profile:
        milliseconds(attention, name, 0)
    now = most = 0
    for event in profile.profiler.kineto_results.events():
        if event.name() == "[memory]":
            now += event.nbytes()
            most = max(most, now)
    return most


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", type=pathlib.Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    words = options.only.split(",")
    for name in [name for name in CASES if any(word in name for word in words)]:
        with tempfile.TemporaryDirectory() as folder:
            worst = max(differences(options.programs, name, pathlib.Path(folder)))
        if worst > 1e-4:
            raise SystemExit(f"{name}: context or gradients differ by {worst:.1e}")
        attention, fovea, peer, fused = CASES[name][-1], [], [], []
        for _ in range(options.rounds):
            step, peak = ours(options.programs, name, options.threads, options.runs)
            fovea.append(step)
            peer += milliseconds(attention, name, options.runs)
            if name in ("causal-1024", "alibi-1024", "t5-1024"):
                fused += milliseconds(fused_causal, name, options.runs)
        line = {
            "name": name,
            "difference": f"{worst:.1e}",
            "fovea_ms": medians(fovea),
            "eager_ms": medians(peer),
            "ratios": [round(a / b, 2) for a, b in zip(medians(peer), medians(fovea))],
            "fovea_bytes": peak,
            "eager_bytes": peak_of(attention, name),
        }
        if fused:
            line["sdpa_causal_ms"] = medians(fused)
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
