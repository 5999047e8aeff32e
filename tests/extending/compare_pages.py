"""Whether docs/attentions.md and its maps are what the registry gives today.

    compare_pages.py FOVEA_LIST DOCS

Otherwise says how to write them again.
"""
import pathlib
import subprocess
import sys
import tempfile

program, docs = sys.argv[1], pathlib.Path(sys.argv[2])
with tempfile.TemporaryDirectory() as name:
    fresh = pathlib.Path(name)
    subprocess.run([program, "attentions", "--format", "markdown", "--out", fresh], check=True)
    written = {p.relative_to(fresh): p.read_bytes() for p in fresh.rglob("*") if p.is_file()}
assert len(written) > 20, sorted(written)
there = {p.relative_to(docs) for p in (docs / "pictures/attentions").glob("*.svg")} | {pathlib.Path("attentions.md")}
stale = sorted(str(p) for p in set(written) ^ there) + sorted(str(p) for p in set(written) & there if (docs / p).read_bytes() != written[p])
if stale:
    print("stale: " + ", ".join(stale) + "; run: fovea list attentions --format markdown --out docs")
    sys.exit(1)
print(f"{len(written)} files as the registry writes them")
