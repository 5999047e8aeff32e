"""The safetensors format against the Python package of that name, both ways.

Usage: safetensors_python.py PATH/TO/tests-safetensors-echo. Exit code 77 (skipped) when a package is absent.
"""

import pathlib
import random
import struct
import subprocess
import sys
import tempfile

try:
    import torch
    from safetensors import safe_open
    from safetensors.torch import load, load_file, save, save_file
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

DTYPES = [torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16,
          torch.int8, torch.uint8, torch.bool]
FUZZED = 500


def examples():
    tensors = {}
    for dtype in DTYPES:
        name = str(dtype).removeprefix("torch.")
        tensors[f"{name}.matrix"] = torch.arange(-6, 6).reshape(3, 4).to(dtype)
        tensors[f"{name}.scalar"] = torch.ones((), dtype=dtype)
        tensors[f"{name}.empty"] = torch.zeros((0, 5), dtype=dtype)
    tensors["special"] = torch.tensor([float("inf"), -float("inf"), -0.0, 1e-45])
    return tensors


def same(a, b):
    return a.keys() == b.keys() and all(
        a[name].dtype == b[name].dtype and a[name].shape == b[name].shape and torch.equal(a[name], b[name]) for name in a)


def damaged(file, rng):
    """One to three bytes of the header changed, digits preferably, so that some files stay readable."""
    size = struct.unpack("<Q", file[:8])[0]
    changed = bytearray(file)
    for _ in range(rng.randint(1, 3)):
        at = 8 + rng.randrange(size)
        changed[at] = rng.choice(b"0123456789 FUI,") if rng.random() < 0.8 else rng.randrange(256)
    return bytes(changed)


def reads(file):
    try:
        return load(file)
    except Exception:  # the package raises several types
        return None


def compare_exchange(source, target):
    """A file of the package, read and written by us, read by the package again."""
    tensors, metadata = examples(), {"format": "pt", "note": "ü \"quoted\""}
    save_file(tensors, source / "whole", metadata=metadata)
    yield
    if not (target / "whole").exists():
        yield f"a file of the package is refused: {(target / 'whole.error').read_text()}"
        return
    if not same(load_file(target / "whole"), tensors):
        yield "tensors differ after the way there and back"
    with safe_open(target / "whole", "pt") as opened:
        if opened.metadata() != metadata:
            yield f"metadata differ: {opened.metadata()}"


def compare_damaged(source, target):
    """What we read of a damaged file, the package reads too, and as the same tensors."""
    rng = random.Random(3)
    small = {"a": torch.arange(6, dtype=torch.int16).reshape(2, 3), "b": torch.ones(4)}
    files = {f"damaged-{i}": damaged(save(small), rng) for i in range(FUZZED)}
    for name, file in files.items():
        (source / name).write_bytes(file)
    yield
    read = [name for name in files if (target / name).exists()]
    if not read:
        yield "no damaged file was still readable: nothing was compared"
    for name in read:
        theirs = reads(files[name])
        if theirs is None or not same(load_file(target / name), theirs):
            yield f"read although the package refuses or reads otherwise: {files[name]}"
    for name in files.keys() - set(read):
        if not (target / f"{name}.error").exists():
            yield f"neither read nor refused: {files[name]}"


def main():
    with tempfile.TemporaryDirectory() as name:
        source, target = pathlib.Path(name) / "in", pathlib.Path(name) / "out"
        source.mkdir(), target.mkdir()
        parts = [compare(source, target) for compare in (compare_exchange, compare_damaged)]
        for part in parts:
            next(part)
        subprocess.run([sys.argv[1], str(source), str(target)], check=True)
        failures = [failure for part in parts for failure in part]
    for failure in failures:
        print(failure)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
