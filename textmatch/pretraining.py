"""Teach embeddings and encoder to fill in hidden words, before any pair is seen.

The masked language model of BERT (Devlin et al. 2019, section 3.1), with whole words hidden and the shared
bidirectional LSTM in the transformer's place. It needs no labels, so every sentence at hand helps, and what the network
learns of words that the labelled pairs hardly show is there when they come.
"""

from __future__ import annotations

import argparse
import hashlib
import math
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

import torch
from accelerate import Accelerator
from accelerate.utils import set_seed
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, linear
from tqdm import tqdm

from textmatch import checkpoint
from textmatch.batching import Sentences, stack
from textmatch.config import RECIPES
from textmatch.data import read_sentences
from textmatch.models import InteractionLSTM, build
from textmatch.text import PAD, UNK, Encoded, Vocabulary, normalise
from textmatch.training import accelerator_for

BATCH_SIZE, LEARNING_RATE, WARMUP = 1024, 2e-3, 0.05
HIDDEN_SHARE = 0.15  # of the words


class WordFiller(nn.Module):
    """A network's encoder with an output layer tied to its embeddings; the loss of one batch is its forward pass.

    Args:
        network: what is taught; its encoder and embeddings are shared, not copied.
    """

    def __init__(self, network: InteractionLSTM) -> None:
        super().__init__()
        self.network = network
        width = network.encoder.output_size
        tables = (network.character_embedding, network.word_embedding)
        self.outputs = nn.ModuleList(nn.Linear(width, table.embedding_dim) for table in tables)
        self.biases = nn.ParameterList(torch.zeros(table.num_embeddings) for table in tables)

    def forward(self, sentences: Sentences, hidden: Tensor) -> Tensor:
        """Mean cross-entropy of the hidden characters plus that of the hidden words.

        Args:
            sentences: S whole sentences.
            hidden: the positions to hide and fill in, `[S, L]`, bool.
        """
        shown = Sentences(
            sentences.characters.masked_fill(hidden, UNK), sentences.words.masked_fill(hidden, UNK), sentences.lengths
        )
        states = self.network.encode(shown)
        tables = (self.network.character_embedding, self.network.word_embedding)
        losses = []
        for ids, table, output, bias, asked in zip(
            (sentences.characters, sentences.words),
            tables,
            self.outputs,
            self.biases,
            (hidden, hidden & _begins(sentences.words) & ~_alone(sentences.words)),
            strict=True,
        ):
            asked = asked & (ids != UNK)
            logits = linear(output(states[asked]), table.weight, bias)
            losses.append(cross_entropy(logits.float(), ids[asked], reduction="sum"))
        return torch.stack(losses).sum() / hidden.sum().clamp(min=1)


def hide_words(sentences: Sentences, share: float) -> Tensor:
    """Choose whole words at random, a run of positions under one word being one.

    Args:
        sentences: S sentences.
        share: of the words, 0 to 1.

    Returns:
        The positions of the chosen words, `[S, L]`, bool.
    """
    words = sentences.words
    number = _begins(words).long().cumsum(1) - 1
    chosen = torch.rand(words.shape, device=words.device) < share
    return chosen.gather(1, number) & (words != PAD)


def _begins(words: Tensor) -> Tensor:
    """Where a word begins, `[S, L]`, bool."""
    begins = torch.ones_like(words, dtype=torch.bool)
    begins[:, 1:] = words[:, 1:] != words[:, :-1]
    return begins


def _alone(words: Tensor) -> Tensor:
    """Where a word begins and ends, so that it says no more than its one character, `[S, L]`, bool."""
    begins = _begins(words)
    ends = torch.ones_like(begins)
    ends[:, :-1] = begins[:, 1:]
    return begins & ends


def pretrain(
    network: InteractionLSTM, sentences: Sequence[Encoded], epochs: int, accelerator: Accelerator
) -> list[float]:
    """Train `network` in place.

    Args:
        network: fresh.
        sentences: N different sentences.
        epochs: passes over them.
        accelerator: device and precision.

    Returns:
        Mean loss of each epoch, in nats for a hidden character and its word.
    """
    filler = WordFiller(network)
    optimizer = torch.optim.Adam(filler.parameters(), lr=LEARNING_RATE, fused=True)
    filler, optimizer = accelerator.prepare(filler, optimizer)
    by_length = sorted(range(len(sentences)), key=lambda i: len(sentences[i]))
    batches = [by_length[i : i + BATCH_SIZE] for i in range(0, len(by_length), BATCH_SIZE)]
    steps, history = epochs * len(batches), list[float]()
    filler.train()
    for number in range(epochs):
        losses = []
        order = torch.randperm(len(batches)).tolist()
        bar = tqdm(order, desc=f"words {number + 1}", unit="batch", disable=not accelerator.is_main_process)
        for done, i in enumerate(bar, number * len(batches)):
            progress = done / steps
            rate = min(1.0, (progress + 1 / steps) / WARMUP) * 0.5 * (1 + math.cos(math.pi * progress))
            for group in optimizer.param_groups:
                group["lr"] = LEARNING_RATE * rate
            batch = stack([sentences[j] for j in batches[i]]).to(accelerator.device)
            loss = filler(batch, hide_words(batch, HIDDEN_SHARE))
            optimizer.zero_grad()
            accelerator.backward(loss)
            accelerator.clip_grad_norm_(filler.parameters(), 1.0)
            optimizer.step()
            losses.append(loss.detach())
            bar.set_postfix(loss=f"{float(losses[-1]):.3f}", refresh=False)
        history.append(float(torch.stack(losses).mean()))
        accelerator.print(f"words, epoch {number + 1}/{epochs}  loss {history[-1]:.4f}")
    return history


def keep_frequent(network: InteractionLSTM, vocabulary: Vocabulary, words: int) -> Vocabulary:
    """Forget all but the `words` most frequent words: they help to learn the characters, but each costs space."""
    network.word_embedding = nn.Embedding.from_pretrained(
        network.word_embedding.weight.data[:words].clone(), freeze=False, padding_idx=PAD
    )
    return Vocabulary(list(vocabulary.characters), list(vocabulary.words)[:words])


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m textmatch.pretraining", description=__doc__)
    parser.add_argument("output", type=Path, help="checkpoint folder to write, for train.py --init")
    parser.add_argument("files", nargs="+", type=Path, help="files of labelled pairs, or of sentences (.txt, .txt.gz)")
    parser.add_argument("--epochs", type=int, default=3, help="passes over the sentences (default: %(default)s)")
    parser.add_argument(
        "--keep-words", type=int, default=21_000, help="most frequent words kept in the end (default: %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=1, help="(default: %(default)s)")
    options = parser.parse_args(arguments)
    set_seed(options.seed)
    config, defaults = RECIPES["default"]
    given = [sentence for file in options.files for sentence in read_sentences(file)]
    vocabulary = Vocabulary.build(given, defaults.min_characters, defaults.min_words)
    network = build(config, len(vocabulary.characters), len(vocabulary.words))
    assert isinstance(network, InteractionLSTM)
    plain = sorted({normalise(sentence) for sentence in given} - {""})
    encoded = [vocabulary.encode(sentence, config.max_length) for sentence in plain]
    accelerator = accelerator_for(None, None)
    losses = pretrain(network, encoded, options.epochs, accelerator)
    record = {
        "sentences": len(encoded),
        "losses": losses,
        "command": shlex.join(["python", "-m", "textmatch.pretraining", *(arguments or sys.argv[1:])]),
        "seed": options.seed,
        "files": {
            f"{file.parent.name}/{file.name}": hashlib.sha256(file.read_bytes()).hexdigest() for file in options.files
        },
    }
    vocabulary = keep_frequent(network, vocabulary, options.keep_words)
    if accelerator.is_main_process:
        card = (
            f"Embeddings and encoder taught on {len(encoded):,} sentences to fill in hidden words; no verdicts yet.\n"
        )
        checkpoint.save(options.output, checkpoint.Checkpoint(config, vocabulary, network.cpu(), record), card)


if __name__ == "__main__":
    main()
