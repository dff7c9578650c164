"""Train a network on labelled pairs; `fit` reads from top to bottom.

labelled pairs → vocabulary (of the train splits alone) → sources of an epoch → network → epochs → best epoch on dev →
calibrated on dev → tested once → checkpoint folder
"""

from __future__ import annotations

import platform
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.utils import set_seed
from tqdm import tqdm

from textmatch import checkpoint
from textmatch.batching import collate_pairs
from textmatch.config import ModelConfig, TrainConfig
from textmatch.errors import DataError, TextMatchError
from textmatch.evaluation import calibrate, evaluate_recalibrated, report, table
from textmatch.files import Splits, label_names
from textmatch.matcher import TextMatcher
from textmatch.models import Network, build, token_dropout
from textmatch.text import Vocabulary
from textmatch.training import card
from textmatch.training.device import accelerator_for, autocast, choose_precision
from textmatch.training.losses import training_loss
from textmatch.training.sampling import (
    Examples,
    PairEncoder,
    draw_epoch,
    epoch_batches,
    epoch_generator,
    training_sources,
)
from textmatch.training.schedule import set_learning_rate, warmup_cosine
from textmatch.training.start import average_checkpoints, copy_weights
from textmatch.training.state import Epoch, TrainingRun

KEPT_SETTINGS = ("labels", "max_length", "dropout", "symmetric")  # not taken from the checkpoint that a run starts from


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What a run trains on and starts from besides its main corpus, and where.

    Attributes:
        also: further corpora with the same labels, trained on together with the main one.
        init: checkpoints to start from, of one vocabulary and (except for dropout) one configuration: their
            vocabulary and the mean of their weights, where these fit. With 0 epochs the mean itself is written.
        device: ``cpu``, ``cuda``, ``mps`` or ``xpu``; None takes the best there is.
        precision: ``no`` or ``bf16``; None takes bf16 where the hardware is fast at it.
        resume: continue an interrupted run of the same data and configuration.
        command: the command line, for the record.
    """

    also: Sequence[Splits] = ()
    init: Sequence[Path] = ()
    device: str | None = None
    precision: str | None = None
    resume: bool = False
    command: str = ""


def fit(
    splits: Splits,
    model_config: ModelConfig,
    train_config: TrainConfig,
    output: Path,
    options: RunOptions | None = None,
) -> None:
    """Train, keep the epoch that is best on dev, calibrate, test once, write the checkpoint folder.

    After every epoch the state of the run is saved beside `output`, in ``<output>.training``. An interrupted run that
    is resumed gives the same result as an unbroken one.

    Args:
        splits: train, dev and perhaps test pairs of the main corpus, on which the best epoch is chosen and the
            network is calibrated.
        model_config: the network; its labels are replaced by the data's, and its sizes by those of `options.init`.
        train_config: how to train.
        output: the checkpoint folder to write.
        options: further data, the start, and where to train.

    Raises:
        DataError: the data cannot be trained on.
        CheckpointError: `output` exists and is no checkpoint, or a checkpoint to start from cannot be used.
        TextMatchError: the device or precision is not available, there is no matching run to resume, or there are no
            epochs and no checkpoint to start from.
    """
    options = options or RunOptions()
    if not (train_config.epochs or options.init):
        raise TextMatchError("epochs: expected at least 1 where there is no checkpoint to start from, got 0")
    checkpoint.refuse_foreign(output)
    accelerator = accelerator_for(options.device)
    precision = choose_precision(options.precision, accelerator.device)
    set_seed(train_config.seed)

    # Data: all corpora have the labels of the main one.
    corpora = (splits, *options.also)
    labels = label_names(splits.train)
    for corpus in corpora:
        _check_labels(corpus, labels)
    model_config = replace(model_config, labels=_class_names(labels))

    # Vocabulary: of the train splits, or that of the checkpoint to start from.
    start = average_checkpoints(options.init) if options.init else None
    if start:
        model_config = replace(start.config, **{name: getattr(model_config, name) for name in KEPT_SETTINGS})
    vocabulary = start.vocabulary if start else _build_vocabulary(corpora, train_config)

    # Sampling: what an epoch draws from.
    encoder = PairEncoder(vocabulary, model_config, labels)
    sources = training_sources(encoder, corpora, train_config) if train_config.epochs else []
    dev = encoder.encode(splits.dev)

    # Network, with fresh weights or those to start from; resuming replaces them.
    model = build(model_config, len(vocabulary.characters), len(vocabulary.words))
    if start:
        copy_weights(start.model, model)
    run = TrainingRun(model, train_config, accelerator, output.with_name(f"{output.name}.training"))
    facts = {"sources": _hashes(corpora), "init": start.metrics if start else None}
    run.begin({"model": asdict(model_config), "train": asdict(train_config), **facts}, options.resume)

    # Epochs.
    for number in range(len(run.history) + 1, train_config.epochs + 1):
        began = time.perf_counter()
        generator = epoch_generator(train_config.seed, number)
        loss, accuracy = _train_epoch(run, draw_epoch(sources, generator), generator, precision)
        figures = calibrate(run.averaged_model, dev)
        epoch = Epoch(number, loss, accuracy, figures.accuracy, figures.auc, time.perf_counter() - began)
        run.finish_epoch(epoch)
        accelerator.print(_line(epoch, train_config.epochs))

    # The best epoch on dev, calibrated on dev, tested once, saved.
    best = run.best_model()
    calibrate(best, dev)
    if accelerator.is_main_process:
        record = report(TextMatcher(model_config, vocabulary, best), splits) | {
            "corpus": splits.corpus,
            "corpora": {corpus.corpus: _evaluate_other(best, encoder, corpus) for corpus in options.also},
            "data_sha256": facts["sources"],
            "command": options.command,
            "init": facts["init"],
            "parameters": sum(parameter.numel() for parameter in best.parameters()),
            "training": asdict(train_config),
            "history": [asdict(epoch) for epoch in run.history],
            **_environment(accelerator, precision),
        }
        saved = checkpoint.Checkpoint(model_config, vocabulary, best, record)
        checkpoint.save(output, saved, card.text(output.name, model_config, record), card.pictures(record))
        print(table(record))
    accelerator.wait_for_everyone()


def _train_epoch(
    run: TrainingRun, examples: Examples, generator: torch.Generator, precision: str
) -> tuple[float, float]:
    """Train on every example once; the mean loss, and the accuracy during training."""
    accelerator, config, device = run.accelerator, run.config, run.accelerator.device
    batches = epoch_batches(
        examples, config.batch_size, generator, accelerator.process_index, accelerator.num_processes
    )
    number = len(run.history) + 1
    totals = torch.zeros(3, dtype=torch.float64)  # loss, right predictions, pairs
    run.model.train()
    bar = tqdm(batches, desc=f"epoch {number}", unit="batch", disable=not accelerator.is_main_process)
    for step, chosen in enumerate(bar):
        # Progress is counted as a share of the run, not in steps: a run may be resumed with more processes.
        progress = (number - 1 + step / len(batches)) / config.epochs
        set_learning_rate(run.optimizer, config.learning_rate * warmup_cosine(progress, config.warmup))

        pairs = collate_pairs([examples.pairs[i] for i in chosen]).to(device)
        labels = torch.tensor([examples.labels[i] for i in chosen]).to(device)
        with autocast(device, precision):
            output = run.model(token_dropout(pairs, config.token_dropout))
        loss = training_loss(output, labels, examples.prior[chosen].to(device), config)

        run.optimizer.zero_grad()
        accelerator.backward(loss)
        accelerator.clip_grad_norm_(run.model.parameters(), config.max_grad_norm)
        run.optimizer.step()
        run.update_average()

        right = (output.logits.argmax(-1) == labels).sum()
        totals += torch.tensor([float(loss.detach()) * len(chosen), float(right), len(chosen)])
        bar.set_postfix(loss=f"{totals[0] / totals[2]:.4f}", accuracy=f"{totals[1] / totals[2]:.4f}", refresh=False)
    loss_sum, correct, seen = accelerator.reduce(totals.float().to(device)).tolist()
    return loss_sum / seen, correct / seen


def _check_labels(corpus: Splits, names: Sequence[str]) -> None:
    for split, pairs in (("train", corpus.train), ("dev", corpus.dev), ("test", corpus.test)):
        labels = {pair.label for pair in pairs or ()}
        if pairs is not None and labels != set(names):
            raise DataError(f"{corpus.corpus}, {split}: expected the labels {sorted(names)}, got {sorted(labels)}")


def _class_names(labels: tuple[str, ...]) -> tuple[str, ...]:
    """Class names for people: the data's own, but Not Matched and Matched for 0 and 1."""
    return ModelConfig().labels if labels == ("0", "1") else labels


def _build_vocabulary(corpora: Sequence[Splits], config: TrainConfig) -> Vocabulary:
    sentences = (sentence for corpus in corpora for pair in corpus.train for sentence in pair[:2])
    return Vocabulary.build(sentences, config.min_characters, config.min_words)


def _hashes(corpora: Sequence[Splits]) -> dict[str, str]:
    """Corpus and file → SHA-256."""
    return {f"{corpus.corpus}/{name}": digest for corpus in corpora for name, digest in corpus.sources.items()}


def _line(epoch: Epoch, epochs: int) -> str:
    return (
        f"epoch {epoch.epoch}/{epochs}  loss {epoch.loss:.4f}  train accuracy {epoch.train_accuracy:.4f}  "
        f"dev accuracy {epoch.dev_accuracy:.4f}  dev AUC {epoch.dev_auc:.4f}  {epoch.seconds:.0f} s"
    )


def _evaluate_other(model: Network, encoder: PairEncoder, corpus: Splits) -> dict[str, Any]:
    """Figures on another corpus."""
    test = encoder.encode(corpus.test) if corpus.test else None
    return evaluate_recalibrated(model, encoder.encode(corpus.dev), test)


def _environment(accelerator: Accelerator, precision: str) -> dict[str, Any]:
    """Where and when the network was trained."""
    return {
        "device": accelerator.device.type,
        "precision": precision,
        "processes": accelerator.num_processes,
        "threads": torch.get_num_threads(),
        "versions": {"python": platform.python_version(), "torch": torch.__version__},
        "date": time.strftime("%Y-%m-%d"),
    }
