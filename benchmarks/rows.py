"""How the peers print what they measured."""
import json


def print_rows(rows, form, shown):
    """The rows as JSON (form "json"), or of each its name and, a line each, its other fields as shown(key, value) gives them. Whether it was text."""
    if form == "json":
        print(json.dumps(rows, indent=2))
        return False
    for row in rows:
        print(row["name"])
        for key, value in row.items():
            if key != "name":
                print("  " + shown(key, value))
    return True
