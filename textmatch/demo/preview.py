"""What a link to the page looks like where people share it: title, description and picture."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path
from urllib.parse import parse_qsl

from starlette.datastructures import Headers
from starlette.responses import FileResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from textmatch.demo.i18n import TEXTS, language_of

PICTURE = Path(__file__).parent / "data" / "preview.png"
PATH = "/preview.png"
"""Where the picture is: 1200 × 630 points, the size that such previews have."""

THEIRS = re.compile(rb"<meta\s+(?:property|name)=\"(?:og|twitter):[^>]*>\s*")
"""Gradio's own tags, which speak of Gradio."""


def with_preview(page: bytes, scope: Scope) -> bytes:
    """The page with the tags of its preview in place of Gradio's, in the language of ``?lang=``, else in Chinese."""
    language = language_of(dict(parse_qsl(scope["query_string"].decode("latin-1"))).get("lang", "zh"))
    heading, _, description = TEXTS[language]["page_heading"].partition("\n\n")
    title = heading.removeprefix("# ")
    host, root = Headers(scope=scope).get("host", ""), scope.get("root_path", "").rstrip("/")
    tags = {
        "og:type": "website",
        "og:site_name": "textmatch",
        "og:title": title,
        "og:description": description,
        "og:image": f"{scope['scheme']}://{host}{root}{PATH}",
        "og:image:width": "1200",
        "og:image:height": "630",
        "twitter:card": "summary_large_image",
        "description": description,
    }
    ours = f"<title>{escape(title)}</title>" + "".join(
        f'<meta {"property" if name.startswith("og:") else "name"}="{name}" content="{escape(text)}">'
        for name, text in tags.items()
    )
    return THEIRS.sub(b"", page).replace(b"</head>", ours.encode() + b"</head>", 1)


class PreviewMiddleware:
    """Sends the picture of the preview. Other requests pass untouched."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        wanted = scope["type"] == "http" and scope["method"] in ("GET", "HEAD") and scope["path"].endswith(PATH)
        await (FileResponse(PICTURE) if wanted else self.app)(scope, receive, send)
