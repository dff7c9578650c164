"""Train a network on labelled pairs: read from top to bottom.

files → labelled pairs → vocabulary (from train alone) → batches → network → loss → best epoch on dev → calibrated on
dev → tested once → checkpoint folder
"""

from __future__ import annotations

import json
import math
import platform
import shutil
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, cast

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from accelerate.utils import set_seed
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn.functional import cross_entropy
from torch.optim.lr_scheduler import LambdaLR
from torch.optim.swa_utils import AveragedModel
from tqdm import tqdm

from textmatch import card, checkpoint, metrics
from textmatch.augment import hard_pairs
from textmatch.batching import EncodedPair, by_length, shuffled, stack_pairs
from textmatch.config import ModelConfig, TrainConfig
from textmatch.data import Pair, Splits, label_names
from textmatch.errors import DataError, TextMatchError
from textmatch.matcher import best_device
from textmatch.models import MatchOutput, Network, build, hide_tokens
from textmatch.text import Encoded, Vocabulary

EVALUATION_BATCH = 512
LONGEST_PRIOR, PRIOR_STRENGTH = 100, 100  # characters of a pair counted apart; pairs that the overall shares weigh


class Examples(NamedTuple):
    """Labelled pairs as ids: the encoded pairs and their classes, equally long."""

    pairs: list[EncodedPair]
    labels: list[int]


@dataclass(frozen=True, slots=True)
class Epoch:
    """What one pass over the training pairs came to; `seconds` is its wall time, evaluation included."""

    epoch: int
    loss: float
    train_accuracy: float
    dev_accuracy: float
    dev_auc: float
    seconds: float


def fit(
    splits: Splits,
    model_config: ModelConfig,
    train_config: TrainConfig,
    output: Path,
    *,
    device: str | None = None,
    precision: str | None = None,
    resume: bool = False,
    command: str = "",
) -> metrics.Metrics:
    """Train, keep the epoch that is best on dev, calibrate, test once, write the checkpoint folder.

    After every epoch everything that the next one needs is written beside `output`, in ``<output>.training``; with
    `resume` an interrupted run goes on from there to the result that it would have had.

    Args:
        splits: train, dev and perhaps test pairs.
        model_config: the network; its labels are replaced by the data's.
        train_config: how to train.
        output: the checkpoint folder to write.
        device: ``cpu``, ``cuda``, ``mps`` or ``xpu``; None takes the best there is.
        precision: ``no`` or ``bf16``; None takes bf16 where the hardware multiplies it fast.
        resume: go on with an interrupted run of the same data and configuration.
        command: the command line, for the record.

    Returns:
        Figures on test, or on dev where there is no test split.

    Raises:
        DataError: the data cannot be trained on.
        CheckpointError: `output` is there and is no checkpoint.
        TextMatchError: the device is not there, or there is nothing that fits to resume.
    """
    checkpoint.refuse_foreign(output)
    accelerator = _accelerator(device, precision)
    set_seed(train_config.seed)
    names = label_names(splits.train)
    model_config = replace(model_config, labels=_shown(names))
    vocabulary = Vocabulary.build(
        (sentence for pair in splits.train for sentence in pair[:2]),
        train_config.min_characters,
        train_config.min_words,
    )
    encoder = PairEncoder(vocabulary, model_config, names)
    made = hard_pairs(splits.train, train_config.hard_pairs, train_config.seed) if names == ("0", "1") else []
    train, dev = encoder.encode([*splits.train, *made], "train"), encoder.encode(splits.dev, "dev")
    test = encoder.encode(splits.test, "test") if splits.test else None

    model = build(model_config, len(vocabulary.characters), len(vocabulary.words))
    run = _Run(accelerator, model, train_config, len(train.labels), output.with_name(f"{output.name}.training"))
    identity = {"model": asdict(model_config), "train": asdict(train_config), "sources": splits.sources}
    run.begin(json.loads(json.dumps(identity)), resume)
    for number in range(len(run.history) + 1, train_config.epochs + 1):
        run.epoch(number, train, dev)

    best = run.best_model()
    figures = {"dev": calibrate(best, dev, accelerator.device)}
    if test:
        figures["test"] = evaluate(best, test, accelerator.device)
    if accelerator.is_main_process:
        record = _record(run, best, figures, splits, accelerator, command)
        checkpoint.save(
            output,
            checkpoint.Checkpoint(model_config, vocabulary, best, record),
            card.text(output.name, model_config, record),
            {card.CURVE: card.curve(record)},
        )
    return figures.get("test", figures["dev"])


def length_prior(examples: Examples, classes: int) -> Tensor:
    """What the length of each pair alone says of its class in these examples.

    Corpora are collected so that length tells of the label, and each split in another way: in LCQMC's train short pairs
    mostly match and long ones do not. Added to the logits in the loss, and only there, the prior leaves the network
    nothing to learn from length (logit adjustment, Menon et al. 2021).

    Args:
        examples: N encoded pairs with classes.
        classes: C.

    Returns:
        Log probabilities `[N, C]`, float32.
    """
    lengths = torch.tensor([min(len(first) + len(second), LONGEST_PRIOR) for first, second in examples.pairs])
    counts = torch.zeros(LONGEST_PRIOR + 1, classes)
    counts.index_put_((lengths, torch.tensor(examples.labels)), torch.ones(len(lengths)), accumulate=True)
    overall = counts.sum(0) / counts.sum()
    window = torch.nn.functional.avg_pool1d(counts.T, 5, stride=1, padding=2).T * 5
    return ((window + PRIOR_STRENGTH * overall) / (window.sum(1, keepdim=True) + PRIOR_STRENGTH)).log()[lengths]


class PairEncoder:
    """Encodes labelled pairs; a sentence that occurs often is segmented once.

    Args:
        vocabulary: of the training sentences.
        config: says what a position is, and how many are read.
        labels: the data's own labels in class order.
    """

    def __init__(self, vocabulary: Vocabulary, config: ModelConfig, labels: Sequence[str]) -> None:
        self._vocabulary, self._config = vocabulary, config
        self._classes = {label: i for i, label in enumerate(labels)}
        self._seen: dict[str, Encoded] = {}

    def encode(self, pairs: Sequence[Pair], split: str) -> Examples:
        """Encode one split.

        Raises:
            DataError: a label that train lacks, or a class that `split` lacks.
        """
        found = {pair.label for pair in pairs}
        if found != self._classes.keys():
            raise DataError(f"{split}: expected the labels of train {sorted(self._classes)}, got {sorted(found)}")
        return Examples(
            [(self._one(pair.sentence1), self._one(pair.sentence2)) for pair in pairs],
            [self._classes[pair.label] for pair in pairs],
        )

    def _one(self, sentence: str) -> Encoded:
        if sentence not in self._seen:
            self._seen[sentence] = self._vocabulary.encode(sentence, self._config.max_length, self._config.unit)
        return self._seen[sentence]


class _Run:
    """A training run and what it leaves on disk after each epoch."""

    def __init__(
        self, accelerator: Accelerator, model: Network, config: TrainConfig, num_pairs: int, folder: Path
    ) -> None:
        self.config, self.folder, self.history = config, folder, list[Epoch]()
        self._accelerator = accelerator
        self._classes = model.calibration.bias.numel()
        steps = max(1, math.ceil(math.ceil(num_pairs / config.batch_size) / accelerator.num_processes))
        optimizer = torch.optim.Adam(model.parameters(), lr=config.learning_rate)
        self._schedule = LambdaLR(optimizer, lambda step: _rate(step / (steps * config.epochs), config.warmup))
        # Made before `prepare` wraps the network: the average is evaluated in float32, as it will be used.
        self._average = AveragedModel(model, accelerator.device, multi_avg_fn=partial(_average, config.ema_decay))
        self._model, self._optimizer = accelerator.prepare(model, optimizer)
        self._plain: Network = accelerator.unwrap_model(self._model)
        accelerator.register_for_checkpointing(self._schedule, self._average)

    def begin(self, identity: dict[str, Any], resume: bool) -> None:
        """Start afresh, or load the last epoch of an interrupted run of the same `identity`."""
        self._identity = identity
        file = self.folder / "progress.json"
        if not resume:
            if self._accelerator.is_main_process:
                shutil.rmtree(self.folder, ignore_errors=True)
            self._accelerator.wait_for_everyone()
            return
        if not file.is_file():
            raise TextMatchError(f"{file}: missing, so there is no run to resume; leave --resume out to start one")
        progress = json.loads(file.read_text(encoding="utf-8"))
        if progress["identity"] != identity:
            raise TextMatchError(f"{file}: was trained with other data or settings; expected the same to resume")
        self.history = [Epoch(**epoch) for epoch in progress["history"]]
        self._accelerator.load_state(str(self.folder / f"epoch-{len(self.history)}"))

    def epoch(self, number: int, train: Examples, dev: Examples) -> None:
        """One pass over the training pairs, a look at dev, everything saved."""
        start = time.perf_counter()
        loss, accuracy = self._pass(number, train)
        figures = calibrate(self._averaged(), dev, self._accelerator.device)
        seconds = time.perf_counter() - start
        self.history.append(Epoch(number, loss, accuracy, figures.accuracy, figures.auc, seconds))
        self._save(number)
        self._accelerator.print(
            f"epoch {number}/{self.config.epochs}  loss {loss:.4f}  train accuracy {accuracy:.4f}  "
            f"dev accuracy {figures.accuracy:.4f}  dev AUC {figures.auc:.4f}  {seconds:.0f} s"
        )

    def best_model(self) -> Network:
        """The network of the epoch with the highest dev accuracy, as it will be stored (half precision)."""
        model = self._averaged()
        model.load_state_dict(load_file(self.folder / "best.safetensors"))
        for parameter in model.parameters():
            parameter.data = parameter.data.half().float()
        return model.eval()

    def _pass(self, number: int, train: Examples) -> tuple[float, float]:
        order = torch.Generator().manual_seed(self.config.seed * 1_000_003 + number)
        batches = shuffled(train.pairs, self.config.batch_size, order)
        processes = self._accelerator.num_processes
        even = (batches * processes)[: math.ceil(len(batches) / processes) * processes]  # they wait for each other
        mine = even[self._accelerator.process_index :: processes]
        self._model.train()
        device = self._accelerator.device
        prior = length_prior(train, self._classes) if self.config.length_prior else None
        totals = torch.zeros(3, dtype=torch.float64)
        bar = tqdm(mine, desc=f"epoch {number}", unit="batch", disable=not self._accelerator.is_main_process)
        for chosen in bar:
            pairs = stack_pairs([train.pairs[i] for i in chosen]).to(device)
            labels = torch.tensor([train.labels[i] for i in chosen]).to(device)
            output = self._model(hide_tokens(pairs, self.config.token_dropout))
            loss = self._loss(output, labels, 0.0 if prior is None else prior[chosen].to(device))
            self._optimizer.zero_grad()
            self._accelerator.backward(loss)
            self._accelerator.clip_grad_norm_(self._model.parameters(), self.config.max_grad_norm)
            self._optimizer.step()
            self._schedule.step()
            self._average.update_parameters(self._plain)
            right = (output.logits.argmax(-1) == labels).sum()
            totals += torch.tensor([float(loss.detach()) * len(chosen), float(right), len(chosen)])
            bar.set_postfix(loss=f"{totals[0] / totals[2]:.4f}", accuracy=f"{totals[1] / totals[2]:.4f}", refresh=False)
        loss_sum, correct, seen = self._accelerator.reduce(totals.float().to(device)).tolist()
        return loss_sum / seen, correct / seen

    def _loss(self, output: MatchOutput, labels: Tensor, prior: Tensor | float) -> Tensor:
        loss = cross_entropy(output.logits + prior, labels)
        if output.similarity_logits is not output.logits:
            loss = loss + self.config.similarity_weight * cross_entropy(output.similarity_logits + prior, labels)
        return loss

    def _averaged(self) -> Network:
        """The averaged network, which is the one that is evaluated and kept."""
        return cast(Network, self._average.module).eval()

    def _save(self, number: int) -> None:
        """Everything the next epoch needs; a kill at any point leaves the last epoch's state whole."""
        state = self.folder / f"epoch-{number}"
        self._accelerator.save_state(str(state))
        if self._accelerator.is_main_process:
            best = max(self.history, key=lambda epoch: epoch.dev_accuracy)
            if best.epoch == number:
                _replace(self.folder / "best.safetensors", lambda file: save_file(self._averaged().state_dict(), file))
            progress = {"identity": self._identity, "history": [asdict(epoch) for epoch in self.history]}
            _replace(
                self.folder / "progress.json", lambda file: file.write_text(json.dumps(progress), encoding="utf-8")
            )
            shutil.rmtree(self.folder / f"epoch-{number - 1}", ignore_errors=True)
        self._accelerator.wait_for_everyone()


@torch.inference_mode()
def predict(model: Network, pairs: Sequence[EncodedPair], device: torch.device) -> MatchOutput:
    """Score encoded pairs, in their order, on the CPU again.

    Args:
        model: a network on `device`.
        pairs: N encoded pairs, at least one.
        device: where the network is.

    Returns:
        Output of N rows.
    """
    model.eval()
    order = by_length(pairs, EVALUATION_BATCH)
    outputs = [model(stack_pairs([pairs[i] for i in batch]).to(device)) for batch in order]
    back = torch.tensor([i for batch in order for i in batch]).argsort()
    return MatchOutput(*(torch.cat(parts).cpu()[back] for parts in zip(*outputs, strict=True)))


def calibrate(model: Network, dev: Examples, device: torch.device) -> metrics.Metrics:
    """Fit the network's calibration on pairs that it was not trained on; the figures are those after it."""
    output = predict(model, dev.pairs, device)
    temperature, bias = metrics.fit_calibration(output.logits, torch.tensor(dev.labels))
    model.calibration.temperature.fill_(temperature)
    model.calibration.bias.copy_(torch.tensor(bias))
    return _figures(model, output, dev, device)


def evaluate(model: Network, examples: Examples, device: torch.device) -> metrics.Metrics:
    """Figures of a calibrated network on encoded, labelled pairs."""
    return _figures(model, predict(model, examples.pairs, device), examples, device)


def _figures(model: Network, output: MatchOutput, examples: Examples, device: torch.device) -> metrics.Metrics:
    probabilities = model.calibration(output.logits.to(device)).cpu()
    return metrics.evaluate(probabilities, output.similarity, torch.tensor(examples.labels))


def _accelerator(device: str | None, precision: str | None) -> Accelerator:
    best = torch.device(device) if device else best_device()
    precision = precision or ("bf16" if _multiplies_bf16_fast(best) else "no")
    AcceleratorState._reset_state(reset_partial_state=True)  # a run before this one may have had another device
    accelerator = Accelerator(cpu=best.type == "cpu", mixed_precision=precision)
    if accelerator.device.type != best.type:
        raise TextMatchError(f"device {device}: not on this machine, whose best is {best_device().type}")
    return accelerator


def _multiplies_bf16_fast(device: torch.device) -> bool:
    if device.type == "cpu":
        return bool(torch.cpu._is_amx_tile_supported())
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return device.type == "xpu"


def _rate(progress: float, warmup: float) -> float:
    """Share of the peak learning rate at `progress` (0 to 1) through the run."""
    if warmup < 0:
        return 1.0
    if progress < warmup:
        return max(progress / warmup, 0.01)
    return 0.5 * (1 + math.cos(math.pi * min(1.0, (progress - warmup) / (1 - warmup))))


@torch.no_grad()
def _average(decay: float, averaged: Sequence[Tensor], current: Sequence[Tensor], updates: Tensor) -> None:
    """Move the average towards the current weights, faster at first, so that it does not remember the random start."""
    torch._foreach_lerp_(list(averaged), list(current), 1 - min(decay, float((1 + updates) / (10 + updates))))


def _shown(names: tuple[str, ...]) -> tuple[str, ...]:
    """Class names for people: the data's own, but Not Matched and Matched for 0 and 1."""
    return ModelConfig().labels if names == ("0", "1") else names


def _replace(file: Path, write: Any) -> None:
    fresh = file.with_name(f".{file.name}.new")
    write(fresh)
    fresh.replace(file)


def _record(
    run: _Run,
    best: Network,
    figures: dict[str, metrics.Metrics],
    splits: Splits,
    accelerator: Accelerator,
    command: str,
) -> dict[str, Any]:
    """What ``metrics.json`` says: figures, and all that it takes to get them again."""
    return {
        **{split: asdict(values) for split, values in figures.items()},
        "parameters": sum(parameter.numel() for parameter in best.parameters()),
        "training": asdict(run.config),
        "history": [asdict(epoch) for epoch in run.history],
        "command": command,
        "corpus": splits.corpus,
        "data_sha256": splits.sources,
        "device": accelerator.device.type,
        "precision": accelerator.mixed_precision,
        "processes": accelerator.num_processes,
        "threads": torch.get_num_threads(),
        "versions": {"python": platform.python_version(), "torch": torch.__version__},
        "date": time.strftime("%Y-%m-%d"),
    }
