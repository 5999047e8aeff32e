"""Training by several processes together, from outside. Usage: ranks_test.py FOLDER_OF_PROGRAMS [unittest arguments]"""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

BIN = pathlib.Path(sys.argv.pop(1)).resolve()
EXACT = ["train.precision=float64", "train.log_every=1", "train.steps=50", "--threads", "1", "--quiet"]
RECIPES = {
    "text-classification": ["task.examples=120", "task.batch=14", "model.width=8", "model.hidden=8", "model.dense=8", "model.dropout=0"],
    "series-forecast": ["task.batch=10", "model.dropout=0"],
    "reverse": ["task.examples=100", "task.batch=12", "model.width=8", "model.hidden=8", "model.dropout=0"],
}


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def start(words, rank, size, port):
    environment = {**os.environ, "RANK": str(rank), "WORLD_SIZE": str(size), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    return subprocess.Popen([str(BIN / "fovea"), *map(str, words)], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def together(words, size):
    """(exit code, stdout, stderr) of each rank."""
    port = free_port()
    ranks = [start(words, rank, size, port) for rank in range(size)]
    said = [rank.communicate(timeout=300) for rank in ranks]
    return [(rank.returncode, *words) for rank, words in zip(ranks, said)]


def losses(run):
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [(line["step"], line["loss"]) for line in lines if line["split"] == "train"], [line for line in lines if line["split"] == "validation"]


class Ranks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp())

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def same_losses(self, one, other, tolerance):
        (mine, checks), (others, other_checks) = losses(one), losses(other)
        self.assertEqual([step for step, _ in mine], [step for step, _ in others])
        for (step, a), (_, b) in zip(mine, others):
            self.assertLessEqual(abs(a - b), tolerance * abs(a), step)
        self.assertEqual(len(checks), len(other_checks))
        for a, b in zip(checks, other_checks):
            self.assertLessEqual(abs(a["loss"] - b["loss"]), tolerance * abs(a["loss"]))

    def test_two_ranks_have_the_losses_of_one_process(self):
        for recipe, words in RECIPES.items():
            alone, pair = self.folder / f"{recipe}-alone", self.folder / f"{recipe}-pair"
            done = subprocess.run([BIN / "fovea", "train", recipe, *words, *EXACT, "--out", alone], capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)
            ends = together(["train", recipe, *words, *EXACT, "--out", pair], 2)
            self.assertEqual([end[0] for end in ends], [0, 0], ends)
            self.assertIn("validation", ends[0][1])
            self.assertEqual(ends[1][1], "")  # one of them speaks
            self.assertEqual(len(losses(alone)[0]), 50)
            self.same_losses(alone, pair, 1e-9)
            self.assertEqual(sorted(p.name for p in (pair / "checkpoints").iterdir()), sorted(p.name for p in (alone / "checkpoints").iterdir()))
            self.assertEqual(json.loads((pair / "manifest.json").read_text())["ranks"], 2)

    def test_a_run_goes_on_with_another_number_of_ranks(self):
        words = ["train", "text-classification", *RECIPES["text-classification"], *EXACT, "train.steps=300", "train.checkpoint_every=5"]
        words.remove("train.steps=50")
        alone, parts = self.folder / "steps-alone", self.folder / "steps-parts"
        self.assertEqual(subprocess.run([BIN / "fovea", *words, "--out", alone], capture_output=True).returncode, 0)
        port = free_port()
        ranks = [start([*words, "--out", parts], rank, 3, port) for rank in range(3)]
        while all(rank.poll() is None for rank in ranks) and not (parts / "checkpoints" / "LATEST").exists():
            time.sleep(0.01)
        ranks[1].send_signal(signal.SIGTERM)  # one of them is asked, all of them save and stop
        said = [rank.communicate(timeout=120) for rank in ranks]
        self.assertEqual([rank.returncode for rank in ranks], [143] * 3, said)
        step = json.loads((parts / "state.json").read_text())["step"]
        self.assertLess(step, 300)
        ends = together([*words, "--out", parts], 2)
        self.assertEqual([end[0] for end in ends], [0, 0], ends)
        self.same_losses(alone, parts, 1e-9)

    def test_a_killed_rank_ends_the_others_who_name_it(self):
        for victim in (1, 0):
            run = self.folder / f"killed-{victim}"
            words = ["train", "text-classification", *RECIPES["text-classification"], "train.epochs=100000", "--threads", 1, "--quiet", "--rank-timeout", 20, "--out", run]
            port = free_port()
            ranks = [start(words, rank, 2, port) for rank in range(2)]
            while all(rank.poll() is None for rank in ranks) and not (run / "checkpoints" / "LATEST").exists():
                time.sleep(0.02)
            ranks[victim].kill()
            began = time.monotonic()
            said = ranks[1 - victim].communicate(timeout=60)
            self.assertLess(time.monotonic() - began, 30)
            self.assertEqual(ranks[1 - victim].returncode, 1, said)
            self.assertIn(f"rank {victim} of 2 is missing", said[1])
            ranks[victim].communicate()
            self.assertEqual(subprocess.run([BIN / "fovea", "evaluate", run, "--quiet"], capture_output=True).returncode, 0)

    def test_a_rank_that_never_comes_is_named_and_a_wrong_environment_refused(self):
        words = ["train", "text-classification", *RECIPES["text-classification"], "--quiet", "--rank-timeout", 3, "--out", self.folder / "never"]
        rank = start(words, 0, 2, free_port())
        self.assertIn("rank 1 of 2 did not come within 3 s", rank.communicate(timeout=60)[1])
        self.assertEqual(rank.returncode, 1)
        for size, number in ((2, 2), ("two", 0)):
            rank = start(words, number, size, free_port())
            self.assertIn("environment: ", rank.communicate(timeout=60)[1])
            self.assertEqual(rank.returncode, 2)
        self.assertFalse((self.folder / "never").exists())

    def test_a_loss_that_is_not_finite_ends_all_with_exit_5(self):
        ends = together(["train", "text-classification", *RECIPES["text-classification"], "train.learning_rate=1e38", "train.optimizer=sgd", "--threads", 1, "--quiet", "--out", self.folder / "diverged"], 2)
        self.assertEqual([end[0] for end in ends], [5, 5], ends)


if __name__ == "__main__":
    probe = subprocess.run([BIN / "fovea", "train", "text-classification", "task.examples=20", "--rank-timeout", "1", "--out", "/nonexistent/x"], capture_output=True, text=True,
                           env={**os.environ, "RANK": "0", "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port())})
    if "without Gloo" in probe.stderr:
        print("skipped: " + probe.stderr.strip())
        sys.exit(77)
    unittest.main()
