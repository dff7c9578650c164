"""A first visit: how much of it is ours to load."""

import httpx
import pytest

pytestmark = pytest.mark.slow

OWN = ("/", "/theme.css", "/preview.png")
"""What is ours; all else are files of Gradio's, which the browser keeps."""

MOST_BYTES = 400_000


def test_what_is_ours_is_small(server: str) -> None:
    sent = [httpx.get(server.rstrip("/") + path, headers={"Accept-Encoding": "gzip"}) for path in OWN]
    assert sum(answer.num_bytes_downloaded for answer in sent) <= MOST_BYTES
