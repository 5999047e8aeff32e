"""Checks fovea-attend against references written here from the published formulas, pair by pair, in float64.

Usage: attend_reference.py PATH/TO/fovea-attend. Exit code 77 (skipped) when NumPy or PyTorch is absent.
Every case compares context, weights, and the gradients of inputs and of every parameter.
"""

import pathlib
import subprocess
import sys
import tempfile
from multiprocessing.pool import ThreadPool

try:
    import numpy as np
    import torch
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

import attend_oracle
from attend_files import read_safetensors, write_safetensors

# Both sides add the same few dozen float64 products in different orders; `sum` can divide by a small number.
TOLERANCE = 1e-9
B, TQ, TK = 2, 3, 5

# --- cases ---------------------------------------------------------------------------------------------------------------


def scorer_shapes(case, dq, dk):
    """Names and shapes under scorer., without the leading [H]."""
    o, scorer = case["fields"], case["scorer"]
    a = int(o.get("width", 0)) or (dk if scorer == "learned-query" else dq)
    if scorer == "general":
        return {"weight": (dq, dk)}
    if scorer == "learned-query":
        return {"key.weight": (a, dk), "bias": (a,), "query": (a,)}
    if scorer == "gated":
        query, key = (a, dq), (a, dk)
        return {"tanh_query.weight": query, "tanh_key.weight": key, "gate_query.weight": query, "gate_key.weight": key, "energy.weight": (a,)}
    if scorer == "activated":
        return {"key.weight": (dk,), "bias": ()}
    if scorer == "location":
        return {"query.weight": (int(o.get("length", 128)), dq)}
    if scorer not in ("additive", "concat", "location-aware", "coverage"):
        return {}
    shapes = {"query.weight": (a, dq), "key.weight": (a, dk), "bias": (a,), "energy.weight": (a,)}
    if scorer == "coverage":
        shapes["coverage.weight"] = (a,)
    if scorer == "location-aware":
        f, size = int(o.get("filters", 8)), int(o.get("kernel", 15))
        shapes |= {"location.convolution.weight": (f, 1, size), "location.projection.weight": (a, f)}
    return shapes


def parameter_shapes(case, dq, dk, dv):
    """The catalogue's names and shapes."""
    heads, groups, o = case["heads"], case["kv_heads"], case["fields"]
    shapes, width = {}, dq
    dvh = dv // groups
    if case["projected"]:
        dh = dvh = dq // heads
        shapes = {"query.weight": (dq, dq), "query.bias": (dq,), "key.weight": (groups * dh, dk), "key.bias": (groups * dh,),
                  "value.weight": (groups * dh, dv), "value.bias": (groups * dh,), "output.weight": (dq, dq), "output.bias": (dq,)}
        dq, dk = dh, dh
    else:
        width = heads * dvh
        dq, dk = dq // heads, dk // groups
    full_query = case["widths"][0]
    lead = (heads,) if heads > 1 else ()
    if case["kind"] == "linformer":
        rows = int(o.get("projected", 16))
        return shapes | {"keys.weight": (rows, TK), "values.weight": (rows, TK)}
    if case["kind"] == "kernel":
        return shapes | ({"features.projection": (int(o.get("features", 64)), dk)} if case["name"] == "performer" else {})
    for name, shape in scorer_shapes(case, dq, dk).items():
        shapes["scorer." + name] = lead + shape
    position, patterns = o.get("position", case.get("position", "none")), attend_oracle.patterns_of(case)
    if position == "shaw":
        rows = 2 * int(o.get("clip", 16)) + 1
        shapes |= {"position.key": (rows, dk), "position.value": (rows, dvh)}
    if position == "t5":
        shapes["position.bias"] = (int(o.get("buckets", 32)), heads)
    if position == "transformer-xl":
        shapes |= {"position.projection.weight": (heads * dk, width), "position.content_bias": (heads, dk), "position.position_bias": (heads, dk)}
    if "adaptive-span" in patterns:
        shapes["pattern.span"] = (heads,)
    if "local-predictive" in patterns:
        hidden = int(o.get("hidden", 0)) or dq
        shapes |= {"pattern.hidden.weight": lead + (hidden, dq), "pattern.energy.weight": lead + (hidden,)}
    if "bigbird" in patterns:
        shapes["pattern.keys"] = (TQ, int(o.get("randoms", 3)))
    if o.get("talking_heads") == "true":
        shapes |= {"talking.before": (heads, heads), "talking.after": (heads, heads)}
    if o.get("output_gate") == "true":
        shapes["gate.weight"] = (heads * dvh, full_query)
    return shapes


def draw_parameter(name, shape, rng):
    if name == "pattern.keys":
        return rng.integers(0, TK, shape)
    if name == "pattern.span":
        return rng.random(shape) * 3
    return rng.standard_normal(shape) * 0.7


def make_case(name, fields="", scorer="scaled-dot", normalizer="softmax", heads=1, kv_heads=0, projected=None, widths=(4, 4, 3), **more):
    fields = dict(item.split("=", 1) for item in fields.split())
    kind = {"linear": "kernel", "performer": "kernel", "linformer": "linformer"}.get(name, "composed")
    case = {"name": name, "fields": fields, "scorer": fields.get("scorer", scorer), "normalizer": fields.get("normalizer", normalizer),
            "heads": heads, "kv_heads": kv_heads or heads, "projected": heads > 1 if projected is None else projected,
            "widths": widths, "kind": kind, "first": TK - TQ}
    return case | more


# Every variant in five surroundings: as it is; a padded row; two projected heads; two heads that share one key; queries
# at the first positions under a random mask.
def in_five(name, fields="", projected=False, masks=True, even_heads=False, **more):
    rng = np.random.default_rng(len(name))
    base = 2 if even_heads else 1
    alone = dict(more, heads=base, projected=projected or even_heads)
    extra = f" heads={base}" if base > 1 or projected else ""
    mask = rng.random((B, TQ, TK)) < 0.7
    mask[..., 0] = True
    yield make_case(name, fields + extra, **alone)
    yield make_case(name, fields + extra, lengths=[TK, 2], **alone)
    yield make_case(name, fields + " heads=2", **dict(more, heads=2, projected=True, widths=(4, 5, 3)))
    yield make_case(name, fields + " heads=2 kv_heads=1", lengths=[TK - 1, TK], **dict(more, heads=2, kv_heads=1, projected=True, widths=(4, 5, 3)))
    yield make_case(name, fields + extra, **({"mask": mask} if masks else {"lengths": [3, 4]}), **dict(alone, first=0))


def variants():
    yield from in_five("luong-dot", scorer="dot")
    yield from in_five("scaled-dot")
    yield from in_five("luong-general", scorer="general")
    yield from in_five("bahdanau", scorer="additive")
    yield from in_five("luong-concat", "width=3", scorer="concat")
    yield from in_five("cosine", "tau=0.5", scorer="cosine")
    yield from in_five("cosine-sum", scorer="cosine", normalizer="sum", positive=True)
    yield from in_five("gated", "width=3", scorer="gated")
    yield from in_five("activated", scorer="activated")
    yield from in_five("activated", "function=tanh", scorer="activated")
    yield from in_five("compose", "scorer=distance scale=1.5")
    yield from in_five("compose", "scorer=location length=8")
    yield from in_five("learned-query", "width=3", scorer="learned-query")
    yield from in_five("location-aware", "width=3 filters=2 kernel=3", scorer="location-aware")
    yield from in_five("coverage", "width=3", scorer="coverage")
    yield from in_five("uniform", scorer="dot", normalizer="uniform")
    yield from in_five("frozen-random", projected=True, widths=(4, 5, 3))
    for normalizer in ("sigmoid", "sparsemax", "entmax15", "hard"):
        yield from in_five(normalizer, normalizer=normalizer)
        yield from in_five("compose", f"normalizer={normalizer} scorer=dot")
    yield from in_five("top-k", "k=2", normalizer="top-k")
    yield from in_five("compose", "normalizer=softmax-one")
    yield from in_five("local", "window=1", pattern="local")
    yield from in_five("luong-local-m", "window=1", scorer="general", pattern="local-monotonic")
    yield from in_five("luong-local-p", "window=2", scorer="general", pattern="local-predictive")
    yield from in_five("luong-local-p", "window=1 hidden=3", scorer="general", pattern="local-predictive")
    yield from in_five("dilated", "window=1 dilation=2", pattern="dilated")
    yield from in_five("strided", "stride=2", pattern="strided")
    yield from in_five("longformer", "window=1 globals=1", projected=True, pattern="global-local", even_heads=True)
    yield from in_five("bigbird", "window=0 globals=1 randoms=2", projected=True, pattern="bigbird", even_heads=True)
    yield from in_five("adaptive-span", "ramp=1.5", projected=True, pattern="adaptive-span", even_heads=True)
    yield from in_five("bidirectional", projected=True, pattern="bidirectional", even_heads=True)
    for pattern in ("causal", "block block=2", "prefix prefix=2", "axial grid=[2,3]", "neighborhood grid=[2,3]", "causal&dilated window=1"):
        yield from in_five("compose", "pattern=" + pattern, grid=(2, 3))
    for position in ("rope", "alibi", "shaw clip=1", "t5 buckets=8", "transformer-xl"):
        yield from in_five("compose", "position=" + position)
        yield from in_five("compose", "pattern=causal position=" + position)
    yield from in_five("transformer-xl", projected=True, position="transformer-xl", even_heads=True)
    yield from in_five("compose", "scorer=general position=shaw clip=2")
    yield from in_five("multi-head", projected=True, even_heads=True)
    yield from in_five("multi-head", "talking_heads=true", projected=True, even_heads=True)
    yield from in_five("multi-head", "output_gate=true", projected=True, even_heads=True)
    yield from in_five("multi-head-additive", "width=3", scorer="additive", projected=True, even_heads=True)
    yield from in_five("compose", "output_gate=true pattern=causal")
    yield from in_five("linear", masks=False)
    yield from in_five("linear", "pattern=causal", masks=False)
    yield from in_five("performer", "features=5", masks=False)
    yield from in_five("performer", "features=5 pattern=causal", masks=False)
    yield from in_five("linformer", "projected=3", masks=False)


def cases():
    wide = (4, 6, 3)
    never_empty = np.random.default_rng(5).random((B, 2, TQ, TK)) < 0.7
    never_empty[..., 0] = True
    yield from variants()
    yield make_case("learned-query", scorer="learned-query", widths=wide, without_query=True, lengths=[4, 5])
    yield make_case("location-aware", "filters=3 kernel=5 heads=2 width=4", scorer="location-aware", heads=2, widths=(4, 6, 6))
    yield make_case("compose", "pattern=causal&local window=1 scorer=additive", widths=wide)
    yield make_case("compose", "temperature=2.5 scorer=general", widths=wide)
    yield make_case("compose", "position=rope", first=7)
    yield make_case("compose", "position=t5", first=200)
    yield make_case("multi-head", heads=4, widths=(8, 5, 3), first=1)
    yield make_case("multi-query", heads=4, kv_heads=1, widths=(8, 5, 3))
    yield make_case("grouped-query", "scorer=general", heads=4, kv_heads=2, widths=(8, 5, 3))
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
    params = {name: draw_parameter(name, shape, rng) for name, shape in parameter_shapes(case, dq, dk, dv).items()}
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
    tensor_params = {name: torch.tensor(array, requires_grad=array.dtype == np.float64) for name, array in params.items()}
    context, weights = attend_oracle.forward(case, tensors["query"], tensors["key"], tensors["value"], tensor_params)
    slope = rng.standard_normal(context.shape)
    (context * torch.tensor(slope)).sum().backward()
    np.save(folder / "grad.npy", slope)
    result = run(program, [*arguments, "--grad", folder / "grad.npy"])
    if result.returncode != 0:
        raise AssertionError(f"exit {result.returncode}: {result.stderr}")

    def equal(name, found, expected):
        if found.shape != expected.shape or found.dtype != expected.dtype:
            raise AssertionError(f"{name}: found {found.shape} {found.dtype}, expected {expected.shape} {expected.dtype}")
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
    trained = {name for name in params if not name.startswith(("features.", "pattern.keys"))}
    if set(used) != set(params) or set(grads) != trained:
        raise AssertionError(f"parameters {sorted(used)}, gradients {sorted(grads)}, expected {sorted(params)}")
    for name, tensor in tensor_params.items():
        equal(f"parameter {name}", used[name], params[name])
        if name in trained:
            equal(f"gradient of {name}", grads[name], np.zeros(tensor.shape) if tensor.grad is None else tensor.grad.numpy())


def main():
    program = sys.argv[1]
    torch.set_num_threads(1)

    def agrees(numbered):
        number, case = numbered
        label = " ".join([case["name"], *(f"{k}={v}" for k, v in case["fields"].items())])
        with tempfile.TemporaryDirectory() as folder:
            try:
                check_case(program, number, case, pathlib.Path(folder))
            except AssertionError as error:
                print(f"FAILED {label}: {error}")
                return False
        return True

    # Most of a case is the start of the program, so two at a time.
    with ThreadPool(2) as pool:
        agreed = pool.map(agrees, enumerate(cases()))
    print(f"{sum(agreed)} of {len(agreed)} cases agree to {TOLERANCE}")
    return 0 if all(agreed) else 1


if __name__ == "__main__":
    sys.exit(main())
