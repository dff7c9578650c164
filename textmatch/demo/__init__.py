"""The demo page: build it around the models it offers, launch it with its options."""

# First, as Gradio reads the name of its temporary folder when it is imported.
from textmatch.demo.uploads import UPLOAD_FOLDER as UPLOAD_FOLDER

# isort: split
from textmatch.demo.models import Models
from textmatch.demo.page import build, launch_options

__all__ = ["Models", "build", "launch_options"]
