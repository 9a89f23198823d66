"""Quoted-printable (RFC 2045 §6.7) in pieces that can be put one after the other.

Every piece starts at the beginning of a line and ends with a line break (a soft one unless its text ends with a real
one), so that what is static can be encoded once. No line starts with a dot: SMTP then has nothing to double.
"""

from __future__ import annotations

import re
from functools import lru_cache

_WIDTH = 72
_ENCODED = [
    bytes([code]) if (33 <= code <= 126 and code != 61) or code == 32 else b"=%02X" % code for code in range(256)
]
_plain = re.compile(r"[!-<>-~](?:[ -<>-~]*[!-<>-~])?").fullmatch
SOFT = b"=\r\n"


def encode(text: str) -> bytes:
    """`text` as one piece."""
    if not text:
        return b""
    if _plain(text) and text[0] != ".":
        if len(text) <= _WIDTH:
            return text.encode("ascii") + SOFT
        if "." not in text[_WIDTH::_WIDTH]:
            return b"".join([text[at : at + _WIDTH].encode("ascii") + SOFT for at in range(0, len(text), _WIDTH)])
    return _encode_any(text)


@lru_cache(maxsize=65_536)
def encode_often(text: str) -> bytes:
    """`encode`, remembered: for values that many people share."""
    return encode(text)


def _encode_any(text: str) -> bytes:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace").split(b"\n")
    last = lines.pop()
    pieces = [_line(line) + b"\r\n" for line in lines]
    if last:
        pieces.append(_line(last, ends_soft=True) + SOFT)
    return b"".join(pieces)


def _line(line: bytes, *, ends_soft: bool = False) -> bytes:
    parts: list[bytes] = []
    width = 0
    for code in line:
        part = _ENCODED[code]
        if width + len(part) > _WIDTH:
            parts.append(SOFT)
            width = 0
        if width == 0 and code == 46:
            part = b"=2E"
        parts.append(part)
        width += len(part)
    if parts and parts[-1] == b" " and not ends_soft:
        parts[-1] = b"=20"
    return b"".join(parts)
