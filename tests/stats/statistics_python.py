"""Rank correlations, divergences, curves, the bootstrap and paired tests against SciPy, NumPy and scikit-learn.

Usage: statistics_python.py PATH/TO/tests-scores-echo. Exit code 77 (skipped) where a package is absent.
"""

import json
import math
import subprocess
import sys
import warnings

try:
    import numpy as np
    from scipy import stats
    from scipy.spatial.distance import jensenshannon
    from sklearn.metrics import roc_auc_score, roc_curve
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

RNG = np.random.default_rng(11)
TOLERANCE = 1e-12  # both sides add and multiply the same few numbers


def lists():
    """Pairs of lists with few and many ties, agreeing, opposed, constant, of infinities, short."""
    for i in range(120):
        n = int(RNG.integers(2, 60))
        a = RNG.integers(0, [2, 4, 20, 1000][i % 4], n).astype(float)
        b = RNG.integers(0, [3, 1000, 5, 2][i % 4], n) + (a if i % 5 == 0 else -a if i % 5 == 1 else 0)
        yield a.tolist(), b.astype(float).tolist()
    yield [1, 1, 1], [1, 2, 3]
    yield [1], [2]
    yield [1, 2, 3, 4], [10, 20, 30, 40]
    yield RNG.normal(size=2000).tolist(), RNG.normal(size=2000).tolist()


def distributions():
    for i in range(60):
        n = int(RNG.integers(1, 40))
        p, q = RNG.dirichlet(np.full(n, 0.3)), RNG.dirichlet(np.full(n, 3.0))
        if i % 4 == 0 and n > 1:
            p[RNG.integers(n)] = 0
            p /= p.sum()
        yield p, p if i % 7 == 0 else q


def nothing_if_nan(value):
    return None if math.isnan(value) else float(value)


def correlation(a, b):
    if len(a) < 2:
        return [None, None]
    return [nothing_if_nan(stats.kendalltau(a, b).statistic), nothing_if_nan(stats.spearmanr(a, b).statistic)]


def cases():
    """(request, expected answer as nested lists, tolerance)"""
    for a, b in lists():
        yield {"what": "correlation", "a": a, "b": b}, correlation(a, b), TOLERANCE
    for p, q in distributions():
        expected = [jensenshannon(p, q) ** 2, np.abs(p - q).sum() / 2, np.linalg.norm(np.sqrt(p) - np.sqrt(q)) / math.sqrt(2), stats.entropy(p)]
        yield {"what": "divergence", "p": p.tolist(), "q": q.tolist()}, expected, TOLERANCE
    for i in range(60):
        n = int(RNG.integers(2, 80))
        labels, scores = RNG.random(n) < 0.4, RNG.integers(0, [3, 10, 1000][i % 3], n) / 8
        if labels.all() or not labels.any():
            continue
        false_positive, true_positive, thresholds = roc_curve(labels, scores, drop_intermediate=False)
        points = [[None if math.isinf(t) else t, f, r] for t, f, r in zip(thresholds, false_positive, true_positive)]
        expected = {"area": roc_auc_score(labels, scores), "points": points}
        yield {"what": "roc", "scores": scores.tolist(), "labels": labels.tolist()}, expected, TOLERANCE
        x, y = np.sort(scores), RNG.normal(size=n)
        yield {"what": "area", "x": x.tolist(), "y": y.tolist()}, np.trapezoid(y, x), 1e-9
        values, p = np.sort(RNG.normal(size=n)), float(RNG.random())
        yield {"what": "quantile", "values": values.tolist(), "p": p}, np.quantile(values, p), TOLERANCE
    # Another generator draws other resamples: ends agree to what 4000 resamples leave open (their sd is about 2 % of the interval).
    values = RNG.exponential(size=200)
    interval = stats.bootstrap((values,), np.mean, n_resamples=4000, method="percentile", rng=3).confidence_interval
    tolerance = 0.06 * (interval.high - interval.low)
    yield {"what": "bootstrap", "values": values.tolist(), "resamples": 4000, "seed": 1}, [interval.low, interval.high], tolerance


def holm(p):
    """statsmodels where it is installed, else Holm's definition: the k-th smallest times what is left, never falling."""
    try:
        from statsmodels.stats.multitest import multipletests

        return multipletests(p, method="holm")[1]
    except ImportError:
        order, adjusted, floor = np.argsort(p, kind="stable"), np.empty(len(p)), 0
        for rank, i in enumerate(order):
            adjusted[i] = floor = max(floor, min(1, (len(p) - rank) * p[i]))
        return adjusted


def mcnemar(a, b):
    try:
        from statsmodels.stats.contingency_tables import mcnemar as test

        return test([[0, a], [b, 0]], exact=True).pvalue
    except ImportError:
        return stats.binomtest(min(a, b), a + b).pvalue if a + b else 1


def of_means(x, axis):
    return np.mean(x, axis=axis)


def pair_cases():
    """Tests of paired differences."""
    for i in range(80):
        n = int(RNG.integers(2, 12))
        d = RNG.normal(0.5 * (i % 3), 1, n).round([1, 6][i % 2])
        if np.std(d) == 0:
            continue
        t, flips = stats.ttest_1samp(d, 0), stats.permutation_test((d,), of_means, permutation_type="samples", n_resamples=np.inf)
        interval = t.confidence_interval(0.95)
        yield {"what": "paired", "differences": d.tolist()}, [t.pvalue, flips.pvalue, d.mean() / d.std(ddof=1), *interval], 1e-9
    for _ in range(60):
        p = RNG.random(int(RNG.integers(1, 12))).round(2)
        yield {"what": "holm", "p": p.tolist()}, holm(p).tolist(), TOLERANCE
        a, b = (int(x) for x in RNG.integers(0, [4, 40, 400][_ % 3], 2))
        yield {"what": "mcnemar", "a": a, "b": b}, mcnemar(a, b), 1e-9
    for i in range(12):
        # Few examples: exact on both sides. Many: both draw; p agree to five of their standard deviations.
        n, draws = [int(RNG.integers(3, 14)), 300][i % 2], 20000
        d = RNG.choice([-1.0, 0.0, 1.0], n, p=[0.2, 0.6, 0.2]) if i % 4 < 2 else RNG.normal(0.07, 1, n)
        test = stats.permutation_test((d,), of_means, permutation_type="samples", n_resamples=np.inf if n < 14 else draws, rng=i)
        p = test.pvalue
        yield {"what": "randomisation", "differences": d.tolist(), "resamples": draws}, p, 1e-9 if n < 14 else 5 * math.sqrt(2 * p * (1 - p) / draws) + 2 / draws


def differences(found, expected):
    """Absolute differences of all numbers of two nested answers; infinity where they differ in form."""
    if isinstance(expected, dict):
        return [d for key in expected for d in differences(found[key], expected[key])]
    if isinstance(expected, (list, tuple)):
        if len(found) != len(expected):
            return [math.inf]
        return [d for one, other in zip(found, expected) for d in differences(one, other)]
    if expected is None or found is None:
        return [0 if found is expected else math.inf]
    return [abs(found - expected)]


def main():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # SciPy warns of constant input
        listed = [*cases(), *pair_cases()]
    lines = "".join(json.dumps(request) + "\n" for request, _, _ in listed)
    answers = subprocess.run([sys.argv[1]], input=lines, capture_output=True, text=True, check=True).stdout.splitlines()
    assert len(answers) == len(listed), (len(answers), len(listed))
    for (request, expected, tolerance), answer in zip(listed, map(json.loads, answers)):
        if not max(differences(answer, expected), default=math.inf) <= tolerance:
            sys.exit(f"{json.dumps(request)[:400]}\nfound {answer}\nexpected {expected}")
    print(f"{len(listed)} answers agree with SciPy, NumPy and scikit-learn")


if __name__ == "__main__":
    main()
