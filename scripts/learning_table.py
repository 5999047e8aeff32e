"""The table of scripts/learning.sh from its runs: mean ± standard deviation over seeds, one row a variant, one column a task.

    learning_table.py RUNS
"""
import json
import pathlib
import statistics
import sys

COLUMNS = [("recall", "accuracy"), ("recall-one-layer", "accuracy"), ("copy", "accuracy"), ("reverse", "accuracy"),
           ("decisive-word", "accuracy"), ("digits", "accuracy"), ("lag", "mse")]


def cell(folder, attention, metric):
    if (folder / f"{attention}.refused").exists():
        return "refused"
    values = []
    for result in sorted(folder.glob(f"{attention}-seed?/result.json")):
        test = json.loads(result.read_text())["metrics"].get("test")
        if test:
            values.append(test[metric])
    if not values:
        return "–"
    factor, digits = (1, 3) if metric == "mse" else (100, 1)
    spread = f" ± {factor * statistics.stdev(values):.{digits}f}" if len(values) > 1 else ""
    return f"{factor * statistics.mean(values):.{digits}f}{spread}"


def main():
    root = pathlib.Path(sys.argv[1])
    names = dict.fromkeys(p.name.split("-seed")[0].removesuffix(".refused") for c, _ in COLUMNS for p in sorted((root / c).iterdir())
                          if "-seed" in p.name or p.suffix == ".refused")
    print("| attention | " + " | ".join(f"{c}, {'MSE' if m == 'mse' else '%'}" for c, m in COLUMNS) + " |")
    print("|---" * (len(COLUMNS) + 1) + "|")
    for name in sorted(names):
        print(f"| `{name}` | " + " | ".join(cell(root / c, name, m) for c, m in COLUMNS) + " |")


main()
