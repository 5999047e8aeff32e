"""curves, diff, repro, gc, data, completion and man from outside. Usage: verbs_test.py FOLDER_OF_PROGRAMS [unittest arguments]"""
import http.server
import json
import pathlib
import re
import shutil
import subprocess
import threading
import unittest

from programs_test import BIN, SMALL, Programs, fovea


class Runs(Programs):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.folder / "runs" / "other"
        shutil.copytree(cls.run_folder, cls.folder / "runs" / "first")
        done = fovea("train", "text-classification", *SMALL, "model.attention=uniform", "train.keep=5", "--seed", 1, "--out", cls.other)
        assert done.returncode == 0, done.stderr

    def test_curves_are_text_numbers_and_figures(self):
        done = fovea("curves", self.folder / "runs", "--metric", "accuracy")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("validation accuracy", done.stdout)
        self.assertIn("uniform", done.stdout)
        said = json.loads(fovea("curves", self.other, "--format", "json").stdout)
        history = [json.loads(line) for line in (self.other / "metrics.jsonl").read_text().splitlines()]
        chart = next(c for c in said["charts"] if (c["split"], c["metric"]) == ("validation", "accuracy"))
        self.assertEqual(chart["curves"][0]["mean"], [line["accuracy"] for line in history if line["split"] == "validation"])
        csv = fovea("curves", self.other, "--format", "csv", "--split", "validation", "--metric", "loss").stdout.splitlines()
        self.assertEqual(csv[0], "split,metric,variant,step,seeds,mean,sd")
        self.assertEqual(len(csv), 1 + len(chart["curves"][0]["step"]))
        out = self.folder / "curves"
        for form in ("pdf", "svg", "png"):
            self.assertEqual(fovea("curves", self.folder / "runs", "--format", form, "--out", out).returncode, 0)
            self.assertTrue((out / f"validation-accuracy.{form}").exists())
        self.refused(fovea("curves", self.other, "--format", "pdf"), 2, "--out")
        self.refused(fovea("curves", self.other, "--metric", "acuracy"), 2, "accuracy")
        self.refused(fovea("curves", self.folder / "nowhere"), 4, "nowhere")

    def test_diff_says_what_differs(self):
        done = fovea("diff", self.run_folder, self.other)
        self.assertEqual(done.returncode, 0, done.stderr)
        for part in ("model.attention", "seed", "validation.accuracy", "data  the same", "code  the same"):
            self.assertIn(part, done.stdout)
        said = json.loads(fovea("diff", self.run_folder, self.other, "--format", "json").stdout)
        self.assertIn("train.keep", [one["key"] for one in said["config"]])
        self.refused(fovea("diff", self.run_folder, self.folder / "nowhere"), 4, "nowhere")

    def test_a_run_made_again_has_the_same_bytes_and_a_changed_one_not(self):
        done = fovea("repro", self.run_folder, "--quiet")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("same       metrics.jsonl", done.stdout)
        self.assertIn("model.safetensors", done.stdout)
        changed = self.folder / "changed"
        shutil.copytree(self.run_folder, changed)
        weights = sorted(changed.glob("checkpoints/*/model.safetensors"))[-1]
        weights.write_bytes(weights.read_bytes()[:-1] + b"\x7f")
        done = fovea("repro", changed, "--quiet", "--keep", self.folder / "again")
        self.assertEqual(done.returncode, 1)
        self.assertIn("different  checkpoints/", done.stdout)
        self.assertTrue((self.folder / "again" / "result.json").exists())
        self.refused(fovea("repro", changed, "--keep", self.folder / "again"), 2, "--keep")
        (changed / "result.json").unlink()
        self.refused(fovea("repro", changed, "--quiet"), 4, "unfinished")

    def test_gc_lists_and_then_removes_and_the_run_is_used_as_before(self):
        run = self.folder / "kept"
        shutil.copytree(self.other, run)
        before = json.loads(fovea("evaluate", run, "--format", "json", "--quiet").stdout)["metrics"]
        size = lambda: sum(path.stat().st_size for path in run.rglob("*") if path.is_file())
        whole = size()
        done = fovea("gc", run)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("optimizer", done.stdout)
        self.assertEqual(size(), whole)
        done = fovea("gc", run, "--delete")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertLess(size(), 0.7 * whole)
        self.assertEqual(json.loads(fovea("evaluate", run, "--format", "json", "--quiet").stdout)["metrics"], before)
        self.assertEqual(fovea("predict", run, "--quiet", text="a warm film\n").returncode, 0)
        self.assertEqual(fovea("repro", run, "--quiet").returncode, 0)
        self.assertIn("0 B could be removed", fovea("gc", run).stdout)
        self.refused(fovea("gc", self.folder / "nowhere"), 4, "nowhere")


class Data(Programs):
    def sets(self):
        return json.loads(fovea("data", "list", "--format", "json").stdout)["datasets"]

    def test_every_recipe_on_files_names_a_known_set(self):
        known = {one["name"] for one in self.sets()}
        self.assertEqual({one["name"] for one in json.loads(fovea("list", "datasets", "--format", "json").stdout)["datasets"]}, known)
        for recipe in (pathlib.Path(__file__).parents[2] / "apps/recipes").glob("*.json"):
            task = json.loads(recipe.read_text())["task"]
            for key in ("train", "file", "train_images"):
                if isinstance(task, dict) and task.get(key):
                    self.assertIn(task[key].split("/")[0], known, recipe.name)

    def mirror(self, name, content):
        """A folder that holds the one file of a set, with `content`."""
        entry = next(one for one in self.sets() if one["name"] == name)
        place = self.folder / "mirror" / name / entry["files"][0]["path"]
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        return entry["files"][0]["path"]

    def test_wrong_bytes_are_never_moved_into_place(self):
        path = self.mirror("ett", b"date,OT\n")
        for mirror in (self.folder / "mirror", f"file://{self.folder}/mirror"):
            self.refused(fovea("data", "fetch", "ett", "--root", self.folder / "data", "--mirror", mirror), 3, "SHA-256", "nothing was kept")
            self.assertEqual(list((self.folder / "data").rglob("*.*")), [])
        done = fovea("data", "check", "ett", "--root", self.folder / "data")
        self.assertEqual(done.returncode, 3)
        self.assertIn("absent", done.stdout)
        self.refused(fovea("data", "fetch", "ett", "--root", self.folder / "data", "--mirror", self.folder / "empty"), 3, path)
        there = self.folder / "data" / "ett" / path
        there.parent.mkdir(parents=True, exist_ok=True)
        there.write_bytes(b"mine")
        self.refused(fovea("data", "fetch", "ett", "--root", self.folder / "data", "--mirror", self.folder / "mirror"), 3, "nothing is overwritten")
        self.assertEqual(there.read_bytes(), b"mine")

    def test_names_and_addresses_that_are_not_known_are_refused(self):
        self.refused(fovea("data", "fetch", "etth"), 2, "ett")
        self.refused(fovea("data", "fetch"), 2, "names")
        self.refused(fovea("data", "fetch", "listops", "--root", self.folder / "data"), 2, "--mirror")
        self.refused(fovea("data", "fetch", "ett", "--root", self.folder / "none", "--mirror", "http://127.0.0.1:9/"), 1, "127.0.0.1")

    def test_real_files_come_from_a_folder_and_over_http_going_on_where_they_stopped(self):
        above = pathlib.Path(__file__).resolve().parents[2:4]
        source = next((folder / "shared" / "datasets" for folder in above if (folder / "shared" / "datasets" / "scan").is_dir()), None)
        if source is None:
            self.skipTest("no data sets here")
        root = self.folder / "real"
        for expected in (1, 0):
            done = fovea("data", "fetch", "scan", "--root", root, "--mirror", source)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(f"{expected} of 1 files", done.stdout)
        self.assertEqual(fovea("data", "check", "scan", "--root", root).returncode, 0)
        file = next((source / "scan").glob("*.zip"))
        begun = self.folder / "over-http" / "scan" / (file.name + ".part")
        begun.parent.mkdir(parents=True)
        begun.write_bytes(file.read_bytes()[:1000])

        class Handler(http.server.BaseHTTPRequestHandler):
            ranges = []

            def do_GET(self):
                content = (source / self.path.lstrip("/")).read_bytes()
                Handler.ranges.append(self.headers["Range"])
                begin = int(self.headers["Range"].split("=")[1].rstrip("-")) if self.headers["Range"] else 0
                self.send_response(206 if begin else 200)
                if begin:
                    self.send_header("Content-Range", f"bytes {begin}-{len(content) - 1}/{len(content)}")
                self.send_header("Content-Length", str(len(content) - begin))
                self.end_headers()
                self.wfile.write(content[begin:])

            def log_message(self, *_):
                pass

        server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        done = fovea("data", "fetch", "scan", "--root", self.folder / "over-http", "--mirror", f"http://127.0.0.1:{server.server_port}")
        server.shutdown()
        server.server_close()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(Handler.ranges, ["bytes=1000-"])
        self.assertEqual(fovea("data", "check", "scan", "--root", self.folder / "over-http").returncode, 0)


class Shells(Programs):
    verbs = tuple(re.findall(r"^  ([a-z]+) +\S", fovea("--help").stdout.split("Examples:")[0], re.M))

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for shell in ("bash", "zsh", "fish"):
            done = fovea("completion", shell)
            assert done.returncode == 0, done.stderr
            (cls.folder / shell).write_text(done.stdout)

    def completed(self, line):
        """What bash offers for a line whose end is the cursor."""
        script = f'source {self.folder}/bash; COMP_LINE="$1"; COMP_POINT=${{#1}}; _fovea_complete 2>/dev/null; printf "%s\\n" "${{COMPREPLY[@]}}"'
        done = subprocess.run(["bash", "-c", script, "bash", line], capture_output=True, text=True, check=True)
        return done.stdout.split()

    def test_bash_completes_verbs_options_recipes_keys_and_values(self):
        self.assertGreater(len(self.verbs), 15)
        self.assertEqual(self.completed("fovea tr"), ["train"])
        self.assertEqual(set(self.completed("fovea ")) >= set(self.verbs), True)
        self.assertIn("--print-config", self.completed("fovea train --p"))
        self.assertEqual(self.completed("fovea train text-cl"), ["text-classification"])
        self.assertIn("train.learning_rate=", self.completed("fovea train reverse train.l"))
        self.assertEqual(self.completed("fovea train reverse model.attention=bahd"), ["bahdanau"])
        self.assertIn("sparsemax", self.completed("fovea train reverse model.attention.normalizer="))
        self.assertEqual(self.completed("fovea evaluate RUN --format j"), ["json"])
        self.assertIn("datasets", self.completed("fovea list d"))
        self.assertIn("ett", self.completed("fovea data fetch e"))

    def test_zsh_and_fish_read_their_scripts(self):
        for shell, words in (("zsh", ["zsh", "-f", "-n"]), ("fish", ["fish", "--no-execute"])):
            if shutil.which(shell) is None:
                continue  # the shell itself is not here
            done = subprocess.run([*words, self.folder / shell], capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stderr), (0, ""), shell)
        if shutil.which("fish") is not None:
            ask = lambda line: subprocess.run(["fish", "--no-config", "-c", f"source {self.folder}/fish; complete -C '{line}'"], capture_output=True, text=True).stdout
            self.assertIn("train", ask("fovea tr"))
            self.assertIn("bahdanau", ask("fovea train reverse model.attention=bahd"))
        for shell in ("bash", "zsh", "fish"):
            self.assertIn("fovea completion " + shell, (self.folder / shell).read_text())

    def test_manual_pages_have_every_option_and_no_complaint(self):
        out = self.folder / "man1"
        self.assertEqual(fovea("man", "--out", out).returncode, 0)
        self.assertEqual({path.name for path in out.iterdir()}, {"fovea.1", *(f"fovea-{verb}.1" for verb in self.verbs)})
        page = (out / "fovea-train.1").read_text()
        for part in (".SH NAME", "\\-\\-print\\-config", ".SH EXAMPLES", "SH EXIT STATUS"):
            self.assertIn(part, page)
        if shutil.which("groff") is not None:
            for path in out.iterdir():
                done = subprocess.run(["groff", "-k", "-man", "-ww", "-Tutf8", path], capture_output=True, text=True)
                self.assertEqual((done.returncode, done.stderr), (0, ""), path.name)
        self.refused(fovea("man", "trian"), 2, "train")


if __name__ == "__main__":
    unittest.main()
