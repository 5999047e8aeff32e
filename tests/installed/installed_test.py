"""What cmake --install writes: programs that run, completion and manual pages, a package that find_package(fovea) finds and that the example of
docs/extending.md is built against, out of the tree; and the Debian packages.

    installed_test.py BUILD_FOLDER SOURCE_FOLDER
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

BUILD, SOURCE = (pathlib.Path(argument).resolve() for argument in sys.argv[1:])


def run(*words, **options):
    done = subprocess.run([*map(str, words)], capture_output=True, text=True, **options)
    assert done.returncode == 0, (words, done.stdout[-2000:], done.stderr[-3000:])
    return done.stdout


def installed_programs_run(prefix):
    run("cmake", "--install", BUILD, "--prefix", prefix)
    fovea = prefix / "bin" / "fovea"
    elsewhere = {**os.environ, "LD_LIBRARY_PATH": ""}
    assert "Examples:" in run(fovea, "train", "--help", env=elsewhere)
    assert "additive" in run(fovea, "list", "scorers", env=elsewhere)
    assert "ett" in run(fovea, "data", "list", env=elsewhere)
    for path in ("share/bash-completion/completions/fovea", "share/zsh/site-functions/_fovea", "share/fish/vendor_completions.d/fovea.fish",
                 "share/man/man1/fovea.1", "share/man/man1/fovea-train.1"):
        assert (prefix / path).stat().st_size > 500, path
    assert (prefix / "share/zsh/site-functions/_fovea").read_text().startswith("#compdef fovea\n")


def page_block(page, name):
    """The code after <!-- name -->."""
    return re.search(rf"<!-- {re.escape(name)} -->\n```\w+\n(.*?)```", page, re.S)[1]


def example_builds_out_of_the_tree(prefix, folder):
    page = (SOURCE / "docs/extending.md").read_text(encoding="utf-8")
    mine = folder / "mine"
    mine.mkdir()
    registry = next(prefix.glob("share/fovea/models/attention/registry.cpp"))
    run(sys.executable, "-B", SOURCE / "tests/extending/take_example.py", SOURCE / "docs/extending.md", registry, mine)
    (mine / "CMakeLists.txt").write_text(page_block(page, "build: CMakeLists.txt"), encoding="utf-8")
    compiler = re.search(r"CMAKE_CXX_COMPILER:\w+=(.*)", (BUILD / "CMakeCache.txt").read_text())[1]
    run("cmake", "-S", mine, "-B", folder / "built", "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={prefix}", f"-DCMAKE_CXX_COMPILER={compiler}", "-DCMAKE_BUILD_TYPE=Release")
    run("cmake", "--build", folder / "built")
    listed = run(folder / "built/bin/fovea-list", "scorers")
    assert "weighted-dot" in listed and "weighted-dot" not in run(prefix / "bin/fovea", "list", "scorers")
    run(folder / "built/bin/fovea-train", "text-classification", "model.attention=compose", "model.attention.scorer=weighted-dot", "task.examples=60", "model.width=8",
        "model.hidden=8", "train.epochs=1", "--threads", "1", "--quiet", "--out", folder / "run")
    assert (folder / "run/result.json").exists()


def debian_packages_hold_the_same(folder):
    run("cpack", "-G", "DEB", "-B", folder / "deb", cwd=BUILD)
    packages = {path.name.split("_")[0]: path for path in (folder / "deb").glob("*.deb")}
    assert set(packages) == {"fovea", "fovea-dev"}, packages
    programs, development = (run("dpkg-deb", "--contents", packages[name]) for name in ("fovea", "fovea-dev"))
    for part in ("bin/fovea-train", "fovea/libfovea-computing.so", "man1/fovea.1", "completions/fovea"):
        assert part in programs, part
    for part in ("foveaConfig.cmake", "models/attention/scorers/scorer.h", "libfovea_core.a"):
        assert part in development and part not in programs, part
    assert "libpangocairo" in run("dpkg-deb", "--field", packages["fovea"], "Depends")


with tempfile.TemporaryDirectory() as name:
    work = pathlib.Path(name)
    installed_programs_run(work / "prefix")
    example_builds_out_of_the_tree(work / "prefix", work)
    if shutil.which("dpkg-deb") is None:
        print("no dpkg: packages not made")
    else:
        debian_packages_hold_the_same(work)
print("installed, found, extended, packed")
