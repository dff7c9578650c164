"""Train the recipe as it is commonly printed, faults included, to measure what correcting them brings.

Faults kept on purpose, each corrected in `textmatch` (`train.py --preset siamese`):

- the last state is read after the padding;
- unknown words share the padding's id;
- the best epoch is picked on training accuracy;
- the vocabulary is not saved with the weights (here nothing is saved);
- sentences are cut at 20 words without notice;
- the classifier may start with the wrong sign (not with this seed), from which training does not recover.

    python -m benchmarks.recipe_as_printed --data ../shared/data/lcqmc
"""

from __future__ import annotations

import argparse
import copy
import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from textmatch.files import Pair, load_splits
from textmatch.metrics import Metrics, compute_metrics
from textmatch.text import segment

MAX_LENGTH, SIZE, BATCH, EPOCHS, SEED = 20, 128, 256, 10, 1
RESULT = Path(__file__).parent / "results" / "recipe_as_printed.json"


class PrintedLSTM(nn.Module):
    """Embedding, shared LSTM, last state, cosine, linear."""

    def __init__(self, vocabulary_size: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary_size, SIZE, padding_idx=0)
        self.lstm = nn.LSTM(SIZE, SIZE, batch_first=True)
        self.similarity = nn.CosineSimilarity(dim=1)
        self.classifier = nn.Linear(1, 2)

    def forward(self, first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
        """Ids `[B, 20]` twice to logits `[B, 2]` and cosine `[B]`."""
        last = [self.lstm(self.embedding(ids))[1][0][-1] for ids in (first, second)]
        similarity = self.similarity(*last)
        return self.classifier(similarity[:, None]), similarity


def tensors(pairs: list[Pair], vocabulary: dict[str, int]) -> tuple[Tensor, Tensor, Tensor]:
    """Both sentences' ids `[N, 20]` and the labels `[N]`."""

    def ids(sentence: str) -> list[int]:
        found = [vocabulary.get(word, 0) for word in segment(sentence)][:MAX_LENGTH]
        return found + [0] * (MAX_LENGTH - len(found))

    return (
        torch.tensor([ids(pair.sentence1) for pair in pairs]),
        torch.tensor([ids(pair.sentence2) for pair in pairs]),
        torch.tensor([int(pair.label) for pair in pairs]),
    )


@torch.inference_mode()
def figures(model: PrintedLSTM, data: tuple[Tensor, Tensor, Tensor]) -> Metrics:
    """Figures at probability 0.5."""
    outputs = [model(first, second) for first, second in zip(data[0].split(512), data[1].split(512), strict=True)]
    logits, similarity = (torch.cat(parts) for parts in zip(*outputs, strict=True))
    return compute_metrics(logits.softmax(-1), similarity, data[2])


def main() -> None:
    """Train, pick the epoch that is best on train, report dev and test."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    splits = load_splits(parser.parse_args().data)
    assert splits.test is not None
    torch.manual_seed(SEED)
    start = time.perf_counter()

    seen = dict.fromkeys(word for pair in splits.train for sentence in pair[:2] for word in segment(sentence))
    vocabulary = {word: i for i, word in enumerate(seen, 1)}
    train = tensors(splits.train, vocabulary)
    model = PrintedLSTM(len(vocabulary) + 1)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    best, best_accuracy = copy.deepcopy(model), 0.0
    for epoch in range(1, EPOCHS + 1):
        correct = 0
        for chosen in torch.randperm(len(train[2])).split(BATCH):
            logits, _ = model(train[0][chosen], train[1][chosen])
            loss = nn.functional.cross_entropy(logits, train[2][chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            correct += int((logits.argmax(-1) == train[2][chosen]).sum())
        accuracy = correct / len(train[2])
        print(f"epoch {epoch}/{EPOCHS}  train accuracy {accuracy:.4f}", flush=True)
        if accuracy > best_accuracy:
            best, best_accuracy = copy.deepcopy(model), accuracy
    seconds = time.perf_counter() - start

    result: dict[str, Any] = {
        split: asdict(figures(best, tensors(getattr(splits, split), vocabulary))) for split in ("dev", "test")
    }
    parameters = sum(parameter.numel() for parameter in best.parameters())
    result |= {"parameters": parameters, "megabytes": parameters * 4 / 1e6, "minutes": seconds / 60}
    result |= {"seed": SEED, "threads": torch.get_num_threads(), "date": time.strftime("%Y-%m-%d")}
    RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
