"""The recipe sst2 in plain PyTorch: the same shapes, settings and initialisation, to compare accuracies with; and nets of the shapes
of trec and hotel-reviews under settings of their own (dropout 0.5, a constant rate of 0.001).

    python benchmarks/peer_bilstm.py sst2|trec|hotel FOLDER [--seeds 0 1 2] [--threads 1]

FOLDER holds sent-conv/data and chnsenticorp-htl. Prints one line per seed and the mean; the checkpoint is chosen on validation, test
is read once. For hotel each seed also draws a split of its own, a tenth each for validation and test.
"""
import argparse
import csv
import random
import statistics
import time

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence


def read(path):
    """[(label, tokens)] of "label text" lines."""
    lines = open(path, encoding="latin-1").read().split("\n")
    return [(line.split(" ", 1)[0], line.split(" ", 1)[1].split()) for line in lines if line.strip()]


def split_reviews(path, seed, length=256):
    """Three lists of [(label, characters)], each with its share of either label."""
    with open(path, encoding="utf-8", newline="") as file:
        rows = [(label, list(text)[:length] or [" "]) for label, text in list(csv.reader(file))[1:]]
    parts = ([], [], [])
    for label in sorted({label for label, _ in rows}):
        own = [row for row in rows if row[0] == label]
        random.Random(seed).shuffle(own)
        tenth = len(own) // 10
        for part, cut in zip(parts, (own[2 * tenth :], own[:tenth], own[tenth : 2 * tenth])):
            part.extend(cut)
    return parts


class Additive(nn.Module):
    """vT tanh(W_q q + W_k k + b) with a trained q (Bahdanau 2015, A.1.2), softmax over the real tokens."""

    def __init__(self, width):
        super().__init__()
        self.ask = nn.Parameter(torch.empty(width).uniform_(-1, 1) / width**0.5)
        self.query, self.key = nn.Linear(width, width, bias=False), nn.Linear(width, width)
        self.energy = nn.Linear(width, 1, bias=False)

    def forward(self, states, real):
        scores = self.energy(torch.tanh(self.query(self.ask) + self.key(states))).squeeze(-1)  # [B, T]
        weights = scores.masked_fill(~real, -torch.inf).softmax(-1)
        return (weights.unsqueeze(-1) * states).sum(1)


class Classifier(nn.Module):
    def __init__(self, words, classes, init, width=128, hidden=128):
        super().__init__()
        self.embedding = nn.Embedding(words, width, padding_idx=0)
        if init == "uniform":
            with torch.no_grad():
                self.embedding.weight[1:].uniform_(-0.1, 0.1)
        self.lstm = nn.LSTM(width, hidden, bidirectional=True, batch_first=True)
        self.attention, self.drop = Additive(2 * hidden), nn.Dropout(0.5)
        self.classes = nn.Linear(2 * hidden, classes)

    def forward(self, tokens, lengths):
        packed = pack_padded_sequence(self.drop(self.embedding(tokens)), lengths, batch_first=True, enforce_sorted=False)
        states, _ = pad_packed_sequence(self.lstm(packed)[0], batch_first=True)
        real = torch.arange(states.shape[1])[None] < lengths[:, None]
        return self.classes(self.drop(self.attention(self.drop(states), real)))


def batches(examples, size):
    for i in range(0, len(examples), size):
        rows = examples[i : i + size]
        lengths = torch.tensor([len(tokens) for _, tokens in rows])
        tokens = nn.utils.rnn.pad_sequence([torch.tensor(t) for _, t in rows], batch_first=True)
        yield tokens, lengths, torch.tensor([label for label, _ in rows])


def accuracy(model, examples):
    model.eval()
    with torch.no_grad():
        return sum((model(t, n).argmax(-1) == y).sum().item() for t, n, y in batches(examples, 64)) / len(examples)


def run(train, validation, test, words, classes, init, epochs, clip, seed):
    torch.manual_seed(seed)
    model = Classifier(words, classes, init)
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01)
    order, best, at_best, began = random.Random(seed), -1.0, 0.0, time.time()
    for _ in range(epochs):
        model.train()
        order.shuffle(train)
        for tokens, lengths, labels in batches(train, 64):
            optimiser.zero_grad()
            nn.functional.cross_entropy(model(tokens, lengths), labels).backward()
            if clip:
                nn.utils.clip_grad_norm_(model.parameters(), clip)
            optimiser.step()
        if (now := accuracy(model, validation)) > best:
            best, at_best = now, accuracy(model, test)
    print(f"seed {seed}  validation {100 * best:.2f}  test {100 * at_best:.2f}  {time.time() - began:.0f} s", flush=True)
    return at_best


def once(parts, init, epochs, clip, seed):
    """Test accuracy of one seed; the vocabulary is the training part's."""
    ids, labels = {}, sorted({label for label, _ in parts[0]})
    for _, tokens in parts[0]:
        for token in tokens:
            ids.setdefault(token, len(ids) + 2)  # 0 pads, 1 is unknown
    coded = [[(labels.index(label), [ids.get(t, 1) for t in tokens]) for label, tokens in part] for part in parts]
    return run(*coded, len(ids) + 2, len(labels), init, epochs, clip, seed)


def summary(scores):
    deviation = statistics.stdev(scores) if len(scores) > 1 else 0
    print(f"test {100 * statistics.mean(scores):.2f} ± {100 * deviation:.2f} over {len(scores)} seeds")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("data", choices=["sst2", "trec", "hotel"])
    parser.add_argument("folder")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    if given.data == "hotel":
        reviews = given.folder + "/chnsenticorp-htl/ChnSentiCorp_htl_all.csv"
        return summary([once(split_reviews(reviews, seed), "uniform", 6, 1.0, seed) for seed in given.seeds])
    folder = given.folder + "/sent-conv/data/"
    if given.data == "sst2":
        train, validation, test = (read(folder + "stsa.binary." + part) for part in ("train", "dev", "test"))
        init, epochs, clip = "uniform", 8, 1.0
    else:
        train, test = read(folder + "TREC.train.all"), read(folder + "TREC.test.all")
        random.Random(0).shuffle(train)
        validation, train = train[: len(train) // 10], train[len(train) // 10 :]
        init, epochs, clip = "normal", 12, 0.0
    summary([once((train, validation, test), init, epochs, clip, seed) for seed in given.seeds])


if __name__ == "__main__":
    main()
