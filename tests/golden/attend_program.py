"""Checks what fovea-attend refuses, with which exit code and one line, and the small print of its arguments.

Usage: attend_program.py PATH/TO/fovea-attend. Exit code 77 (skipped) when NumPy is absent.
"""

import pathlib
import subprocess
import sys
import tempfile

try:
    import numpy as np
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

from attend_files import read_safetensors, write_safetensors

USAGE, DATA, CHECKPOINT = 2, 3, 4


class Program:
    def __init__(self, path, folder):
        self.path, self.folder, self.failures, self.checks = path, folder, [], 0
        rng = np.random.default_rng(1)
        self.arrays = {"q": rng.standard_normal((2, 3, 4)), "k": rng.standard_normal((2, 5, 4)), "v": rng.standard_normal((2, 5, 6))}
        for name, array in self.arrays.items():
            self.save(name, array)

    def save(self, name, array):
        np.save(self.folder / f"{name}.npy", array)

    def run(self, *arguments, out="out"):
        texts = [str(self.folder / a[1:]) if isinstance(a, str) and a.startswith("@") else str(a) for a in arguments]
        return subprocess.run([self.path, *texts, "--out", str(self.folder / out)], capture_output=True, text=True, check=False)

    def load(self, name, out="out"):
        return np.load(self.folder / out / f"{name}.npy")

    def check(self, what, holds, found=""):
        self.checks += 1
        if not holds:
            self.failures.append(f"{what}: {found}")

    def refuses(self, code, words, *arguments):
        result = self.run(*arguments)
        lines = result.stderr.splitlines()
        self.check(f"{arguments} exits {code}", result.returncode == code, f"exit {result.returncode}: {result.stderr}")
        self.check(f"{arguments} says one line", len(lines) == 1 and result.stdout == "", lines)
        for word in words:
            self.check(f"{arguments} names {word}", word in result.stderr, result.stderr)

    def accepts(self, *arguments, out="out"):
        result = self.run(*arguments, out=out)
        self.check(f"{arguments} runs", result.returncode == 0 and result.stderr == "", f"exit {result.returncode}: {result.stderr}")
        return result


INPUTS = ["--query", "@q.npy", "--key", "@k.npy", "--value", "@v.npy"]


def usage(p):
    p.refuses(USAGE, ["--key"], "scaled-dot", "--query", "@q.npy")
    p.refuses(USAGE, ["multi-head"], "multihead", *INPUTS)
    p.refuses(USAGE, ["haeds", "heads"], "multi-head", "haeds=2", *INPUTS)
    p.refuses(USAGE, ["additive"], "compose", "scorer=additve", *INPUTS)
    p.refuses(USAGE, ["heads"], "multi-head", "heads=3", *INPUTS)
    p.refuses(USAGE, ["kv_heads"], "multi-head", "heads=4", "kv_heads=3", *INPUTS)
    p.refuses(USAGE, ["none"], "none", *INPUTS)
    p.refuses(USAGE, ["key=value"], "scaled-dot", "heads", *INPUTS)
    p.refuses(USAGE, ["--query"], "scaled-dot", "--key", "@k.npy")
    p.refuses(USAGE, ["float16"], "scaled-dot", *INPUTS, "--dtype", "float16")
    p.refuses(USAGE, ["--lengths", "6"], "scaled-dot", *INPUTS, "--lengths", "5,6")
    p.refuses(USAGE, ["--lengths", "-1"], "scaled-dot", *INPUTS, "--lengths=-1,2")
    p.refuses(USAGE, ["--lengths", "2 numbers"], "scaled-dot", *INPUTS, "--lengths", "5")
    p.refuses(USAGE, ["--lenghts"], "scaled-dot", *INPUTS, "--lenghts", "5")
    p.refuses(USAGE, ["grid"], "scaled-dot", "grid=3", *INPUTS)
    p.save("mask", np.ones((3, 5), bool))
    p.refuses(USAGE, ["dense mask"], "linear", *INPUTS, "--mask", "@mask.npy")
    p.refuses(USAGE, ["linear"], "linear", "scorer=dot", *INPUTS)
    p.refuses(USAGE, ["local"], "linear", "pattern=local", *INPUTS)
    p.save("odd", np.ones((2, 5, 3)))
    p.refuses(USAGE, ["rope", "3"], "compose", "position=rope", "--query", "@odd.npy", "--key", "@odd.npy")
    p.refuses(USAGE, ["one width", "4 and 6"], "luong-dot", "--query", "@q.npy", "--key", "@v.npy")
    p.refuses(USAGE, ["kernel", "4"], "location-aware", "kernel=4", *INPUTS)


def data(p):
    p.refuses(DATA, ["absent.npy"], "scaled-dot", "--query", "@absent.npy", "--key", "@k.npy")
    p.save("flat", np.ones((3, 4)))
    p.refuses(DATA, ["flat.npy", "[B, Tq, Dq]", "[3, 4]"], "scaled-dot", "--query", "@flat.npy", "--key", "@k.npy")
    p.save("batch", np.ones((3, 5, 4)))
    p.refuses(DATA, ["batch.npy", "B = 2", "[3, 5, 4]"], "scaled-dot", "--query", "@q.npy", "--key", "@k.npy", "--value", "@batch.npy")
    p.refuses(DATA, ["q.npy", "B = 3"], "scaled-dot", "--query", "@q.npy", "--key", "@batch.npy")
    p.save("whole", np.ones((2, 5, 4), np.int64))
    p.refuses(DATA, ["whole.npy", "int64"], "scaled-dot", "--query", "@q.npy", "--key", "@whole.npy")
    p.save("numbers", np.ones((3, 5)))
    p.refuses(DATA, ["numbers.npy", "bool", "float64"], "scaled-dot", *INPUTS, "--mask", "@numbers.npy")
    p.save("small", np.ones((3, 4), bool))
    p.refuses(DATA, ["small.npy", "[3, 4]"], "scaled-dot", *INPUTS, "--mask", "@small.npy")
    p.save("heads", np.ones((2, 2, 3, 5), bool))
    p.refuses(DATA, ["heads.npy", "[2, 2, 3, 5]"], "scaled-dot", *INPUTS, "--mask", "@heads.npy")
    p.save("slope", np.ones((2, 3, 4)))
    p.refuses(DATA, ["slope.npy", "[2, 3, 6]", "[2, 3, 4]"], "scaled-dot", *INPUTS, "--grad", "@slope.npy")
    (p.folder / "broken.npy").write_bytes((p.folder / "k.npy").read_bytes()[:-5])
    p.refuses(DATA, ["broken.npy"], "scaled-dot", "--query", "@q.npy", "--key", "@broken.npy")
    p.refuses(DATA, ["[B, H, Tq, Dh]"], "scaled-dot", *INPUTS, "--split-heads")


def parameters(p):
    general = {"scorer.weight": np.ones((4, 4))}
    write_safetensors(p.folder / "good.safetensors", general)
    p.accepts("luong-general", *INPUTS, "--params", "@good.safetensors")
    write_safetensors(p.folder / "shape.safetensors", {"scorer.weight": np.ones((4, 5))})
    p.refuses(CHECKPOINT, ["scorer.weight", "[4, 4]", "[4, 5]"], "luong-general", *INPUTS, "--params", "@shape.safetensors")
    write_safetensors(p.folder / "unknown.safetensors", general | {"scorer.wieght": np.ones(1)})
    p.refuses(CHECKPOINT, ["scorer.wieght", "scorer.weight"], "luong-general", *INPUTS, "--params", "@unknown.safetensors")
    write_safetensors(p.folder / "empty.safetensors", {})
    p.refuses(CHECKPOINT, ["scorer.weight", "missing"], "luong-general", *INPUTS, "--params", "@empty.safetensors")
    p.refuses(CHECKPOINT, ["nothing.safetensors"], "luong-general", *INPUTS, "--params", "@nothing.safetensors")
    (p.folder / "text.safetensors").write_text("not tensors at all")
    p.refuses(CHECKPOINT, ["text.safetensors"], "luong-general", *INPUTS, "--params", "@text.safetensors")


def small_print(p):
    # Value defaults to the key; dtype to the query's; context is [B, Tq, Dv].
    p.accepts("scaled-dot", "--query", "@q.npy", "--key", "@k.npy", out="a")
    p.accepts("scaled-dot", "--query", "@q.npy", "--key", "@k.npy", "--value", "@k.npy", out="b")
    p.check("value defaults to the key", np.array_equal(p.load("context", "a"), p.load("context", "b")))
    p.save("q32", p.arrays["q"].astype(np.float32))
    p.accepts("scaled-dot", "--query", "@q32.npy", "--key", "@k.npy", "--value", "@v.npy")
    p.check("dtype is the query's", p.load("context").dtype == np.float32 and p.load("context").shape == (2, 3, 6), p.load("context").dtype)
    p.accepts("scaled-dot", "--query", "@q32.npy", "--key", "@k.npy", "--dtype", "float64")
    p.check("dtype as asked", p.load("context").dtype == np.float64)
    # The same seed draws the same parameters, another draws others; given back, they give the same bytes.
    p.accepts("multi-head", "heads=2", *INPUTS, "--seed", 3, out="a")
    p.accepts("multi-head", "heads=2", *INPUTS, "--seed", 3, out="b")
    p.accepts("multi-head", "heads=2", *INPUTS, "--seed", 4, out="c")
    p.accepts("multi-head", "heads=2", *INPUTS, "--params", "@a/params.safetensors", "--seed", 9, out="d")
    for name in ("context", "weights"):
        p.check(f"{name} of the same seed", np.array_equal(p.load(name, "a"), p.load(name, "b")))
        p.check(f"{name} of another seed", not np.array_equal(p.load(name, "a"), p.load(name, "c")))
        p.check(f"{name} of given parameters", np.array_equal(p.load(name, "a"), p.load(name, "d")))
    p.check("weights are [B, H, Tq, Tk]", p.load("weights", "a").shape == (2, 2, 3, 5))
    # A row of no keys, and lengths followed by a field.
    p.accepts("scaled-dot", *INPUTS, "--lengths", "0,5", "pattern=causal", "--first", 4)
    p.check("no keys give zeros", not p.load("context")[0].any() and not p.load("weights")[0].any())
    p.accepts("scaled-dot", *INPUTS, "--first", -1, "pattern=causal")
    p.check("a query before every key sees none", not p.load("weights")[:, :, 0].any() and p.load("weights")[:, :, 1, 0].all())
    # Heads come from the arrays that are split, and must agree with a number that was typed.
    for name in "qkv":
        p.save(f"{name}4", p.arrays[name].reshape(*p.arrays[name].shape[:2], 2, -1).swapaxes(1, 2))
    split = ["--query", "@q4.npy", "--key", "@k4.npy", "--value", "@v4.npy", "--split-heads"]
    p.accepts("scaled-dot", *split)
    p.check("split heads are joined in the context", p.load("context").shape == (2, 3, 6) and p.load("weights").shape == (2, 2, 3, 5))
    p.accepts("multi-head", *split)
    p.check("split heads need no projections", read_safetensors(p.folder / "out" / "params.safetensors") == {})
    p.refuses(DATA, ["heads = 4", "found 2"], "multi-head", "heads=4", *split)
    p.refuses(DATA, ["kv_heads = 1", "found 2"], "multi-query", *split)
    p.refuses(USAGE, ["projections"], "multi-head", "projections=true", *split)
    # An input without influence has gradient 0.
    p.save("slope", np.ones((2, 3, 6)))
    p.accepts("learned-query", *INPUTS, "--grad", "@slope.npy")
    p.check("a query without influence", not p.load("grad_query").any() and p.load("grad_key").any())
    p.accepts("learned-query", "--key", "@k.npy", out="single")
    p.check("without a query Tq is 1", p.load("context", "single").shape == (2, 1, 4))
    # Both kinds of arithmetic answer the same, and one says which it was.
    for engine, elsewhere in (("plain", ""), ("fused", "; plain on devices other than the CPU")):
        result = p.run("bahdanau", f"engine={engine}", *INPUTS, "--verbose", out=engine)
        p.check("the engine is named", result.stderr == f"engine: {engine}: asked for{elsewhere}\n", result.stderr)
    p.check("engines agree", np.abs(p.load("context", "plain") - p.load("context", "fused")).max() < 1e-12)
    p.refuses(USAGE, ["engine=fused", "the heads talk"], "compose", "engine=fused", "heads=2", "talking_heads=true", *INPUTS)
    p.accepts("uniform", *INPUTS, "--grad", "@slope.npy")
    p.check("a key without influence", not p.load("grad_key").any() and p.load("grad_value").any())


def main():
    with tempfile.TemporaryDirectory() as folder:
        p = Program(sys.argv[1], pathlib.Path(folder))
        for part in (usage, data, parameters, small_print):
            part(p)
        for failure in p.failures:
            print(f"FAILED {failure}")
        print(f"{p.checks - len(p.failures)} of {p.checks} checks hold")
        return 1 if p.failures else 0


if __name__ == "__main__":
    sys.exit(main())
