"""Rollout, flow and map scores against NumPy and SciPy on random maps.

Usage: maps_python.py PATH/TO/tests-scores-echo. Exit code 77 (skipped) where a package is absent.
"""

import json
import subprocess
import sys

try:
    import numpy as np
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import maximum_flow
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

RNG = np.random.default_rng(7)
FLOAT32 = 1e-6  # maps are float32
SCALE = 2**24  # SciPy's flows are int32: capacities are rounded to this, so a cut of n arcs is off by n / SCALE


def random_map(heads, queries, keys, causal=False, sharp=2.0, padding=0):
    """Softmax rows over what a query sees; the last `padding` tokens see nothing and are not seen."""
    mask = np.ones((queries, keys), bool)
    if causal:
        mask = np.tril(mask)
    if padding:
        mask[-padding:, :] = mask[:, -padding:] = False
    scores = np.where(mask, sharp * RNG.normal(size=(heads, queries, keys)), -np.inf)
    weights = np.exp(scores - np.maximum(scores.max(-1, keepdims=True), -1e9))
    weights = weights / np.maximum(weights.sum(-1, keepdims=True), 1e-30)
    return weights.astype(np.float32), mask


def as_json(weights, mask, **more):
    heads, queries, keys = weights.shape
    return {"heads": heads, "queries": queries, "keys": keys, "weights": weights.ravel().tolist(),
            "mask": mask.astype(int).ravel().tolist(), **more}


def stacks():
    """(layers as (weights, mask), fusion, residual)"""
    for i in range(60):
        tokens, heads, depth = int(RNG.integers(1, 9)), int(RNG.integers(1, 4)), int(RNG.integers(1, 5))
        causal, padding = bool(i % 3 == 1), int(i % 4 == 3 and tokens > 1)
        layers = [random_map(heads, tokens, tokens, causal, float(RNG.uniform(0.1, 6)), padding) for _ in range(depth)]
        yield layers, ["mean", "max", "min"][i % 3 if i % 2 else 0], float([0.5, 0.5, 0.0, 0.2, 1.0][i % 5])


def scaled(matrix):
    sums = matrix.sum(-1, keepdims=True)
    return np.divide(matrix, sums, out=np.zeros_like(matrix), where=sums > 0)


def mixed(layers, fusion, residual):
    """[L, T, T]: (1 - r) W + r I"""
    fuse = {"mean": np.mean, "max": np.max, "min": np.min}[fusion]
    for weights, mask in layers:
        matrix = scaled(np.where(mask, fuse(weights.astype(np.float64), axis=0), 0))
        yield np.where(mask.any(-1, keepdims=True), (1 - residual) * matrix + residual * np.eye(len(mask)), 0)


def rollout(layers, fusion, residual):
    result = None
    for matrix in mixed(layers, fusion, residual):
        result = matrix if result is None else matrix @ result
    return result


def flow(layers, fusion, residual):
    matrices = list(mixed(layers, fusion, residual))
    tokens, depth = len(matrices[0]), len(matrices)
    graph = np.zeros(((depth + 1) * tokens,) * 2)
    for i, matrix in enumerate(matrices):
        graph[(i + 1) * tokens:(i + 2) * tokens, i * tokens:(i + 1) * tokens] = matrix
    graph = csr_array(np.rint(graph * SCALE).astype(np.int32))
    return scaled(np.array([[maximum_flow(graph, depth * tokens + q, k).flow_value / SCALE for k in range(tokens)]
                            for q in range(tokens)]))


def networks():
    """Random directed networks with whole capacities: parallel arcs, cycles, dead ends."""
    for i in range(80):
        nodes = int(RNG.integers(2, 14))
        arcs = {}
        for _ in range(int(RNG.integers(1, 5 * nodes))):
            a, b = (int(x) for x in RNG.choice(nodes, 2, replace=False))
            arcs.setdefault((a, b), []).append(int(RNG.integers(0, 30)))
        pairs = [tuple(int(x) for x in RNG.choice(nodes, 2, replace=False)) for _ in range(6)]
        yield nodes, arcs, pairs


def soft_aer(weights, truth, shift):
    """1 - (sum M S + sum M P) / (sum M + |S|); the row of a target word is `shift` below its truth."""
    targets = len(truth) - 1
    mass, sure = scaled(weights.astype(np.float64))[shift:targets + shift], truth[:targets] == 1
    possible = truth[:targets] != 0
    return 1 - ((mass * sure).sum() + (mass * possible).sum()) / (mass.sum() + sure.sum())


def entropies(weights, mask):
    p = np.where(mask, weights.astype(np.float64), 0)
    p = scaled(p)[mask.any(-1)]
    return -np.where(p > 0, p * np.log(np.where(p > 0, p, 1)), 0).sum(-1)


def requests_and_checks():
    """Pairs of a request and a function that returns what the answer ought to be, with a tolerance."""
    for layers, fusion, residual in stacks():
        request = {"fusion": fusion, "residual": residual, "layers": [as_json(*layer) for layer in layers]}
        yield {"what": "rollout", **request}, rollout(layers, fusion, residual).ravel(), FLOAT32
        tokens = len(layers[0][1])
        if tokens <= 6:
            # At most 36 arcs of a cut are rounded by 2 ** -25 each, and a row's flows sum to 1 at least.
            yield {"what": "flow", **request}, flow(layers, fusion, residual).ravel(), 1e-5
    for nodes, arcs, pairs in networks():
        graph = np.zeros((nodes, nodes), np.int32)
        for (a, b), capacities in arcs.items():
            graph[a, b] = sum(capacities)
        expected = [maximum_flow(csr_array(graph), a, b).flow_value for a, b in pairs]
        flat = [[a, b, c] for (a, b), capacities in arcs.items() for c in capacities]
        yield {"what": "max_flow", "nodes": nodes, "arcs": flat, "pairs": pairs}, np.array(expected, float), 1e-9


def score_checks(found, weights, mask, truth):
    """(name, found, expected) of one head's summary, which is of one example."""
    head = found["encoder.0.self"]["heads"][0]
    rows = mask.any(-1)
    p = scaled(np.where(mask, weights[0].astype(np.float64), 0))
    yield "entropy", head["entropy"]["mean"], entropies(weights[0], mask).mean()
    for name, offset in [("previous_mass", -1), ("self_mass", 0), ("next_mass", 1)]:
        cells = np.eye(*p.shape, k=offset, dtype=bool)
        yield name, head[name]["mean"], (p * cells).sum(-1)[rows].mean()
        uniform = scaled(mask.astype(float))
        for baseline in ("uniform", "permuted"):
            yield f"{baseline} {name}", found["encoder.0.self"]["chance"][baseline][name]["mean"], \
                (uniform * cells).sum(-1)[rows].mean()
    gold = (truth != 0) & mask
    with_gold = gold.any(-1)
    if with_gold.any():
        yield "mass", head["mass"]["mean"], (p * gold).sum(-1)[with_gold].mean()
    alignment = head["alignment"]
    yield "soft_aer", alignment["soft_aer"], soft_aer(p, truth, 0)
    yield "soft_aer input", alignment["input"]["soft_aer"], soft_aer(p, truth, 1)
    yield "soft_aer chance", alignment["chance"]["soft_aer"], soft_aer(mask * 1.0, truth, 0)
    yield "soft_aer input chance", alignment["input"]["chance"]["soft_aer"], soft_aer(mask * 1.0, truth, 1)


def main():
    cases = list(requests_and_checks())
    scored = []
    for _ in range(40):
        queries, keys = int(RNG.integers(2, 8)), int(RNG.integers(1, 8))
        weights, mask = random_map(2, queries, keys, sharp=float(RNG.uniform(0.1, 5)))
        mask &= RNG.random(mask.shape) < 0.8
        weights *= mask
        truth = RNG.choice(3, size=mask.shape, p=[0.6, 0.25, 0.15])
        scored.append((weights, mask, truth))
        labels = ["t"] * (queries - 1) + ["<eos>"]
        cases.append(({"what": "scores", "record": as_json(weights, mask, truth=truth.ravel().tolist(), labels=labels)}, None, FLOAT32))
    lines = "".join(json.dumps(request) + "\n" for request, _, _ in cases)
    answers = subprocess.run([sys.argv[1]], input=lines, capture_output=True, text=True, check=True).stdout.splitlines()
    assert len(answers) == len(cases), (len(answers), len(cases))
    numbers = 0
    for (request, expected, tolerance), answer in zip(cases, map(json.loads, answers)):
        if expected is None:
            pairs = list(score_checks(answer, *scored.pop(0)))
            for name, found, wanted in pairs:
                if found is None and not np.isfinite(wanted):
                    continue
                if found is None or not abs(found - wanted) <= tolerance:
                    sys.exit(f"{name}: found {found}, expected {wanted} for {json.dumps(request)}")
            numbers += len(pairs)
            continue
        error = np.abs(np.array(answer, float) - expected).max()
        if not error <= tolerance:
            sys.exit(f"{request['what']}: off by {error} for {json.dumps(request)[:600]}\nfound {answer}\nexpected {expected.tolist()}")
        numbers += expected.size
    print(f"{numbers} numbers agree with NumPy and SciPy")


if __name__ == "__main__":
    main()
