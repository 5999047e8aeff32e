"""The scores of scripts/learning.sh, and their table: mean ± standard deviation over seeds, one row a variant, one column a task.

    learning_table.py --score RUN COLUMN ATTENTION SEED      one line of scores.csv
    learning_table.py scores.csv                             the table, as Markdown
"""
import csv
import json
import pathlib
import statistics
import sys

COLUMNS = {"recall": "accuracy", "recall-one-layer": "accuracy", "copy": "accuracy", "reverse": "accuracy",
           "decisive-word": "accuracy", "digits": "accuracy", "lag": "mse"}


def print_score(run, column, attention, seed):
    result = json.loads((pathlib.Path(run) / "result.json").read_text())
    print(f"{column},{attention},{seed},{result['metrics']['test'][COLUMNS[column]]:.6f}")


def cell(values, metric):
    if not values:
        return "–"
    if "refused" in values:
        return "refused"
    numbers = [float(v) for v in values]
    factor, digits = (1, 3) if metric == "mse" else (100, 1)
    spread = f" ± {factor * statistics.stdev(numbers):.{digits}f}" if len(numbers) > 1 else ""
    return f"{factor * statistics.mean(numbers):.{digits}f}{spread}"


def print_table(path):
    scores = {}
    with open(path, newline="") as file:
        for column, attention, _, value in csv.reader(file):
            scores.setdefault(attention, {}).setdefault(column, []).append(value)
    print("| attention | " + " | ".join(f"{c}, {'MSE' if m == 'mse' else '%'}" for c, m in COLUMNS.items()) + " |")
    print("|---" * (len(COLUMNS) + 1) + "|")
    for name in sorted(scores):
        print(f"| `{name}` | " + " | ".join(cell(scores[name].get(c, []), m) for c, m in COLUMNS.items()) + " |")


if sys.argv[1] == "--score":
    print_score(*sys.argv[2:])
else:
    print_table(sys.argv[1])
