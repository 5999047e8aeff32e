"""The programs from outside: what they print, write and return. Usage: programs_test.py FOLDER_OF_PROGRAMS [unittest arguments]"""
import json
import math
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

BIN = pathlib.Path(sys.argv.pop(1)).resolve()
SMALL = ["task.examples=120", "model.width=8", "model.hidden=8", "model.dense=8", "train.epochs=2", "--threads", "1", "--quiet"]


def fovea(*words, text="", limit=None, cwd=None):
    done = subprocess.run([str(BIN / "fovea"), *map(str, words)], input=text if isinstance(text, bytes) else text.encode(), capture_output=True, preexec_fn=limit, cwd=cwd)
    done.stdout, done.stderr = done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")
    return done


class Programs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp())
        cls.run_folder = cls.folder / "shared"
        done = fovea("train", "text-classification", *SMALL, "--out", cls.run_folder)
        assert done.returncode == 0, done.stderr

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def refused(self, done, code, *parts):
        """One line on stderr that holds every part; nothing on stdout."""
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertEqual(len(done.stderr.strip().split("\n")), 1, done.stderr)
        for part in parts:
            self.assertIn(part, done.stderr)


class CommandLine(Programs):
    def test_every_program_has_help_with_examples(self):
        for verb in ("train", "evaluate", "predict", "maps", "attend", "ablate", "status", "report", "curves", "diff", "repro", "gc", "list", "data", "bench", "doctor", "completion", "man"):
            done = fovea(verb, "--help")
            self.assertEqual(done.returncode, 0)
            self.assertIn("Examples:", done.stdout, verb)

    def test_bench_times_what_is_asked_for_and_names_what_it_does_not_know(self):
        done = fovea("bench", "kernels", "--only", "block-64", "--lengths", "64,128", "--runs", "1", "--threads", "1", "--format", "json")
        self.assertEqual(done.returncode, 0, done.stderr)
        limits, *cases = json.loads(done.stdout)["cases"]
        self.assertGreater(limits["product_gflop_per_s"], 0)
        self.assertEqual([(case["name"], case["length"]) for case in cases],
                         [(f"block-64-{engine}", length) for engine in ("plain", "fused") for length in (64, 128)])
        for case in cases:
            self.assertGreater(case["step_ms"], 0)
            self.assertGreater(case["peak_bytes"], 4 * 64 * case["length"])
        self.refused(fovea("bench", "speed"), 2, "speed")

    def test_a_device_that_is_not_there_is_refused_before_anything_is_written(self):
        out = self.folder / "elsewhere"
        for device in ("abacus", "cuda:64"):
            self.refused(fovea("train", "three-sentences", "train.steps=1", "--device", device, "--out", str(out)), 2, "--device", device)
            self.assertFalse(out.exists())

    def test_bench_times_every_entry_of_every_axis(self):
        done = fovea("bench", "kernels", "--lengths", "50,64", "--runs", "1", "--threads", "1", "--format", "json")
        self.assertEqual(done.returncode, 0, done.stderr)
        _, *cases = json.loads(done.stdout)["cases"]
        named = " ".join(case["name"] for case in cases)
        for axis in ("scorers", "normalizers", "patterns", "positions"):
            for entry in json.loads(fovea("list", axis, "--format", "json").stdout)[axis]:
                if entry["name"] not in ("softmax", "full", "none"):  # what all others have
                    self.assertIn({"transformer-xl": "causal-xl"}.get(entry["name"], entry["name"]), named)
        for case in cases:
            if "skipped" in case:  # 50 is no square
                self.assertEqual(case["length"], 50, case)
                self.assertIn("grid", case["skipped"])
            else:
                self.assertGreater(case["share_of_copy"], 0, case)
        self.assertEqual({case["name"] for case in cases if "skipped" in case}, {f"{name}-{engine}" for name in ("axial", "neighborhood") for engine in ("plain", "fused")})

    def test_bench_times_steps_and_decoding_and_saves_what_a_peer_needs(self):
        saved = self.folder / "saved-steps"
        done = fovea("bench", "train", "--only", "transformer-lm", "--runs", "1", "--threads", "1", "--save", str(saved), "--format", "json")
        self.assertEqual(done.returncode, 0, done.stderr)
        cases = json.loads(done.stdout)["cases"]
        self.assertEqual([(case["name"], case["precision"]) for case in cases], [("transformer-lm", "float32"), ("transformer-lm", "bf16")])
        for case in cases:
            self.assertGreater(case["milliseconds_per_step"], 0)
            self.assertAlmostEqual(case["examples_per_second"], 12000 / case["milliseconds_per_step"])
            self.assertGreater(case["peak_rss_bytes"], 2**20)
            self.assertAlmostEqual(case["first_loss"], math.log(65), delta=0.5)  # an untrained net guesses
        self.assertEqual(sorted(path.name for path in saved.iterdir()), ["transformer-lm.batch.safetensors", "transformer-lm.model.safetensors"])
        # Each operator's own time: all of the step, and both products and attention are among it.
        case, = json.loads(fovea("bench", "train", "--only", "transformer-lm", "--precision", "float32", "--operators", "--runs", "9", "--threads", "2", "--format", "json").stdout)["cases"]
        times = {one["name"]: one["milliseconds"] for one in case["operators"]}
        self.assertLessEqual({"aten::mm", "fovea::fused_attention", "outside", "others"}, set(times))
        self.assertGreater(sum(times.values()), case["milliseconds_per_step"] / 2)
        done = fovea("bench", "decode", "--only", "gru-bahdanau-seq2seq", "--runs", "1", "--threads", "1", "--format", "json")
        cases = json.loads(done.stdout)["cases"]
        self.assertEqual([case["name"] for case in cases], ["gru-bahdanau-seq2seq-greedy", "gru-bahdanau-seq2seq-beam-5"])
        for case in cases:
            self.assertAlmostEqual(case["tokens_per_second"], 1000 * 64 * 20 / case["milliseconds"], delta=1)

    def test_bench_decodes_the_test_sources_of_a_run(self):
        run, saved = self.folder / "run", self.folder / "saved"
        done = fovea("train", "copy", "train.steps=2", "task.examples=40", "--threads", "1", "--quiet", "--out", str(run))
        self.assertEqual(done.returncode, 0, done.stderr)
        done = fovea("bench", "decode", "--run", str(run), "--sentences", "3", "--batch", "2", "--runs", "1", "--threads", "1", "--save", str(saved),
                     "--format", "json")
        self.assertEqual(done.returncode, 0, done.stderr)
        greedy, beam = json.loads(done.stdout)["cases"]
        self.assertEqual([greedy["name"], beam["name"]], ["run-greedy", "run-beam-5"])
        for case in (greedy, beam):
            self.assertEqual([case["sentences"], len(case["outputs"])], [3, 3])
            self.assertEqual(case["tokens"], sum(map(len, case["outputs"])))
        # What a peer needs: the sources, sorted by length, and which tokens begin and end.
        limits = json.loads((saved / "run.json").read_text())
        lengths = [len(row) for batch in limits["batches"] for row in batch]
        self.assertEqual([len(batch) for batch in limits["batches"]], [2, 1])
        self.assertEqual(lengths, sorted(lengths))
        self.assertIn(limits["begin"], limits["never"])
        self.assertNotIn(limits["end"], limits["never"])
        self.assertTrue((saved / "run.model.safetensors").exists())
        done = fovea("train", "text-classification", "train.steps=1", "--threads", "1", "--quiet", "--out", str(self.folder / "classes"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.refused(fovea("bench", "decode", "--run", str(self.folder / "classes")), 2, "expected a run that decodes")

    def test_help_and_a_wrong_flag_load_no_libtorch(self):
        for words, loads in ((["--help"], False), (["--no-such-flag"], False), (["text-classification", "--print-config"], True)):
            done = subprocess.run([BIN / "fovea-train", *words], capture_output=True, text=True, env={**os.environ, "LD_DEBUG": "files"})
            self.assertIn("libstdc++", done.stderr)  # the linker did speak
            self.assertEqual("libtorch" in done.stderr, loads, words)

    def test_without_the_library_of_the_programs_it_is_named(self):
        alone = self.folder / "fovea-list"
        shutil.copy(BIN / "fovea-list", alone)
        done = subprocess.run([alone, "recipes"], capture_output=True, text=True)
        self.refused(done, 1, "libfovea-computing.so")

    def test_an_unknown_verb_key_value_recipe_or_type_is_exit_2_with_the_nearest_name(self):
        self.refused(fovea("trian"), 2, "train")
        self.refused(fovea("train", "text-clasification", "--dry-run"), 2, "text-classification")
        self.refused(fovea("train", "text-classification", "model.hiden=8", "--dry-run"), 2, "model.hiden", "hidden")
        self.refused(fovea("train", "text-classification", "model.attention=bahdenau", "--dry-run"), 2, "bahdanau")
        self.refused(fovea("train", "text-classification", "model.hidden=many", "--dry-run"), 2, "model.hidden", "many")
        self.refused(fovea("train", "text-classification", "model.hidden=3.5", "--dry-run"), 2, "model.hidden")
        self.refused(fovea("train", "text-classification", "train.epochs=-1", "--dry-run"), 2, "train.epochs")
        self.refused(fovea("train", "text-classification", "--no-such-flag"), 2)

    def test_every_recipe_prints_its_config_and_those_with_generated_data_run_a_step(self):
        recipes = json.loads(fovea("list", "recipes", "--format", "json").stdout)
        entries = recipes if isinstance(recipes, list) else recipes["recipes"]
        self.assertGreater(len(entries), 10)
        for entry in entries:
            done = fovea("train", entry["name"], "--print-config")
            self.assertEqual(done.returncode, 0, done.stderr)
            config = json.loads(done.stdout)
            task = config["task"]
            if not any(task.get(key) for key in ("train", "file", "train_images")):
                done = fovea("train", entry["name"], "--dry-run", "--threads", 1, cwd=self.folder)
                self.assertEqual(done.returncode, 0, entry["name"] + done.stderr)
        self.assertFalse((self.folder / "runs").exists())

    def test_verbose_says_which_arithmetic_answers_and_why(self):
        done = fovea("train", "reverse", "model.attention=location-aware", "--dry-run", "--verbose", cwd=self.folder)
        self.assertIn("engine  attention: plain: the scorer has a state", done.stderr)
        self.assertNotIn("engine", fovea("train", "reverse", "--dry-run", cwd=self.folder).stderr)

    def test_the_printed_config_is_a_recipe_that_gives_the_same_config(self):
        text = fovea("train", "reverse", "model.attention=location-aware", "--print-config").stdout
        file = self.folder / "printed.json"
        file.write_text(text)
        self.assertEqual(fovea("train", file, "--print-config").stdout, text)

    def test_a_wrong_key_in_a_file_names_the_file(self):
        file = self.folder / "layer.json"
        file.write_text('{"trian": {"epochs": 2}}')
        self.refused(fovea("train", "reverse", "--config", file, "--dry-run"), 2, "layer.json", "trian", "train")
        self.refused(fovea("train", file, "--dry-run"), 2, "layer.json", "trian")

    def test_a_list_of_one_name_shows_it_and_of_a_wrong_one_the_nearest(self):
        done = fovea("list", "models", "lstm")
        self.assertIn("lstm", done.stdout)
        self.assertNotIn("text-cnn", done.stdout)
        self.refused(fovea("list", "scorers", "additve"), 2, "additive")
        self.refused(fovea("list", "keys", "lsmt"), 2, "lstm")

    def test_numbers_out_of_range_are_exit_2_and_say_the_range(self):
        self.refused(fovea("train", "reverse", "--threads", 100000, "--dry-run"), 2, "1 to 1024", "100000")
        self.refused(fovea("train", "reverse", "--threads", 0, "--dry-run"), 2, "1 to 1024")
        self.refused(fovea("train", "reverse", "--seed", "99999999999999999999", "--dry-run"), 2, "99999999999999999999")
        self.refused(fovea("evaluate", self.run_folder, "--batch", 0), 2, "at least 1")
        self.refused(fovea("predict", self.run_folder, "--top", -4), 2, "at least 0")
        self.refused(fovea("maps", self.run_folder, "--heads", -1, "--out", self.folder / "never"), 2, "-1")
        self.refused(fovea("report", self.run_folder, "--metric", "acuracy"), 2, "accuracy")
        self.refused(fovea("report", self.run_folder, "--split", "tset"), 2, "test")

    def test_a_malformed_config_file_is_named_with_its_place(self):
        file = self.folder / "broken.json"
        file.write_text('{"task": {"name": "text-classification",}\n')
        self.refused(fovea("train", file, "--dry-run"), 2, "broken.json")


class Runs(Programs):
    def files(self, run):
        names = ["config.json", "metrics.jsonl", *(str(p.relative_to(run)) for p in sorted(run.glob("checkpoints/**/*.safetensors")))]
        return {name: (run / name).read_bytes() for name in names}

    def test_the_same_command_gives_the_same_bytes_and_then_shows_its_result(self):
        again = self.folder / "again"
        self.assertEqual(fovea("train", "text-classification", *SMALL, "--out", again).returncode, 0)
        self.assertEqual(self.files(again), self.files(self.run_folder))
        before = {p: p.stat().st_mtime_ns for p in again.rglob("*")}
        done = fovea("train", "text-classification", *SMALL, "--out", again)
        self.assertEqual(done.returncode, 0)
        self.assertIn("validation accuracy", done.stdout)
        self.assertEqual(before, {p: p.stat().st_mtime_ns for p in again.rglob("*")})

    def test_a_folder_with_another_config_is_refused_by_its_first_differing_key(self):
        self.refused(fovea("train", "text-classification", *SMALL, "train.learning_rate=0.5", "--out", self.run_folder), 2, "train.learning_rate")

    def test_a_run_stopped_by_a_signal_and_continued_equals_one_never_stopped(self):
        for name, number, code in (("term", signal.SIGTERM, 143), ("int", signal.SIGINT, 130)):
            words = ["train", "text-classification", *SMALL, "train.epochs=40", "--out"]
            whole, parts = self.folder / (name + "-whole"), self.folder / (name + "-parts")
            self.assertEqual(fovea(*words, whole).returncode, 0)
            process = subprocess.Popen([str(BIN / "fovea"), *map(str, words), str(parts)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            metrics = parts / "metrics.jsonl"
            while process.poll() is None and not (metrics.exists() and metrics.stat().st_size > 0):
                time.sleep(0.01)
            process.send_signal(number)
            self.assertEqual(process.wait(), code)
            self.assertEqual(json.loads((parts / "state.json").read_text())["status"], "interrupted")
            self.assertEqual(fovea(*words, parts).returncode, 0)
            self.assertEqual(self.files(parts), self.files(whole))

    def test_a_loss_that_is_not_finite_is_exit_5_and_names_the_step(self):
        done = fovea("train", "text-classification", *SMALL, "train.learning_rate=1e38", "train.optimizer=sgd", "--out", self.folder / "diverged")
        self.refused(done, 5, "step")

    def test_memory_that_is_not_there_is_exit_1_and_one_line(self):
        bound = lambda: resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))
        done = fovea("train", "text-classification", "model.width=60000", "model.hidden=60000", "--threads", 1, "--quiet", "--out", self.folder / "memory", limit=bound)
        self.refused(done, 1)

    def test_a_full_disk_is_exit_1_and_the_last_checkpoint_stays(self):
        run = self.folder / "full"
        shutil.copytree(self.run_folder, run)
        size = (run / "metrics.jsonl").stat().st_size

        def bound():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (size // 2, size // 2))

        self.refused(fovea("maps", run, "--examples", "0", "--format", "png", "--out", run / "maps", "--quiet", limit=bound), 1, "maps")
        self.refused(fovea("train", "text-classification", *SMALL, "--seed", 5, "--out", self.folder / "nowhere", limit=bound), 1)
        self.assertEqual(fovea("evaluate", run, "--quiet").returncode, 0)

    def test_an_output_that_cannot_be_written_is_exit_1(self):
        blocked = self.folder / "a-file"
        blocked.write_text("not a folder")
        self.refused(fovea("train", "text-classification", *SMALL, "--out", blocked / "run"), 1, "a-file")
        self.refused(fovea("maps", self.run_folder, "--examples", "0", "--out", blocked / "maps", "--quiet"), 1, "a-file")

    def test_an_absent_file_is_exit_3_and_an_absent_run_exit_4(self):
        self.refused(fovea("train", "text-classification", "task.train=nowhere.csv", "--dry-run"), 3, "nowhere.csv")
        for verb in ("evaluate", "predict", "maps", "report"):
            words = [verb, self.folder / "no-run"] + (["--out", self.folder / "x"] if verb == "maps" else [])
            self.refused(fovea(*words), 4, "no-run")

    def test_a_damaged_checkpoint_is_passed_over_and_damage_everywhere_is_exit_4(self):
        run = self.folder / "damaged"
        shutil.copytree(self.run_folder, run)
        steps = sorted(run.glob("checkpoints/step-*"), key=lambda p: int(p.name[5:]))
        self.assertEqual(len(steps), 2)
        best = (run / "checkpoints/BEST").read_text().strip()
        victim = run / "checkpoints" / best / "model.safetensors"
        content = bytearray(victim.read_bytes())
        content[-1] ^= 1
        victim.write_bytes(content)
        done = fovea("evaluate", run, "--quiet")
        self.assertIn(done.returncode, (0, 4))
        self.assertIn("model.safetensors", done.stderr)
        for step in steps:
            (step / "model.safetensors").write_bytes(b"\0" * 100)
        self.assertEqual(fovea("evaluate", run, "--quiet").returncode, 4)


class Using(Programs):
    def test_evaluate_speaks_json_with_the_metrics_of_the_contract(self):
        done = fovea("evaluate", self.run_folder, "--format", "json", "--quiet")
        self.assertEqual(done.returncode, 0, done.stderr)
        said = json.loads(done.stdout)
        self.assertEqual((said["format"], said["split"], said["n"]), (1, "test", 30))
        for metric in ("loss", "accuracy", "macro_f1", "micro_f1", "macro_precision", "macro_recall", "auc"):
            self.assertIn(metric, said["metrics"])
        lines = [json.loads(line) for line in (self.run_folder / "examples-test.jsonl").read_text().splitlines()]
        self.assertEqual(len(lines), 30)
        self.assertLessEqual({line["label"] for line in lines}, {"negative", "neutral", "positive"})
        for line in lines:
            self.assertEqual(line["label"] == line["predicted"], line["correct"] == 1)
        self.assertEqual(json.loads((self.run_folder / "result.json").read_text())["metrics"]["test"], said["metrics"])

    def test_a_run_in_float64_is_used_in_float64(self):
        run = self.folder / "exact"
        self.assertEqual(fovea("train", "series-forecast", "model=patch-series", "train.precision=float64", "train.steps=5", "--out", run, "--quiet").returncode, 0)
        trained = json.loads((run / "result.json").read_text())["metrics"]["validation"]
        said = json.loads(fovea("evaluate", run, "--split", "validation", "--format", "json", "--quiet").stdout)["metrics"]
        for name, value in trained.items():
            self.assertAlmostEqual(said[name], value, delta=1e-12 * abs(value))  # float32 has 7 digits
        self.assertEqual(fovea("maps", run, "--examples", 0, "--score", "--out", self.folder / "exact-maps", "--quiet").returncode, 0)
        self.assertTrue(list((self.folder / "exact-maps").glob("test-0/*.npy")))

    def test_data_that_changed_are_not_scored_and_the_result_stays(self):
        data = self.folder / "growing.csv"
        rows = "".join(f"{'good' if i % 2 else 'bad'},{'warm' if i % 2 else 'cold'} {i}\n" for i in range(40))
        data.write_text("label,text\n" + rows)
        run = self.folder / "growing"
        self.assertEqual(fovea("train", "text-classification", f"task.train={data}", *SMALL, "--out", run).returncode, 0)
        self.assertEqual(fovea("evaluate", run, "--quiet").returncode, 0)
        kept = (run / "result.json").read_bytes()
        data.write_text(data.read_text() + "good,warm again\n")
        self.refused(fovea("evaluate", run, "--quiet"), 3, "data changed", "differs")
        self.refused(fovea("maps", run, "--out", self.folder / "growing-maps"), 3, "data changed")
        self.assertEqual((run / "result.json").read_bytes(), kept)
        self.assertEqual(fovea("predict", run, "--quiet", text="warm\n").returncode, 0)

    def test_without_validation_examples_nothing_is_trained(self):
        data = self.folder / "few.csv"
        data.write_text("label,text\n" + "good,warm\nbad,cold\n" * 9)
        words = ["train", "text-classification", f"task.train={data}", "task.validation_fraction=0", *SMALL]
        self.refused(fovea(*words, "--out", self.folder / "few"), 3, "split validation", "no examples")
        self.refused(fovea(*words, "--dry-run"), 3, "split validation", "no examples")

    def test_metrics_do_not_depend_on_the_batch(self):
        values = [json.loads(fovea("evaluate", self.run_folder, "--format", "json", "--quiet", "--batch", n).stdout)["metrics"] for n in (1, 7, 64)]
        for other in values[1:]:
            for name, value in values[0].items():
                self.assertAlmostEqual(value, other[name], places=5, msg=name)

    def test_predict_gives_one_line_per_input_the_empty_one_included(self):
        done = fovea("predict", self.run_folder, "--quiet", text="The film was great.\n\nxyzzy 电影\n")
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual([line["input"] for line in lines], ["The film was great.", "", "xyzzy 电影"])
        for line in lines:
            self.assertAlmostEqual(sum(line["probabilities"].values()), 1, places=4)
        self.assertEqual({entry["token"] for entry in lines[2]["attention"]}, {"xyzzy", "电", "影"} if len(lines[2]["attention"]) == 3 else {"xyzzy", "电影"})

    def decoder(self):
        """A small run of the task reverse, trained once."""
        run = self.folder / "decoder"
        if not run.exists():
            done = fovea("train", "reverse", "task.examples=200", "model.width=8", "model.hidden=8", "train.epochs=1", "--threads", "1", "--quiet", "--out", run)
            self.assertEqual(done.returncode, 0, done.stderr)
        return run

    def test_a_decoder_gives_its_best_outputs_and_what_it_looked_at(self):
        done = fovea("predict", self.decoder(), "task.decoding.method=beam", "task.decoding.best=3", "--top", "2", text="a b c\n\nd\n")
        self.assertEqual(done.returncode, 0, done.stderr)
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual([answer["input"] for answer in answers], ["a b c", "", "d"])
        for answer in answers:
            scores = [one["score"] for one in answer["outputs"]]
            self.assertEqual(scores, sorted(scores, reverse=True))
            self.assertEqual((len(scores), answer["outputs"][0]["output"]), (3, answer["output"]))
        self.assertEqual(len(answers[0]["attention"]), 2)
        self.assertTrue({one["token"] for one in answers[0]["attention"]} <= {"a", "b", "c"})
        drawn = [fovea("predict", self.decoder(), "task.decoding.method=sample", f"task.decoding.seed={seed}", text="a b c\n" * 9).stdout for seed in (1, 1, 2)]
        self.assertEqual(drawn[0], drawn[1])
        self.assertNotEqual(drawn[0], drawn[2])
        self.refused(fovea("predict", self.decoder(), "task.decoding.best=2", text="a\n"), 2, "task.decoding.best", "greedy")
        self.refused(fovea("predict", self.decoder(), "task.decoding.method=beem", text="a\n"), 2, "beam")
        self.refused(fovea("predict", self.decoder(), "model.width=9", text="a\n"), 2, "task.*")

    def test_an_output_that_is_given_is_followed_and_weighed(self):
        found = json.loads(fovea("predict", self.decoder(), "task.decoding.method=beam", "task.decoding.best=2", text="a b c\n").stdout)["outputs"]
        lines = "".join(f"a b c\t{one['output']}\n" for one in found) + "a b c\tc unheard\n"
        done = fovea("predict", self.decoder(), "--forced", "--top", "2", text=lines)
        self.assertEqual(done.returncode, 0, done.stderr)
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        for one, answer in zip(found, answers):
            self.assertEqual((answer["input"], answer["output"], len(answer["attention"])), ("a b c", one["output"], 2))
            self.assertAlmostEqual(answer["log_probability"], one["log_probability"], places=4)
            self.assertAlmostEqual(sum(token["log_probability"] for token in answer["tokens"]), answer["log_probability"], places=9)
        self.assertEqual([token["token"] for token in answers[2]["tokens"]], ["c", "unheard", "<eos>"])
        pairs = self.folder / "given.tsv"
        pairs.write_text("a b c\tb unheard a\n")
        done = fovea("maps", self.decoder(), "--forced", "--input", pairs, "--out", self.folder / "maps-given")
        self.assertEqual(done.returncode, 0, done.stderr)
        record = json.loads(next((self.folder / "maps-given").glob("*/attention.json")).read_text())
        self.assertEqual((record["query"]["labels"], record["provenance"]["along"]), (["b", "unheard", "a", "<eos>"], "given output"))
        done = fovea("predict", self.decoder(), "--forced", text="a\tb\nab\n")  # what came before is answered
        self.assertEqual((done.returncode, done.stdout.count("\n")), (3, 1))
        self.assertIn("standard input:2: expected two texts with one tab between them; found no tab", done.stderr)
        self.refused(fovea("predict", self.run_folder, "--forced", text="a\tb\n"), 2, "--forced", "text-classification")
        self.refused(fovea("maps", self.decoder(), "--forced", "--out", self.folder / "none"), 2, "--forced", "--input")

    def test_an_input_beyond_the_learned_positions_is_named_and_those_before_it_are_answered(self):
        run = self.folder / "learned"
        done = fovea("train", "reverse", "model=transformer-seq2seq", "model.position=learned", "task.examples=200", "model.width=8", "train.epochs=1", "--threads", "1", "--quiet", "--out", run)
        self.assertEqual(done.returncode, 0, done.stderr)
        done = fovea("predict", run, text="a b\n" + "a " * 300 + "\nb\n")
        self.assertEqual((done.returncode, [json.loads(line)["input"] for line in done.stdout.splitlines()]), (3, ["a b"]))
        self.assertRegex(done.stderr, "standard input:2: .*learned positions")
        self.assertEqual(len(done.stderr.strip().split("\n")), 1)

    def test_answers_do_not_depend_on_the_batch_and_come_in_input_order(self):
        inputs = ["a b c d e f", "a", "c d", "", "f e d c b a"] * 5
        answers = [fovea("predict", self.decoder(), "--batch", batch, "--top", "0", text="\n".join(inputs) + "\n").stdout for batch in (1, 4, 100)]
        self.assertEqual([json.loads(line)["input"] for line in answers[0].splitlines()], inputs)
        self.assertEqual(answers[0], answers[1])
        self.assertEqual(answers[0], answers[2])

    def test_who_sends_line_by_line_is_answered_line_by_line(self):
        process = subprocess.Popen([BIN / "fovea", "predict", self.run_folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for text in ("one good film", "another"):
            process.stdin.write(text + "\n")
            process.stdin.flush()
            self.assertEqual(json.loads(process.stdout.readline())["input"], text)  # before the input has ended
        process.stdin.close()
        self.assertEqual(process.wait(60), 0)
        process.stdout.close()

    def test_maps_of_a_decoder_follow_the_reference_or_its_own_output(self):
        inputs = self.folder / "inputs.txt"
        inputs.write_text("a b c\n")
        for name, words, along in (("reference", ["--examples", "0"], "reference"), ("output", ["--examples", "0", "--decoded"], "output"),
                                   ("new", ["--input", inputs], "output")):
            out = self.folder / f"maps-{name}"
            done = fovea("maps", self.decoder(), *words, "--out", out)
            self.assertEqual(done.returncode, 0, done.stderr)
            record = json.loads(next(out.glob("*/attention.json")).read_text())
            self.assertEqual(record["provenance"]["along"], along)
            self.assertEqual(record["query"]["labels"][-1], "<eos>")
        self.assertEqual(record["key"]["labels"], ["a", "b", "c"])
        self.refused(fovea("maps", self.run_folder, "--decoded", "--out", self.folder / "none"), 2, "--decoded", "text-classification")

    def test_a_run_with_learnt_pieces_predicts_and_refuses_another_model(self):
        data = self.folder / "pairs.tsv"
        data.write_text("source\ttarget\n" + "".join(f"the walker saw {i}\tder wanderer sah {i}\n" for i in range(40)))
        run = self.folder / "pieces"
        done = fovea("train", "translation", f"task.train={data}", "task.source_column=source", "task.target_column=target", "task.tokenizer=sentencepiece",
                     "task.subwords=bpe", "task.vocabulary=60", "model.width=8", "model.hidden=8", "train.epochs=1", "--threads", "1", "--quiet", "--out", run)
        self.assertEqual(done.returncode, 0, done.stderr)
        done = fovea("predict", run, text="the walker saw 7\n")
        self.assertIn("▁walker", [one["token"] for one in json.loads(done.stdout)["attention"]])
        model = run / "task" / "source.model"
        whole = model.read_bytes()
        for damaged in (b"", b"no model", whole[:len(whole) // 2]):
            model.write_bytes(damaged)
            self.refused(fovea("predict", run, text="the\n"), 4, "source.model")
        other = self.folder / "other-pieces"
        done = fovea("train", "translation", f"task.train={data}", "task.source_column=source", "task.target_column=target", "task.tokenizer=sentencepiece",
                     "task.subwords=unigram", "task.vocabulary=60", "model.width=8", "model.hidden=8", "train.epochs=1", "--threads", "1", "--quiet", "--out", other)
        self.assertEqual(done.returncode, 0, done.stderr)
        model.write_bytes((other / "task" / "source.model").read_bytes())
        for verb in (["predict"], ["evaluate"], ["maps", "--out", self.folder / "none"]):
            self.refused(fovea(*verb, run, text="the\n"), 4, "source.model", "does not fit the run")
        model.unlink()
        self.refused(fovea("predict", run, text="the\n"), 4, "source.model")

    def test_a_trained_run_keeps_its_tokens(self):
        for asked in ("task.tokenizer=character", "task.vocabulary=12", "task.minimum_count=3"):
            self.refused(fovea("predict", self.decoder(), asked, text="a\n"), 2, asked.split("=")[0], asked.split("=")[1])

    def test_answers_before_a_bad_line_are_in_the_output_file_and_a_pipe_is_written_to(self):
        answers = self.folder / "answers.jsonl"
        done = fovea("predict", self.decoder(), "--output", answers, text=b"a b\nc\n\xff\nd\n")
        self.refused(done, 3, "standard input:3")
        self.assertEqual([json.loads(line)["input"] for line in answers.read_text().splitlines()], ["a b", "c"])
        done = fovea("predict", self.decoder(), "--output", "/proc/self/fd/1", text="a b\n")
        self.assertEqual((done.returncode, json.loads(done.stdout)["input"]), (0, "a b"))

    def test_a_language_model_goes_on_after_its_input(self):
        text = self.folder / "text.txt"
        text.write_text("the cat sat on the mat. " * 200)
        run = self.folder / "writer"
        done = fovea("train", "language-model", f"task.train={text}", "task.context=16", "task.stream=true", "task.batch=8", "model=transformer-xl", "model.width=16",
                     "model.memory=16", "train.epochs=4", "train.learning_rate=0.01", "--threads", "1", "--quiet", "--out", run)
        self.assertEqual(done.returncode, 0, done.stderr)
        answers = [json.loads(line)["output"] for line in fovea("predict", run, text="the c\n\nmat\n").stdout.splitlines()]
        self.assertEqual([len(answer) for answer in answers], [16, 0, 16])
        self.assertTrue(("the cat sat on the mat. " * 9)[5:].startswith(answers[0]), answers[0])
        longer = [json.loads(fovea("predict", run, "task.decoding.longest=200", *more, text="the c\n").stdout) for more in
                  ([], ["task.decoding.method=sample", "task.decoding.best=2"])]
        self.assertEqual(len(longer[0]["output"]), 200)  # further than it sees at once
        self.assertTrue(longer[0]["output"].startswith(answers[0]))
        self.assertEqual([len(one["output"]) for one in longer[1]["outputs"]], [200, 200])
        self.refused(fovea("predict", run, text="the cat sat on the mat.\n"), 3, "23 tokens", "task.context 16")

    def test_a_run_begins_with_word_vectors_or_with_another_run(self):
        vectors = self.folder / "vectors.txt"
        words = json.loads((self.run_folder / "task" / "task.json").read_text())["vocabulary"]["tokens"][2:6]
        vectors.write_text("".join(f"{word} {' '.join(['0.5'] * 8)}\n" for word in words))
        run = self.folder / "begun"
        command = ["train", "text-classification", *SMALL, "model.width=8", f"model.embedding.file={vectors}", "train.freeze=[embedding.*]", "--out"]
        done = fovea(*[word for word in command if word != "--quiet"], run)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("for 4 of ", done.stderr)
        self.assertIn("sha256", json.loads((run / "manifest.json").read_text())["began_with"][0])
        self.refused(fovea(*command, self.folder / "narrow", "model.width=6"), 3, "vectors.txt:1", "6 numbers")
        vectors.unlink()  # a run that has begun needs it no more
        self.assertEqual(fovea("evaluate", run).returncode, 0)
        second = self.folder / "second"
        done = fovea("train", "text-classification", "model.width=8", f"train.from={run}", "train.steps=1", "--out", second, "--threads", "1")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"parameters of {run} at step", done.stderr)
        empty = self.folder / "empty-vectors.txt"
        empty.write_text("elsewhere 1 2 3 4 5 6 7 8\n")
        self.refused(fovea("train", "text-classification", *SMALL, f"model.embedding.file={empty}", "--out", self.folder / "none"), 3, "empty-vectors.txt", "no vector")
        self.refused(fovea("train", "reverse", f"train.from={run}", "--quiet", "--out", self.folder / "other"), 2, "train.from", "no parameter")
        self.refused(fovea("train", "reverse", "train.from=nowhere", "--quiet", "--out", self.folder / "other2"), 4, "nowhere")
        self.refused(fovea("train", "reverse", "train.freeze=[decoder.*,wieght]", "--quiet", "--out", self.folder / "other3"), 2, "train.freeze", "wieght")
        self.refused(fovea("train", "reverse", "model.attention=none", "task.replace_unknown=true", "--quiet", "--out", self.folder / "other4"), 2, "task.replace_unknown")
        for name in ("narrow", "none", "other", "other2", "other3", "other4"):
            self.assertFalse((self.folder / name).exists(), name)  # a refusal leaves nothing behind

    def test_lengths_beyond_training_are_listed_apart(self):
        run = self.folder / "lengths"
        done = fovea("train", "recall", "task.generator=induction", "task.context=8", "task.shortest=4", "task.test_longest=14", "task.slice=4", "task.examples=60", "train.steps=2",
                     "model.position=none", "--threads", "1", "--quiet", "--out", run)
        self.assertEqual(done.returncode, 0, done.stderr)
        slices = json.loads(fovea("evaluate", run, "--format", "json").stdout)["details"]["slices"]
        self.assertEqual([(one["from"], one["to"], one["beyond_training"]) for one in slices], [(1, 4, False), (5, 8, False), (9, 12, True), (13, 16, True)])
        self.assertEqual(sum(one["examples"] for one in slices), 15)
        self.assertIn("longer than in training", fovea("evaluate", run).stdout)

    def test_maps_of_another_framework_are_drawn_and_scored(self):
        import numpy
        weights = numpy.random.default_rng(0).random((2, 3, 4, 5)).astype("float16")
        weights /= weights.sum(-1, keepdims=True, dtype="float32")
        array, rows, columns, truth, out = (self.folder / name for name in ("weights.npy", "rows.txt", "columns.txt", "truth.txt", "foreign"))
        numpy.save(array, weights)
        rows.write_text("a\nb\nc\n<eos>\n")
        columns.write_text("v\nw\n漢\ny\n%_&#\n")
        truth.write_text("0-0 1-1 2p2\n")
        named = ["--rows", rows, "--columns", columns, "--truth", truth]
        done = fovea("maps", "--from", array, *named, "--format", "npy,json,csv,pdf,svg,png", "--score", "--heads", "0,2", "--out", out)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(sorted(p.name for p in (out / "weights").iterdir()), sorted(f"weights.{layer}.{form}" for layer in (0, 1) for form in ("npy", "json", "csv", "pdf", "svg", "png")))
        numpy.testing.assert_array_equal(numpy.load(out / "weights" / "weights.1.npy"), weights[1, [0, 2]].astype("float32"))
        self.assertEqual(json.loads((out / "weights" / "weights.0.json").read_text())["key"]["labels"][4], "%_&#")
        self.assertIn("alignment", (out / "scores.json").read_text())
        numpy.save(array, weights * 2)
        self.refused(fovea("maps", "--from", array, "--out", out), 3, "weights.npy", "sum of 2", "--allow-unnormalized")
        self.assertEqual(fovea("maps", "--from", array, "--allow-unnormalized", "--out", out).returncode, 0)
        self.refused(fovea("maps", "--from", array, "--rows", columns, "--out", out), 3, "weights.npy", "found 5 labels, expected 4")
        self.refused(fovea("maps", "--from", self.folder / "absent.npy", "--out", out), 3, "absent.npy")
        self.refused(fovea("maps", "--out", out), 2, "--from")
        self.refused(fovea("maps", self.run_folder, "--from", array, "--out", out), 2, "both")

    def test_a_byte_order_mark_is_no_part_of_the_first_input(self):
        plain, marked = (fovea("predict", self.run_folder, "--quiet", text=mark + b"The film was great.\n") for mark in (b"", b"\xef\xbb\xbf"))
        self.assertEqual(marked.stdout, plain.stdout)

    def test_inputs_that_cannot_be_read_are_exit_3(self):
        self.refused(fovea("predict", self.run_folder, "--input", self.folder), 3, "folder")
        empty = self.folder / "empty.txt"
        empty.write_text("")
        self.refused(fovea("maps", self.run_folder, "--input", empty, "--out", self.folder / "never"), 3, "empty.txt")

    def test_a_picture_is_kept_as_wide_and_as_high_as_it_is(self):
        colours = self.folder / "colours"
        for label, value in (("dark", 20), ("light", 220)):
            (colours / label).mkdir(parents=True)
            for i in range(8):
                (colours / label / f"{i}.pgm").write_bytes(b"P5\n20 12\n255\n" + bytes([value + i]) * 240)
        run = self.folder / "wide"
        words = ["train", "image-classification", f"task.train={colours}", "task.test_fraction=0.25", "task.validation_fraction=0.25"]
        done = fovea(*words, "model.channels=[4]", "train.epochs=1", "--threads", 1, "--quiet", "--out", run)
        self.assertEqual(done.returncode, 0, done.stderr)
        out = self.folder / "wide-maps"
        done = fovea("maps", run, "--examples", "0", "--format", "png", "--out", out, "--quiet")
        self.assertEqual(done.returncode, 0, done.stderr)
        size = (out / "test-0" / "input.png").read_bytes()[16:24]
        self.assertEqual((int.from_bytes(size[:4], "big"), int.from_bytes(size[4:], "big")), (20, 12))

    def test_chosen_heads_keep_their_numbers_and_columns_their_names(self):
        run = self.folder / "heads"
        small = ["task.rows=400", "task.input_length=32", "task.horizon=4", "model.patch=8", "model.stride=8", "model.width=8", "model.attention.heads=4", "train.steps=2"]
        done = fovea("train", "series-forecast", "model=patch-series", *small, "--threads", 1, "--quiet", "--out", run)
        self.assertEqual(done.returncode, 0, done.stderr)
        out = self.folder / "heads-maps"
        done = fovea("maps", run, "--examples", "0", "--heads", "1,3", "--format", "npy,json,csv,svg", "--score", "--out", out, "--quiet")
        self.assertEqual(done.returncode, 0, done.stderr)
        sidecars = sorted((out / "test-0").glob("encoder.0.self.*.json"))
        self.assertGreater(len(sidecars), 1)
        names = {json.loads(path.read_text())["provenance"]["column"] for path in sidecars}
        self.assertEqual(len(names), len(sidecars))
        self.assertEqual(json.loads(sidecars[0].read_text())["heads"], [1, 3])
        rows = sidecars[0].with_suffix(".csv").read_text().splitlines()[1:]
        self.assertEqual({row.split(",")[0] for row in rows}, {"1", "3"})
        scores = json.loads((out / "scores.json").read_text())
        self.assertEqual([head["head"] for head in scores["maps"][0]["heads"]], [1, 3])
        self.refused(fovea("maps", self.run_folder, "--examples", "0", "--out", out, "--quiet"), 2, "another run")

    def test_input_that_is_not_utf8_is_exit_3_with_its_line(self):
        self.refused(fovea("predict", self.run_folder, "--quiet", text=b"fine\nbad \xff byte\n"), 3, ":2")
        self.refused(fovea("predict", self.run_folder, "--quiet", text=b"fine\nbad \0 byte\n"), 3, ":2: a NUL byte; found 0x00 at byte 5")

    def test_maps_are_written_in_every_format_and_scored(self):
        out = self.folder / "maps"
        done = fovea("maps", self.run_folder, "--examples", "0,3-4", "--format", "npy,csv,json,pdf,svg,png", "--score", "--out", out, "--quiet")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(sorted(p.name for p in out.iterdir()), ["scores.json", "test-0", "test-3", "test-4"])
        heads = {".npy": b"\x93NUMPY", ".pdf": b"%PDF", ".png": b"\x89PNG", ".svg": b"<?xml", ".json": b"{", ".csv": b"head"}
        for ending, head in heads.items():
            self.assertTrue((out / "test-3" / ("pooling.attention" + ending)).read_bytes().startswith(head), ending)
        scores = json.loads((out / "scores.json").read_text())
        for score in ("entropy", "normalised_entropy", "effective_span", "mean_distance", "sink_mass"):
            self.assertIn(score, scores["maps"][0]["heads"][0])
        again = self.folder / "maps-again"
        fovea("maps", self.run_folder, "--examples", "0,3-4", "--format", "npy,csv,json,pdf,svg,png", "--score", "--out", again, "--quiet")
        for path in out.rglob("*.*"):
            self.assertEqual(path.read_bytes(), (again / path.relative_to(out)).read_bytes(), path.name)

    def test_maps_of_what_is_not_there_are_refused(self):
        out = self.folder / "no-maps"
        self.refused(fovea("maps", self.run_folder, "--examples", "999", "--out", out, "--quiet"), 2, "999")
        self.refused(fovea("maps", self.run_folder, "--layers", "encoder.*", "--out", out, "--quiet"), 2, "encoder")
        self.refused(fovea("maps", self.run_folder, "--heads", "7", "--examples", "0", "--out", out, "--quiet"), 2, "7")
        self.refused(fovea("maps", self.run_folder, "--format", "gif", "--out", out, "--quiet"), 2, "gif")
        self.refused(fovea("maps", self.run_folder, "--examples", "5-2", "--out", out, "--quiet"), 2, "5-2")
        self.assertFalse(out.exists())

    def test_a_report_says_mean_and_spread_and_counts_what_is_unfinished(self):
        runs = self.folder / "runs-to-report"
        for seed in (0, 1):
            for attention in ("bahdanau", "none"):
                words = ["train", "text-classification", *SMALL, f"model.attention={attention}", "--seed", seed]
                self.assertEqual(fovea(*words, "--out", runs / f"{attention}-{seed}").returncode, 0)
        done = fovea("report", runs, "--format", "json", "--baseline", "attention=none")
        self.assertEqual(done.returncode, 0, done.stderr)
        variants = json.loads(done.stdout)["variants"]
        self.assertEqual(sorted(v["n"] for v in variants), [2, 2])
        for v in variants:
            self.assertAlmostEqual(v["mean"], sum(v["values"]) / 2)
        for form in ("text", "md", "latex", "csv", "html"):
            done = fovea("report", runs, "--format", form)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("bahdanau", done.stdout)
        (runs / "none-1" / "result.json").unlink()
        self.assertEqual(fovea("report", runs).returncode, 6)

    def test_several_runs_are_scored_one_by_one_or_as_an_ensemble(self):
        other = self.folder / "other-seed"
        self.assertEqual(fovea("train", "text-classification", *SMALL, "--seed", 9, "--out", other).returncode, 0)
        lines = fovea("evaluate", self.run_folder, other, "--format", "json", "--quiet").stdout.splitlines()
        self.assertEqual([json.loads(line)["run"] for line in lines], [str(self.run_folder), str(other)])
        done = fovea("evaluate", self.run_folder, other, "--ensemble", "--format", "json", "--quiet")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["n"], 30)
        self.assertEqual([member["run"] for member in json.loads(done.stdout)["members"]], [str(self.run_folder), str(other)])
        larger = self.folder / "other-words"
        words = [word for word in SMALL if not word.startswith("task.examples")]
        self.assertEqual(fovea("train", "text-classification", "task.examples=160", *words, "--out", larger).returncode, 0)
        self.refused(fovea("evaluate", self.run_folder, larger, "--ensemble"), 2, "different tasks", "task.examples")

    def test_runs_on_different_files_stand_in_different_tables(self):
        runs = self.folder / "two-files"
        for name in ("one", "two"):
            data = self.folder / f"{name}.csv"
            data.write_text("label,text\n" + f"good,warm {name}\nbad,cold {name}\n" * 12)
            done = fovea("train", "text-classification", f"task.train={data}", *SMALL, "--out", runs / name)
            self.assertEqual(done.returncode, 0, done.stderr)
        said = json.loads(fovea("report", runs, "--format", "json").stdout)
        self.assertEqual(len(said["tasks"]), 2)
        self.assertTrue(all(any(name in task["name"] for task in said["tasks"]) for name in ("one.csv", "two.csv")), said["tasks"])


    def test_three_sentences_are_learnt_by_heart_and_a_new_one_with_unknown_words_is_labelled(self):
        run = self.folder / "three"
        self.assertEqual(fovea("train", "three-sentences", "--threads", 1, "--quiet", "--out", run).returncode, 0)
        known = "I love this wonderful film\nI hate this boring film\nThe film lasts two hours\n"
        said = [json.loads(line) for line in fovea("predict", run, "--quiet", text=known + "I love this wonderful xylophone\n").stdout.splitlines()]
        self.assertEqual([one["label"] for one in said], ["positive", "negative", "neutral", "positive"])


class BadSeries(Programs):
    def test_values_too_large_to_standardise_are_exit_3_with_their_column(self):
        file = self.folder / "huge.csv"
        file.write_text("date,a,b\n" + "".join(f"2020-01-{1 + i % 28:02d},{i},{'1e308' if i % 2 else '-1e308'}\n" for i in range(400)))
        words = ["train", "series-forecast", f"task.file={file}", "task.input_length=8", "task.horizon=2", "--dry-run"]
        self.refused(fovea(*words), 3, "huge.csv", '"b"')


class BadData(Programs):
    GOOD = "text,label\n" + "".join(f"word{i % 7} good,{i % 2}\n" for i in range(40))

    def refused_file(self, content, *parts, name="data.csv", more=()):
        file = self.folder / name
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        self.refused(fovea("train", "text-classification", f"task.train={file}", "task.text=[text]", "task.label=label", *more, "--dry-run"), 3, name, *parts)

    def test_a_good_file_runs(self):
        file = self.folder / "good.csv"
        file.write_text(self.GOOD)
        done = fovea("train", "text-classification", f"task.train={file}", "task.text=[text]", "task.label=label", "--dry-run")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_damage_is_named_with_file_and_line(self):
        self.refused_file(self.GOOD.replace("text,label", "words,label"), "text")
        self.refused_file(self.GOOD + "one,two,three\n", ":42")
        self.refused_file(self.GOOD + '"never closed,1\n', ":42")
        self.refused_file(self.GOOD.encode() + b"caf\xe9,1\n", ":42")
        self.refused_file(self.GOOD.encode() + b"nul\0byte,1\n", ":42")
        self.refused_file("")

    def test_a_truncated_gzip_is_named(self):
        import gzip

        self.refused_file(gzip.compress(self.GOOD.encode())[:-20], name="cut.csv.gz")


if __name__ == "__main__":
    unittest.main(verbosity=1)
