"""Time for one pair, from strings to `Prediction`, compared with a cross-encoder of BERT-base's size.

    python -m benchmarks.speed

The cross-encoder has random weights and is given ids: the time of a tokeniser is not counted. The ids are as many as
for BERT: [CLS], one token a character, [SEP] after each sentence. Both run in turn on the same threads; figures are
medians.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from textmatch import TextMatcher
from textmatch.demo.examples import EXAMPLES

ROOT = Path(__file__).resolve().parent.parent
VOCABULARY, WIDTH, LAYERS, HEADS, INNER, POSITIONS = 21128, 768, 12, 12, 3072, 512


class CrossEncoder(nn.Module):
    """BERT-base (Devlin et al. 2019) with a two-class head: 102 million parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens = nn.Embedding(VOCABULARY, WIDTH)
        self.positions = nn.Embedding(POSITIONS, WIDTH)
        self.segments = nn.Embedding(2, WIDTH)
        self.norm = nn.LayerNorm(WIDTH)
        layer = nn.TransformerEncoderLayer(WIDTH, HEADS, INNER, activation="gelu", batch_first=True)
        self.layers = nn.TransformerEncoder(layer, LAYERS)
        self.pooler = nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.Tanh(), nn.Linear(WIDTH, 2))

    def forward(self, ids: Tensor, segments: Tensor) -> Tensor:
        """Logits of ids `[B, L]` with segments `[B, L]`, `[B, 2]`."""
        embedded = self.tokens(ids) + self.positions(torch.arange(ids.shape[1])) + self.segments(segments)
        logits: Tensor = self.pooler(self.layers(self.norm(embedded))[:, 0])
        return logits


def timed(call: Callable[[], object]) -> float:
    """Milliseconds of one call."""
    start = time.perf_counter()
    call()
    return (time.perf_counter() - start) * 1000


@torch.inference_mode()
def main() -> None:
    """Print both medians and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path, default=ROOT / "checkpoints" / "default")
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    matcher, encoder = TextMatcher.from_pretrained(options.checkpoint, "cpu"), CrossEncoder().eval()
    ours, theirs = list[float](), list[float]()
    for number in range(-2, options.rounds):  # two rounds to warm up
        for first, second, *_ in EXAMPLES:
            length = len(first) + len(second) + 3
            ids = torch.randint(VOCABULARY, (1, length))
            segments = (torch.arange(length) > len(first) + 1).long()[None]
            our_time = timed(partial(matcher.predict, [(first, second)]))
            their_time = timed(partial(encoder, ids, segments))
            if number >= 0:
                ours.append(our_time)
                theirs.append(their_time)
    figures = {
        "pairs": len(ours),
        "threads": torch.get_num_threads(),
        "textmatch_ms": round(statistics.median(ours), 2),
        "cross_encoder_ms": round(statistics.median(theirs), 2),
        "ratio": round(statistics.median(theirs) / statistics.median(ours), 1),
        "cross_encoder_parameters": sum(parameter.numel() for parameter in encoder.parameters()),
    }
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
