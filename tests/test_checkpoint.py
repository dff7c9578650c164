"""textmatch.checkpoint: what is saved is loaded again, old formats too, and errors name the file at fault."""

import errno
import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from textmatch import TextMatcher, checkpoint
from textmatch.checkpoint import CARD, CONFIG, FORMAT, MATCHES, METRICS, VOCABULARY, WEIGHTS, Checkpoint
from textmatch.config import Arch, ModelConfig
from textmatch.errors import CheckpointError
from textmatch.models import build
from textmatch.text import Vocabulary

ROOT = Path(__file__).parents[1]
CPU = torch.device("cpu")
SENTENCES = ("我家的猫喜欢晒太阳", "这只猫很喜欢晒太阳", "明天下午3点开会", "后天上午开会吗")
PAIRS = [(one, two) for one in SENTENCES for two in SENTENCES]


def fresh(
    seed: int = 1, arch: Arch = "interaction", labels: tuple[str, ...] = ("Not Matched", "Matched")
) -> Checkpoint:
    torch.manual_seed(seed)
    config = ModelConfig(arch=arch, labels=labels, character_dim=4, word_dim=4, hidden_size=4, embedding_dim=4)
    vocabulary = Vocabulary.build(SENTENCES, 1, 1)
    model = build(config, vocabulary.num_characters, len(vocabulary.words)).eval()
    model.calibration.temperature.fill_(1.2345678)
    model.calibration.bias.copy_(torch.linspace(-0.1234567, 0.1234567, len(labels)))
    return Checkpoint(config, vocabulary, model, {"dev": {"accuracy": 0.5}, "数据": "自己写的"})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    checkpoint.save(tmp_path / "small", fresh(), "# small\n")
    return tmp_path / "small"


def edit(file: Path, change: Callable[[dict[str, Any]], object]) -> None:
    values = json.loads(file.read_text(encoding="utf-8"))
    change(values)
    file.write_text(json.dumps(values), encoding="utf-8")


def without_hashes(folder: Path, file_format: int = 2) -> None:
    """Make a checkpoint one of an older format, which finds damage only where something does not fit."""

    def change(values: dict[str, Any]) -> None:
        values.pop("sha256", None)
        values["format"] = file_format

    edit(folder / CONFIG, change)


def refused(folder: Path, file: str) -> str:
    """The complaint about `folder`, which must name `file` with its whole path."""
    with pytest.raises(CheckpointError) as caught:
        checkpoint.load(folder, CPU)
    message = str(caught.value)
    assert str(folder / file) in message
    assert "\n" not in message.strip()
    return message


# There and back


@pytest.mark.parametrize("arch", ["interaction", "siamese"])
@pytest.mark.parametrize("labels", [("Not Matched", "Matched"), ("蕴含", "中立", "矛盾")])
def test_everything_comes_back(tmp_path: Path, arch: Arch, labels: tuple[str, ...]) -> None:
    saved = fresh(arch=arch, labels=labels)
    checkpoint.save(tmp_path / "a" / "b", saved, "# b\n", {"curve.png": b"\x89PNG"})
    loaded = checkpoint.load(tmp_path / "a" / "b", CPU)
    assert loaded.config == saved.config
    assert loaded.metrics == saved.metrics
    assert loaded.vocabulary.to_dict() == saved.vocabulary.to_dict()
    assert not loaded.model.training
    before, after = saved.model.state_dict(), loaded.model.state_dict()
    assert before.keys() == after.keys()
    for name, tensor in before.items():
        exact = name.startswith("calibration.")
        assert torch.equal(after[name], tensor if exact else tensor.half().float()), name
    assert (tmp_path / "a" / "b" / CARD).read_text(encoding="utf-8") == "# b\n"
    assert (tmp_path / "a" / "b" / "curve.png").read_bytes() == b"\x89PNG"


def test_predictions_survive_within_half_precision_and_then_exactly(tmp_path: Path) -> None:
    saved = fresh()
    checkpoint.save(tmp_path / "one", saved, "")
    once = TextMatcher.from_pretrained(tmp_path / "one", "cpu")
    original = TextMatcher(saved.config, saved.vocabulary, saved.model).predict(PAIRS)
    for before, after in zip(original, once.predict(PAIRS), strict=True):
        assert after.probabilities == pytest.approx(dict(before.probabilities), abs=2e-3)
        assert after.similarity == pytest.approx(before.similarity, abs=2e-3)
    checkpoint.save(tmp_path / "two", checkpoint.load(tmp_path / "one", CPU), "")
    assert TextMatcher.from_pretrained(tmp_path / "two", "cpu").predict(PAIRS) == once.predict(PAIRS)
    assert (tmp_path / "one" / WEIGHTS).read_bytes() == (tmp_path / "two" / WEIGHTS).read_bytes()


@pytest.mark.slow
def test_a_fresh_process_predicts_the_same_from_the_folder_alone(folder: Path) -> None:
    script = (
        "import sys, json; from textmatch import TextMatcher; m = TextMatcher.from_pretrained(sys.argv[1], 'cpu');"
        "print(json.dumps([[p.similarity, *p.probabilities.values()] for p in m.predict(json.loads(sys.argv[2]))]))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script, folder, json.dumps(PAIRS)],
        cwd=ROOT, env=os.environ | {"OMP_NUM_THREADS": str(torch.get_num_threads())},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    here = TextMatcher.from_pretrained(folder, "cpu").predict(PAIRS)
    assert json.loads(done.stdout) == [[p.similarity, *p.probabilities.values()] for p in here]


def test_the_folder_holds_the_five_files_alone(folder: Path) -> None:
    assert {file.name for file in folder.iterdir()} == {CONFIG, VOCABULARY, METRICS, CARD, WEIGHTS}
    assert json.loads((folder / CONFIG).read_text(encoding="utf-8"))["format"] == FORMAT
    assert "猫" in (folder / VOCABULARY).read_text(encoding="utf-8")  # readable, not \u escapes
    kinds = {name.startswith("calibration."): tensor.dtype for name, tensor in load_file(folder / WEIGHTS).items()}
    assert kinds == {True: torch.float32, False: torch.float16}


def test_every_file_can_be_read_by_whoever_can_read_the_others(folder: Path) -> None:
    assert len({stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}) == 1


# Format 1


@pytest.mark.parametrize("arch", ["interaction", "siamese", "overlap"])
def test_a_checkpoint_of_format_1_is_loaded_and_saved_in_the_current_one(tmp_path: Path, arch: Arch) -> None:
    checkpoint.save(tmp_path / "new", fresh(arch=arch), "")
    checkpoint.save(tmp_path / "old", fresh(arch=arch), "")
    without_hashes(tmp_path / "old", 1)
    today = {
        "forward_lstm": "ahead",
        "backward_lstm": "back",
        "exact_match_projection": "found",
        "sentence_projection": "sentence",
    }
    weights = load_file(tmp_path / "old" / WEIGHTS)
    old_names = {name: ".".join(today.get(part, part) for part in name.split(".")) for name in weights}
    save_file({old_names[name]: tensor for name, tensor in weights.items()}, tmp_path / "old" / WEIGHTS)
    assert arch == "overlap" or set(old_names.values()) != set(weights)
    if arch == "interaction":
        assert {"encoder.ahead.0.bias_hh_l0", "composer.back.0.weight_ih_l0", "found.weight"} < set(old_names.values())

    old, new = (checkpoint.load(tmp_path / name, CPU) for name in ("old", "new"))
    assert old.model.state_dict().keys() == new.model.state_dict().keys()
    assert all(torch.equal(tensor, new.model.state_dict()[name]) for name, tensor in old.model.state_dict().items())
    checkpoint.save(tmp_path / "again", old, "")
    assert (tmp_path / "again" / WEIGHTS).read_bytes() == (tmp_path / "new" / WEIGHTS).read_bytes()


@pytest.mark.parametrize("name", ["default", "siamese", "overlap"])
def test_the_committed_checkpoints_are_loaded(name: str) -> None:
    loaded = checkpoint.load(ROOT / "checkpoints" / name, CPU)
    assert loaded.metrics["dev"]["accuracy"] > 0.5


def test_a_checkpoint_of_format_3_does_without_the_new_kinds_of_matches(tmp_path: Path) -> None:
    checkpoint.save(tmp_path / "old", fresh(), "")
    without_hashes(tmp_path / "old")
    edit(tmp_path / "old" / CONFIG, lambda values: values.update(format=2, model=values["model"] | {"knowledge": True}))
    weights = load_file(tmp_path / "old" / WEIGHTS)
    columns = weights[MATCHES]
    save_file(weights | {MATCHES: columns[:, :8].contiguous()}, tmp_path / "old" / WEIGHTS)
    loaded = checkpoint.load(tmp_path / "old", CPU).model.state_dict()[MATCHES]
    assert torch.equal(loaded[:, :8], columns[:, :8].float())
    assert not loaded[:, 8:].any()
    assert loaded.shape == columns.shape


def test_names_of_format_1_are_not_taken_for_those_of_format_2(folder: Path) -> None:
    without_hashes(folder)
    weights = load_file(folder / WEIGHTS)
    weights["found.weight"] = weights.pop("exact_match_projection.weight")
    save_file(weights, folder / WEIGHTS)
    assert "exact_match_projection.weight" in refused(folder, WEIGHTS)


# Replacing a folder, and crashes


def test_saving_replaces_the_checkpoint_and_keeps_the_users_own_files(folder: Path) -> None:
    (folder / "notes.txt").write_text("mine")
    (folder / "more" / "deep").mkdir(parents=True)
    (folder / "more" / "deep" / "a").write_text("too")
    (folder / "link").symlink_to("notes.txt")
    checkpoint.save(folder, fresh(seed=2), "# new\n")
    checkpoint.load(folder, CPU)
    assert (folder / "link").is_symlink()
    assert (folder / "link").read_text() == "mine"
    assert (folder / "more" / "deep" / "a").read_text() == "too"
    assert (folder / CARD).read_text(encoding="utf-8") == "# new\n"
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


@pytest.mark.parametrize("error", [OSError("the disk is full"), KeyboardInterrupt()])
def test_a_crash_while_saving_leaves_the_old_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    before = {file.name: file.read_bytes() for file in folder.iterdir()}

    def fail(*_: object, **__: object) -> None:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(checkpoint, "weights_to_bytes", fail)
        with pytest.raises(CheckpointError if isinstance(error, OSError) else KeyboardInterrupt):
            checkpoint.save(folder, fresh(seed=2), "# new\n")
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before
    checkpoint.load(folder, CPU)
    checkpoint.save(folder, fresh(seed=2), "# new\n")  # although the crash left a folder behind
    assert (folder / CARD).read_text(encoding="utf-8") == "# new\n"
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def obey_modes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing be deleted from a folder that is read-only, whoever runs the tests: root may delete everything."""
    for name in ("unlink", "rmdir"):
        delete = getattr(os, name)

        def obeying(path: Any, *, dir_fd: int | None = None, delete: Callable[..., None] = delete) -> None:
            folder = Path(path).parent.stat() if dir_fd is None else os.fstat(dir_fd)
            if not folder.st_mode & stat.S_IWUSR:
                raise PermissionError(errno.EACCES, "Permission denied", path)
            delete(path, dir_fd=dir_fd)

        monkeypatch.setattr(os, name, obeying)


@pytest.mark.parametrize("exchange", [True, False])
def test_a_read_only_checkpoint_is_replaced_and_leaves_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, exchange: bool
) -> None:
    """The old one stayed as `.small.new`, and the save after the next one failed once all epochs were trained."""
    obey_modes(monkeypatch)
    if not exchange:
        monkeypatch.setattr(checkpoint, "_exchange", lambda *_: False)
    for card in ("one", "two"):
        (folder / "more").mkdir(exist_ok=True)
        (folder / "more" / "a").write_text("mine")
        (folder / "more").chmod(0o555)
        folder.chmod(0o555)
        checkpoint.save(folder, fresh(seed=2), card)
        (folder / "more").chmod(0o755)
        assert (folder / CARD).read_text(encoding="utf-8") == card
        assert [path.name for path in folder.parent.iterdir()] == [folder.name]


@pytest.mark.parametrize("exchange", [True, False])
def test_a_leftover_that_cannot_be_deleted_is_passed_over(
    folder: Path, monkeypatch: pytest.MonkeyPatch, exchange: bool
) -> None:
    obey_modes(monkeypatch)
    monkeypatch.setattr(checkpoint, "_make_writable", lambda _: None)  # as if it were another user's
    if not exchange:
        monkeypatch.setattr(checkpoint, "_exchange", lambda *_: False)
    leftovers = [folder.with_name(f".{folder.name}.{end}") for end in ("new", "old")]
    for leftover in leftovers:
        leftover.mkdir()
        (leftover / "a").write_text("")
        leftover.chmod(0o555)
    for card in ("one", "two"):
        checkpoint.save(folder, fresh(seed=2), card)
        assert (folder / CARD).read_text(encoding="utf-8") == card
    assert sorted(folder.parent.iterdir()) == sorted([folder, *leftovers])


def test_deleting_a_leftover_leaves_what_its_links_lead_to(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir(0o555)
    leftover = folder.with_name(f".{folder.name}.new")
    leftover.mkdir()
    (leftover / "link").symlink_to(tmp_path / "kept")
    checkpoint.save(folder, fresh(seed=2), "")
    assert not leftover.exists()
    assert stat.S_IMODE((tmp_path / "kept").stat().st_mode) == 0o555


# Damage


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="nowhere"):
        checkpoint.load(tmp_path / "nowhere", CPU)


@pytest.mark.parametrize("file", [CONFIG, VOCABULARY, METRICS, WEIGHTS])
def test_a_missing_file(folder: Path, file: str) -> None:
    (folder / file).unlink()
    assert "missing" in refused(folder, file)


def test_a_card_is_not_needed(folder: Path) -> None:
    (folder / CARD).unlink()
    checkpoint.load(folder, CPU)


@pytest.mark.parametrize("file", [CONFIG, VOCABULARY, METRICS, WEIGHTS])
@pytest.mark.parametrize("keep", [0, 1, 20, -1])
def test_a_truncated_file(folder: Path, file: str, keep: int) -> None:
    content = (folder / file).read_bytes().rstrip()
    (folder / file).write_bytes(content[:keep])
    refused(folder, file)


@pytest.mark.parametrize("file", [CONFIG, VOCABULARY, METRICS])
@pytest.mark.parametrize(
    "content", [b"[]", b"null", b'"text"', b"{", b"\xff\xfe{}", b"version https://git-lfs", b"[" * 10**5]
)
def test_a_file_that_is_no_json_object(folder: Path, file: str, content: bytes) -> None:
    (folder / file).write_bytes(content)
    refused(folder, file)


@pytest.mark.parametrize("content", [b"version https://git-lfs.github.com/spec/v1\n", b"\x80\x04\x95", b"\0" * 100])
def test_weights_that_are_no_safetensors(folder: Path, content: bytes) -> None:
    (folder / WEIGHTS).write_bytes(content)
    refused(folder, WEIGHTS)


@pytest.mark.parametrize("version", [0, FORMAT + 1, "1", True, None])
def test_another_format_version(folder: Path, version: object) -> None:
    edit(folder / CONFIG, lambda values: values.update(format=version))
    message = refused(folder, CONFIG)
    assert f"expected format 1 or 2 or 3 or 4, got {version!r}" in message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("arch", "transformer"),
        ("unit", "pinyin"),
        ("labels", "ab"),
        ("labels", ["only one"]),
        ("labels", []),
        ("labels", [0, 1]),
        ("labels", ["same", "same"]),
        ("labels", None),
        ("max_length", 0),
        ("max_length", "128"),
        ("hidden_size", 0),
        ("hidden_size", -4),
        ("hidden_size", 4.0),
        ("num_layers", 0),
        ("bidirectional", 1),
        ("character_dim", -1),
        ("embedding_dim", None),
        ("dropout", 1.5),
        ("dropout", "0.2"),
        ("dropout", float("nan")),
        ("hidden_size", 10**9),
        ("num_layers", 10**9),
        ("max_length", 10**30),
        ("labels", ["same", "\ud800"]),
    ],
)
def test_a_configuration_that_describes_no_network(folder: Path, name: str, value: object) -> None:
    without_hashes(folder)
    edit(folder / CONFIG, lambda values: values["model"].update({name: value}))
    refused(folder, CONFIG)


@pytest.mark.parametrize("model", [None, [], "interaction", {}])
def test_no_configuration_inside(folder: Path, model: object) -> None:
    edit(folder / CONFIG, lambda values: values.update(model=model))
    refused(folder, CONFIG)


@pytest.mark.parametrize("table", ["characters", "words"])
@pytest.mark.parametrize("change", [list.pop, lambda tokens: tokens.append("龘")])
def test_a_vocabulary_with_a_row_too_few_or_too_many(
    folder: Path, table: str, change: Callable[[list[str]], object]
) -> None:
    without_hashes(folder)
    edit(folder / VOCABULARY, lambda values: change(values[table]))
    assert VOCABULARY in refused(folder, WEIGHTS)


@pytest.mark.parametrize("table", ["characters", "words"])
@pytest.mark.parametrize(
    "tokens", [None, 3, "<pad><unk>", [], {}, ["<pad>", "<unk>", "猫", "猫"], [["<pad>"], ["<unk>"]]]
)
def test_a_vocabulary_that_is_none(folder: Path, table: str, tokens: object) -> None:
    edit(folder / VOCABULARY, lambda values: values.update({table: tokens}))
    refused(folder, VOCABULARY)


def test_a_vocabulary_of_numbers(folder: Path) -> None:
    edit(folder / VOCABULARY, lambda values: values.update(words=[*values["words"][:-1], 7]))
    refused(folder, VOCABULARY)


def test_a_vocabulary_without_words(folder: Path) -> None:
    edit(folder / VOCABULARY, lambda values: values.pop("words"))
    refused(folder, VOCABULARY)


def without_one(weights: dict[str, torch.Tensor]) -> None:
    weights.popitem()


def with_one_more(weights: dict[str, torch.Tensor]) -> None:
    weights["extra"] = torch.zeros(1)


def with_a_narrower_one(weights: dict[str, torch.Tensor]) -> None:
    name = max(weights, key=lambda name: weights[name].numel())
    weights[name] = weights[name][:, 1:].contiguous()


@pytest.mark.parametrize("change", [without_one, with_one_more, with_a_narrower_one])
def test_weights_that_do_not_fit(folder: Path, change: Callable[[dict[str, torch.Tensor]], None]) -> None:
    without_hashes(folder)
    weights = load_file(folder / WEIGHTS)
    change(weights)
    save_file(weights, folder / WEIGHTS)
    assert "expected" in refused(folder, WEIGHTS)


def test_weights_of_another_network(folder: Path) -> None:
    without_hashes(folder)
    edit(folder / CONFIG, lambda values: values["model"].update(hidden_size=5))
    refused(folder, WEIGHTS)


# Damage that only a hash can tell, and numbers that are none


@pytest.mark.parametrize("name", [WEIGHTS, VOCABULARY])
def test_a_flipped_bit_is_found(folder: Path, name: str) -> None:
    content = bytearray((folder / name).read_bytes())
    content[-9 if name == WEIGHTS else content.index("猫".encode()) + 2] ^= 1
    (folder / name).write_bytes(content)
    assert "SHA-256" in refused(folder, name)
    without_hashes(folder)
    checkpoint.load(folder, CPU)  # as an older format it looks right


def test_a_changed_configuration_is_found(folder: Path) -> None:
    edit(folder / CONFIG, lambda values: values["model"].update(labels=["Matched", "Not Matched"]))
    assert "SHA-256" in refused(folder, CONFIG)


@pytest.mark.parametrize("hashes", [None, [], {}, {"model": ""}, {"model": 3, VOCABULARY: None, WEIGHTS: []}])
def test_missing_or_odd_hashes(folder: Path, hashes: object) -> None:
    edit(folder / CONFIG, lambda values: values.update(sha256=hashes))
    refused(folder, CONFIG)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 0.0, -1.0])
@pytest.mark.parametrize("name", ["calibration.temperature", "encoder.forward_lstm.0.bias_hh_l0"])
def test_weights_that_are_no_numbers_or_no_temperature(folder: Path, name: str, value: float) -> None:
    without_hashes(folder)
    weights = load_file(folder / WEIGHTS)
    weights[name] = torch.full_like(weights[name], value)
    save_file(weights, folder / WEIGHTS)
    if name.startswith("encoder") and value in (0.0, -1.0):
        checkpoint.load(folder, CPU)
    else:
        refused(folder, WEIGHTS)


def test_weights_of_another_type(folder: Path) -> None:
    without_hashes(folder)
    weights = load_file(folder / WEIGHTS)
    save_file({name: tensor.to(torch.int32) for name, tensor in weights.items()}, folder / WEIGHTS)
    refused(folder, WEIGHTS)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CheckpointError, match="cannot be written"):
        checkpoint.save(tmp_path / "file" / "model", fresh(), "")


# Kills


@pytest.mark.slow
@pytest.mark.parametrize("exchange", [True, False])
def test_a_kill_at_any_moment_of_saving_leaves_the_old_checkpoint_or_the_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exchange: bool
) -> None:
    """Each call that changes the disk is in turn the last one of its process."""
    if not exchange:  # as where the system cannot
        monkeypatch.setattr(checkpoint, "_exchange", lambda *_: False)
    old, new = fresh(seed=1), fresh(seed=2)
    seeds: list[str] = []
    for last in range(1, 1000):
        folder = tmp_path / str(last) / "model"
        checkpoint.save(folder, old, "old")
        (folder / "notes.txt").write_text("mine")
        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", lambda _: None)
            killed = kill_after(last, patched)
            with suppress(Killed):
                checkpoint.save(folder, new, "new")
        found = checkpoint.load(folder, CPU)
        card = next(iter(sorted(folder.parent.glob("*model*/README.md"), key=lambda card: card.parent != folder)))
        seeds.append(card.read_text())
        expected = {"old": old, "new": new}[seeds[-1]].model.state_dict()
        for name, tensor in found.model.state_dict().items():
            assert torch.equal(tensor, expected[name].half().float()) or name.startswith("calibration.")
        checkpoint.save(folder, new, "after")
        assert (folder / "notes.txt").read_text() == "mine"
        assert [path.name for path in folder.parent.iterdir()] == ["model"]
        if not killed:
            break
    assert seeds == sorted(seeds, reverse=True)
    assert set(seeds) == {"old", "new"}


class Killed(BaseException):
    """The process is no more."""


def kill_after(last: int, patched: pytest.MonkeyPatch) -> list[int]:
    """From the `last` call on that changes the disk every one is a kill; the returned list then is not empty."""
    calls = 0
    killed: list[int] = []

    def counted(call: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*given: Any, **named: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls >= last:
                killed.append(calls)
                raise Killed
            return call(*given, **named)

        return wrapped

    for place, name in ((Path, "mkdir"), (Path, "rename"), (os, "link"), (shutil, "rmtree")):
        patched.setattr(place, name, counted(getattr(place, name)))
    patched.setattr(checkpoint, "_write", counted(checkpoint.__dict__["_write"]))
    patched.setattr(checkpoint, "_exchange", counted(checkpoint.__dict__["_exchange"]))
    return killed
