"""A whole message as bytes: headers that cannot be broken out of, and both bodies in quoted-printable.

No line of a message made here starts with a dot, so SMTP has nothing to escape.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from cordiale.content.rules.personal import Context
from cordiale.errors import CordialeError

_ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_ATOM = re.compile(r"[A-Za-z0-9 !#$%&'*+/^_`{|}~-]+")
_BYTES_A_WORD = 42  # 56 characters in base64, 68 with the marks: a folded line stays under 76
_BOUNDARY = "=_cordiale"
_TEXT = (
    f"--{_BOUNDARY}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
).encode()
_HTML = (
    f"\r\n--{_BOUNDARY}\r\nContent-Type: text/html; charset=utf-8\r\n"
    "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
).encode()
_END = f"\r\n--{_BOUNDARY}--\r\n".encode()


class BadAddress(CordialeError):
    """This address cannot be written to; correct it on the customer's page."""


@dataclass(frozen=True, kw_only=True)
class CompiledMail:
    """A template version in one language: each part as a function of a person's context."""

    language: str
    subject: Callable[[Context], str]
    text: Callable[[Context], str]
    html: Callable[[Context], str]
    text_body: Callable[[Context], bytes]
    html_body: Callable[[Context], bytes]


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """What a message says of itself beside its content. `token` names it for ever: its Message-ID is made of it."""

    sender_name: str
    sender_email: str
    to_name: str
    to_address: str
    token: str
    at: datetime
    unsubscribe: str
    list_name: str
    feedback: tuple[str, ...]

    @property
    def domain(self) -> str:
        """The domain we send from."""
        return self.sender_email.rpartition("@")[2]


def build(mail: CompiledMail, context: Context, envelope: Envelope) -> bytes:
    """The message for one person, CRLF line ends. Raises BadAddress for an address no header can hold."""
    head = "\r\n".join([f"{name}: {value}" for name, value in headers(mail.subject(context), envelope)])
    parts = (head.encode("ascii"), b"\r\n\r\n", _TEXT, mail.text_body(context), _HTML, mail.html_body(context), _END)
    return b"".join(parts)


def headers(subject: str, envelope: Envelope) -> list[tuple[str, str]]:
    """The headers, ASCII only, already folded."""
    feedback = ":".join(re.sub(r"[^A-Za-z0-9._-]", "-", part) for part in envelope.feedback)
    list_id = re.sub(r"[^A-Za-z0-9.-]", "-", envelope.list_name)
    return [
        ("From", mailbox(envelope.sender_name, envelope.sender_email)),
        ("To", mailbox(envelope.to_name, envelope.to_address)),
        ("Subject", header_text(subject)),
        ("Date", format_datetime(envelope.at)),
        ("Message-ID", f"<{require_token(envelope.token)}@{envelope.domain}>"),
        ("MIME-Version", "1.0"),
        ("List-ID", f"<{list_id}.{envelope.domain}>"),
        ("List-Unsubscribe", f"<{require_url(envelope.unsubscribe)}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ("Feedback-ID", feedback),
        ("Content-Type", f'multipart/alternative; boundary="{_BOUNDARY}"'),
    ]


def mailbox(name: str, address: str) -> str:
    """`Name <address>` for a header. Raises BadAddress."""
    checked = require_address(address)
    clean = " ".join(_CONTROL.sub(" ", name).split())
    return f"{header_text(clean, is_name=True)}\r\n <{checked}>" if clean else checked


def header_text(value: str, *, is_name: bool = False) -> str:
    """Any text as a header's value: line breaks and control characters become spaces, the rest is encoded at need."""
    clean = _CONTROL.sub(" ", value).strip()
    plain = _ATOM.fullmatch(clean) if is_name else clean.isascii() and "=?" not in clean
    if plain and len(clean) <= 60:
        return clean
    return "\r\n ".join(_encoded_words(clean))


def _encoded_words(text: str) -> list[str]:
    words, piece = [], b""
    for character in text:
        code = character.encode("utf-8", "replace")
        if len(piece) + len(code) > _BYTES_A_WORD:
            words.append(piece)
            piece = b""
        piece += code
    return [f"=?utf-8?b?{base64.b64encode(word).decode()}?=" for word in [*words, piece]]


def require_address(address: str) -> str:
    """Return an email address that SMTP and headers can carry as it is; raise BadAddress otherwise."""
    if len(address) > 254 or not _ADDRESS.fullmatch(address) or len(address.rpartition("@")[0]) > 64:
        raise BadAddress(f"'{_CONTROL.sub(' ', address)[:80]}' is not an email address")
    return address


def require_token(token: str) -> str:
    """Return a token that is safe in a header and as a file's name; raise CordialeError otherwise."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,63}", token):
        raise CordialeError("a message's token has letters a to z, digits and hyphens only")
    return token


def require_url(url: str) -> str:
    """Return a URL of printable ASCII without spaces or brackets; raise CordialeError otherwise."""
    if not re.fullmatch(r"https?://[!-;=?-~]{1,800}", url):
        raise CordialeError("CORDIALE_BASE_URL must be a plain http(s) address, e.g. https://crm.example.org")
    return url
