"""Train a network on labelled pairs: read from top to bottom.

files → labelled pairs → vocabulary (from train alone) → batches → network → loss → best epoch on dev → calibrated on
dev → tested once → checkpoint folder
"""

from __future__ import annotations

import copy
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
from torch.optim.swa_utils import AveragedModel
from tqdm import tqdm

from textmatch import card, checkpoint, metrics
from textmatch.augment import hard_pairs, inferred_pairs
from textmatch.batching import EncodedPair, by_length, shuffled, stack_pairs
from textmatch.config import ModelConfig, TrainConfig
from textmatch.data import Pair, Splits, label_names
from textmatch.errors import DataError, TextMatchError
from textmatch.evaluation import report, table
from textmatch.frames import framed_pairs
from textmatch.matcher import TextMatcher, best_device
from textmatch.models import MatchOutput, Network, build, hide_tokens
from textmatch.text import Encoded, Vocabulary

EVALUATION_BATCH = 512
CONTRAST = 0.05  # temperature of the contrastive loss
LONGEST_PRIOR, PRIOR_STRENGTH = 100, 100  # characters of a pair counted apart; pairs that the overall shares weigh


class Examples(NamedTuple):
    """Labelled pairs as ids: N encoded pairs, their classes, and what their lengths alone say of these.

    Attributes:
        pairs: the encoded pairs.
        labels: their classes.
        prior: log probabilities of the classes given the lengths, `[N, C]` (`length_prior`), or zeros.
    """

    pairs: list[EncodedPair]
    labels: list[int]
    prior: Tensor


class Scores(NamedTuple):
    """What a network says of N pairs: logits `[N, C]` and cosines `[N]`, float32, on the CPU."""

    logits: Tensor
    similarity: Tensor


class Source(NamedTuple):
    """Examples to train on, and the share of them that an epoch draws; 1.5 is all of them, and half of them again."""

    examples: Examples
    share: float = 1.0


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
    also: Sequence[Splits] = (),
    init: Sequence[Path] = (),
    device: str | None = None,
    precision: str | None = None,
    resume: bool = False,
    command: str = "",
) -> None:
    """Train, keep the epoch that is best on dev, calibrate, test once, write the checkpoint folder.

    After every epoch everything that the next one needs is written beside `output`, in ``<output>.training``; with
    `resume` an interrupted run goes on from there to the result that it would have had.

    Args:
        splits: train, dev and perhaps test pairs of the corpus that decides: the best epoch, the calibration.
        model_config: the network; its labels are replaced by the data's, and its sizes by those of `init`.
        train_config: how to train.
        output: the checkpoint folder to write.
        also: further corpora with the same labels, learned beside it.
        init: checkpoints to start from, of one vocabulary and (but for dropout) one configuration: their vocabulary,
            and the mean of their weights (Wortsman et al. 2022) where it fits; with 0 epochs that is what is written.
        device: ``cpu``, ``cuda``, ``mps`` or ``xpu``; None takes the best there is.
        precision: ``no`` or ``bf16``; None takes bf16 where the hardware multiplies it fast.
        resume: go on with an interrupted run of the same data and configuration.
        command: the command line, for the record.

    Raises:
        DataError: the data cannot be trained on.
        CheckpointError: `output` is there and is no checkpoint.
        TextMatchError: the device is not there, there is nothing that fits to resume, or nothing to start from.
    """
    if not (train_config.epochs or init):
        raise TextMatchError("epochs: expected at least 1 where there is no checkpoint to start from, got 0")
    checkpoint.refuse_foreign(output)
    accelerator = accelerator_for(device, precision)
    set_seed(train_config.seed)
    names = label_names(splits.train)
    model_config = replace(model_config, labels=_shown(names))
    for corpus in (splits, *also):
        _check_labels(corpus, names)
    if init:
        start = _mean(init)
        kept = ("labels", "max_length", "dropout", "symmetric")
        model_config = replace(start.config, **{name: getattr(model_config, name) for name in kept})
        vocabulary, origin = start.vocabulary, start.metrics
    else:
        origin = None
        vocabulary = Vocabulary.build(
            (sentence for corpus in (splits, *also) for pair in corpus.train for sentence in pair[:2]),
            train_config.min_characters,
            train_config.min_words,
        )
    encoder = PairEncoder(vocabulary, model_config, names, train_config.length_prior)
    sources = _sources(encoder, splits, also, train_config) if train_config.epochs else []
    dev = encoder.encode(splits.dev)

    model = build(model_config, len(vocabulary.characters), len(vocabulary.words))
    if init:
        _take_over(start.model, model)
    run = _Run(accelerator, model, train_config, sources, output.with_name(f"{output.name}.training"))
    files = {f"{corpus.corpus}/{name}": digest for corpus in (splits, *also) for name, digest in corpus.sources.items()}
    identity = {"model": asdict(model_config), "train": asdict(train_config), "sources": files, "init": origin}
    run.begin(json.loads(json.dumps(identity)), resume)
    for number in range(len(run.history) + 1, train_config.epochs + 1):
        run.epoch(number, dev)

    best = run.best_model()
    calibrate(best, dev, accelerator.device)
    if accelerator.is_main_process:
        figures = report(TextMatcher(model_config, vocabulary, best), splits)
        others = {corpus.corpus: _judge(best, encoder, corpus, accelerator.device) for corpus in also}
        facts = {"corpus": splits.corpus, "corpora": others, "data_sha256": files, "command": command, "init": origin}
        record = figures | facts | _record(run, best, accelerator)
        checkpoint.save(
            output,
            checkpoint.Checkpoint(model_config, vocabulary, best, record),
            card.text(output.name, model_config, record),
            card.pictures(record),
        )
        print(table(record))
    accelerator.wait_for_everyone()


def _sources(encoder: PairEncoder, splits: Splits, also: Sequence[Splits], config: TrainConfig) -> list[Source]:
    """All that an epoch draws from: the corpora, and what is made of them."""
    corpora = (splits, *also)
    sources = [
        Source(encoder.encode(corpus.train), _passes(corpus, splits, config.sampling_temperature)) for corpus in corpora
    ]
    if label_names(splits.train) == ("0", "1"):
        given = [pair for corpus in corpora for pair in corpus.train]
        sources += [Source(encoder.encode(pairs), share) for pairs, share in _made(splits, given, config) if pairs]
    return sources


def _passes(corpus: Splits, main: Splits, temperature: float) -> float:
    """How often an epoch passes a corpus: by temperature (Devlin et al. 2019), and never for more pairs than `main`."""
    share = len(corpus.train) / len(main.train)
    return float(min(share ** (1 / temperature - 1), 1 / share))


def _made(splits: Splits, given: Sequence[Pair], config: TrainConfig) -> list[tuple[list[Pair], float]]:
    """Pairs made for training, and the share of them that an epoch draws."""
    all_epochs = config.epochs * len(splits.train)
    return [
        (hard_pairs(given, config.hard_pairs * all_epochs / len(given), config.seed), 1 / config.epochs),
        (framed_pairs(round(config.framed_pairs * all_epochs), config.seed), 1 / config.epochs),
        (inferred_pairs(splits.train) if config.inferred_pairs else [], config.inferred_pairs),
    ]


def _check_labels(corpus: Splits, names: Sequence[str]) -> None:
    for split in ("train", "dev", "test"):
        pairs: list[Pair] | None = getattr(corpus, split)
        found = {pair.label for pair in pairs or ()}
        if pairs is not None and found != set(names):
            raise DataError(f"{corpus.corpus}, {split}: expected the labels {sorted(names)}, got {sorted(found)}")


def length_prior(pairs: Sequence[EncodedPair], labels: Sequence[int], classes: int) -> Tensor:
    """What the length of each pair alone says of its class in these examples.

    Corpora are collected so that length tells of the label, and each split in another way: in LCQMC's train short pairs
    mostly match and long ones do not. Added to the logits in the loss, and only there, the prior leaves the network
    nothing to learn from length (logit adjustment, Menon et al. 2021).

    Args:
        pairs: N encoded pairs of one corpus.
        labels: their classes.
        classes: C.

    Returns:
        Log probabilities `[N, C]`, float32.
    """
    lengths = torch.tensor([min(len(first) + len(second), LONGEST_PRIOR) for first, second in pairs])
    counts = torch.zeros(LONGEST_PRIOR + 1, classes)
    counts.index_put_((lengths, torch.tensor(labels)), torch.ones(len(lengths)), accumulate=True)
    overall = counts.sum(0) / counts.sum()
    window = torch.nn.functional.avg_pool1d(counts.T, 5, stride=1, padding=2).T * 5
    return ((window + PRIOR_STRENGTH * overall) / (window.sum(1, keepdim=True) + PRIOR_STRENGTH)).log()[lengths]


class PairEncoder:
    """Encodes labelled pairs; a sentence that occurs often is segmented once.

    Args:
        vocabulary: of the training sentences.
        config: says what a position is, and how many are read.
        labels: the data's own labels in class order.
        with_prior: whether examples carry what their lengths say of their classes.
    """

    def __init__(
        self, vocabulary: Vocabulary, config: ModelConfig, labels: Sequence[str], with_prior: bool = False
    ) -> None:
        self._vocabulary, self._config, self._with_prior = vocabulary, config, with_prior
        self._classes = {label: i for i, label in enumerate(labels)}
        self._seen: dict[str, Encoded] = {}

    def encode(self, pairs: Sequence[Pair]) -> Examples:
        """Encode labelled pairs."""
        encoded = [(self._one(pair.sentence1), self._one(pair.sentence2)) for pair in pairs]
        labels, classes = [self._classes[pair.label] for pair in pairs], len(self._classes)
        prior = length_prior(encoded, labels, classes) if self._with_prior else torch.zeros(len(labels), classes)
        return Examples(encoded, labels, prior)

    def _one(self, sentence: str) -> Encoded:
        if sentence not in self._seen:
            self._seen[sentence] = self._vocabulary.encode(sentence, self._config.max_length, self._config.unit)
        return self._seen[sentence]


class _Run:
    """A training run and what it leaves on disk after each epoch."""

    def __init__(
        self,
        accelerator: Accelerator,
        model: Network,
        config: TrainConfig,
        sources: Sequence[Source],
        folder: Path,
    ) -> None:
        self.config, self.folder, self.history = config, folder, list[Epoch]()
        self._accelerator, self._sources = accelerator, sources
        optimizer = torch.optim.Adam(model.parameters(), lr=config.learning_rate, fused=True)
        # Made before `prepare` wraps the network: the average is evaluated in float32, as it will be used.
        self._average = AveragedModel(model, accelerator.device, multi_avg_fn=partial(_average, config.ema_decay))
        self._model, self._optimizer = accelerator.prepare(model, optimizer)
        self._plain: Network = accelerator.unwrap_model(self._model)
        accelerator.register_for_checkpointing(self._average)

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

    def epoch(self, number: int, dev: Examples) -> None:
        """One pass over the training pairs, a look at dev, everything saved."""
        start = time.perf_counter()
        loss, accuracy = self._pass(number)
        figures = calibrate(self._averaged(), dev, self._accelerator.device)
        seconds = time.perf_counter() - start
        self.history.append(Epoch(number, loss, accuracy, figures.accuracy, figures.auc, seconds))
        self._save(number)
        self._accelerator.print(
            f"epoch {number}/{self.config.epochs}  loss {loss:.4f}  train accuracy {accuracy:.4f}  "
            f"dev accuracy {figures.accuracy:.4f}  dev AUC {figures.auc:.4f}  {seconds:.0f} s"
        )

    def best_model(self) -> Network:
        """The network of the epoch with the highest dev accuracy, or the start, in a checkpoint's half precision."""
        model = self._averaged()
        if self.history:
            model.load_state_dict(load_file(self.folder / "best.safetensors"))
        for parameter in model.parameters():
            parameter.data = parameter.data.half().float()
        return model.eval()

    def _pass(self, number: int) -> tuple[float, float]:
        order = torch.Generator().manual_seed(self.config.seed * 1_000_003 + number)
        train = _draw(self._sources, order)
        batches = shuffled(train.pairs, self.config.batch_size, order)
        processes = self._accelerator.num_processes
        even = (batches * processes)[: math.ceil(len(batches) / processes) * processes]  # they wait for each other
        mine = even[self._accelerator.process_index :: processes]
        self._model.train()
        device = self._accelerator.device
        totals = torch.zeros(3, dtype=torch.float64)
        bar = tqdm(mine, desc=f"epoch {number}", unit="batch", disable=not self._accelerator.is_main_process)
        for step, chosen in enumerate(bar):
            # By the share of the run that is done, and not by steps: a run may go on with more processes.
            progress = (number - 1 + step / len(mine)) / self.config.epochs
            for group in self._optimizer.param_groups:
                group["lr"] = self.config.learning_rate * _rate(progress, self.config.warmup)
            pairs = stack_pairs([train.pairs[i] for i in chosen]).to(device)
            labels = torch.tensor([train.labels[i] for i in chosen]).to(device)
            output = self._model(hide_tokens(pairs, self.config.token_dropout))
            loss = self._loss(output, labels, train.prior[chosen].to(device))
            self._optimizer.zero_grad()
            self._accelerator.backward(loss)
            self._accelerator.clip_grad_norm_(self._model.parameters(), self.config.max_grad_norm)
            self._optimizer.step()
            self._average.update_parameters(self._plain)
            right = (output.logits.argmax(-1) == labels).sum()
            totals += torch.tensor([float(loss.detach()) * len(chosen), float(right), len(chosen)])
            bar.set_postfix(loss=f"{totals[0] / totals[2]:.4f}", accuracy=f"{totals[1] / totals[2]:.4f}", refresh=False)
        loss_sum, correct, seen = self._accelerator.reduce(totals.float().to(device)).tolist()
        return loss_sum / seen, correct / seen

    def _loss(self, output: MatchOutput, labels: Tensor, prior: Tensor) -> Tensor:
        loss = cross_entropy(output.logits + prior, labels)
        if output.similarity_logits is not output.logits:
            # The embeddings learn from the verdict too: it says how sure to be, where the label says yes or no.
            similarity = output.similarity_logits + prior
            verdict = torch.softmax((output.logits + prior).detach(), dim=-1)
            both = 0.5 * cross_entropy(similarity, labels) + 0.5 * cross_entropy(similarity, verdict)
            loss = loss + self.config.similarity_weight * both
            if self.config.contrastive_weight and output.logits.shape[1] == 2:
                loss = loss + self.config.contrastive_weight * contrastive_loss(output.embeddings, labels)
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


def contrastive_loss(embeddings: Tensor, labels: Tensor) -> Tensor:
    """How far each sentence is from knowing its match among all the second sentences of a batch, and the other way.

    With it a sentence embedding serves search, where one question meets thousands, and not a pair alone (multiple
    negatives ranking, Henderson et al. 2017; InfoNCE). What all but equals the match is left out of the crowd.

    Args:
        embeddings: of B first sentences, then their second ones, `[2B, D]`.
        labels: `[B]`; 1 is a match, 0 is not and only adds to the others' crowd.

    Returns:
        The mean over the matches, a scalar; 0 without one.
    """
    first, second = torch.nn.functional.normalize(embeddings.float(), dim=-1).chunk(2)
    matches = labels.nonzero().flatten()
    if not len(matches):
        return embeddings.sum() * 0.0
    loss = torch.zeros((), device=embeddings.device)
    for own, other in ((first, second), (second, first)):
        crowd = (other[matches] @ other.T).detach() > 0.99
        crowd[torch.arange(len(matches)), matches] = False
        scores = (own[matches] @ other.T / CONTRAST).masked_fill(crowd, -torch.inf)
        loss = loss + 0.5 * cross_entropy(scores, matches)
    return loss


def _draw(sources: Sequence[Source], generator: torch.Generator) -> Examples:
    """One epoch's examples: of each source its share, at random."""
    pairs, labels, priors = list[EncodedPair](), list[int](), list[Tensor]()
    for examples, share in sources:
        count = len(examples.labels)
        whole, part = divmod(round(share * count), max(count, 1))
        chosen = torch.cat([torch.arange(count).repeat(whole), torch.randperm(count, generator=generator)[:part]])
        pairs += [examples.pairs[i] for i in chosen.tolist()]
        labels += [examples.labels[i] for i in chosen.tolist()]
        priors.append(examples.prior[chosen])
    return Examples(pairs, labels, torch.cat(priors))


def _mean(folders: Sequence[Path]) -> checkpoint.Checkpoint:
    """The checkpoint whose weights are the mean of those in `folders`; its figures say what they were made from."""
    starts = [checkpoint.load(folder, torch.device("cpu")) for folder in folders]
    first, weights = starts[0], [start.model.state_dict() for start in starts]
    for folder, start in zip(folders, starts, strict=True):
        same = replace(start.config, dropout=first.config.dropout) == first.config
        if not same or start.vocabulary.to_dict() != first.vocabulary.to_dict():
            raise TextMatchError(f"{folder}: expected the configuration and vocabulary of {folders[0]}, to take a mean")
    first.model.load_state_dict({name: torch.stack([one[name] for one in weights]).mean(0) for name in weights[0]})
    origins = [_origin(start.metrics) for start in starts]
    return first._replace(metrics={"mean_of": origins} if len(origins) > 1 else origins[0])


def _origin(record: dict[str, Any]) -> dict[str, Any]:
    """What the record of a run says of the checkpoint that it started from."""
    told = ("sentences", "files", "command", "corpus", "corpora", "init", "history")
    origin = {name: record[name] for name in told if name in record}
    return origin | {"corpora": list(origin["corpora"])} if "corpora" in origin else origin


def _take_over(start: Network, model: Network) -> None:
    """Copy the weights that fit; the calibration belongs to what was calibrated."""
    own = model.state_dict()
    fitting = {
        name: tensor
        for name, tensor in start.state_dict().items()
        if name in own and own[name].shape == tensor.shape and not name.startswith("calibration.")
    }
    model.load_state_dict(own | fitting)


@torch.inference_mode()
def predict(model: Network, pairs: Sequence[EncodedPair], device: torch.device) -> Scores:
    """Score encoded pairs, in their order.

    Args:
        model: a network on `device`.
        pairs: N encoded pairs, at least one.
        device: where the network is.

    Returns:
        Scores of N rows.
    """
    model.eval()
    order = by_length(pairs, EVALUATION_BATCH)
    outputs: list[MatchOutput] = [model(stack_pairs([pairs[i] for i in batch]).to(device)) for batch in order]
    back = torch.tensor([i for batch in order for i in batch]).argsort()
    return Scores(
        torch.cat([output.logits for output in outputs]).cpu()[back],
        torch.cat([output.similarity for output in outputs]).cpu()[back],
    )


def calibrate(model: Network, dev: Examples, device: torch.device) -> metrics.Metrics:
    """Fit the network's calibration on pairs that it was not trained on; the figures are those after it."""
    output = predict(model, dev.pairs, device)
    temperature, bias = metrics.fit_calibration(output.logits, torch.tensor(dev.labels))
    model.calibration.temperature.fill_(temperature)
    model.calibration.bias.copy_(torch.tensor(bias))
    return _figures(model, output, dev, device)


def _judge(model: Network, encoder: PairEncoder, corpus: Splits, device: torch.device) -> dict[str, Any]:
    """Figures of `model` on another corpus, on its test split or else its dev, calibrated apart on its own dev."""
    dev = encoder.encode(corpus.dev)
    apart = copy.deepcopy(model)
    figures = calibrate(apart, dev, device)
    if corpus.test:
        figures = evaluate(apart, encoder.encode(corpus.test), device)
    return {"split": "test" if corpus.test else "dev", **asdict(figures)}


def evaluate(model: Network, examples: Examples, device: torch.device) -> metrics.Metrics:
    """Figures of a calibrated network on encoded, labelled pairs."""
    return _figures(model, predict(model, examples.pairs, device), examples, device)


def _figures(model: Network, output: Scores, examples: Examples, device: torch.device) -> metrics.Metrics:
    probabilities = model.calibration(output.logits.to(device)).cpu()
    return metrics.evaluate(probabilities, output.similarity, torch.tensor(examples.labels))


def accelerator_for(device: str | None, precision: str | None) -> Accelerator:
    """Device and precision of a run; None takes the best device there is, and bf16 where it is fast at that."""
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


def _record(run: _Run, best: Network, accelerator: Accelerator) -> dict[str, Any]:
    """How the network came about, for ``metrics.json``."""
    return {
        "parameters": sum(parameter.numel() for parameter in best.parameters()),
        "training": asdict(run.config),
        "history": [asdict(epoch) for epoch in run.history],
        "device": accelerator.device.type,
        "precision": accelerator.mixed_precision,
        "processes": accelerator.num_processes,
        "threads": torch.get_num_threads(),
        "versions": {"python": platform.python_version(), "torch": torch.__version__},
        "date": time.strftime("%Y-%m-%d"),
    }
