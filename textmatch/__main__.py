"""`python -m textmatch`: the same as the `textmatch` command."""

from textmatch.cli import run

run()
