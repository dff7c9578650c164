"""The demo page: build it around a matcher, launch it with its options."""

from textmatch.demo.page import build, launch_options

__all__ = ["build", "launch_options"]
