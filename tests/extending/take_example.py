"""Takes the example of docs/extending.md out of its text, as a reader would type it in.

    take_example.py PAGE REGISTRY OUT

OUT gets models/attention/scorers/weighted_dot.h and registry.cpp: the registry with the page's line and its #include.
"""
import pathlib
import re
import sys


def block(page, kind):
    """The code after <!-- kind: path -->, and that path."""
    found = re.findall(rf"<!-- {kind}: (\S+) -->\n```cpp\n(.*?)```", page, re.S)
    assert len(found) == 1, f"expected one {kind} in the page, found {len(found)}"
    return found[0]


def main():
    page, registry, out = (pathlib.Path(argument) for argument in sys.argv[1:])
    text = page.read_text(encoding="utf-8")
    path, header = block(text, "file")
    assert header.count("\n") < 60, f"{header.count(chr(10))} lines; the page promises fewer than 60"
    _, line = block(text, "line")
    (out / path).parent.mkdir(parents=True, exist_ok=True)
    (out / path).write_text(header, encoding="utf-8")
    source = registry.read_text(encoding="utf-8")
    end_of_scorers = source.index("  return all;", source.index("auto make_scorers()"))
    source = source[:end_of_scorers] + line + source[end_of_scorers:]
    (out / "registry.cpp").write_text(f'#include "{path}"\n' + source, encoding="utf-8")


main()
