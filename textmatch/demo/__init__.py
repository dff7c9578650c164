"""The demo page: build it around the models it offers, launch it with its options."""

from textmatch.demo.models import Models
from textmatch.demo.page import build, launch_options

__all__ = ["Models", "build", "launch_options"]
