"""Train a network on labelled pairs; `fit` reads from top to bottom.

labelled pairs → vocabulary (of the train splits alone) → sources of an epoch → network → epochs → best epoch on dev →
calibrated on dev → tested once → checkpoint folder
"""

from __future__ import annotations

import math
import platform
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, cast

import torch
from accelerate import Accelerator
from accelerate.utils import set_seed
from tqdm import tqdm

from textmatch import checkpoint
from textmatch.batching import Pairs, collate_pairs
from textmatch.config import KEPT_SETTINGS, Arch, ModelConfig, Tracker, TrainConfig
from textmatch.errors import CheckpointError, DataError, TextMatchError
from textmatch.evaluation import calibrate, evaluate_recalibrated, report, score_counts, table
from textmatch.files import Pair, Splits
from textmatch.matcher import TextMatcher
from textmatch.models import InteractionLSTM, MatchOutput, Network, build, token_dropout
from textmatch.text import Vocabulary
from textmatch.training import card
from textmatch.training.device import accelerator_for, autocast, choose_precision
from textmatch.training.grading import fit_grade
from textmatch.training.log import LOG_STEPS, RunLog, check_trackers
from textmatch.training.losses import Targets, training_loss
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
from textmatch.training.state import Epoch, TrainingRun, has_finished_epochs, state_folder

ABSURD_LOSS = 100
"""Mean losses of a first epoch so many times that of guessing are no training: the run has diverged."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What a run trains on and starts from besides its main corpus, and where.

    Attributes:
        also: further corpora with the same labels, trained on together with the main one.
        generated: the same for pairs that a program made: the vocabulary is not taken from them.
        weights: factors of how often pairs of `also` and then of `generated` are drawn, beside what
            `TrainConfig.sampling_temperature` says; empty for 1 each.
        dev_also: pairs that weigh as much as dev when the epoch is chosen and the network is calibrated.
        init: checkpoints to start from, of one configuration (except for dropout): the first one's
            vocabulary and the mean of their weights, where these fit. With 0 epochs the mean itself is written.
        arch: the architecture that was asked for, which then is to be that of `init`; None takes what that one has.
        device: ``cpu``, ``cuda``, ``mps`` or ``xpu``; None takes the best there is.
        precision: ``no`` or ``bf16``; None takes bf16 where the hardware is fast at it.
        resume: continue an interrupted run of the same data and configuration.
        overwrite: replace the checkpoint that the output holds, what an interrupted run has saved, and the log.
        log: a file for the figures of the run, one JSON object a line; None for none.
        report_to: trackers that get the same figures: ``tensorboard``, ``trackio``.
        command: the command line, for the record.
    """

    also: Sequence[Splits] = ()
    generated: Sequence[Splits] = ()
    weights: Sequence[float] = ()
    dev_also: Sequence[Pair] = ()
    init: Sequence[str | Path] = ()
    arch: Arch | None = None
    device: str | None = None
    precision: str | None = None
    resume: bool = False
    overwrite: bool = False
    log: Path | None = None
    report_to: Sequence[Tracker] = ()
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
    is resumed gives the same result as an unbroken one. The state goes once the checkpoint is written.

    Args:
        splits: train, dev and perhaps test pairs of the main corpus, on which the best epoch is chosen and the
            network is calibrated.
        model_config: the network; its labels are replaced by the data's, and its sizes by those of `options.init`.
        train_config: how to train.
        output: the checkpoint folder to write.
        options: further data, the start, and where to train.

    Raises:
        DataError: the data cannot be trained on.
        CheckpointError: `output` holds a checkpoint that is not to be overwritten, or something else; or a checkpoint
            to start from cannot be used.
        TextMatchError: the device, precision or a tracker is not available, there is no matching run to resume, or one
            that is neither to be resumed nor to be overwritten, `output` or the log cannot be written, the training
            diverges, or there are no epochs and no checkpoint to start from.
    """
    options = options or RunOptions()
    if not (train_config.epochs or options.init):
        raise TextMatchError("--epochs: expected at least 1 where there is no checkpoint to start from, got 0")
    _check_output(output, options)
    check_trackers(options.report_to)
    accelerator = accelerator_for(options.device, options.report_to)
    log = RunLog(accelerator, options.log, resume=options.resume, overwrite=options.overwrite)
    precision = choose_precision(options.precision, accelerator.device)
    set_seed(train_config.seed)

    # Data: all corpora have the labels of the main one.
    corpora = (splits, *options.also, *options.generated)
    classes = [str(number) for number in range(len(splits.labels))]
    for number, corpus in enumerate(corpora):
        accelerator.print(*corpus.notes, sep="\n")
        _check_labels(corpus, splits.labels, every=not number)
    weights = _weights(options, corpora)
    model_config = replace(model_config, labels=splits.labels)
    accelerator.print(*_about_classes(splits, train_config), sep="\n")

    # Vocabulary: of the train splits, or that of the checkpoint to start from.
    start = average_checkpoints(options.init) if options.init else None
    if start:
        _check_arch(start, options)
        model_config = replace(start.config, **{name: getattr(model_config, name) for name in KEPT_SETTINGS})
    read = (splits, *options.also)
    vocabulary = start.vocabulary if start else _build_vocabulary(read, train_config)
    if start and train_config.max_words:
        vocabulary = vocabulary.renewed(_build_vocabulary(read, train_config), train_config.max_words)

    # Sampling: what an epoch draws from.
    encoder = PairEncoder(vocabulary, model_config, classes)
    sources = training_sources(encoder, corpora, weights, train_config) if train_config.epochs else []
    balanced = train_config.class_weights == "balanced"
    if balanced and not train_config.length_prior:  # which has the shares of the classes in it
        sources = [source._replace(examples=_with_class_prior(source.examples)) for source in sources]
    repeats = max(1, len(splits.dev) // max(1, len(options.dev_also)))  # so that they weigh as much as dev
    dev = encoder.encode([*splits.dev, *repeats * list(options.dev_also)])

    # Network, with fresh weights or those to start from; resuming replaces them.
    model = build(model_config, vocabulary.num_characters, len(vocabulary.words))
    if start:
        copy_weights(start, model, vocabulary)
    run = TrainingRun(model, train_config, accelerator, state_folder(output))
    facts = {
        "sources": _hashes(corpora),
        "weights": weights,
        "dev_also": [list(pair[:3]) for pair in options.dev_also],
        "init": start.metrics if start else None,
    }
    run.begin({"model": asdict(model_config), "train": asdict(train_config), **facts}, options.resume)

    # Epochs.
    hide = partial(
        token_dropout,
        share=train_config.token_dropout,
        num_words=len(vocabulary.words),
        unknown_ids=vocabulary.unknown(model_config.unit),
    )
    forward = partial(_forward, run, precision, hide)
    log.begin(output.name, train_config)
    with_f1 = _is_uneven(dev.labels) or train_config.metric == "f1"
    for number in range(len(run.history) + 1, train_config.epochs + 1):
        if run.has_stalled:
            accelerator.print(f"stopped: no epoch after epoch {run.best_epoch.epoch} was better on dev")
            break
        began = time.perf_counter()
        generator = epoch_generator(train_config.seed, number)
        loss, accuracy, step = _train_epoch(run, draw_epoch(sources, generator), generator, forward, log)
        figures = calibrate(run.averaged_model, dev, balanced)
        seconds = time.perf_counter() - began
        epoch = Epoch(number, loss, accuracy, figures.accuracy, figures.auc, seconds, figures.f1)
        run.finish_epoch(epoch)
        log.write(step, **{name: value for name, value in asdict(epoch).items() if name != "seconds"})
        accelerator.print(_line(epoch, train_config.epochs, with_f1))

    # The best epoch on dev, calibrated on dev, tested once, saved.
    best = run.best_model()
    calibrate(best, dev, balanced)
    graded = fit_grade(best, encoder, corpora, train_config.seed) if isinstance(best, InteractionLSTM) else 0
    if accelerator.is_main_process:
        matcher = TextMatcher(model_config, vocabulary, best)
        record = report(matcher, splits) | {
            "corpus": splits.corpus,
            "corpora": {corpus.corpus: _evaluate_other(best, encoder, corpus, balanced) for corpus in corpora[1:]},
            "data_sha256": facts["sources"],
            "weights": dict(zip((corpus.corpus for corpus in corpora), weights, strict=True)),
            "dev_also_pairs": len(options.dev_also),
            "dev_also_scores": score_counts(matcher, options.dev_also) if options.dev_also else None,
            "graded_pairs": graded,
            "command": card.portable(options.command),
            "init": facts["init"],
            "parameters": sum(parameter.numel() for parameter in best.parameters()),
            "training": asdict(train_config),
            "history": [asdict(epoch) for epoch in run.history],
            **_environment(accelerator, precision),
        }
        saved = checkpoint.Checkpoint(model_config, vocabulary, best, record)
        checkpoint.save(output, saved, card.text(output.name, model_config, record), card.attachments(record))
        run.discard()
        print(table(record))
        print(f"checkpoint: {output}")
    accelerator.wait_for_everyone()
    log.end()  # last: it also ends the connection of the processes


def _check_output(output: Path, options: RunOptions) -> None:
    """Refuse an output that cannot be written or that would be lost, before anything is trained."""
    checkpoint.refuse_foreign(output)
    state = state_folder(output)
    if has_finished_epochs(output) and not (options.overwrite or options.resume):
        raise TextMatchError(
            f"{state}: there are finished epochs of an interrupted run; expected --resume to continue it, or "
            "--overwrite to begin anew"
        )
    if (output / checkpoint.CONFIG).exists() and not (options.overwrite or options.resume):
        raise CheckpointError(
            f"{output}: there is a checkpoint already; expected another --output, or --overwrite to replace it"
        )
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TextMatchError(f"{output}: cannot be written: {error.strerror}") from None
    _check_writable(output.parent, output)
    if state.exists():
        _check_writable(state, state)


def _check_writable(folder: Path, name: Path) -> None:
    try:
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise TextMatchError(f"{name}: cannot be written: {error.strerror}") from None


def _check_arch(start: checkpoint.Checkpoint, options: RunOptions) -> None:
    """Refuse a start with another network than the one that was asked for."""
    if options.arch and options.arch != start.config.arch:
        raise TextMatchError(
            f"--preset: the network is {options.arch}, and that of {options.init[0]} is {start.config.arch}; with "
            "--init it comes from the checkpoint; leave --preset out, or --init"
        )


def _weights(options: RunOptions, corpora: Sequence[Splits]) -> list[float]:
    """The factor of each corpus' share; that of the main one is 1."""
    weights = list(options.weights) or [1.0] * (len(corpora) - 1)
    if len(weights) != len(corpora) - 1:
        raise TextMatchError(f"--weights: expected {len(corpora) - 1}, one for each further corpus, got {len(weights)}")
    return [1.0, *weights]


def _forward(run: TrainingRun, precision: str, hide: Callable[[Pairs], Pairs], pairs: Pairs) -> MatchOutput:
    """What the network says of a batch, of which `hide` hides a part."""
    with autocast(run.accelerator.device, precision):
        return cast(MatchOutput, run.model(hide(pairs)))


def _train_epoch(
    run: TrainingRun,
    examples: Examples,
    generator: torch.Generator,
    forward: Callable[[Pairs], MatchOutput],
    log: RunLog,
) -> tuple[float, float, int]:
    """Train on every example once; the mean loss, the accuracy during training, and the steps of the run so far."""
    accelerator, config, device = run.accelerator, run.config, run.accelerator.device
    batches = epoch_batches(
        examples, config.batch_size, generator, accelerator.process_index, accelerator.num_processes
    )
    number = len(run.history) + 1
    done = (number - 1) * len(batches)
    totals = torch.zeros(3, dtype=torch.float64)  # loss, right predictions, pairs
    run.model.train()
    bar = tqdm(batches, desc=f"epoch {number}", unit="batch", disable=not accelerator.is_main_process)
    for step, chosen in enumerate(bar):
        # Progress is counted as a share of the run, not in steps: a run may be resumed with more processes.
        progress = (number - 1 + step / len(batches)) / config.epochs
        set_learning_rate(run.optimizer, config.learning_rate * warmup_cosine(progress, config.warmup))

        pairs = collate_pairs([examples.pairs[i] for i in chosen]).to(device)
        labels = torch.tensor([examples.labels[i] for i in chosen]).to(device)
        output = forward(pairs)
        targets = Targets(labels, examples.prior[chosen].to(device), examples.grades[chosen].to(device))
        loss = training_loss(output, targets, config)

        run.optimizer.zero_grad()
        accelerator.backward(loss)
        accelerator.clip_grad_norm_(run.model.parameters(), config.max_grad_norm)
        run.optimizer.step()
        run.update_average()

        right = (output.logits.argmax(-1) == labels).sum()
        totals += torch.tensor([float(loss.detach()) * len(chosen), float(right), len(chosen)])
        loss_sum, correct, seen = totals.tolist()
        _check_loss(loss_sum)
        bar.set_postfix(loss=f"{loss_sum / seen:.4f}", accuracy=f"{correct / seen:.4f}", refresh=False)
        if (step + 1) % LOG_STEPS == 0:
            rate = run.optimizer.param_groups[0]["lr"]
            figures = {"loss": loss_sum / seen, "train_accuracy": correct / seen, "learning_rate": rate}
            log.write(done + step + 1, epoch=number, **figures)
    loss_sum, correct, seen = accelerator.reduce(totals.float().to(device)).tolist()
    if number == 1:
        _check_loss(loss_sum / seen, ABSURD_LOSS * math.log(examples.prior.shape[1]))
    return loss_sum / seen, correct / seen, done + len(batches)


def _check_loss(loss: float, largest: float = math.inf) -> None:
    """Stop a run whose loss is no finite number, or is larger than that of any training."""
    if not math.isfinite(loss):
        raise TextMatchError("the training has diverged: the loss is no number; expected a lower learning rate")
    if loss > largest:
        raise TextMatchError(f"the training has diverged: the loss is {loss:.3g}; expected a lower learning rate")


def _check_labels(corpus: Splits, names: Sequence[str], every: bool) -> None:
    """No split has other labels, and that of the main corpus has a pair of `every` class: others may be a few pairs."""
    known = {str(number) for number in range(len(names))}
    for split, pairs in (("train", corpus.train), ("dev", corpus.dev), ("test", corpus.test)):
        counts = Counter(pair.label for pair in pairs or ())
        if pairs is not None and (counts.keys() - known or (every and known - counts.keys())):
            got = ", ".join(f"{_name(label, names)} {count} times" for label, count in sorted(counts.items()))
            raise DataError(f"{corpus.corpus}, {split}: expected the labels {', '.join(names)}, got {got or 'none'}")


def _name(label: str, names: Sequence[str]) -> str:
    return dict(zip(map(str, range(len(names))), names, strict=True)).get(label, label)


def _build_vocabulary(corpora: Sequence[Splits], config: TrainConfig) -> Vocabulary:
    sentences = (sentence for corpus in corpora for pair in corpus.train for sentence in pair[:2])
    return Vocabulary.build(sentences, config.min_characters, config.min_words)


def _hashes(corpora: Sequence[Splits]) -> dict[str, str]:
    """Corpus and file → SHA-256."""
    return {f"{corpus.corpus}/{name}": digest for corpus in corpora for name, digest in corpus.sources.items()}


def _about_classes(splits: Splits, config: TrainConfig) -> list[str]:
    """The names of the classes, and what to do if one is rare, for people to read."""
    names = splits.labels
    match = f" ({names[-1]}: the sentences match)" if len(names) == 2 else ""
    lines = [f"classes: {', '.join(names)}{match}"]
    numbers = [int(pair.label) for pair in splits.train]
    if config.class_weights == "none" and _is_uneven(numbers):
        rarest, count = Counter(numbers).most_common()[-1]
        lines.append(
            f"train has {count:,} pairs of the class {names[rarest]}, of {len(numbers):,}; --class-weights balanced "
            "--metric f1 would count it as much as the others"
        )
    return lines


def _is_uneven(labels: Sequence[int]) -> bool:
    """Whether a class has less than 80% of its even share; accuracy then says little."""
    counts = Counter(labels)
    return min(counts.values()) < 0.8 * len(labels) / len(counts)


def _with_class_prior(examples: Examples) -> Examples:
    """The examples with the shares of the classes as the prior, so that the network learns each class as much.

    Added to the logits in the loss this is what `sampling.length_prior` does for each length (Menon et al. 2021).
    """
    classes = examples.prior.shape[1]
    counts = torch.bincount(torch.tensor(examples.labels), minlength=classes).clamp(min=1)
    return examples._replace(prior=examples.prior + (counts / counts.sum()).log())


def _line(epoch: Epoch, epochs: int, with_f1: bool) -> str:
    f1 = f"dev F1 {epoch.dev_f1:.4f}  " if with_f1 else ""
    return (
        f"epoch {epoch.epoch}/{epochs}  loss {epoch.loss:.4f}  train accuracy {epoch.train_accuracy:.4f}  "
        f"dev accuracy {epoch.dev_accuracy:.4f}  {f1}dev AUC {epoch.dev_auc:.4f}  {epoch.seconds:.0f} s"
    )


def _evaluate_other(model: Network, encoder: PairEncoder, corpus: Splits, balanced: bool) -> dict[str, Any]:
    """Figures on another corpus; none if a split is too small to have every class."""
    dev, test = encoder.encode(corpus.dev), encoder.encode(corpus.test) if corpus.test else None
    if any(len(set(split.labels)) < len(corpus.labels) for split in (dev, test) if split):
        return {}
    return evaluate_recalibrated(model, dev, test, balanced)


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
