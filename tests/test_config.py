"""textmatch.config: one definition of every default, and a strict way back from JSON."""

import json
from dataclasses import asdict, fields
from typing import Any, get_args

import pytest

from textmatch.config import PRESETS, Arch, ModelConfig, TrainConfig, config_from_dict


def through_json(config: ModelConfig) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(json.dumps(asdict(config)))
    return values


@pytest.mark.parametrize("arch", get_args(Arch))
def test_every_network_has_a_preset(arch: Arch) -> None:
    model, _ = PRESETS[arch]
    assert model.arch == arch


@pytest.mark.parametrize(
    "config",
    [
        *(model for model, _ in PRESETS.values()),
        ModelConfig(labels=("蕴含", "中立", "矛盾"), num_layers=2, dropout=0.0),
    ],
)
def test_a_configuration_survives_json(config: ModelConfig) -> None:
    back = config_from_dict(through_json(config))
    assert back == config
    assert type(back.labels) is tuple


@pytest.mark.parametrize("name", [field.name for field in fields(ModelConfig)])
def test_a_missing_field_is_named(name: str) -> None:
    values = through_json(ModelConfig())
    del values[name]
    with pytest.raises(ValueError, match=rf"\b{name}\b"):
        config_from_dict(values)


def test_an_unknown_field_is_named() -> None:
    with pytest.raises(ValueError, match="flavour"):
        config_from_dict(through_json(ModelConfig()) | {"flavour": "vanilla"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("arch", 1),
        ("unit", None),
        ("max_length", "128"),
        ("max_length", 128.0),
        ("character_dim", [150]),
        ("word_dim", None),
        ("hidden_size", True),
        ("num_layers", {}),
        ("bidirectional", 1),
        ("embedding_dim", "256"),
        ("dropout", "0.2"),
    ],
)
def test_a_value_of_another_type_is_named(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=name):
        config_from_dict(through_json(ModelConfig()) | {name: value})


@pytest.mark.parametrize("config", [ModelConfig, TrainConfig])
def test_every_field_is_described(config: type) -> None:
    described = config.__doc__ or ""
    for field in fields(config):
        assert f"{field.name}: " in described


@pytest.mark.parametrize(
    ("config", "values"),
    [
        (ModelConfig, {"arch": "bert"}),
        (ModelConfig, {"unit": "letter"}),
        (ModelConfig, {"labels": ("yes", "yes")}),
        (ModelConfig, {"dropout": 1.0}),
        (ModelConfig, {"max_length": 0}),
        (TrainConfig, {"batch_size": 0}),
        (TrainConfig, {"epochs": -1}),
        (TrainConfig, {"token_dropout": 1.0}),
        (TrainConfig, {"learning_rate": 0.0}),
        (TrainConfig, {"warmup": 1.0}),
    ],
)
def test_a_value_out_of_range_is_named(config: type, values: dict[str, Any]) -> None:
    ((name, value),) = values.items()
    with pytest.raises(ValueError, match=f"^{name}: expected .*, got ") as caught:
        config(**values)
    assert str(caught.value).endswith(repr(value))
