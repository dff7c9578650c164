"""The page's texts in the visitor's language: simplified or traditional Chinese, or English.

`locales/` holds one JSON file per language; `traditional.py` makes the traditional one of the simplified one. A key
begins with the place where its text stands (``batch_start``). Browser: Gradio has all texts there, translates those of
`text` and hands the others to our components (`words` in `components/shared.js`). Server: `translate` chooses the
language of a message. Both follow ``?lang=`` in the address, and else the browser's language.

Gradio chooses its language before any script of ours runs, and of Chinese it knows only zh-CN and zh-TW: a browser set
to zh, zh-HK or zh-Hans-CN would see English. So `LocaleMiddleware` puts a script into the page's head, before Gradio's,
that sets `navigator.language`, which Gradio and our components read. The event `textmatch:language` changes it.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Literal, get_args

import gradio as gr
from gradio.i18n import I18nData
from starlette.datastructures import MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

Language = Literal["zh", "zh-TW", "en"]

LOCALES_FOLDER = Path(__file__).parent / "locales"

TEXTS: dict[Language, dict[str, str]] = {
    language: json.loads((LOCALES_FOLDER / f"{language}.json").read_text(encoding="utf-8"))
    for language in get_args(Language)
}

PREFIX = "tm_"
"""Begins the keys in the browser. Gradio translates every text of its own components that is a key, so without it a
visitor's column called "batch_start" would be translated."""

LOCALES: dict[str, Language] = {"zh-CN": "zh", "zh-TW": "zh-TW", "en": "en"}
"""The locales that `SCRIPT` leaves in the browser, and Gradio's fallback."""

TRANSLATIONS = gr.I18n(
    **{locale: {PREFIX + key: words for key, words in TEXTS[language].items()} for locale, language in LOCALES.items()}
)

VERDICTS = {"Matched": "verdict_matched", "Not Matched": "verdict_not_matched"}
"""The keys of the default labels' names. A model's other labels are shown as they are."""

UNSURE_VERDICTS = {"Matched": "verdict_unsure_matched", "Not Matched": "verdict_unsure_not_matched"}
"""The keys of the names where the page says that the model is not sure."""


def text(key: str) -> I18nData:
    """The static text `key`, translated in the visitor's browser."""
    return TRANSLATIONS(PREFIX + key)


def language_of(tag: str) -> Language:
    """The language of the page for a language tag such as ``zh-Hant-HK``; English if it is not Chinese."""
    if not tag.lower().startswith("zh"):
        return "en"
    return "zh-TW" if re.search("hant|tw|hk|mo", tag.lower()) else "zh"


def request_language(request: gr.Request | None) -> Language:
    """The language that the address asks for, else the browser's; English if it is neither."""
    wanted = request.query_params.get("lang") or request.headers.get("accept-language", "") if request else ""
    return language_of(wanted.split(",")[0])


def translate(key: str, request: gr.Request | None, **fields: object) -> str:
    """The text `key` in the visitor's language, with its fields filled in."""
    return TEXTS[request_language(request)][key].format(**fields)


SCRIPT = b"""<script>
  {
    const known = (tag) => (/^zh/i.test(tag) ? (/hant|tw|hk|mo/i.test(tag) ? "zh-TW" : "zh-CN") : tag);
    const asked = new URLSearchParams(location.search).get("lang");
    let language = known(/^(zh|en)/i.test(asked) ? asked : navigator.language);
    Object.defineProperty(navigator, "language", { get: () => language });
    if (/^zh/i.test(language)) document.documentElement.lang = language;
    document.addEventListener("textmatch:language", ({ detail }) => (language = known(detail)));
  }
</script>"""


class LocaleMiddleware:
    """Puts `SCRIPT` into the page and compresses the page, which Gradio does not. Other responses pass untouched.

    Args:
        app: what answers.
        change: what else is done to the page; it gets the request's scope, too.
    """

    def __init__(self, app: ASGIApp, change: Callable[[bytes, Scope], bytes]) -> None:
        self.app, self.change = app, change
        self.page = GZipMiddleware(self._page)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        page = scope["type"] == "http" and scope["method"] == "GET" and _below_root(scope) in ("", "/")
        await (self.page if page else self.app)(scope, receive, send)

    async def _page(self, scope: Scope, receive: Receive, send: Send) -> None:
        messages: list[Message] = []

        async def edit(message: Message) -> None:
            """Wait for the whole body, then send it with the script in it."""
            messages.append(message)
            if message["type"] == "http.response.start" or message.get("more_body"):
                return
            body = b"".join(part["body"] for part in messages[1:]).replace(b"<head>", b"<head>" + SCRIPT, 1)
            body = self.change(body, scope)
            MutableHeaders(raw=messages[0]["headers"])["content-length"] = str(len(body))
            await send(messages[0])
            await send({"type": "http.response.body", "body": body})

        await self.app(scope, receive, edit)


def _below_root(scope: Scope) -> str:
    """The path of a request below ``GRADIO_ROOT_PATH``, which a proxy may have kept in it or taken away."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))
