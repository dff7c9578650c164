"""Reads the Chinese word lists and sentence templates in this folder; the first line of each file says its format."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent


def read_lines(name: str) -> list[str]:
    """The lines of ``<name>.txt``, without comments and empty lines."""
    lines = (FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def read_words(name: str) -> list[str]:
    """All words of ``<name>.txt``."""
    return [word for line in read_lines(name) for word in line.split()]


def read_groups(name: str) -> list[list[str]]:
    """The words of each line of ``<name>.txt``."""
    return [line.split() for line in read_lines(name)]


def read_by_kind(name: str) -> list[tuple[str, str]]:
    """What stands before and after the colon in each line of ``<name>.txt``."""
    return [(kind, rest) for kind, _, rest in (line.partition(":") for line in read_lines(name))]
