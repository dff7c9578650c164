"""A small server that speaks the Hugging Face Hub's protocol, so that the real client can be tested against it.

It keeps repositories in memory: creating, uploading (regular files and large files), committing, listing and
downloading. `Hub.refuse` lets the next matching requests fail.
"""

import base64
import hashlib
import http.server
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

import yaml

WRITER, READER = "hf_writer", "hf_reader"
"""Tokens: of somebody who may write to everything below the user `me`, and of somebody who may read."""

LARGE = 100_000
"""Bytes from which a file goes to large-file storage."""


@dataclass
class Repository:
    """A repository: its commits, oldest first, each with all files, and what a Space has besides."""

    private: bool = False
    sdk: str = ""
    commits: list[tuple[str, dict[str, bytes]]] = field(default_factory=lambda: [("0" * 40, {})])
    variables: dict[str, str] = field(default_factory=dict)
    hardware: str = "cpu-basic"

    @property
    def files(self) -> dict[str, bytes]:
        """Those of the last commit."""
        return self.commits[-1][1]

    def commit(self, files: dict[str, bytes]) -> str:
        """Add a commit with exactly these files, and return its name."""
        name = hashlib.sha1(repr((len(self.commits), sorted(files.items()))).encode()).hexdigest()
        self.commits.append((name, dict(files)))
        return name

    def at(self, revision: str) -> tuple[str, dict[str, bytes]] | None:
        """The commit that a branch, or the name of a commit, stands for."""
        if revision in ("main", "refs/convert/parquet"):
            return self.commits[-1]
        return next((commit for commit in self.commits if commit[0] == revision), None)


@dataclass
class Refusal:
    """What the next requests that match are answered: a status, or nothing at all where it is 0."""

    path: str
    status: int
    times: int
    code: str
    message: str
    headers: dict[str, str]


@dataclass
class Hub:
    """The server's state, for tests to set up and to look at."""

    url: str = ""
    repositories: dict[str, Repository] = field(default_factory=dict)
    objects: dict[str, bytes] = field(default_factory=dict)
    storage: str = ""
    requests: list[str] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)

    def add(self, name: str, files: dict[str, bytes], private: bool = False) -> str:
        """Add a repository with one commit (``spaces/`` and ``datasets/`` before the name of those), and return it."""
        self.repositories[name] = Repository(private)
        return self.repositories[name].commit(files)

    def refuse(
        self, path: str, status: int, times: int = 1000, code: str = "", message: str = "", **headers: str
    ) -> None:
        """Answer the next requests whose method and path match a regular expression with an error."""
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        self.refusals.append(Refusal(path, status, times, code, message, names))


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def log_message(self, *_: Any) -> None:
        pass

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = unquote(urlsplit(self.path).path)
        self.hub.requests.append(f"{self.command} {path}")
        for refusal in self.hub.refusals:
            if refusal.times and re.search(refusal.path, f"{self.command} {path}"):
                refusal.times -= 1
                if not refusal.status:
                    self.close_connection = True
                    return
                self._error(refusal.status, refusal.code, refusal.message, refusal.headers)
                return
        for method, pattern, answer in ROUTES:
            found = re.fullmatch(pattern, path)
            if self.command in method and found:
                answer(self, body, **found.groupdict())
                return
        self._error(404, message=f"no such address: {path}")

    def _send(self, status: int, content: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def _json(self, values: Any) -> None:
        self._send(200, json.dumps(values).encode(), {"Content-Type": "application/json"})

    def _error(self, status: int, code: str = "", message: str = "", headers: dict[str, str] | None = None) -> None:
        told = {name: value for name, value in (("X-Error-Code", code), ("X-Error-Message", message)) if value}
        self._send(status, json.dumps({"error": message}).encode(), {**told, **(headers or {})})

    @property
    def _token(self) -> str:
        return (self.headers.get("Authorization") or "").removeprefix("Bearer ")

    def _repository(self, kind: str, name: str) -> Repository | None:
        """The repository that the caller may read; if there is none, the answer is given."""
        repository = self.hub.repositories.get(_key(kind, name))
        if repository is None or (repository.private and not self._token):
            status, code = (404, "RepoNotFound") if self._token else (401, "RepoNotFound")
            self._error(status, code, "Repository not found")
            return None
        return repository

    def _may_write(self, name: str) -> bool:
        if self._token == WRITER and name.startswith("me/"):
            return True
        if not self._token:
            self._error(401, message="Invalid username or password.")
        else:
            self._error(403, message=f"You don't have the rights to write to {name}")
        return False

    # Writing

    def create(self, body: bytes) -> None:
        asked = json.loads(body)
        name = "/".join(filter(None, (asked["organization"], asked["name"])))
        if not self._may_write(name):
            return
        key = _key(asked.get("type") or "model", name)
        if key in self.hub.repositories:
            told = {"error": "You already created this repo", "url": f"{self.hub.url}/{key}"}
            self._send(409, json.dumps(told).encode())
            return
        self.hub.repositories[key] = Repository(
            private=asked.get("visibility") == "private",
            sdk=asked.get("sdk", ""),
            variables={each["key"]: each["value"] for each in asked.get("variables", [])},
            hardware=asked.get("hardware", "cpu-basic"),
        )
        self._json({"url": f"{self.hub.url}/{key}"})

    def validate(self, body: bytes) -> None:
        asked = json.loads(body)
        front = re.match(r"---\n(.*?)\n---\n", asked["content"], re.DOTALL)
        errors = _card_errors(yaml.safe_load(front[1]) if front else None, asked["repoType"])
        if errors:
            told = {"errors": [{"message": error} for error in errors], "warnings": []}
            self._send(400, json.dumps(told).encode())
            return
        self._json({"errors": [], "warnings": []})

    def preupload(self, body: bytes, kind: str, name: str, revision: str) -> None:
        repository = self._repository(kind, name)
        if repository is None or not self._may_write(name):
            return
        files = [
            {
                "path": asked["path"],
                "uploadMode": "lfs" if asked["size"] >= LARGE else "regular",
                "shouldIgnore": False,
                "oid": _oid(repository.files[asked["path"]]) if asked["path"] in repository.files else None,
            }
            for asked in json.loads(body)["files"]
        ]
        self._json({"files": files})

    def large_files(self, body: bytes, name: str) -> None:
        if not self._may_write(name.removeprefix("spaces/")):
            return
        objects = [
            {**asked, "actions": {"upload": {"href": f"{self.hub.url}/objects/{asked['oid']}"}}}
            for asked in json.loads(body)["objects"]
        ]
        self._json({"transfer": "basic", "objects": objects})

    def store(self, body: bytes, oid: str) -> None:
        if hashlib.sha256(body).hexdigest() != oid:
            self._error(400, message="the content has another SHA-256")
            return
        self.hub.objects[oid] = body
        self._send(200)

    def commit(self, body: bytes, kind: str, name: str, revision: str) -> None:
        repository = self._repository(kind, name)
        if repository is None or not self._may_write(name):
            return
        files = dict(repository.files)
        for line in body.splitlines():
            operation = json.loads(line)
            value = operation["value"]
            if operation["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif operation["key"] == "lfsFile":
                files[value["path"]] = self.hub.objects[value["oid"]]
            elif operation["key"] == "deletedFile":
                del files[value["path"]]
        commit = repository.commit(files)
        self._json({"commitUrl": f"{self.hub.url}/{_key(kind, name)}/commit/{commit}", "commitOid": commit})

    def variables(self, body: bytes, name: str) -> None:
        repository = self._repository("spaces", name)
        if repository is None or not self._may_write(name):
            return
        asked = json.loads(body)
        repository.variables[asked["key"]] = asked["value"]
        self._json({key: {"key": key, "value": value} for key, value in repository.variables.items()})

    def hardware(self, body: bytes, name: str) -> None:
        repository = self._repository("spaces", name)
        if repository is None or not self._may_write(name):
            return
        repository.hardware = json.loads(body)["flavor"]
        told = {"current": repository.hardware, "requested": repository.hardware}
        self._json({"stage": "RUNNING", "hardware": told, "storage": None, "gcTimeout": None})

    # Reading

    def info(self, body: bytes, kind: str, name: str, revision: str | None = None) -> None:
        repository = self._repository(kind, name)
        if repository is None:
            return
        commit = repository.at(revision or "main")
        if commit is None:
            self._error(404, "RevisionNotFound", f"Invalid rev id: {revision}")
            return
        siblings = [{"rfilename": path} for path in commit[1]]
        self._json({"id": name, "sha": commit[0], "private": repository.private, "siblings": siblings, "tags": []})

    def tree(self, body: bytes, kind: str, name: str, revision: str) -> None:
        repository = self._repository(kind, name)
        commit = repository and repository.at(revision)
        if not commit:
            return
        self._json(
            [
                {"type": "file", "path": path, "size": len(content), "oid": _oid(content)}
                | ({"lfs": {"oid": _oid(content), "size": len(content), "pointerSize": 130}} if _large(content) else {})
                for path, content in commit[1].items()
            ]
        )

    def resolve(self, body: bytes, kind: str | None, name: str, revision: str, path: str) -> None:
        repository = self._repository(kind or "models", name)
        if repository is None:
            return
        commit = repository.at(revision)
        if commit is None:
            self._error(404, "RevisionNotFound", f"Invalid rev id: {revision}")
            return
        content = commit[1].get(path)
        if content is None:
            self._error(404, "EntryNotFound", "Entry not found", {"X-Repo-Commit": commit[0]})
            return
        told = {"X-Repo-Commit": commit[0], "ETag": f'"{_oid(content)}"'}
        if not _large(content):
            self._send(200, content, told)
            return
        self.hub.objects[_oid(content)] = content
        linked = {"X-Linked-Etag": f'"{_oid(content)}"', "X-Linked-Size": str(len(content))}
        self._send(302, b"", {**told, **linked, "Location": f"{self.hub.storage}/objects/{_oid(content)}"})

    def fetch(self, body: bytes, oid: str) -> None:
        self._send(200, self.hub.objects[oid])


KIND = r"(?P<kind>models|spaces|datasets)"
NAME = r"(?P<name>[\w.-]+/[\w.-]+)"
REVISION = r"(?P<revision>.+?)"
Answer = Callable[..., None]
ROUTES: tuple[tuple[str, str, Answer], ...] = (
    ("POST", "/api/repos/create", _Handler.create),
    ("POST", "/api/validate-yaml", _Handler.validate),
    ("POST", f"/api/{KIND}/{NAME}/preupload/{REVISION}", _Handler.preupload),
    ("POST", r"/(?P<name>(spaces/)?[\w.-]+/[\w.-]+)\.git/info/lfs/objects/batch", _Handler.large_files),
    ("PUT", "/objects/(?P<oid>[0-9a-f]{64})", _Handler.store),
    ("GET HEAD", "/objects/(?P<oid>[0-9a-f]{64})", _Handler.fetch),
    ("POST", f"/api/{KIND}/{NAME}/commit/{REVISION}", _Handler.commit),
    ("POST", f"/api/spaces/{NAME}/variables", _Handler.variables),
    ("POST", f"/api/spaces/{NAME}/hardware", _Handler.hardware),
    ("GET", f"/api/{KIND}/{NAME}", _Handler.info),
    ("GET", f"/api/{KIND}/{NAME}/revision/{REVISION}", _Handler.info),
    ("GET", f"/api/{KIND}/{NAME}/tree/{REVISION}", _Handler.tree),
    ("GET HEAD", rf"/({KIND}/)?{NAME}/resolve/(?P<revision>refs/convert/parquet|[^/]+)/(?P<path>.+)", _Handler.resolve),
)


def _key(kind: str, name: str) -> str:
    kind = kind.removesuffix("s")
    return name if kind == "model" else f"{kind}s/{name}"


def _large(content: bytes) -> bool:
    return len(content) >= LARGE


def _oid(content: bytes) -> str:
    """The name of a file's content: that of Git's blob, or the SHA-256 of a large file."""
    if _large(content):
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def _card_errors(card: Any, kind: str) -> list[str]:
    """What the Hub refuses in a card's front matter (by its documentation)."""
    if not isinstance(card, dict):
        return [] if kind == "model" else ["empty or missing metadata"]
    link = card.get("license_link", "LICENSE")
    errors = (
        [] if link in ("LICENSE", "LICENSE.md") or "://" in link else ['"license_link" must be a file or an address']
    )
    if kind == "space":
        errors += [f'"{name}" is required' for name in ("sdk", "colorFrom", "colorTo", "emoji") if name not in card]
        if len(card.get("short_description", "")) > 60:
            errors.append('"short_description" has more than 60 characters')
    return errors


@contextmanager
def serving() -> Iterator[Hub]:
    """A server on a free port of this machine."""
    hub = Hub()
    handler = type("Handler", (_Handler,), {"hub": hub})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        hub.url = f"http://127.0.0.1:{server.server_port}"
        hub.storage = f"http://localhost:{server.server_port}"  # another host, as the real one
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield hub
        server.shutdown()
        thread.join()
