"""The encoding of a text file, told from its bytes, and its lines; neither holds the whole file in memory."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from textmatch.files.table import Limits, TableError
from textmatch.text import normalise

LEGACY_ENCODINGS = ("gb18030", "big5hkscs")
"""What Chinese Excel writes as CSV where it does not write UTF-8: the mainland's and Taiwan's or Hong Kong's."""

ENCODINGS = {"utf-8": "utf-8-sig", "utf-16": "utf-16", "gb18030": "gb18030", "big5": "big5hkscs"}
"""The encodings that can be chosen, and what Python calls them. GB18030 has all of GBK and GB 2312 in it."""

EVERYDAY_SHARE = 0.7
"""Share of everyday characters from which text in a legacy encoding is taken for Chinese."""

LISTED_SHARE, SOME_EVERYDAY = 0.95, 0.3
"""With fewer everyday characters (names of plants or dishes) nearly all must be in GB 2312, and some everyday ones."""

SAMPLE = 5000
"""Characters outside ASCII by which an encoding is judged."""

PART = 2**20
"""Bytes that are looked at in one go."""

BEYOND_ASCII = re.compile("[^\x00-\x7f]+")


class _Shares(NamedTuple):
    """Shares of a text's characters outside ASCII, once simplified.

    Attributes:
        everyday: among GB 2312's 3,755 everyday characters.
        listed: among all 6,763 characters of GB 2312.
    """

    everyday: float
    listed: float

    @property
    def chinese(self) -> bool:
        """Whether this is Chinese rather than noise."""
        return self.everyday >= EVERYDAY_SHARE or (self.listed >= LISTED_SHARE and self.everyday >= SOME_EVERYDAY)


def encoding_of(file: BinaryIO, chosen: str = "") -> str:
    """The encoding of a file, as Python calls it.

    UTF-8 and UTF-16 can be told for certain. Nearly any bytes can be read as GB18030 or Big5, so those count only if
    most of the characters they give are everyday ones; the better of the two is taken.

    Args:
        file: the file.
        chosen: one of `ENCODINGS`, where it is not left to be told.

    Raises:
        TableError: the bytes are none of these, or not in the one that was chosen.
    """
    if chosen:
        if chosen not in ENCODINGS or _sample(file, ENCODINGS[chosen]) is None:
            raise TableError("decode", encoding=chosen[:100], names=", ".join(ENCODINGS))
        return ENCODINGS[chosen]
    file.seek(0)
    certain = "utf-16" if file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8-sig"
    if _sample(file, certain) is not None:
        return certain
    shares = {encoding: _shares(_sample(file, encoding) or "") for encoding in LEGACY_ENCODINGS}
    best = max(shares, key=shares.__getitem__)
    if not shares[best].chinese:
        raise TableError("encoding", line=_line_not_in_utf8(file))
    return best


def chosen_encoding(name: str) -> str:
    """The one of `ENCODINGS` that people call `name`, as in `Table.encoding`; empty if it is none."""
    return next((key for key, encoding in ENCODINGS.items() if encoding_name(encoding) == name), "")


def encoding_name(encoding: str) -> str:
    """What people call an encoding."""
    return encoding.removesuffix("-sig").upper()


def decode(content: bytes, chosen: str = "") -> tuple[str, str]:
    """Text and the name of its encoding.

    Args:
        content: the text's bytes.
        chosen: as in `encoding_of`.

    Raises:
        TableError: The bytes are in none of the encodings of `encoding_of`.
    """
    encoding = encoding_of(io.BytesIO(content), chosen)
    return content.decode(encoding), encoding_name(encoding)


def lines(file: BinaryIO, encoding: str, limits: Limits, newline: str = "") -> Iterator[str]:
    r"""The lines of a text file with their ends, without blank ones at the end, which many editors leave there.

    Args:
        file: what to read, from its start.
        encoding: what `encoding_of` said.
        limits: more blank lines in a row than `limits.rows` are refused.
        newline: what ends a line, as in `io.TextIOWrapper`: "" for any of ``\n``, ``\r`` and ``\r\n``.
    """
    file.seek(0)
    text = io.TextIOWrapper(file, encoding, newline=newline)
    blank: list[str] = []
    for line in text:
        if line.strip():
            yield from blank
            blank.clear()
            yield line
        else:
            blank.append(line)
            limits.check(rows=len(blank) - 2)  # besides a header and the end of the file
    text.detach()


def _sample(file: BinaryIO, encoding: str) -> str | None:
    """The file's first characters outside ASCII; None if the file is not in this encoding."""
    decoder = codecs.getincrementaldecoder(encoding)()
    sample = ""
    file.seek(0)
    try:
        while part := file.read(PART):
            text = decoder.decode(part)
            if len(sample) < SAMPLE:
                sample += "".join(BEYOND_ASCII.findall(text))[:SAMPLE]
        decoder.decode(b"", True)
    except UnicodeDecodeError:
        return None
    return sample[:SAMPLE]


def _shares(sample: str) -> _Shares:
    codes = [character.encode("gb2312", "ignore") for character in normalise(sample)]
    total = max(len(codes), 1)
    everyday = sum(b"\xb0" <= code[:1] <= b"\xd7" for code in codes)
    listed = sum(b"\xb0" <= code[:1] <= b"\xf7" for code in codes)
    return _Shares(everyday / total, listed / total)


def _line_not_in_utf8(file: BinaryIO) -> int:
    """Number of the first line that is not UTF-8, from 1."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    number = 1
    file.seek(0)
    while part := file.read(PART):
        try:
            decoder.decode(part)
        except UnicodeDecodeError as error:
            return number + error.object.count(b"\n", 0, error.start)
        number += part.count(b"\n")
    return 1 if number == 1 else number
