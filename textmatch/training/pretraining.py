"""Masked language modelling on sentences without labels, before training on pairs.

As in BERT (Devlin et al. 2019, section 3.1), but with whole words masked and a bidirectional LSTM as the encoder. It
needs no labels, so every available sentence helps, and the network learns about words that are rare in labelled pairs.

    python -m textmatch.training.pretraining checkpoints/words FILE ...
    python train.py --init checkpoints/words ...
"""

from __future__ import annotations

import argparse
import hashlib
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.utils import set_seed
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, linear
from tqdm import tqdm

from textmatch import checkpoint
from textmatch.batching import Sentences, collate
from textmatch.config import PRESETS
from textmatch.errors import TextMatchError
from textmatch.files import read_sentences
from textmatch.models import InteractionLSTM, build
from textmatch.text import PAD, UNK, Encoded, Vocabulary, normalise
from textmatch.training.card import portable
from textmatch.training.device import accelerator_for, autocast, choose_precision
from textmatch.training.schedule import cosine_under_warmup, set_learning_rate

BATCH_SIZE, LEARNING_RATE, WARMUP, MAX_GRAD_NORM = 1024, 2e-3, 0.05, 1.0
MASKED_SHARE = 0.15  # of the words


class MaskedLM(nn.Module):
    """A network's encoder with an output layer tied to its embeddings; the forward pass returns the loss of a batch.

    Args:
        network: what is trained; its encoder and embeddings are shared, not copied.
    """

    def __init__(self, network: InteractionLSTM) -> None:
        super().__init__()
        self.network = network
        width = network.encoder.output_size
        embeddings = (network.character_embedding, network.word_embedding)
        self.outputs = nn.ModuleList(nn.Linear(width, embedding.embedding_dim) for embedding in embeddings)
        self.biases = nn.ParameterList(torch.zeros(embedding.num_embeddings) for embedding in embeddings)

    def forward(self, sentences: Sentences, masked: Tensor) -> Tensor:
        """Cross-entropy of the masked characters plus that of the masked words, for each masked position.

        Args:
            sentences: S whole sentences.
            masked: the positions to mask and predict, `[S, L]`, bool.

        Returns:
            A scalar.
        """
        shown = sentences._replace(
            characters=sentences.characters.masked_fill(masked, UNK),
            words=sentences.words.masked_fill(masked, UNK),
            sounds=sentences.sounds.masked_fill(masked, 0),
        )
        states = self.network.encode(shown)  # (S, L, H)
        # A word is predicted once, at its first position, and not at all where it is only its character.
        masked_words = masked & _is_first(sentences.words) & ~_is_single(sentences.words)
        losses = []
        for ids, embedding, output, bias, predicted in zip(
            (sentences.characters, sentences.words),
            (self.network.character_embedding, self.network.word_embedding),
            self.outputs,
            self.biases,
            (masked, masked_words),
            strict=True,
        ):
            predicted = predicted & (ids != UNK)
            logits = linear(output(states[predicted]), embedding.weight, bias)  # (predicted, vocabulary)
            losses.append(cross_entropy(logits.float(), ids[predicted], reduction="sum"))
        return torch.stack(losses).sum() / masked.sum().clamp(min=1)


def mask_words(sentences: Sentences, share: float) -> Tensor:
    """Choose whole words at random; neighbouring positions with the same word are one word.

    Args:
        sentences: S sentences.
        share: of the words, 0 to 1.

    Returns:
        The positions of the chosen words, `[S, L]`, bool.
    """
    words = sentences.words
    number = _is_first(words).long().cumsum(1) - 1
    chosen = torch.rand(words.shape, device=words.device) < share
    return chosen.gather(1, number) & (words != PAD)


def _is_first(words: Tensor) -> Tensor:
    """Whether each position is the first of its word, `[S, L]`, bool."""
    first = torch.ones_like(words, dtype=torch.bool)
    first[:, 1:] = words[:, 1:] != words[:, :-1]
    return first


def _is_single(words: Tensor) -> Tensor:
    """Whether each position is the only one of its word, `[S, L]`, bool."""
    first = _is_first(words)
    last = torch.ones_like(first)
    last[:, :-1] = first[:, 1:]
    return first & last


def pretrain(
    network: InteractionLSTM, sentences: Sequence[Encoded], epochs: int, accelerator: Accelerator, precision: str = "no"
) -> list[float]:
    """Train `network` in place.

    Args:
        network: with fresh weights.
        sentences: N different sentences.
        epochs: passes over them.
        accelerator: where to train.
        precision: ``no`` or ``bf16``.

    Returns:
        Mean loss of each epoch, in nats for a masked character and its word.
    """
    model = MaskedLM(network)
    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE, fused=True)
    model, optimizer = accelerator.prepare(model, optimizer)
    by_length = sorted(range(len(sentences)), key=lambda i: len(sentences[i]))
    batches = [by_length[i : i + BATCH_SIZE] for i in range(0, len(by_length), BATCH_SIZE)]
    steps, history = epochs * len(batches), list[float]()
    model.train()
    for epoch in range(epochs):
        losses = []
        order = torch.randperm(len(batches)).tolist()
        bar = tqdm(order, desc=f"words {epoch + 1}", unit="batch", disable=not accelerator.is_main_process)
        for done, i in enumerate(bar, epoch * len(batches)):
            set_learning_rate(optimizer, LEARNING_RATE * cosine_under_warmup(done / steps, WARMUP, 1 / steps))
            batch = collate([sentences[j] for j in batches[i]]).to(accelerator.device)
            masked = mask_words(batch, MASKED_SHARE)
            with autocast(accelerator.device, precision):
                loss = model(batch, masked)
            optimizer.zero_grad()
            accelerator.backward(loss)
            accelerator.clip_grad_norm_(model.parameters(), MAX_GRAD_NORM)
            optimizer.step()
            losses.append(loss.detach())
            bar.set_postfix(loss=f"{float(losses[-1]):.3f}", refresh=False)
        history.append(float(torch.stack(losses).mean()))
        accelerator.print(f"words, epoch {epoch + 1}/{epochs}  loss {history[-1]:.4f}")
    return history


def keep_frequent(network: InteractionLSTM, vocabulary: Vocabulary, words: int) -> Vocabulary:
    """Remove all but the `words` most frequent words: rare ones help to learn the characters, but take space."""
    network.word_embedding = nn.Embedding.from_pretrained(
        network.word_embedding.weight.data[:words].clone(), freeze=False, padding_idx=PAD
    )
    return Vocabulary(list(vocabulary.characters), list(vocabulary.words)[:words])


def parser() -> argparse.ArgumentParser:
    """The command line."""
    result = argparse.ArgumentParser(
        prog="python -m textmatch.training.pretraining",
        description="Masked language modelling on sentences without labels, before training on pairs.",
    )
    result.add_argument("output", type=Path, help="checkpoint folder to write, for train.py --init")
    result.add_argument("files", nargs="+", type=Path, help="files of pairs, or of sentences (.txt, .txt.gz)")
    result.add_argument("--epochs", type=int, default=3, help="passes over the sentences (default: %(default)s)")
    result.add_argument(
        "--keep-words", type=int, default=21_000, help="most frequent words kept in the end (default: %(default)s)"
    )
    result.add_argument("--seed", type=int, default=1, help="(default: %(default)s)")
    return result


def main(arguments: Sequence[str]) -> None:
    """Pretrain a default network and write it as a checkpoint to start from."""
    options = parser().parse_args(arguments)
    checkpoint.refuse_foreign(options.output)
    accelerator = accelerator_for(None)
    precision = choose_precision(None, accelerator.device)
    set_seed(options.seed)
    config, defaults = PRESETS["default"]
    sentences = [sentence for file in options.files for sentence in read_sentences(file)]
    vocabulary = Vocabulary.build(sentences, defaults.min_characters, defaults.min_words)
    network = build(config, vocabulary.num_characters, len(vocabulary.words))
    assert isinstance(network, InteractionLSTM)
    different = sorted({normalise(sentence) for sentence in sentences} - {""})
    encoded = [vocabulary.encode(sentence, config.max_length) for sentence in different]
    record: dict[str, Any] = {
        "sentences": len(encoded),
        "losses": pretrain(network, encoded, options.epochs, accelerator, precision),
        "command": portable(shlex.join(["python", "-m", "textmatch.training.pretraining", *arguments])),
        "seed": options.seed,
        "files": {
            f"{file.parent.name}/{file.name}": hashlib.sha256(file.read_bytes()).hexdigest() for file in options.files
        },
    }
    vocabulary = keep_frequent(network, vocabulary, options.keep_words)
    if accelerator.is_main_process:
        card = (
            f"Embeddings and encoder, pretrained on {len(encoded):,} sentences without labels. Not a classifier yet.\n"
        )
        checkpoint.save(options.output, checkpoint.Checkpoint(config, vocabulary, network.cpu(), record), card)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except TextMatchError as error:
        sys.exit(f"textmatch.training.pretraining: {error}")
