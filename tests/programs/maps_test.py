"""fovea maps from outside, beyond single maps: pages, atlases, summaries, differences, steps, probes, pruned runs.
Usage: maps_test.py FOLDER_OF_PROGRAMS [unittest arguments]"""
import ast
import json
import math
import pathlib
import struct
import unittest

from programs_test import Programs, fovea

LAYERS = ["model=transformer-classifier", "model.width=8", "model.layers=2", "model.feed_forward=8", "model.attention.heads=2"]
FAST = ["task.examples=120", "train.epochs=2", "--threads", "1", "--quiet"]


def array(path):
    """Shape and values of a .npy file of format 1."""
    data = pathlib.Path(path).read_bytes()
    length = struct.unpack("<H", data[8:10])[0]
    header = ast.literal_eval(data[10:10 + length].decode())
    kind = {"<f4": "f", "<f8": "d", "<i8": "q"}[header["descr"]]
    body = data[10 + length:]
    return header["shape"], struct.unpack(f"<{len(body) // struct.calcsize(kind)}{kind}", body)


class Maps(Programs):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.layers = {}
        for seed in (0, 1):
            for attention in ("multi-head", "uniform"):
                run = cls.folder / f"{attention}-{seed}"
                done = fovea("train", "text-classification", f"model.attention={attention}", *LAYERS, *FAST, "train.keep=9", "train.checkpoint_every=3", "--seed", seed, "--out", run)
                assert done.returncode == 0, done.stderr
                cls.layers[attention, seed] = run
        cls.net = cls.layers["multi-head", 0]

    def made(self, *words):
        done = fovea("maps", *words)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def test_a_page_an_atlas_and_tikz_are_written_and_are_the_same_twice(self):
        outs = [self.folder / "page", self.folder / "page-again"]
        for out in outs:
            self.made(self.net, "--examples", "0,2", "--format", "html,tikz,png", "--atlas", "--mean", "--through", "rollout,flow", "--width", "two-columns", "--score", "--out", out, "--quiet")
        out = outs[0]
        page = (out / "maps.html").read_text()
        self.assertIn("test-2", page)
        self.assertNotIn("http://", page.replace("http://www.w3.org", ""))
        names = {path.name for path in (out / "test-0").iterdir()}
        for stem in ("encoder.0.self", "encoder.1.self", "encoder.rollout", "encoder.flow", "atlas"):
            self.assertIn(stem + ".tikz", names)
            self.assertIn(stem + ".png", names)
        self.assertIn("\\begin{tikzpicture}", (out / "test-0" / "encoder.0.self.tikz").read_text())
        for path in out.rglob("*.*"):
            self.assertEqual(path.read_bytes(), (outs[1] / path.relative_to(out)).read_bytes(), path.name)

    def test_a_summary_says_what_the_scores_of_the_map_say(self):
        maps, summary = self.folder / "whole", self.folder / "summary"
        self.made(self.net, "--examples", "0-3", "--score", "--out", maps, "--quiet")
        self.made(self.net, "--examples", "0-3", "--summary", "--out", summary, "--quiet")
        for record in json.loads((maps / "scores.json").read_text())["maps"]:
            stem = summary / record["example"] / record["path"]
            said = json.loads(pathlib.Path(f"{stem}.summary.json").read_text())
            self.assertEqual(said["rows"], record["rows"])
            for head, other in zip(said["heads"], record["heads"]):
                for name in ("head", "entropy", "normalised_entropy", "effective_span", "mean_distance", "sink_mass"):
                    if head[name] is None or other[name] is None:
                        self.assertEqual(head[name], other[name], name)
                    else:
                        self.assertAlmostEqual(head[name], other[name], 5, name)
            shape, weights = array(maps / record["example"] / (record["path"] + ".npy"))
            (heads, queries, keys), of = shape, lambda h, q: weights[(h * shape[1] + q) * shape[2]:(h * shape[1] + q + 1) * shape[2]]
            received = array(f"{stem}.received.npy")[1]
            for key in range(keys):
                self.assertAlmostEqual(received[key], sum(of(0, q)[key] for q in range(queries)) / queries, 5)
            (_, _, k), top = array(f"{stem}.top_weights.npy")
            chosen = array(f"{stem}.top_keys.npy")[1]
            for q in range(queries):
                self.assertEqual(list(top[q * k:(q + 1) * k]), sorted(of(0, q), reverse=True)[:k])
                self.assertEqual([of(0, q)[key] for key in chosen[q * k:(q + 1) * k]], list(top[q * k:(q + 1) * k]))

    def test_maps_of_checkpoints_end_in_those_of_the_last(self):
        out = self.folder / "steps"
        self.made(self.net, "--steps", "all", "--examples", "1", "--format", "npy,html", "--out", out, "--quiet")
        films = sorted(path.name for path in (out / "test-1").glob("*.webp"))
        self.assertEqual(films[:2], ["encoder.0.self.webp", "encoder.1.self.webp"])
        self.assertEqual((out / "test-1" / films[0]).read_bytes()[:4], b"RIFF")
        steps = sorted(int(path.name.split("step-")[1][:-4]) for path in (out / "test-1").glob("encoder.0.self.step-*.npy"))
        self.assertGreater(len(steps), 2)
        one = self.folder / "one-step"
        self.made(self.net, "--checkpoint", f"step-{steps[0]}", "--examples", "1", "--out", one, "--quiet")
        self.assertEqual((one / "test-1" / "encoder.0.self.npy").read_bytes(), (out / "test-1" / f"encoder.0.self.step-{steps[0]}.npy").read_bytes())
        self.refused(fovea("maps", self.net, "--steps", "1", "--out", self.folder / "never"), 2, "--steps", "train.keep")

    def test_differences_are_those_of_the_maps_and_over_seeds_have_a_p(self):
        a, b, out = self.folder / "a", self.folder / "b", self.folder / "minus"
        other = self.layers["uniform", 0]
        self.made(self.net, "--examples", "0", "--out", a, "--quiet")
        self.made(other, "--examples", "0", "--out", b, "--quiet")
        self.made(self.net, "--against", other, "--examples", "0", "--format", "npy,pdf", "--out", out, "--quiet")
        minus = array(out / "test-0" / "encoder.0.self.difference.npy")[1]
        for x, y, z in zip(array(a / "test-0" / "encoder.0.self.npy")[1], array(b / "test-0" / "encoder.0.self.npy")[1], minus):
            self.assertAlmostEqual(x - y, z, 6)
        self.assertTrue((out / "test-0" / "encoder.0.self.difference.pdf").exists())
        seeds = self.folder / "seeds"
        self.made(self.net, "--seeds", self.layers["multi-head", 1], "--against", f"{other},{self.layers['uniform', 1]}", "--examples", "0", "--format", "svg", "--out", seeds, "--quiet")
        p = array(seeds / "test-0" / "encoder.0.self.difference.p.npy")[1]
        self.assertTrue(all(math.isnan(value) or 0 <= value <= 1 for value in p))
        self.refused(fovea("maps", self.net, "--against", self.run_folder, "--examples", "0", "--out", self.folder / "never"), 2, "--against")

    def test_differences_have_a_page_and_an_atlas_and_no_scores(self):
        out, other = self.folder / "minus-page", self.layers["uniform", 0]
        self.made(self.net, "--against", other, "--examples", "0,1", "--format", "html,csv,png", "--atlas", "--out", out, "--quiet")
        page = (out / "maps.html").read_text()
        self.assertIn("encoder.1.self.difference", page)
        self.assertTrue((out / "test-1" / "atlas.png").exists())
        self.assertIn("-", (out / "test-0" / "encoder.0.self.difference.csv").read_text())
        for words, part in ((["--score"], "--score"), (["--atlas-by", "entropy"], "--atlas-by")):
            self.refused(fovea("maps", self.net, "--against", other, *words, "--out", self.folder / "never"), 2, part, "--against")

    def test_an_atlas_by_a_score_is_another_picture_and_an_unknown_score_is_refused(self):
        outs = {name: self.folder / f"atlas-{name}" for name in ("layers", "entropy", "sink_mass")}
        for name, out in outs.items():
            words = ["--atlas"] if name == "layers" else ["--atlas-by", name]
            self.made(self.net, "--examples", "0", "--format", "tikz", *words, "--out", out, "--quiet")
        drawn = {name: (out / "test-0" / "atlas.tikz").read_text() for name, out in outs.items()}
        self.assertEqual(len(set(drawn.values())), 3)
        self.assertIn("by entropy", drawn["entropy"].replace("\n", " "))
        self.refused(fovea("maps", self.net, "--atlas-by", "entropi", "--format", "svg", "--out", self.folder / "never", "--quiet"), 2, "--atlas-by", "entropy")

    def test_heads_that_see_different_keys_have_masks_of_their_own(self):
        run, out = self.folder / "both-ways", self.folder / "both-ways-maps"
        done = fovea("train", "text-classification", "model.attention.pattern=bidirectional", *LAYERS, *FAST, "--out", run)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.made(run, "--examples", "0", "--format", "npy,json,svg,html", "--score", "--out", out, "--quiet")
        record = json.loads((out / "test-0" / "encoder.0.self.json").read_text())
        mask, (heads, queries, keys) = record["mask"], record["shape"]
        self.assertEqual((len(mask), len(mask[0]), len(mask[0][0])), (heads, queries, keys))
        self.assertEqual(mask[0], [list(row) for row in zip(*mask[1])])  # one looks back, one ahead
        shape, weights = array(out / "test-0" / "encoder.0.self.npy")
        seen = [cell for head in mask for row in head for cell in row]
        self.assertTrue(all(weight == 0 for weight, cell in zip(weights, seen) if not cell))

    def test_the_maps_of_a_stream_show_what_the_net_remembers(self):
        text, run, out = self.folder / "text.txt", self.folder / "stream", self.folder / "stream-maps"
        text.write_text("so much depends upon a red wheel barrow glazed with rain water beside the white chickens\n" * 12)
        done = fovea("train", "language-model", f"task.train={text}", "task.tokenizer=character", "task.context=8", "task.stream=true", "model=transformer-xl",
                     "model.width=8", "model.layers=1", "model.memory=8", "train.epochs=1", "--threads", "1", "--quiet", "--out", run)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.made(run, "--split", "validation", "--examples", "0,1", "--out", out, "--quiet")
        keys = []
        for example in ("validation-0", "validation-1"):
            record = json.loads(next((out / example).glob("*self.json")).read_text())
            keys.append(record["shape"][2])
        self.assertEqual(keys[1], keys[0] + 8)
        self.assertEqual(record["key"]["special"], list(range(8)))

    def test_the_mean_of_the_heads_can_stand_for_them(self):
        both, mean = self.folder / "heads", self.folder / "mean-only"
        self.made(self.net, "--examples", "0", "--out", both, "--quiet")
        self.made(self.net, "--examples", "0", "--mean-only", "--format", "npy,tikz", "--out", mean, "--quiet")
        (heads, queries, keys), weights = array(both / "test-0" / "encoder.0.self.npy")
        shape, means = array(mean / "test-0" / "encoder.0.self.npy")
        self.assertEqual((heads, shape), (2, (1, queries, keys)))
        for i, value in enumerate(means):
            self.assertAlmostEqual(value, (weights[i] + weights[i + queries * keys]) / 2, 6)
        self.assertIn("mean over 2 heads", (mean / "test-0" / "encoder.0.self.tikz").read_text().replace("\n", " "))

    def test_scores_over_seeds_stand_beside_those_over_examples(self):
        out = self.folder / "over-seeds"
        self.made(self.net, "--seeds", self.layers["multi-head", 1], "--score", "--examples", "0-4", "--out", out, "--quiet")
        said = json.loads((out / "scores.json").read_text())
        self.assertEqual(said["summary"]["encoder.0.self"]["all"]["entropy"]["n"], 5)
        over = said["seeds"]["encoder.0.self"]["all"]["entropy"]
        alone = self.folder / "other-seed"
        self.made(self.layers["multi-head", 1], "--score", "--examples", "0-4", "--out", alone, "--quiet")
        other = json.loads((alone / "scores.json").read_text())["summary"]["encoder.0.self"]["all"]["entropy"]["mean"]
        self.assertEqual(over["n"], 2)
        self.assertAlmostEqual(over["mean"], (said["summary"]["encoder.0.self"]["all"]["entropy"]["mean"] + other) / 2, 12)
        self.refused(fovea("maps", self.net, "--seeds", self.layers["uniform", 0], "--score", "--out", self.folder / "never", "--quiet"), 2, "--seeds", "model.attention")

    def test_faithfulness_of_a_classifier_is_a_table_a_file_and_curves(self):
        out = self.folder / "faithful"
        done = self.made(self.run_folder, "--faithfulness", "--examples", "0-4", "--format", "svg", "--out", out)
        self.assertIn("comprehensiveness", done.stdout)
        said = json.loads((out / "faithfulness.json").read_text())
        self.assertEqual((said["n"], said["attention"], said["divisor"]), (5, "pooling.attention", "thresholds + 1"))
        for name in ("kendall_gradient", "spearman_leave_one_out", "permutation", "adversarial"):
            score = said["scores"][name]
            self.assertEqual(score["n"] + score["undefined"], 5)
        for order in ("attention", "gradient", "leave_one_out", "random"):
            self.assertEqual([point[0] for point in said["orders"][order]["curves"]["deletion"]][::5], [0, 0.5, 1])
        for example in said["examples"]:  # all deleted is nothing inserted, whatever the order
            ends = {round(example["orders"][order]["deletion"]["points"][-1], 9) for order in example["orders"]}
            starts = {round(example["orders"][order]["insertion"]["points"][0], 9) for order in example["orders"]}
            self.assertEqual(ends, starts)
            self.assertEqual(len(ends), 1)
        self.assertTrue((out / "deletion.svg").exists() and (out / "insertion.svg").exists())
        again = self.folder / "faithful-again"
        self.made(self.run_folder, "--faithfulness", "--examples", "0-4", "--format", "svg", "--out", again, "--quiet")
        self.assertEqual((out / "faithfulness.json").read_bytes(), (again / "faithfulness.json").read_bytes())

    def test_a_pruned_run_is_one_and_scores_as_the_curve_says(self):
        out, pruned = self.folder / "importance", self.folder / "pruned"
        done = self.made(self.net, "--importance", "--split", "validation", "--prune", "0.5", "--pruned-run", pruned, "--format", "svg", "--out", out)
        self.assertIn("importance", done.stdout)
        said = json.loads((out / "importance.json").read_text())
        half = next(point["metric"] for point in said["curve"] if 2 * point["heads"] == len(said["heads"]))
        done = fovea("evaluate", pruned, "--split", "validation", "--format", "json", "--quiet")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["metrics"]["accuracy"], half)
        lists = json.loads((pruned / "config.json").read_text())["model"]["pruned"]
        self.made(pruned, "--examples", "0", "--out", self.folder / "pruned-maps", "--quiet")
        for entry in lists:
            path, heads = entry.split(":")
            shape, weights = array(self.folder / "pruned-maps" / "test-0" / f"{path}.npy")
            size = shape[1] * shape[2]
            for head in map(int, heads.split(",")):
                self.assertEqual(set(weights[head * size:(head + 1) * size]), {0.0})
        self.assertEqual(fovea("predict", pruned, text="a fine film\n").returncode, 0)

    def test_figures_of_an_evaluation_are_drawn(self):
        out = self.folder / "figures"
        done = fovea("evaluate", self.run_folder, "--figures", out, "--figure-format", "svg,tikz", "--quiet")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(sorted(path.name for path in out.iterdir()), sorted(f"shared.test.{name}.{ending}" for name in ("confusion", "roc", "reliability") for ending in ("svg", "tikz")))
        self.refused(fovea("evaluate", self.run_folder, "--figures", out, "--figure-format", "gif"), 2, "gif")

    def test_wishes_that_exclude_each_other_are_refused(self):
        never = ["--out", self.folder / "never"]
        for words, part in ((["--summary", "--faithfulness"], "--summary"), (["--prune", "3"], "--importance"), (["--seeds", self.net], "--against"),
                            (["--colours", "pink"], "pink"), (["--width", "3"], "--width"), (["--font", "5"], "--font"), (["--scale", "cubic"], "cubic"),
                            (["--label-angle", "30"], "45"), (["--through", "rolout"], "rollout"), (["--low", "1", "--high", "0"], "--high"),
                            (["--low", "0", "--scale", "log"], "above 0"), (["--high", "nan"], "nan"), (["--query", "-5"], "-5"), (["--power", "nan"], "--power"),
                            (["--importance", "--input", "-"], "--input"), (["--importance", "--prune", "99", "--pruned-run", self.folder / "never"], "--prune")):
            self.refused(fovea("maps", self.net, *words, *never, "--quiet"), 2, part)
        self.refused(fovea("maps", self.run_folder, "--through", "rollout", *never), 2, "--through")
        self.assertFalse((self.folder / "never" / "maps.html").exists())


if __name__ == "__main__":
    unittest.main()
