"""The page's language: the one the address asks for (``?lang=zh`` or ``?lang=en``), else the browser's.

Gradio chooses it before it runs any script of ours, and knows only zh-CN and zh-TW: a browser set to zh, zh-HK or
zh-Hans-CN would be greeted in English. So one small script goes into the page's head, ahead of Gradio's. Every
component reads `navigator.language`, and the server the address (`texts.say`): so all of them agree.
"""

import gradio as gr
from starlette.datastructures import MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from textmatch.demo.component import component

SCRIPT = b"""<script>
  const asked = new URLSearchParams(location.search).get("lang");
  const wanted = ["zh", "en"].includes(asked) ? asked : navigator.language;
  const chinese = /hant|tw|hk|mo/i.test(wanted) ? "zh-TW" : "zh-CN";
  const known = /^zh/i.test(wanted) ? chinese : wanted;
  Object.defineProperty(navigator, "language", { get: () => known });
  if (/^zh/i.test(known)) document.documentElement.lang = known;
</script>"""


def toggle() -> gr.HTML:
    """The links to the page in Chinese and in English; they take along the tab and what was typed."""
    return component("language", elem_id="language")


class ChineseFirst:
    """Middleware that puts the script into the page and compresses it, which Gradio leaves out for the page alone.

    Every other response passes untouched.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.page = GZipMiddleware(self._page)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        page = scope["type"] == "http" and scope["method"] == "GET" and scope["path"] == "/"
        await (self.page if page else self.app)(scope, receive, send)

    async def _page(self, scope: Scope, receive: Receive, send: Send) -> None:
        held: list[Message] = []

        async def edit(message: Message) -> None:
            held.append(message)
            if message["type"] == "http.response.start" or message.get("more_body"):
                return
            body = b"".join(part["body"] for part in held[1:]).replace(b"<head>", b"<head>" + SCRIPT, 1)
            MutableHeaders(raw=held[0]["headers"])["content-length"] = str(len(body))
            await send(held[0])
            await send({"type": "http.response.body", "body": body})

        await self.app(scope, receive, edit)
