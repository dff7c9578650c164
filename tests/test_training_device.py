"""textmatch.training.device: the device and precision of a run."""

import pytest
import torch

from textmatch import TextMatchError
from textmatch.matcher import best_device
from textmatch.training.device import accelerator_for, autocast, choose_precision, supports_bf16

CPU = torch.device("cpu")


@pytest.mark.parametrize("device", sorted({"cuda", "mps", "xpu"} - {best_device().type}))
def test_a_device_that_is_not_there_is_refused_by_name(device: str) -> None:
    with pytest.raises(TextMatchError, match=f"device {device}: not available on this machine; expected "):
        accelerator_for(device)


def test_a_process_that_has_trained_on_one_device_refuses_another(monkeypatch: pytest.MonkeyPatch) -> None:
    assert accelerator_for("cpu").device == CPU
    monkeypatch.setattr("textmatch.training.device.best_device", lambda: torch.device("cuda"))
    with pytest.raises(TextMatchError, match="device cuda: this process has trained on another device"):
        accelerator_for("cuda")


def test_what_the_helper_says_about_bf16_is_what_an_lstm_does() -> None:
    lstm, sentences = torch.nn.LSTM(16, 16, batch_first=True), torch.zeros(4, 5, 16)
    if supports_bf16(CPU):
        with autocast(CPU, "bf16"):
            assert lstm(sentences)[0].dtype == torch.bfloat16
        assert choose_precision("bf16", CPU) == "bf16"
    else:
        with autocast(CPU, "bf16"), pytest.raises(RuntimeError):
            lstm(sentences)
        with pytest.raises(TextMatchError, match=r"precision bf16: this CPU .*; expected no"):
            choose_precision("bf16", CPU)


def test_the_default_precision_is_one_that_works() -> None:
    assert choose_precision("no", CPU) == "no"
    assert choose_precision(None, CPU) in ("no", "bf16")
    assert choose_precision(None, CPU) == "no" or supports_bf16(CPU)


def test_without_bf16_everything_runs_in_float32() -> None:
    with autocast(CPU, "no"):
        assert torch.nn.Linear(2, 2)(torch.zeros(1, 2)).dtype == torch.float32


def test_asking_leaves_the_random_numbers_alone() -> None:
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    supports_bf16.cache_clear()
    supports_bf16(CPU)
    assert torch.equal(torch.rand(2), expected)
