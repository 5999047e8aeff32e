"""Runs the commands of docs/extending.md with programs that were built with its example.

    run_example.py PROGRAMS        folder of fovea-train, fovea-list, …

Exit code 77 (skipped) where NumPy is absent.
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

try:
    import numpy as np
except ImportError:
    print("skipped: no NumPy")
    sys.exit(77)

PROGRAMS = pathlib.Path(sys.argv[1])


def fovea(verb, *arguments, fails=None):
    done = subprocess.run([PROGRAMS / f"fovea-{verb}", *map(str, arguments)], capture_output=True, text=True, timeout=300)
    assert done.returncode == (fails or 0), (verb, arguments, done.returncode, done.stderr)
    return done.stderr if fails else done.stdout


def listed():
    entry = next(e for e in json.loads(fovea("list", "scorers", "--format", "json"))["scorers"] if e["name"] == "weighted-dot")
    assert entry["formula"] == "Σ_d w_d q_d k_d" and entry["keys"][0]["name"] == "start", entry
    hint = fovea("train", "text-classification", "model.attention.scorer=weighted-dott", fails=2)
    assert "weighted-dot" in hint, hint


def right_to_the_last_digit(folder):
    rng = np.random.default_rng(0)
    q, k, v, g = (rng.standard_normal(s) for s in ((2, 3, 4), (2, 5, 4), (2, 5, 2), (2, 3, 2)))
    for name, array in zip("qkvg", (q, k, v, g)):
        np.save(folder / f"{name}.npy", array)
    given = [part for name, file in (("query", "q"), ("key", "k"), ("value", "v"), ("grad", "g")) for part in (f"--{name}", folder / f"{file}.npy")]
    fovea("attend", "compose", "scorer=weighted-dot", "start=0.75", *given, "--out", folder / "checked")
    score = np.einsum("bid,bjd->bij", 0.75 * q, k)
    weights = np.exp(score) / np.exp(score).sum(-1, keepdims=True)
    assert np.abs(np.load(folder / "checked/context.npy") - weights @ v).max() < 1e-12
    slope = np.einsum("bid,bjd->bij", g, v)
    through = weights * (slope - (weights * slope).sum(-1, keepdims=True))
    assert np.abs(np.load(folder / "checked/grad_query.npy") - 0.75 * through @ k).max() < 1e-12
    wide = folder / "wide.npy"
    np.save(wide, rng.standard_normal((2, 5, 6)))
    assert "one width" in fovea("attend", "compose", "scorer=weighted-dot", "--query", folder / "q.npy", "--key", wide, "--out", folder / "no", fails=2)


def swept_and_mapped(folder):
    for seed in (0, 1):
        for scorer in ("weighted-dot", "dot"):
            run = folder / f"runs/{scorer}-{seed}"
            fovea("train", "text-classification", "model.attention=compose", f"model.attention.scorer={scorer}", "task.examples=400",
                  "train.epochs=4", "--seed", seed, "--threads", 1, "--quiet", "--out", run)
            fovea("evaluate", run, "--quiet")
    table = fovea("report", folder / "runs", "--baseline", "model.attention.scorer=dot")
    assert re.search(r"weighted-dot", table) and "±" in table, table
    fovea("maps", folder / "runs/weighted-dot-0", "--examples", "0-4", "--score", "--format", "svg,json", "--out", folder / "maps", "--quiet")
    assert list((folder / "maps").glob("**/*.svg")) and (folder / "maps/scores.json").exists()


listed()
with tempfile.TemporaryDirectory() as name:
    right_to_the_last_digit(pathlib.Path(name))
    swept_and_mapped(pathlib.Path(name))
print("the example of docs/extending.md: listed, right, swept, mapped")
