"""fovea ablate, status and the report of a sweep from outside. Usage: ablate_test.py FOLDER_OF_PROGRAMS [unittest arguments]"""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

BIN = pathlib.Path(sys.argv.pop(1)).resolve()
SMALL = ["task.examples=60", "model.width=8", "model.hidden=8", "model.dense=8", "train.epochs=1"]
AXIS = "model.attention=bahdanau,none"


def fovea(*words, **more):
    return subprocess.run([str(BIN / "fovea"), *map(str, words)], capture_output=True, text=True, **more)


def weights(run):
    files = [*run.glob("checkpoints/*/model.safetensors"), *run.glob("maps/*/*"), run / "metrics.jsonl"]
    return {str(path.relative_to(run)): path.read_bytes() for path in files}


def maps_on_page(sweep):
    """The headings of the cards of maps, by example."""
    page = (sweep / "report.html").read_text()
    parts = re.split("<h4>([^<]*)</h4>", page[page.index("Where they look"):page.index("What the maps measure")])
    return {example: re.findall('class="card maps"><h5[^>]*>([^<]*)</h5>', html) for example, html in zip(parts[1::2], parts[2::2])}


class Sweeps(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp())
        cls.sweep = cls.folder / "shared"
        cls.done = fovea("ablate", "text-classification", AXIS, *SMALL, "--seeds", 2, "--jobs", 2, "--out", cls.sweep)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def refused(self, done, code, *parts):
        self.assertEqual(done.returncode, code, done.stderr)
        lines = [line for line in done.stderr.strip().split("\n") if not line.startswith("warning")]
        self.assertEqual(len(lines), 1, done.stderr)
        for part in parts:
            self.assertIn(part, done.stderr)

    def cells(self, sweep):
        return sorted(path.name for path in (sweep / "cells").iterdir() if not path.name.startswith("."))

    def test_every_cell_is_a_run_of_its_own_with_its_config_and_seed(self):
        self.assertEqual(self.done.returncode, 0, self.done.stderr)
        self.assertIn("attention=none", self.done.stdout)
        told = json.loads((self.sweep / "sweep.json").read_text())
        self.assertEqual((told["format"], told["threads"], told["seeds"], told["axes"]), (1, 1, 2, [{"key": "model.attention", "values": ["bahdanau", "none"]}]))
        listed = {cell: (point["values"]["model.attention"], int(seed)) for point in told["points"] for seed, cell in point["cells"].items()}
        self.assertEqual(sorted(listed), self.cells(self.sweep))
        for cell, (attention, seed) in listed.items():
            self.assertRegex(cell, "^[0-9a-f]{8}$")
            run = self.sweep / "cells" / cell
            self.assertEqual(json.loads((run / "config.json").read_text())["model"]["attention"]["name"], attention)
            manifest = json.loads((run / "manifest.json").read_text())
            self.assertEqual((manifest["seed"], manifest["recipe"], manifest["threads"]), (seed, "text-classification", 1))
            self.assertIn("test", json.loads((run / "result.json").read_text())["metrics"])
        for ending in ("md", "html", "csv", "tex"):
            self.assertGreater((self.sweep / f"report.{ending}").stat().st_size, 100)

    def test_a_cell_is_the_run_that_fovea_train_makes(self):
        alone = self.folder / "alone"
        self.assertEqual(fovea("train", "text-classification", "model.attention=none", *SMALL, "--seed", 1, "--threads", 1, "--out", alone, "--quiet").returncode, 0)
        points = json.loads((self.sweep / "sweep.json").read_text())["points"]
        cell = next(point["cells"]["1"] for point in points if point["values"]["model.attention"] == "none")
        self.assertEqual(weights(alone), weights(self.sweep / "cells" / cell))

    def test_the_same_command_runs_nothing_in_under_a_second(self):
        copy = self.folder / "again"
        shutil.copytree(self.sweep, copy)
        before = {path: path.stat().st_mtime_ns for path in (copy / "cells").rglob("*")}
        began = time.monotonic()
        done = fovea("ablate", "text-classification", AXIS, *SMALL, "--seeds", 2, "--out", copy)
        self.assertLess(time.monotonic() - began, 1)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout, self.done.stdout)
        self.assertEqual({path: path.stat().st_mtime_ns for path in (copy / "cells").rglob("*")}, before)

    def test_more_seeds_and_values_run_only_what_is_new_and_a_changed_recipe_is_refused(self):
        grown = self.folder / "grown"
        shutil.copytree(self.sweep, grown)
        before = {path: path.stat().st_mtime_ns for path in (grown / "cells").rglob("*")}
        old = self.cells(grown)
        done = fovea("ablate", "text-classification", "model.attention=bahdanau,none,luong-dot", *SMALL, "--seeds", 3, "--out", grown, "--quiet")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(len(self.cells(grown)), 9)
        self.assertTrue(set(old) < set(self.cells(grown)))
        for path, changed in before.items():
            if path.name != "result.json":
                self.assertEqual(path.stat().st_mtime_ns, changed, path)
        changed = [word.replace("epochs=1", "epochs=2") for word in SMALL]
        self.refused(fovea("ablate", "text-classification", AXIS, *changed, "--out", grown), 2, "train.epochs", "another sweep")
        self.refused(fovea("ablate", "text-classification", AXIS, *SMALL, "--threads", 2, "--out", grown), 2, "threads")
        self.refused(fovea("ablate", "reverse", AXIS, *SMALL, "--out", grown), 2, "recipe")
        other = self.folder / "no-sweep"
        other.mkdir()
        (other / "thesis.tex").write_text("")
        self.refused(fovea("ablate", "text-classification", AXIS, *SMALL, "--out", other), 2, "not a sweep")

    def test_a_dry_run_shows_the_cells_and_writes_nothing(self):
        out = self.folder / "dry"
        done = fovea("ablate", "text-classification", "model.attention=bahdanau,multi-head,none", "model.attention.heads=1,3", *SMALL, "--seeds", 3, "--dry-run", "--out", out)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for part in ("parameters", "MACs", "time", "does not apply to attention=none", "left out: model.attention=multi-head, model.attention.heads=3", "to run"):
            self.assertIn(part, done.stdout)
        self.assertFalse(out.exists())

    def test_what_cannot_be_is_left_out_and_a_mistake_stops_all(self):
        out = self.folder / "left-out"
        done = fovea("ablate", "text-classification", "model.attention=multi-head,none", "model.attention.heads=1,3", *SMALL, "--seeds", 1, "--out", out, "--quiet")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("warning: left out: model.attention=multi-head, model.attention.heads=3", done.stderr)
        self.assertEqual(len(self.cells(out)), 2)
        nowhere = self.folder / "nowhere"
        for words, parts in ((["model.attention=bahdanau,nnoe"], ["nnoe", "none"]), (["model.atention=bahdanau,none"], ["model.atention"]), (["train.epochs=1,"], ["train.epochs"]),
                             (["model.attention=multi-head", "model.attention.heads=3,5"], ["no cell is left", "heads"]), ([AXIS, "--exclude", "atention==none"], ["--exclude"]),
                             ([AXIS, "--tune", "model.width"], ["--tune", "model.attention"]), ([AXIS, "--seeds", "0"], ["--seeds"]), ([AXIS, "--baseline", "attention=nnoe"], ["nnoe"])):
            self.refused(fovea("ablate", "text-classification", *words, "--out", nowhere), 2, *parts)
        self.refused(fovea("ablate", "text-classification", AXIS, "task.train=absent.csv", "--out", nowhere), 3, "absent.csv")
        self.assertFalse(nowhere.exists())

    def test_failures_are_shown_kept_and_retried_on_request_and_stop_nothing(self):
        out = self.folder / "failing"
        words = ["ablate", "text-classification", AXIS, "train.learning_rate=1e38,0.01", "train.optimizer=sgd", *SMALL, "--seeds", 1, "--out", out, "--tune", "none"]
        done = fovea(*words)
        self.assertEqual(done.returncode, 6, done.stderr)
        self.assertIn("diverged in train, exit code 5", done.stderr)
        self.assertIn("is not finite", done.stderr)
        self.assertIn("1 diverged", done.stdout)
        said = json.loads(fovea("status", out, "--format", "json").stdout)
        self.assertEqual((said["cells"], said["finished"], said["diverged"]), (4, 2, 2))
        self.assertEqual(fovea("report", out).returncode, 6)
        began = time.monotonic()
        self.assertEqual(fovea(*words).returncode, 6)
        self.assertLess(time.monotonic() - began, 1)  # not tried again
        self.assertIn("diverged in train", fovea(*words, "--retry-failed").stderr)

    def test_the_tuned_axis_is_chosen_on_validation_and_the_choice_is_shown(self):
        out = self.folder / "tuned"
        done = fovea("ablate", "text-classification", AXIS, "train.learning_rate=log(1e-6,1e-2,2)", *SMALL[:-1], "train.epochs=6", "--seeds", 2, "--out", out, "--quiet")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        said = json.loads(fovea("report", out, "--format", "json").stdout)
        self.assertEqual(sorted(one["name"] for one in said["variants"]), ["attention=bahdanau", "attention=none"])
        points = json.loads((out / "sweep.json").read_text())["points"]
        for variant in said["variants"]:
            means = {}
            for point in points:
                if f"attention={point['values']['model.attention']}" == variant["name"]:
                    results = [json.loads((out / "cells" / cell / "result.json").read_text()) for cell in point["cells"].values()]
                    means[point["values"]["train.learning_rate"]] = sum(result["metrics"]["validation"]["accuracy"] for result in results) / 2
            tuned = variant["tuned"]
            self.assertEqual(means[tuned["chosen"]], max(means.values()))
            for value in tuned["values"]:
                self.assertAlmostEqual(value["mean"], means[value["value"]], places=12)
            self.assertEqual(variant["n"], 2)

    def test_killed_twenty_times_and_continued_equals_never_killed(self):
        words = ["ablate", "text-classification", AXIS, *SMALL[:-1], "train.epochs=30", "--seeds", 1, "--jobs", 2, "--quiet", "--out"]
        whole, parts = self.folder / "whole", self.folder / "parts"
        self.assertEqual(fovea(*words, whole).returncode, 0)
        kills = 0
        for turn in range(20):
            process = subprocess.Popen([str(BIN / "fovea"), *map(str, words), str(parts)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                process.wait(0.15 + 0.07 * turn)
                break
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                kills += 1
        self.assertGreater(kills, 3)
        done = fovea(*words, parts)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.cells(parts), self.cells(whole))
        for cell in self.cells(whole):
            self.assertEqual(weights(parts / "cells" / cell), weights(whole / "cells" / cell))

    def test_a_signal_is_passed_on_the_cells_save_and_the_same_command_ends_with_the_same_numbers(self):
        words = ["ablate", "text-classification", AXIS, *SMALL[:-1], "train.epochs=150", "train.checkpoint_every=50", "--seeds", 1, "--jobs", 2, "--quiet", "--out"]
        whole, out = self.folder / "unsignalled", self.folder / "signalled"
        self.assertEqual(fovea(*words, whole).returncode, 0)

        def states():
            return [json.loads(state.read_text())["status"] for state in out.glob("cells/*/state.json")]

        for sent, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            process = subprocess.Popen([str(BIN / "fovea"), *map(str, words), str(out)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            while process.poll() is None and (len(list(out.glob("cells/*/checkpoints/LATEST"))) < 2 or states() != ["running", "running"]):
                time.sleep(0.02)
            self.assertEqual(json.loads(fovea("status", out, "--format", "json").stdout)["running"], 2)
            process.send_signal(sent)
            said = process.communicate(timeout=60)
            self.assertEqual(process.returncode, code, said)
            self.assertIn(f"stopped by {sent.name}", said[1])
            self.assertEqual(states(), ["interrupted", "interrupted"])
            told = json.loads(fovea("status", out, "--format", "json").stdout)
            self.assertEqual((told["unfinished"], told["failed"]), (2, 0))
            self.assertEqual(fovea("report", out).returncode, 6)
        self.assertEqual(fovea(*words, out).returncode, 0)
        for cell in self.cells(whole):
            self.assertEqual(weights(out / "cells" / cell), weights(whole / "cells" / cell))
            self.assertIn("continued at step", (out / "cells" / cell / "log.txt").read_text())

    def test_the_page_shows_the_maps_of_each_variant_on_the_same_example(self):
        out = self.folder / "mapped"
        shutil.copytree(self.sweep, out)
        self.assertEqual(maps_on_page(out), {"test-0": ["attention=bahdanau"]})  # none has no attention
        words = ["ablate", "text-classification", "model.attention=bahdanau,none,luong-dot", *SMALL, "--seeds", 2, "--quiet", "--out", out]
        before = {path: path.read_bytes() for path in out.glob("cells/*/maps/test-0/*")}
        changed = {path: path.stat().st_mtime_ns for path in before}
        self.assertEqual((len(before), fovea(*words, "--maps", 0).returncode), (2, 0))
        self.assertEqual({path: path.read_bytes() for path in out.glob("cells/*/maps/test-0/*")}, before)
        self.assertEqual(fovea(*words).stderr, "")
        self.assertEqual({example: sorted(names) for example, names in maps_on_page(out).items()}, {"test-0": ["attention=bahdanau", "attention=luong-dot"]})
        self.assertEqual({path: path.stat().st_mtime_ns for path in before}, changed)
        # A process that was killed between two cells, and in one of them.
        lost = next(iter(before)).parent
        shutil.rmtree(lost)
        (lost.parents[1] / "maps.tmp" / "test-0").mkdir(parents=True)
        (lost.parents[1] / "maps.tmp" / "test-0" / "half.npy").write_text("")
        self.assertEqual(fovea(*words).stderr, "")
        self.assertEqual({path: path.read_bytes() for path in before}, before)
        self.assertFalse(list(out.glob("cells/*/maps.tmp")))
        # One more example; a cell that cannot give its maps is a warning and no more.
        broken = lost.parents[1] / "checkpoints"
        broken.rename(broken.with_name("away"))
        done = fovea(*words, "--maps", 2)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stderr, f"^warning: no maps of {lost.parents[1]}: .+\n$")
        self.assertEqual((len(maps_on_page(out)["test-0"]), len(maps_on_page(out)["test-1"])), (2, 1))
        broken.with_name("away").rename(broken)
        self.assertEqual(fovea(*words, "--maps", 2).stderr, "")
        self.assertEqual(len(maps_on_page(out)["test-1"]), 2)
        self.assertFalse(list(out.glob("logs/maps-*")))
        # More than there are: all there are, and nothing left to ask for.
        there = len((lost.parents[1] / "examples-test.jsonl").read_text().splitlines())
        self.assertEqual(fovea(*words, "--maps", there + 5).stderr, "")
        self.assertEqual(len(list((lost.parents[1] / "maps").glob("test-*"))), there)

    def test_what_decoding_keeps_stands_beside_the_other_costs(self):
        out = self.folder / "kept"
        done = fovea("ablate", "language-model", "model.attention.heads=4", "model.attention.kv_heads=4,1", "model.width=16", "model.layers=1", "train.steps=2", "--seeds", 1, "--maps", 0, "--out", out, "--quiet")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        kept = {one["name"]: one["state_bytes"] for one in json.loads(fovea("report", out, "--format", "json").stdout)["variants"]}
        self.assertEqual(kept["kv_heads=4"], 4 * kept["kv_heads=1"])
        self.assertRegex(done.stdout, r"MACs +state +time")
        self.assertIn("KiB kept of a sequence", (out / "report.html").read_text())
        self.assertNotIn("state", self.done.stdout)  # a classifier keeps nothing from token to token

    def test_two_processes_share_the_cells(self):
        out = self.folder / "two"
        words = ["ablate", "text-classification", "model.attention=bahdanau,none,luong-dot", *SMALL, "--seeds", 2, "--jobs", 1, "--quiet", "--out", out]
        pair = [subprocess.Popen([str(BIN / "fovea"), *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
        said = [process.communicate(timeout=300) for process in pair]
        self.assertEqual([process.returncode for process in pair], [0, 0], said)
        self.assertEqual(said[0][0], said[1][0])
        self.assertEqual(len(self.cells(out)), 6)
        self.assertEqual([path.read_text() for path in (out / "logs").glob("*.txt")], [""] * 6)  # no cell was run twice

    def test_a_job_list_runs_every_cell_with_any_shell(self):
        out = self.folder / "listed"
        done = fovea("ablate", "text-classification", AXIS, *SMALL, "--seeds", 1, "--launcher", "list", "--out", out)
        self.assertEqual((done.returncode, done.stdout.strip()), (0, str(out / "jobs.txt")))
        self.assertEqual(fovea("report", out).returncode, 6)
        lines = (out / "jobs.txt").read_text().splitlines()
        self.assertEqual(len(lines), 2)
        for line in lines:
            self.assertEqual(subprocess.run(["sh", "-c", line], cwd="/").returncode, 0)
        self.assertEqual(fovea("report", out).returncode, 0)
        self.assertEqual(len(list(out.glob("cells/*/maps/test-0"))), 2)
        self.assertEqual(fovea("ablate", "text-classification", AXIS, *SMALL, "--seeds", 1, "--launcher", "list", "--out", out).returncode, 0)
        self.assertEqual((out / "jobs.txt").read_text(), "")

    def test_matched_parameters_differ_by_two_percent_at_most(self):
        out = self.folder / "matched"
        done = fovea("ablate", "text-classification", AXIS, *SMALL[:1], "model.width=16", "model.dense=0", "--match-parameters", "model.hidden", "--seeds", 1, "--dry-run", "--out", out)
        self.assertEqual(done.returncode, 0, done.stderr)
        share = next(line for line in done.stdout.splitlines() if line.startswith("parameters differ by"))
        self.assertLessEqual(float(share.split()[3]), 2.0, done.stdout)
        self.assertIn("model.hidden=", done.stdout)

    def test_a_cell_of_another_commit_is_marked_and_made_again_on_request(self):
        out = self.folder / "commits"
        shutil.copytree(self.sweep, out)
        cell = self.cells(out)[0]
        manifest = out / "cells" / cell / "manifest.json"
        manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "commit": "0123456789ab"}))
        before = weights(out / "cells" / cell)
        words = ["ablate", "text-classification", AXIS, *SMALL, "--seeds", 2, "--out", out]
        self.assertIn("1 by another commit", fovea(*words).stdout)
        done = fovea(*words, "--rerun-changed")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("another commit", done.stdout)
        self.assertEqual([path.name for path in (out / "replaced").iterdir()], [f"{cell}-0123456789ab"])
        self.assertEqual(weights(out / "cells" / cell), before)

    def test_one_axis_at_a_time_is_compared_with_the_recipe(self):
        out, layer = self.folder / "single", self.folder / "layer.json"
        layer.write_text(json.dumps({"train": {"learning_rate": 0.02}}))
        done = fovea("ablate", "text-classification", AXIS, "model.dropout=0,0.3", *SMALL, "--config", layer, "--one-at-a-time", "--seeds", 2, "--out", out, "--quiet")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        said = json.loads(fovea("report", out, "--format", "json").stdout)
        variants = {one["name"]: one for one in said["variants"]}
        self.assertEqual(sorted(variants), ["attention=bahdanau", "attention=none", "dropout=0", "dropout=0.3", "text-classification"])
        for name, one in variants.items():
            if name == "text-classification":
                self.assertIsNone(one["comparison"])
                continue
            self.assertEqual((one["comparison"]["baseline"], one["comparison"]["pairs"]), ("text-classification", 2))
            self.assertEqual(one["comparison"]["by_example"]["examples"], 15)
        config = json.loads(next(out.glob("cells/*/config.json")).read_text())
        self.assertEqual(config["train"]["learning_rate"], 0.02)

    def test_no_sweep_is_exit_4(self):
        self.refused(fovea("status", self.folder), 4, "no sweep")
        self.refused(fovea("ablate", "--cell", "12345678", "--out", self.folder / "absent"), 4, "no sweep")
        self.refused(fovea("ablate", "--cell", "12345678", "--out", self.sweep), 2, "12345678")


if __name__ == "__main__":
    unittest.main()
