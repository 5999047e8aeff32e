"""Checks BLEU, chrF, ROUGE, WER and CER against sacreBLEU, rouge-score and jiwer on awkward texts.

Usage: text_metrics_python.py PATH/TO/tests-metrics-echo. Exit code 77 (skipped) where a package is absent.
"""

import itertools
import json
import math
import random
import subprocess
import sys

try:
    import jiwer
    import sacrebleu
    from rouge_score import rouge_scorer
    from sacrebleu.metrics import BLEU, CHRF
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

TOLERANCE = 1e-9  # on a scale of 100; both sides add and multiply the same few numbers
AWKWARD = [
    "",
    " ",
    "word",
    "the the the the the",
    "A cat sat on the mat.",
    "a cat sat on the mat , quietly .",
    'He said: "3,000.50 dollars -- 5-10%!" &quot;done&quot; &lt;b&gt; &amp;c',
    "e.g. U.S.A. 1.5,2 .5 3. a.b,c ...,, -5 10-20 x-y <skipped> z",
    "我们在北京，吃了3.5碗面。很好吃！",
    "我 在 北京 — “真的” … OK？ ﬁne １２３",
    "naïve café Straße ΣΊΣΥΦΟΣ İstanbul K",
    "line one-\nline two\nthree\u2028four\u00a0five\u3000six",
    "😀 emoji 🇩🇪 e\u0301 \U00020000\U0002f800 \u2000x\u2a6dy\u2f80z",
    "a" * 50,
    "!!! ??? ... ---",
    "{curly} [square] `tick` ~tilde ^hat_under @at #hash $5 50% (paren) *star+plus a/b a\\b it's don't",
]


def corpora():
    """(hypotheses, references): each awkward text against each, alone and as a corpus; then random ones."""
    for pair in itertools.product(AWKWARD, AWKWARD):
        yield [pair[0]], [[pair[1]]]
    yield AWKWARD, [[text] for text in AWKWARD]
    yield AWKWARD, [[text] for text in AWKWARD[::-1]]
    yield AWKWARD, [[a, b] for a, b in zip(AWKWARD[3:] + AWKWARD[:3], AWKWARD[1:] + AWKWARD[:1])]
    draw = random.Random(0)
    words = "the a cat dog sat ran on , . 3.5 mat 我 们 e.g. co-op It's ! ?".split()
    for _ in range(60):
        lines = draw.randint(1, 8)
        texts = [[" ".join(draw.choices(words, k=draw.randint(0, 12))) for _ in range(lines)] for _ in range(3)]
        yield texts[0], [list(pair) for pair in zip(*texts[1:])]


def version_free(signature):
    return str(signature).rsplit("|", 1)[0]


def close(found, expected, what):
    if not math.isclose(found, expected, rel_tol=0, abs_tol=TOLERANCE):
        sys.exit(f"{what}: found {found!r}, expected {expected!r}")


def main():
    settings = list(itertools.product(["13a", "zh", "char", "none"], ["exp", "floor", "add-k", "none"], [False, True]))
    requests = []
    for i, (hypotheses, references) in enumerate(corpora()):
        for tokenizer, smooth, effective in [settings[i % len(settings)], settings[0]]:
            requests.append({"hypotheses": hypotheses, "references": references, "tokenizer": tokenizer, "smooth": smooth, "effective_order": effective,
                             "lowercase": i % 3 == 1})
    lines = "".join(json.dumps(request) + "\n" for request in requests)
    answers = subprocess.run([sys.argv[1]], input=lines, capture_output=True, text=True, check=True).stdout.splitlines()
    assert len(answers) == len(requests), (len(answers), len(requests))
    rouge = rouge_scorer.RougeScorer(["rouge1", "rouge2", "rougeL"])
    for request, answer in zip(requests, map(json.loads, answers)):
        hypotheses, references = request["hypotheses"], request["references"]
        streams = [list(stream) for stream in zip(*references)]
        what = json.dumps(request)[:300]
        metric = BLEU(tokenize=request["tokenizer"], smooth_method=request["smooth"], effective_order=request["effective_order"],
                      lowercase=request["lowercase"])
        expected = metric.corpus_score(hypotheses, streams)
        close(answer["bleu"], expected.score, f"bleu of {what}")
        close(answer["brevity"], expected.bp, f"brevity of {what}")
        for found, precision in zip(answer["precisions"], expected.precisions):
            close(found, precision, f"precisions of {what}")
        assert version_free(answer["bleu_signature"]) == version_free(metric.get_signature()), (answer["bleu_signature"], str(metric.get_signature()))
        metric = CHRF(lowercase=request["lowercase"])
        close(answer["chrf"], metric.corpus_score(hypotheses, streams).score, f"chrf of {what}")
        assert version_free(answer["chrf_signature"]) == version_free(metric.get_signature())
        for hypothesis, reference, found in zip(hypotheses, streams[0], answer["rouge"]):
            scores = rouge.score(reference, hypothesis)
            for value, name in zip(found, ["rouge1", "rouge2", "rougeL"]):
                close(value, scores[name].fmeasure, f"{name} of {hypothesis!r} against {reference!r}")
        edits = {"word_edits": 0, "character_edits": 0}
        for hypothesis, reference in zip(hypotheses, streams[0]):
            for name, process in (("word_edits", jiwer.process_words), ("character_edits", jiwer.process_characters)):
                split = hypothesis.split() if name == "word_edits" else hypothesis.strip()
                if not (reference.split() if name == "word_edits" else reference.strip()):
                    edits[name] += len(split)  # jiwer has no rate for an empty reference; every token is an insertion
                    continue
                # jiwer cuts at single spaces; other white space is made one here
                ours = (" ".join(reference.split()), " ".join(hypothesis.split())) if name == "word_edits" else (reference, hypothesis)
                out = process(*ours)
                edits[name] += out.substitutions + out.deletions + out.insertions
        for name, count in edits.items():
            assert answer[name] == count, (name, answer[name], count, what)
    print(f"{len(requests)} corpora agree with sacreBLEU {sacrebleu.__version__}, rouge-score and jiwer")


if __name__ == "__main__":
    main()
