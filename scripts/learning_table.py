"""The table of scripts/learning.sh from its sweeps: mean ± standard deviation over seeds, one row a variant, one column a task.

    learning_table.py FOVEA SWEEPS
"""
import json
import pathlib
import subprocess
import sys

COLUMNS = {"recall": "accuracy", "recall-one-layer": "accuracy", "copy": "accuracy", "reverse": "accuracy",
           "decisive-word": "accuracy", "digits": "accuracy", "lag": "mse"}


def variants(fovea, sweep, metric):
    command = [fovea, "report", str(sweep), "--metric", metric, "--format", "json", "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode not in (0, 6):
        sys.exit(done.stderr)
    return {v["name"].removeprefix("attention="): v for v in json.loads(done.stdout)["variants"]}


def cell(variant, metric):
    if variant is None:
        return "refused"
    if not variant["n"]:
        return "failed"
    factor, digits = (1, 3) if metric == "mse" else (100, 1)
    spread = f" ± {factor * variant['sd']:.{digits}f}" if variant["sd"] is not None else ""
    return f"{factor * variant['mean']:.{digits}f}{spread}"


def main():
    fovea, root = sys.argv[1], pathlib.Path(sys.argv[2])
    table = {column: variants(fovea, root / column, metric) for column, metric in COLUMNS.items()}
    print("| attention | " + " | ".join(f"{c}, {'MSE' if m == 'mse' else '%'}" for c, m in COLUMNS.items()) + " |")
    print("|---" * (len(COLUMNS) + 1) + "|")
    for name in sorted(set().union(*table.values())):
        print(f"| `{name}` | " + " | ".join(cell(table[c].get(name), m) for c, m in COLUMNS.items()) + " |")


main()
