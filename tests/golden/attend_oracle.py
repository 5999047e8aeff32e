"""Attention from the published formulas, one pair (b, h, i, j) at a time, in float64 PyTorch scalars.

Shares no code with the product; slow on purpose. `forward(case, q, k, v, p)` gives context and weights, differentiable.
"""

import math

import torch

ZERO = torch.zeros((), dtype=torch.float64)

# --- scores of one pair ------------------------------------------------------------------------------------------------


def own(p, name, h, heads):
    """A scorer's or pattern's parameter for head h: there is a leading [H] only when there are several heads."""
    return p[name][h] if heads > 1 else p[name]


def weighted(w, x):
    """W x, row by row."""
    return torch.stack([(row * x).sum() for row in w])


def activation(name, x):
    if name == "tanh":
        return torch.tanh(x)
    return torch.relu(x) if name == "relu" else 1 / (1 + torch.exp(-x))


def score(scorer, q, k, j, p, h, heads, o, seen=None):
    """`seen` = what a stateful scorer adds inside its tanh."""
    of = lambda name: own(p, "scorer." + name, h, heads)  # noqa: E731
    if scorer == "dot":
        return (q * k).sum()
    if scorer == "scaled-dot":
        return (q * k).sum() / math.sqrt(len(q))
    if scorer == "general":
        w = of("weight")
        return sum(q[a] * w[a, c] * k[c] for a in range(len(q)) for c in range(len(k)))
    if scorer == "cosine":
        return (q * k).sum() / (float(o.get("tau", 1)) * torch.sqrt((q * q).sum()) * torch.sqrt((k * k).sum()))
    if scorer == "distance":
        return -((q - k) ** 2).sum() / (2 * float(o.get("scale", 1)) ** 2)
    if scorer == "location":
        return (of("query.weight")[j] * q).sum()
    if scorer == "activated":
        bias = p["scorer.bias"][h] if heads > 1 else p["scorer.bias"]
        return activation(o.get("function", "sigmoid"), (q * k).sum() + (of("key.weight") * k).sum() + bias)
    if scorer == "gated":
        inside = torch.tanh(weighted(of("tanh_query.weight"), q) + weighted(of("tanh_key.weight"), k))
        gate = activation("sigmoid", weighted(of("gate_query.weight"), q) + weighted(of("gate_key.weight"), k))
        return (of("energy.weight") * inside * gate).sum()
    if scorer in ("additive", "concat", "location-aware", "coverage"):
        inside = weighted(of("query.weight"), q) + weighted(of("key.weight"), k) + of("bias")
        if seen is not None:
            inside = inside + seen
        return (of("energy.weight") * torch.tanh(inside)).sum()
    if scorer == "learned-query":
        return (of("query") * torch.tanh(weighted(of("key.weight"), k) + of("bias"))).sum()
    raise ValueError(scorer)


def location_features(previous, j, p, h, heads):
    """U f_j with f = F * alpha: cross-correlation, odd kernel, zeros outside."""
    filters = own(p, "scorer.location.convolution.weight", h, heads)
    projection = own(p, "scorer.location.projection.weight", h, heads)
    size = filters.shape[-1]
    f = []
    for one in filters:
        total = ZERO
        for t in range(size):
            at = j + t - size // 2
            if 0 <= at < len(previous):
                total = total + one[0, t] * previous[at]
        f.append(total)
    return projection @ torch.stack(f)


# --- positions ------------------------------------------------------------------------------------------------------------


def rotate(x, position, base=10000.0):
    out = []
    for m in range(len(x) // 2):
        angle = position * base ** (-2 * m / len(x))
        c, s = math.cos(angle), math.sin(angle)
        out += [x[2 * m] * c - x[2 * m + 1] * s, x[2 * m] * s + x[2 * m + 1] * c]
    return torch.stack(out)


def t5_bucket(offset, buckets, one_directional):
    """offset = j - i."""
    base = 0
    if one_directional:
        distance = max(-offset, 0)
    else:
        buckets //= 2
        base = buckets if offset > 0 else 0
        distance = abs(offset)
    exact = buckets // 2
    if distance < exact:
        return base + distance
    far = exact + int(math.log(distance / exact) / math.log(128 / exact) * (buckets - exact))
    return base + min(far, buckets - 1)


def sinusoid(distance, width):
    rates = [10000.0 ** (-2 * m / width) for m in range((width + 1) // 2)]
    waves = [math.sin(distance * r) for r in rates] + [math.cos(distance * r) for r in rates]
    return torch.tensor(waves[:width], dtype=torch.float64)


def score_with_position(case, q, k, i, j, p, h, o, seen):
    """The score of query position i and key position j, whatever the position inside the attention."""
    heads, position = case["heads"], o.get("position", case.get("position", "none"))
    plain = lambda q, k: score(case["scorer"], q, k, j, p, h, heads, o, seen)  # noqa: E731
    if position == "none":
        return plain(q, k)
    if position == "rope":
        return plain(rotate(q, i), rotate(k, j))
    if position == "alibi":
        return plain(q, k) - 2.0 ** (-8 * (h + 1) / heads) * abs(i - j)
    if position == "t5":
        one_way = any(name in patterns_of(case) for name in ("causal", "strided"))
        return plain(q, k) + p["position.bias"][t5_bucket(j - i, int(o.get("buckets", 32)), one_way), h]
    if position == "shaw":
        return plain(q, k + p["position.key"][shaw_row(i, j, o)])
    if position == "transformer-xl":
        wave = p["position.projection.weight"] @ sinusoid(i - j, p["position.projection.weight"].shape[1])
        r = wave[h * len(k) : (h + 1) * len(k)]
        return plain(q + p["position.content_bias"][h], k) + plain(q + p["position.position_bias"][h], r)
    raise ValueError(position)


def shaw_row(i, j, o):
    clip = int(o.get("clip", 16))
    return max(-clip, min(clip, j - i)) + clip


# --- patterns ---------------------------------------------------------------------------------------------------------------


def patterns_of(case):
    return [name.strip() for name in case["fields"].get("pattern", case.get("pattern", "full")).split("&")]


def one_pattern(name, case, i, j, h, p):
    o, heads = case["fields"], case["heads"]
    number = lambda field, default: int(o.get(field, default))  # noqa: E731
    if name == "full":
        return True
    if name == "causal":
        return j <= i
    if name in ("local", "local-monotonic"):
        return abs(i - j) <= number("window", 8)
    if name == "dilated":
        d = number("dilation", 2)
        return abs(i - j) in {step * d for step in range(number("window", 8) + 1)}
    if name == "block":
        return i // number("block", 16) == j // number("block", 16)
    if name == "strided":
        return j <= i and (i - j < number("stride", 8) or (i - j) % number("stride", 8) == 0)
    if name == "global-local":
        return abs(i - j) <= number("window", 8) or i < number("globals", 1) or j < number("globals", 1)
    if name == "bigbird":
        near = abs(i - j) <= number("window", 3) or i < number("globals", 2) or j < number("globals", 2)
        return near or j in [int(x) for x in p["pattern.keys"][i - case["first"]]]
    if name == "prefix":
        return j < number("prefix", 8) or j <= i
    if name in ("axial", "neighborhood"):
        columns = case["grid"][1]
        (a, b), (c, d) = divmod(i, columns), divmod(j, columns)
        if name == "axial":
            return a == c or b == d
        return abs(a - c) <= number("window", 1) and abs(b - d) <= number("window", 1)
    if name == "bidirectional":
        return j <= i if h < heads // 2 else j >= i
    if name == "adaptive-span":
        return span_factor(case, i, j, h, p) > 0
    if name == "local-predictive":
        return True  # decided where the query is known
    raise ValueError(name)


def span_factor(case, i, j, h, p):
    ramp = float(case["fields"].get("ramp", 32))
    return torch.clamp((ramp + p["pattern.span"][h] - (i - j)) / ramp, 0, 1)


def predicted(case, q, b, p, h, keys):
    real = keys if case.get("lengths") is None else case["lengths"][b]
    hidden = torch.tanh(weighted(own(p, "pattern.hidden.weight", h, case["heads"]), q))
    return real / (1 + torch.exp(-(own(p, "pattern.energy.weight", h, case["heads"]) * hidden).sum()))


# --- normalizers --------------------------------------------------------------------------------------------------------------


def bisected(threshold_sum, low, high):
    """The threshold at which a falling sum of weights is 1."""
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if threshold_sum(middle) > 1 else (low, middle)
    return (low + high) / 2


def normalise(normalizer, scores, o):
    if not scores:
        return []
    if normalizer == "uniform":
        return [torch.tensor(1.0 / len(scores), dtype=torch.float64)] * len(scores)
    if normalizer == "sum":
        total = sum(scores)
        return [s / total for s in scores]
    if normalizer == "sigmoid":
        return [activation("sigmoid", s) for s in scores]
    if normalizer == "sparsemax":  # the support by bisection, the threshold in closed form on it
        values = [float(s) for s in scores]
        rough = bisected(lambda t: sum(max(x - t, 0) for x in values), min(values) - 1, max(values))
        inside = [s for s in scores if float(s) > rough]
        threshold = (sum(inside) - 1) / len(inside)
        return [s - threshold if float(s) > rough else ZERO for s in scores]
    if normalizer == "entmax15":
        values = [float(s) / 2 for s in scores]
        rough = bisected(lambda t: sum(max(x - t, 0) ** 2 for x in values), min(values) - 1, max(values))
        inside = [s / 2 for s in scores if float(s) / 2 > rough]
        mean = sum(inside) / len(inside)  # Σ (x - t)² = 1, a quadratic in t
        threshold = mean - torch.sqrt((1 - sum((x - mean) ** 2 for x in inside)) / len(inside))
        return [(s / 2 - threshold) ** 2 if float(s) / 2 > rough else ZERO for s in scores]
    order = sorted(range(len(scores)), key=lambda n: (-float(scores[n].detach()), n))
    if normalizer == "top-k":
        kept = set(order[: int(o.get("k", 8))])
        found = iter(normalise("softmax", [scores[n] for n in sorted(kept)], {}))
        return [next(found) if n in kept else ZERO for n in range(len(scores))]
    powers = [torch.exp(s / float(o.get("temperature", 1))) for s in scores]
    if normalizer == "softmax-one":
        return [e / (1 + sum(powers)) for e in powers]
    soft = [e / sum(powers) for e in powers]
    if normalizer == "hard":  # the value of the largest, the gradient of softmax
        return [a - a.detach() + (1.0 if n == order[0] else 0.0) for n, a in enumerate(soft)]
    return soft


# --- direct attentions ------------------------------------------------------------------------------------------------------


def features(case, x, p):
    if case["name"] == "linear":
        return torch.where(x > 0, x + 1, torch.exp(torch.clamp(x, max=0)))
    small = x / len(x) ** 0.25
    return torch.stack([torch.exp((w * small).sum() - (small * small).sum() / 2) for w in p["features.projection"]])


def linformer_row(case, q, keys, b, p):
    """Implied weights of one query: softmax over projected keys, spread over time again."""
    real = len(keys) if case.get("lengths") is None else case["lengths"][b]
    slots = []
    for row in p["keys.weight"]:
        projected = sum((row[j] * keys[j] for j in range(real)), torch.zeros_like(keys[0]))
        slots.append((q * projected).sum() / math.sqrt(len(q)))
    soft = normalise("softmax", slots, {})
    return [sum(soft[s] * p["values.weight"][s, j] for s in range(len(soft))) if j < real else ZERO for j in range(len(keys))]


# --- a whole attention ------------------------------------------------------------------------------------------------------


def allowed(case, b, h, i, j, row, p):
    if case.get("lengths") is not None and j >= case["lengths"][b]:
        return False
    if not all(one_pattern(name, case, i, j, h, p) for name in patterns_of(case)):
        return False
    mask = case.get("mask")
    if mask is None:
        return True
    return bool(mask[row, j] if mask.ndim == 2 else mask[b, row, j] if mask.ndim == 3 else mask[b, h, row, j])


def part(x, index, width):
    return x[index * width : (index + 1) * width]


def raw_scores(case, q, keys, b, h, row, p, state):
    """Scores of all keys for one query, before any mask, and the query's absolute position."""
    o, i = case["fields"], case["first"] + row
    scores = []
    for j, k in enumerate(keys):
        seen = None
        if case["scorer"] == "location-aware":
            seen = location_features(state[b, h], j, p, h, case["heads"])
        elif case["scorer"] == "coverage":
            seen = state[b, h][j] * own(p, "scorer.coverage.weight", h, case["heads"])
        scores.append(score_with_position(case, q, k, i, j, p, h, o, seen))
    return scores


def start_state(case, b, h, keys, p):
    seen = [allowed(case, b, h, case["first"], j, 0, p) for j in range(keys)]
    share = 1.0 / max(1, sum(seen)) if case["scorer"] == "location-aware" else 0.0
    return [torch.tensor(share if s else 0.0, dtype=torch.float64) for s in seen]


def mixed(matrix, rows):
    """out[g] = Σ_h M[g, h] · rows[h], where rows[h] lists a number for each key."""
    return [[sum(matrix[g, h] * rows[h][j] for h in range(len(rows))) for j in range(len(rows[0]))] for g in range(len(rows))]


def weights_of_row(case, queries, keys, b, row, p, state):
    """Weights of all heads for one query: a list of lists. queries, keys: one per head."""
    o, heads, count = case["fields"], case["heads"], len(keys[0])
    i = case["first"] + row
    seen = [[j for j in range(count) if allowed(case, b, h, i, j, row, p)] for h in range(heads)]
    if case["kind"] == "linformer":
        return [linformer_row(case, queries[h], keys[h], b, p) for h in range(heads)]
    if case["kind"] == "kernel":
        scores = [[(features(case, queries[h], p) * features(case, k, p)).sum() for k in keys[h]] for h in range(heads)]
    elif case["normalizer"] == "uniform":
        scores = [[ZERO] * count] * heads
    else:
        scores = [raw_scores(case, queries[h], keys[h], b, h, row, p, state) for h in range(heads)]
    if "talking.before" in p:
        scores = mixed(p["talking.before"], scores)
    centres = None
    if "local-predictive" in patterns_of(case):
        window = int(o.get("window", 8))
        centres = [predicted(case, queries[h], b, p, h, count) for h in range(heads)]
        seen = [[j for j in seen[h] if abs(j - float(centres[h])) <= window] for h in range(heads)]
    weights = []
    for h in range(heads):
        visible = [scores[h][j] for j in seen[h]]
        if "adaptive-span" in patterns_of(case):
            visible = [s + torch.log(span_factor(case, i, j, h, p)) for s, j in zip(visible, seen[h])]
        line = [ZERO] * count
        for j, a in zip(seen[h], normalise("sum" if case["kind"] == "kernel" else case["normalizer"], visible, o)):
            line[j] = a if centres is None else a * torch.exp(-((j - centres[h]) ** 2) / (2 * (window / 2) ** 2))
        weights.append(line)
    return mixed(p["talking.after"], weights) if "talking.after" in p else weights


def forward(case, q, k, v, p):
    heads, groups = case["heads"], case["kv_heads"]
    inputs = q
    projected = "query.weight" in p
    if projected:
        q = q @ p["query.weight"].T + p["query.bias"]
        k = k @ p["key.weight"].T + p["key.bias"]
        v = v @ p["value.weight"].T + p["value.bias"]
    wq, wk, wv = q.shape[2] // heads, k.shape[2] // groups, v.shape[2] // groups
    group = [h * groups // heads for h in range(heads)]
    batch, rows, count = q.shape[0], q.shape[1], k.shape[1]
    weights, context = [], []
    for b in range(batch):
        keys = [[part(k[b, j], group[h], wk) for j in range(count)] for h in range(heads)]
        state = {(b, h): start_state(case, b, h, count, p) for h in range(heads)}
        of_rows = []
        for row in range(rows):
            line = weights_of_row(case, [part(q[b, row], h, wq) for h in range(heads)], keys, b, row, p, state)
            joined = []
            for h in range(heads):
                state[b, h] = line[h] if case["scorer"] != "coverage" else [s + a for s, a in zip(state[b, h], line[h])]
                total = torch.zeros(wv, dtype=torch.float64)
                for j in range(count):
                    value = part(v[b, j], group[h], wv)
                    if case["fields"].get("position", case.get("position")) == "shaw":
                        value = value + p["position.value"][shaw_row(case["first"] + row, j, case["fields"])]
                    total = total + line[h][j] * value
                joined.append(total)
            joined = torch.cat(joined)
            if "gate.weight" in p:
                joined = joined * activation("sigmoid", p["gate.weight"] @ inputs[b, row])
            context.append(joined)
            of_rows.append(torch.stack([torch.stack(list(one)) for one in line], 0))
        weights.append(torch.stack(of_rows, 1))
    context = torch.stack(context).view(batch, rows, -1)
    if projected:
        context = context @ p["output.weight"].T + p["output.bias"]
    return context, torch.stack(weights)
