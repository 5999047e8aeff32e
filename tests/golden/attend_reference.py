"""Checks fovea-attend against references written here from the published formulas, pair by pair, in float64.

Usage: attend_reference.py PATH/TO/fovea-attend. Exit code 77 (skipped) when NumPy or PyTorch is absent.
Every case compares context, weights, and the gradients of inputs and of every parameter.
"""

import math
import pathlib
import subprocess
import sys
import tempfile

try:
    import numpy as np
    import torch
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

from attend_files import read_safetensors, write_safetensors

# Both sides add the same few dozen float64 products in different orders; `sum` can divide by a small number.
TOLERANCE = 1e-9
B, TQ, TK = 2, 3, 5

# --- scores of one pair ----------------------------------------------------------------------------------------------


def own(p, name, h, heads):
    """A scorer's parameter for head h: there is a leading [H] only when there are several heads."""
    return p["scorer." + name][h] if heads > 1 else p["scorer." + name]


def score(scorer, q, k, p, h, heads, o):
    if scorer == "dot":
        return (q * k).sum()
    if scorer == "scaled-dot":
        return (q * k).sum() / math.sqrt(len(q))
    if scorer == "general":
        w = own(p, "weight", h, heads)
        return sum(q[a] * w[a, c] * k[c] for a in range(len(q)) for c in range(len(k)))
    if scorer == "cosine":
        return (q * k).sum() / (o.get("tau", 1.0) * torch.sqrt((q * q).sum()) * torch.sqrt((k * k).sum()))
    if scorer in ("additive", "concat", "location-aware"):
        wq, wk = own(p, "query.weight", h, heads), own(p, "key.weight", h, heads)
        inside = torch.stack([(wq[a] * q).sum() + (wk[a] * k).sum() for a in range(len(wq))]) + own(p, "bias", h, heads)
        if scorer == "location-aware":
            inside = inside + o["seen"]
        return (own(p, "energy.weight", h, heads) * torch.tanh(inside)).sum()
    if scorer == "learned-query":
        wk = own(p, "key.weight", h, heads)
        inside = torch.stack([(wk[a] * k).sum() for a in range(len(wk))]) + own(p, "bias", h, heads)
        return (own(p, "query", h, heads) * torch.tanh(inside)).sum()
    raise ValueError(scorer)


def location_features(previous, j, p, h, heads):
    """U f_j with f = F * alpha: cross-correlation, odd kernel, zeros outside."""
    filters, projection = own(p, "location.convolution.weight", h, heads), own(p, "location.projection.weight", h, heads)
    size = filters.shape[-1]
    f = []
    for filter_ in filters:
        total = torch.zeros((), dtype=torch.float64)
        for t in range(size):
            at = j + t - size // 2
            if 0 <= at < len(previous):
                total = total + filter_[0, t] * previous[at]
        f.append(total)
    return projection @ torch.stack(f)


def rotate(x, position, base=10000.0):
    out = []
    for m in range(len(x) // 2):
        angle = position * base ** (-2 * m / len(x))
        c, s = math.cos(angle), math.sin(angle)
        out += [x[2 * m] * c - x[2 * m + 1] * s, x[2 * m] * s + x[2 * m + 1] * c]
    return torch.stack(out)


def feature(x):
    return torch.where(x > 0, x + 1, torch.exp(torch.clamp(x, max=0)))


# --- a whole attention, one pair at a time -----------------------------------------------------------------------------


def allowed(case, b, h, i, j):
    o = case["fields"]
    position = case["first"] + i
    pattern = o.get("pattern", case.get("pattern", "full")).split("&")
    if case.get("lengths") is not None and j >= case["lengths"][b]:
        return False
    if "causal" in pattern and j > position:
        return False
    if "local" in pattern and abs(position - j) > int(o.get("window", 8)):
        return False
    mask = case.get("mask")
    if mask is None:
        return True
    return bool(mask[i, j] if mask.ndim == 2 else mask[b, i, j] if mask.ndim == 3 else mask[b, h, i, j])


def normalise(normalizer, scores, o):
    if normalizer == "uniform":
        return [torch.tensor(1.0 / len(scores), dtype=torch.float64)] * len(scores)
    if normalizer == "sum":
        total = sum(scores)
        return [s / total for s in scores]
    powers = [torch.exp(s / float(o.get("temperature", 1))) for s in scores]
    return [e / sum(powers) for e in powers]


def reference(case, q, k, v, p):
    o = case["fields"]
    heads = case["heads"]
    groups = case["kv_heads"]
    projected = "query.weight" in p
    if projected:
        q = q @ p["query.weight"].T + p["query.bias"]
        k = k @ p["key.weight"].T + p["key.bias"]
        v = v @ p["value.weight"].T + p["value.bias"]
    widths = [q.shape[2] // heads, k.shape[2] // groups, v.shape[2] // groups]
    weights = torch.zeros(B, heads, q.shape[1], TK, dtype=torch.float64)
    rows = []
    for b in range(B):
        for i in range(q.shape[1]):
            joined = []
            for h in range(heads):
                g = h * groups // heads
                qi = q[b, i, h * widths[0] : (h + 1) * widths[0]]
                if o.get("position") == "rope":
                    qi = rotate(qi, case["first"] + i)
                keys = [k[b, j, g * widths[1] : (g + 1) * widths[1]] for j in range(TK)]
                if o.get("position") == "rope":
                    keys = [rotate(key, j) for j, key in enumerate(keys)]
                seen = [j for j in range(TK) if allowed(case, b, h, i, j)]
                row = [torch.zeros((), dtype=torch.float64)] * TK
                if case["kind"] == "linear":
                    scores = [(feature(qi) * feature(keys[j])).sum() for j in seen]
                    found = normalise("sum", scores, o)
                elif case["normalizer"] == "uniform":
                    found = normalise("uniform", seen, o)
                else:
                    if case["scorer"] == "location-aware" and i == 0:
                        case["previous"][b, h] = [torch.tensor(1.0 / len(seen) if j in seen else 0.0, dtype=torch.float64) for j in range(TK)]
                    scores = []
                    for j in seen:
                        extra = dict(o)
                        if case["scorer"] == "location-aware":
                            extra["seen"] = location_features(case["previous"][b, h], j, p, h, heads)
                        if "tau" in o:
                            extra["tau"] = float(o["tau"])
                        scores.append(score(case["scorer"], qi, keys[j], p, h, heads, extra))
                    found = normalise(case["normalizer"], scores, o)
                for j, weight in zip(seen, found):
                    row[j] = weight
                case["previous"][b, h] = row
                weights[b, h, i] = torch.stack(row)
                values = v[b, :, g * widths[2] : (g + 1) * widths[2]]
                joined.append(sum(row[j] * values[j] for j in range(TK)))
            rows.append(torch.cat(joined))
    context = torch.stack(rows).view(B, q.shape[1], -1)
    return (context @ p["output.weight"].T + p["output.bias"] if projected else context), weights


# --- cases ---------------------------------------------------------------------------------------------------------------


def parameter_shapes(case, dq, dk, dv):
    """The catalogue's names and shapes."""
    heads, groups, o = case["heads"], case["kv_heads"], case["fields"]
    shapes = {}
    if case["projected"]:
        dh = dq // heads
        shapes = {"query.weight": (dq, dq), "query.bias": (dq,), "key.weight": (groups * dh, dk), "key.bias": (groups * dh,),
                  "value.weight": (groups * dh, dv), "value.bias": (groups * dh,), "output.weight": (dq, dq), "output.bias": (dq,)}
        dq, dk = dh, dh
    else:
        dq, dk = dq // heads, dk // groups
    own_shapes = {}
    a = int(o.get("width", 0)) or (dk if case["scorer"] == "learned-query" else dq)
    if case["kind"] == "linear":
        pass
    elif case["scorer"] == "general":
        own_shapes = {"weight": (dq, dk)}
    elif case["scorer"] in ("additive", "concat", "location-aware"):
        own_shapes = {"query.weight": (a, dq), "key.weight": (a, dk), "bias": (a,), "energy.weight": (a,)}
        if case["scorer"] == "location-aware":
            f, size = int(o.get("filters", 8)), int(o.get("kernel", 15))
            own_shapes |= {"location.convolution.weight": (f, 1, size), "location.projection.weight": (a, f)}
    elif case["scorer"] == "learned-query":
        own_shapes = {"key.weight": (a, dk), "bias": (a,), "query": (a,)}
    for name, shape in own_shapes.items():
        shapes["scorer." + name] = ((heads,) if heads > 1 else ()) + shape
    return shapes


def make_case(name, fields="", scorer="scaled-dot", normalizer="softmax", heads=1, kv_heads=0, projected=None, widths=(4, 4, 3), **more):
    fields = dict(item.split("=", 1) for item in fields.split())
    case = {"name": name, "fields": fields, "scorer": fields.get("scorer", scorer), "normalizer": fields.get("normalizer", normalizer),
            "heads": heads, "kv_heads": kv_heads or heads, "projected": heads > 1 if projected is None else projected,
            "widths": widths, "kind": "linear" if name == "linear" else "composed", "first": TK - TQ, "previous": {}}
    return case | more


def cases():
    wide = (4, 6, 3)
    masks = np.random.default_rng(5)
    some = lambda *shape: masks.random(shape) < 0.7  # noqa: E731
    never_empty = some(B, 2, TQ, TK)
    never_empty[..., 0] = True
    yield make_case("luong-dot", scorer="dot")
    yield make_case("scaled-dot", widths=(4, 4, 3))
    yield make_case("luong-general", scorer="general", widths=wide)
    yield make_case("bahdanau", scorer="additive", widths=wide)
    yield make_case("bahdanau", "width=7", scorer="additive", widths=wide, lengths=[5, 2])
    yield make_case("luong-concat", scorer="concat", widths=wide)
    yield make_case("cosine", scorer="cosine")
    yield make_case("cosine", "tau=0.5", scorer="cosine")
    yield make_case("cosine-sum", scorer="cosine", normalizer="sum", positive=True)
    yield make_case("learned-query", "width=3", scorer="learned-query", widths=wide)
    yield make_case("learned-query", scorer="learned-query", widths=wide, without_query=True, lengths=[4, 5])
    yield make_case("location-aware", "width=3 filters=2 kernel=3", scorer="location-aware", widths=wide, lengths=[5, 3])
    yield make_case("location-aware", "filters=3 kernel=5 heads=2 width=4", scorer="location-aware", heads=2, widths=(4, 6, 6))
    yield make_case("uniform", scorer="dot", normalizer="uniform", widths=wide, lengths=[3, 1])
    yield make_case("local", "window=1", pattern="local", lengths=[5, 4])
    yield make_case("compose", "pattern=causal")
    yield make_case("compose", "pattern=causal&local window=1 scorer=additive", widths=wide)
    yield make_case("compose", "temperature=2.5 scorer=general", widths=wide)
    yield make_case("compose", "position=rope", first=7)
    yield make_case("compose", "position=rope heads=2", heads=2, widths=(8, 5, 3))
    yield make_case("multi-head", "heads=2", heads=2, widths=(4, 5, 3), lengths=[5, 2])
    yield make_case("multi-head", "heads=1", projected=True, widths=(4, 5, 3))
    yield make_case("multi-head", heads=4, widths=(8, 5, 3), first=1)
    yield make_case("multi-head-additive", "heads=2 width=3", scorer="additive", heads=2, widths=(4, 5, 3))
    yield make_case("multi-query", heads=4, kv_heads=1, widths=(8, 5, 3))
    yield make_case("multi-query", "heads=2 scorer=additive", scorer="additive", heads=2, kv_heads=1, widths=(8, 5, 3))
    yield make_case("grouped-query", "scorer=general", heads=4, kv_heads=2, widths=(8, 5, 3))
    yield make_case("frozen-random", projected=True, widths=(4, 5, 3))
    yield make_case("linear", widths=(4, 4, 3), lengths=[5, 2])
    yield make_case("linear", "pattern=causal", widths=(4, 4, 3), first=0)
    yield make_case("linear", "heads=2 kv_heads=1", heads=2, kv_heads=1, widths=(4, 5, 3))
    yield make_case("scaled-dot", mask=some(TQ, TK))
    yield make_case("bahdanau", scorer="additive", mask=some(B, TQ, TK), widths=wide)
    yield make_case("multi-head", "heads=2", heads=2, mask=never_empty, widths=(4, 5, 3))
    yield make_case("luong-general", "heads=2", scorer="general", heads=2, projected=False, split=True, widths=(4, 6, 2))
    yield make_case("multi-head", scorer="scaled-dot", heads=2, projected=False, split=True, widths=(4, 4, 2))
    yield make_case("linear", heads=2, projected=False, split=True, widths=(4, 4, 2), lengths=[0, 4])


def run(program, arguments):
    return subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, check=False)


def split_array(array, heads):
    return array.reshape(*array.shape[:2], heads, -1).swapaxes(1, 2)


def check_case(program, number, case, folder):
    rng = np.random.default_rng(100 + number)
    dq, dk, dv = case["widths"]
    draw = (lambda *shape: rng.random(shape) + 0.1) if case.get("positive") else (lambda *shape: rng.standard_normal(shape))
    tq = 1 if case.get("without_query") else TQ
    arrays = {"query": draw(B, tq, dq), "key": draw(B, TK, dk), "value": draw(B, TK, dv)}
    params = {name: rng.standard_normal(shape) * 0.7 for name, shape in parameter_shapes(case, dq, dk, dv).items()}
    write_safetensors(folder / "params.safetensors", params)
    arguments = [case["name"], *(f"{key}={value}" for key, value in case["fields"].items()), "--params", folder / "params.safetensors", "--out", folder / "out"]
    for name, array in arrays.items():
        if name == "query" and case.get("without_query"):
            continue
        np.save(folder / f"{name}.npy", split_array(array, case["kv_heads"] if name != "query" else case["heads"]) if case.get("split") else array)
        arguments += [f"--{name}", folder / f"{name}.npy"]
    if case.get("split"):
        arguments.append("--split-heads")
    if case.get("lengths"):
        arguments += ["--lengths", ",".join(map(str, case["lengths"]))]
    if case["first"] != TK - TQ:
        arguments += ["--first", case["first"]]
    if case.get("without_query"):
        case["first"] = TK - 1
    if case.get("mask") is not None:
        np.save(folder / "mask.npy", case["mask"])
        arguments += ["--mask", folder / "mask.npy"]

    tensors = {name: torch.tensor(array, requires_grad=True) for name, array in arrays.items()}
    tensor_params = {name: torch.tensor(array, requires_grad=True) for name, array in params.items()}
    context, weights = reference(case, tensors["query"], tensors["key"], tensors["value"], tensor_params)
    slope = rng.standard_normal(context.shape)
    (context * torch.tensor(slope)).sum().backward()
    np.save(folder / "grad.npy", slope)
    result = run(program, [*arguments, "--grad", folder / "grad.npy"])
    if result.returncode != 0:
        raise AssertionError(f"exit {result.returncode}: {result.stderr}")

    def equal(name, found, expected):
        if found.shape != expected.shape or found.dtype != np.float64:
            raise AssertionError(f"{name}: found {found.shape} {found.dtype}, expected {expected.shape}")
        worst = np.abs(found - expected).max(initial=0)
        if not worst <= TOLERANCE:
            raise AssertionError(f"{name}: differs by {worst}")

    out = folder / "out"
    equal("context", np.load(out / "context.npy"), context.detach().numpy())
    equal("weights", np.load(out / "weights.npy"), weights.detach().numpy())
    for name, tensor in tensors.items():
        if name == "query" and case.get("without_query"):
            continue
        grad = np.zeros(tensor.shape) if tensor.grad is None else tensor.grad.numpy()
        if case.get("split"):
            grad = split_array(grad, case["kv_heads"] if name != "query" else case["heads"])
        equal(f"grad_{name}", np.load(out / f"grad_{name}.npy"), grad)
    used, grads = read_safetensors(out / "params.safetensors"), read_safetensors(out / "grad_params.safetensors")
    if set(used) != set(params) or set(grads) != set(params):
        raise AssertionError(f"parameters {sorted(used)}, gradients {sorted(grads)}, expected {sorted(params)}")
    for name, tensor in tensor_params.items():
        equal(f"parameter {name}", used[name], params[name])
        equal(f"gradient of {name}", grads[name], np.zeros(tensor.shape) if tensor.grad is None else tensor.grad.numpy())


def main():
    program = sys.argv[1]
    failures = 0
    count = 0
    for number, case in enumerate(cases()):
        label = " ".join([case["name"], *(f"{k}={v}" for k, v in case["fields"].items())])
        with tempfile.TemporaryDirectory() as folder:
            count += 1
            try:
                check_case(program, number, case, pathlib.Path(folder))
            except AssertionError as error:
                failures += 1
                print(f"FAILED {label}: {error}")
    print(f"{count - failures} of {count} cases agree to {TOLERANCE}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
