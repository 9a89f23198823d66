"""Handing messages over by SMTP: one connection kept open, commands in one group where the server pipelines (RFC 2920).

smtplib opens the session (greeting, STARTTLS, sign-in); the transactions are ours, because what matters is to know for
each message whether the server can possibly have it.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from cordiale.deliveries.rules import Answer, Reply, SmtpServer, readable, understand
from cordiale.errors import Unavailable

TIMEOUT = 30.0
"""Seconds a silent server is waited for."""

_FAILURES = (smtplib.SMTPException, OSError)


@dataclass(frozen=True)
class Letter:
    """One message to hand over: checked address, and content with CRLF line ends none of which is followed by a dot."""

    address: str
    content: bytes


class Session:
    """A connection to the next server. `trouble` tells what concerns every message, so that the run must end."""

    def __init__(self, server: SmtpServer, sender: str, timeout: float = TIMEOUT) -> None:
        self.server = server
        self.sender = sender
        self.timeout = timeout
        self.trouble = ""
        self._smtp: smtplib.SMTP | None = None

    def open(self) -> None:
        """Connect where there is no connection. Raises Unavailable; nothing was handed over then."""
        if self._smtp is not None:
            return
        try:
            self._smtp = self._connect()
        except _FAILURES as error:
            place = f"{self.server.host}:{self.server.port}"
            raise Unavailable(
                f"the mail server {place} does not take our messages ({readable(str(error))}); check CORDIALE_SMTP_URL"
            ) from error

    def _connect(self) -> smtplib.SMTP:
        server = self.server
        if server.security == "tls":
            context = ssl.create_default_context()
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=self.timeout, context=context)
        else:
            smtp = smtplib.SMTP(server.host, server.port, timeout=self.timeout)
        try:
            smtp.ehlo_or_helo_if_needed()
            if server.security == "starttls":
                smtp.starttls(context=ssl.create_default_context())
                smtp.ehlo()
            if server.user:
                smtp.login(server.user, server.password)
        except _FAILURES:
            smtp.close()
            raise
        return smtp

    def send(self, letters: Sequence[Letter]) -> list[Reply]:
        """Hand letters over, in order; one reply for each. After a lost connection or trouble the rest is not tried."""
        replies: list[Reply] = []
        for letter in letters:
            if self._smtp is None or self.trouble:
                break
            replies.append(self._send_one(self._smtp, letter))
        return replies + [Reply(Answer.NOT_TRIED)] * (len(letters) - len(replies))

    def _send_one(self, smtp: smtplib.SMTP, letter: Letter) -> Reply:
        envelope = [f"MAIL FROM:<{self.sender}>", f"RCPT TO:<{letter.address}>", "DATA"]
        try:
            said = self._commands(smtp, envelope)
            if any(code >= 400 for code, _ in said):
                return self._refused_envelope(smtp, said)
        except _FAILURES as error:
            self.close()
            return Reply(Answer.DEFERRED, readable(str(error)))
        return self._send_content(smtp, letter.content)

    def _send_content(self, smtp: smtplib.SMTP, content: bytes) -> Reply:
        try:
            said = self._say(smtp, content + b".\r\n")
        except _FAILURES as error:
            self.close()
            return Reply(Answer.UNKNOWN, f"connection lost after the message was sent: {readable(str(error))}")
        if said[0] == 421:
            self.close()
        return Reply(understand([said[0]]), _words(said))

    def _refused_envelope(self, smtp: smtplib.SMTP, said: list[tuple[int, bytes]]) -> Reply:
        mail = said[0]
        if said[-1][0] == 354:  # RFC 2920: DATA was taken without a recipient; an empty text ends it
            self._say(smtp, b".\r\n")
        if any(code == 421 for code, _ in said):
            self.close()
        elif mail[0] >= 400:
            self.trouble = f"the mail server refuses our sender {self.sender}: {_words(mail)}; check sender_email"
        else:
            self._say(smtp, b"RSET\r\n")
        if mail[0] >= 400:
            return Reply(Answer.DEFERRED, _words(mail))
        return Reply(understand([code for code, _ in said]), _words(next(one for one in said if one[0] >= 400)))

    def _commands(self, smtp: smtplib.SMTP, lines: list[str]) -> list[tuple[int, bytes]]:
        if smtp.has_extn("pipelining"):
            self._write(smtp, "".join(f"{line}\r\n" for line in lines).encode("ascii"))
            return [smtp.getreply() for _ in lines]
        said = []
        for line in lines:
            said.append(self._say(smtp, f"{line}\r\n".encode("ascii")))
            if said[-1][0] >= 400:
                break
        return said

    def _say(self, smtp: smtplib.SMTP, words: bytes) -> tuple[int, bytes]:
        self._write(smtp, words)
        return smtp.getreply()

    @staticmethod
    def _write(smtp: smtplib.SMTP, words: bytes) -> None:
        if smtp.sock is None:
            raise smtplib.SMTPServerDisconnected("not connected")
        smtp.sock.sendall(words)

    @property
    def is_open(self) -> bool:
        """Is there a connection?"""
        return self._smtp is not None

    def close(self) -> None:
        """End the connection."""
        if self._smtp is not None:
            with suppress(*_FAILURES):  # the server may have gone first
                self._smtp.close()
            self._smtp = None


def _words(said: tuple[int, bytes]) -> str:
    return readable(f"{said[0]} ".encode() + said[1])
